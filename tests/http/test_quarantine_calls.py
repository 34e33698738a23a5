from datetime import UTC, date, datetime

import pytest

from domain.access import Scope
from domain.audit import Actor, AuditAction, AuditChannel
from domain.snapshots import BookingSnapshot
from domain.status import BookingStatus
from domain.values import SourceVersion, Stay
from entrypoints.wiring.settings import Settings
from ports.audit import AuditFilter
from tests.http.http_harness import Caller, HttpHarness, booking, is_problem
from tests.http.test_ingest import BOOKINGS

QUARANTINE = "/api/pms/quarantine"


class TestQuarantine:
    def test_lists_rejected_items_without_their_bodies(self, alpha: Caller) -> None:
        alpha.post(BOOKINGS, booking(status="GONE"), X_Correlation_ID="sent-1")
        response = alpha.get(QUARANTINE)
        [item] = response.get_json()["items"]
        assert (item["external_id"], item["reason"]["path"]) == ("B1", "status")
        assert item["correlation_id"] == "sent-1"
        assert "ada@example.com" not in response.get_data(as_text=True)

    def test_is_paged(self, alpha: Caller) -> None:
        alpha.post(BOOKINGS, [booking(f"B{n}", status="GONE") for n in range(5)])
        seen, after = [], ""
        for _ in range(3):
            page = alpha.get(f"{QUARANTINE}?limit=2{after}").get_json()
            seen += [item["external_id"] for item in page["items"]]
            after = f"&after={page['next_after']}"
        assert (seen, page["next_after"]) == (["B0", "B1", "B2", "B3", "B4"], None)

    def test_is_limited_to_the_caller_s_provider(
        self, installation: HttpHarness, alpha: Caller
    ) -> None:
        puller = installation.caller("alpha", provider="scripted")
        puller.send("/api/pms/scripted/bookings", b"line")
        alpha.post(BOOKINGS, booking(status="GONE"))
        [mine] = alpha.get(f"{QUARANTINE}?limit=1").get_json()["items"]
        [theirs] = puller.get(f"{QUARANTINE}?limit=1").get_json()["items"]
        assert (mine["provider"], theirs["provider"]) == ("canonical", "scripted")
        is_problem(alpha.post(f"{QUARANTINE}/{theirs['id']}/replay", {}), 404, "not_found")

    def test_keeps_repeated_payloads_once(self, alpha: Caller) -> None:
        for _ in range(3):
            alpha.post(BOOKINGS, booking(status="GONE"))
        assert len(alpha.get(QUARANTINE).get_json()["items"]) == 1

    @pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=a", "after=1", "after="])
    def test_rejects_invalid_paging(self, alpha: Caller, query: str) -> None:
        response = alpha.get(f"{QUARANTINE}?{query}")
        assert response.status_code in (400, 422)
        assert response.get_json()["errors"][0]["path"] == query.partition("=")[0]


class TestCap:
    def test_is_answered_with_what_to_do(self) -> None:
        installation = HttpHarness(settings=Settings(quarantine_cap=1))
        installation.hotel("full")
        installation.connection("full", "canonical")
        alpha = installation.caller("full")
        alpha.post(BOOKINGS, booking(status="GONE"))
        refused = [
            alpha.post(BOOKINGS, booking("B2", status="GONE")),
            alpha.post(BOOKINGS, booking("B2"), Prefer="respond-async"),
        ]
        for response in refused:
            is_problem(response, 503, "quarantine_full")
            assert response.get_json()["limit"] == 1
            assert "discard" in response.get_json()["detail"]
            assert response.headers["Retry-After"]
        assert alpha.post(BOOKINGS, booking("B2")).status_code == 200

    def test_refuses_webhooks(self) -> None:
        installation = HttpHarness(settings=Settings(quarantine_cap=1))
        installation.hotel("full")
        _, key = installation.connection("full", "scripted")
        caller = installation.caller("full", provider="scripted")
        caller.send("/api/pms/scripted/bookings", b"bad")
        response = installation.client.post(f"/api/pms/scripted/webhook/{key}", data=b"x")
        is_problem(response, 503, "quarantine_full")


class TestReplay:
    def test_applies_an_item_that_is_valid_now(self, installation: HttpHarness) -> None:
        puller = installation.caller("alpha", provider="scripted")
        puller.send("/api/pms/scripted/bookings", b"late")
        [item] = puller.get(QUARANTINE).get_json()["items"]
        installation.scripted.set_snapshot(b"late", _snapshot())
        outcome = puller.post(f"{QUARANTINE}/{item['id']}/replay", {}).get_json()
        assert (outcome["state"], outcome["outcome"]) == ("done", "applied")
        assert puller.get(QUARANTINE).get_json()["items"] == []
        is_problem(puller.post(f"{QUARANTINE}/{item['id']}/replay", {}), 404, "not_found")

    def test_reports_the_reason_of_an_item_that_is_still_invalid(self, alpha: Caller) -> None:
        alpha.post(BOOKINGS, booking(status="GONE"))
        [item] = alpha.get(QUARANTINE).get_json()["items"]
        outcome = alpha.post(f"{QUARANTINE}/{item['id']}/replay", {}).get_json()
        assert (outcome["state"], outcome["reason"]["path"]) == ("quarantined", "status")

    def test_of_an_unknown_item_is_not_found(self, alpha: Caller) -> None:
        response = alpha.post(f"{QUARANTINE}/01a204fe-56c9-71f6-ad8e-84b79b97124a/replay", {})
        is_problem(response, 404, "not_found")
        is_problem(alpha.post(f"{QUARANTINE}/x/replay", {}), 400, "bad_query")


class TestDiscard:
    def test_removes_an_item_and_records_the_token(
        self, installation: HttpHarness, alpha: Caller
    ) -> None:
        alpha.post(BOOKINGS, [booking("B1", status="GONE"), booking("B2", status="GONE")])
        one, two = alpha.get(QUARANTINE).get_json()["items"]
        response = alpha.delete(f"{QUARANTINE}/{one['id']}")
        assert (response.status_code, response.get_json()) == (200, {"discarded": 1})
        assert [each["id"] for each in alpha.get(QUARANTINE).get_json()["items"]] == [two["id"]]
        hotel = installation.stored_connection("alpha", "canonical").hotel_id
        with installation.store.unit_of_work() as uow:
            wanted = AuditFilter(hotel_id=hotel, action=AuditAction.QUARANTINE_DISCARDED)
            [entry] = uow.audit_log.find(wanted, limit=9)
        assert (entry.subject, entry.details["count"]) == (one["id"], 1)
        assert entry.actor == Actor(
            channel=AuditChannel.REST,
            name=str(alpha.token_id),
            label="partner",
            address="127.0.0.1",
        )
        is_problem(alpha.delete(f"{QUARANTINE}/{one['id']}"), 404, "not_found")
        is_problem(alpha.delete(f"{QUARANTINE}/x"), 400, "bad_query")

    def test_is_limited_to_the_caller_s_provider_and_scope(
        self, installation: HttpHarness, alpha: Caller
    ) -> None:
        alpha.post(BOOKINGS, booking(status="GONE"))
        [item] = alpha.get(QUARANTINE).get_json()["items"]
        puller = installation.caller("alpha", provider="scripted")
        is_problem(puller.delete(f"{QUARANTINE}/{item['id']}"), 404, "not_found")
        reader = installation.caller("alpha", scopes=frozenset({Scope.READ, Scope.INGEST}))
        is_problem(reader.delete(f"{QUARANTINE}/{item['id']}"), 403, "forbidden")


def _snapshot() -> object:
    return BookingSnapshot(
        external_id="L1",
        version=SourceVersion(datetime(2026, 3, 1, tzinfo=UTC)),
        status=BookingStatus.CONFIRMED,
        stay=Stay(date(2026, 3, 10), date(2026, 3, 12)),
    )
