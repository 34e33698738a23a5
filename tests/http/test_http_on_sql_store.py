"""HTTP requests on SQLite and PostgreSQL stores."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from domain.access import Scope
from tests.http.graphql_client import run_query
from tests.http.http_harness import (
    Caller,
    HttpHarness,
    add_hotels,
    booking,
    cell,
    guest,
    is_problem,
    sql_harness,
)

PUSH = "/api/pms/canonical"
BOOKINGS = f"{PUSH}/bookings"


@pytest.fixture(params=["sqlite", "postgres"])
def installed(request: pytest.FixtureRequest) -> Iterator[HttpHarness]:
    with sql_harness(request.getfixturevalue(f"upgraded_{request.param}_url")) as harness:
        add_hotels(harness)
        yield harness


def booking_ids(caller: Caller) -> list[str]:
    edges = run_query(caller, "{bookings {edges {node {externalId}}}}")["bookings"]["edges"]
    return [edge["node"]["externalId"] for edge in edges]


def damage_payload(installed: HttpHarness, item_id: str) -> None:
    with installed.store.unit_of_work() as uow:
        statement = "UPDATE inbox SET sealed_body = %s WHERE id = %s"
        uow.open_session.run(statement, (b"broken", UUID(item_id).hex))
        uow.commit()


class TestHttpOnSqlStore:
    def test_lists_a_quarantined_item_that_cannot_be_opened(self, installed: HttpHarness) -> None:
        caller = installed.caller("alpha")
        caller.post(BOOKINGS, [booking(f"B{n}", status="WHO") for n in range(3)])
        path = "/api/pms/quarantine"
        ids = [each["id"] for each in caller.get(path).get_json()["items"]]
        damage_payload(installed, ids[1])
        listed = caller.get(path)
        assert listed.status_code == 200
        assert [each["readable"] for each in listed.get_json()["items"]] == [True, False, True]
        assert caller.post(f"{path}/{ids[0]}/replay", {}).status_code == 200
        is_problem(caller.post(f"{path}/{ids[1]}/replay", {}), 409, "payload_unreadable")
        assert caller.delete(f"{path}/{ids[1]}").status_code == 200
        assert [each["id"] for each in caller.get(path).get_json()["items"]] == [ids[0], ids[2]]

    def test_applies_deferred_items_beside_one_that_cannot_be_opened(
        self, installed: HttpHarness
    ) -> None:
        caller = installed.caller("alpha")
        items = [booking(f"B{n}") for n in range(3)]
        accepted = caller.post(BOOKINGS, items, Prefer="respond-async").get_json()
        damage_payload(installed, accepted["items"][1]["id"])
        installed.run_jobs()
        assert booking_ids(caller) == ["B0", "B2"]
        batch = caller.get(accepted["status_url"]).get_json()
        outcomes = [each["outcome"] for each in batch["items"]]
        assert (batch["state"], outcomes) == ("processing", ["applied", "accepted", "applied"])

    def test_returns_pushed_data(self, installed: HttpHarness) -> None:
        caller = installed.caller("alpha")
        response = caller.post(
            BOOKINGS, [booking("B1"), booking("B2", status="WHO"), booking("B3")]
        )
        assert response.status_code == 207
        assert caller.post(f"{PUSH}/guests", guest()).status_code == 200
        assert caller.post(f"{PUSH}/availability", cell("2026-03-10")).status_code == 200
        assert booking_ids(caller) == ["B1", "B3"]
        query = """{booking(provider: "canonical", externalId: "B1") {
          total {amount} guest {lastName} statusHistory {to kind} rooms {status}}
          availability(filter: {from: "2026-03-01", to: "2026-04-01"}) {available}}"""
        assert run_query(caller, query) == {
            "booking": {
                "total": {"amount": "240.00"},
                "guest": {"lastName": "Byron"},
                "statusHistory": [{"to": "CONFIRMED", "kind": "CREATED"}],
                "rooms": [{"status": "CONFIRMED"}],
            },
            "availability": [{"available": 4}],
        }
        [item] = caller.get("/api/pms/quarantine").get_json()["items"]
        assert (item["external_id"], item["reason"]["path"]) == ("B2", "[1].status")
        replay = caller.post(f"/api/pms/quarantine/{item['id']}/replay", {})
        assert replay.get_json()["state"] == "quarantined"

    def test_pages_through_bookings(self, installed: HttpHarness) -> None:
        caller = installed.caller("alpha")
        caller.post(BOOKINGS, [booking(f"B{n:02}") for n in range(25)])
        query = """query ($after: String) {bookings(first: 10, after: $after) {
          edges {node {externalId}} pageInfo {endCursor hasNextPage}}}"""
        found, after = [], None
        for _ in range(3):
            page = run_query(caller, query, after=after)["bookings"]
            found += [edge["node"]["externalId"] for edge in page["edges"]]
            after = page["pageInfo"]["endCursor"]
        assert sorted(found) == [f"B{n:02}" for n in range(25)]
        assert page["pageInfo"]["hasNextPage"] is False

    def test_isolates_hotels(self, installed: HttpHarness) -> None:
        alpha, beta = installed.caller("alpha"), installed.caller("beta")
        location = alpha.post(BOOKINGS, booking(), Prefer="respond-async").headers["Location"]
        alpha.post(BOOKINGS, [booking(), booking("B2", status="WHO")])
        assert (booking_ids(alpha), booking_ids(beta)) == (["B1"], [])
        is_problem(beta.get(location), 404, "not_found")
        assert beta.get("/api/pms/quarantine").get_json()["items"] == []
        beta.post(BOOKINGS, booking(status="CANCELED"))
        query = '{booking(provider: "canonical", externalId: "B1") {status}}'
        assert run_query(alpha, query)["booking"]["status"] == "CONFIRMED"

    def test_replays_the_response_of_an_idempotency_key(self, installed: HttpHarness) -> None:
        caller = installed.caller("alpha")
        first = caller.post(BOOKINGS, booking(), Idempotency_Key="k")
        again = caller.post(BOOKINGS, booking(), Idempotency_Key="k")
        assert (again.data, again.headers["Idempotency-Replayed"]) == (first.data, "true")
        is_problem(caller.post(BOOKINGS, [], Idempotency_Key="k"), 422, "idempotency_key_reused")

    def test_queues_a_sync(self, installed: HttpHarness) -> None:
        caller = installed.caller("alpha", provider="scripted")
        response = caller.post("/api/pms/sync", {"provider": "scripted", "kind": "delta"})
        assert caller.get(response.headers["Location"]).get_json() == response.get_json()
        assert len(caller.get("/api/pms/sync/runs").get_json()["runs"]) == 1
        is_problem(caller.post("/api/pms/sync", {"provider": "scripted"}), 409, "sync_in_progress")

    def test_stores_a_webhook(self, installed: HttpHarness) -> None:
        _, key = installed.connection("beta", "scripted", name="hooked")
        path = f"/api/pms/scripted/webhook/{key}"
        assert installed.client.post(path, data=b"\x00\xff").status_code == 200
        assert installed.store.queries.backlog()["inbox"] == 1

    def test_rejects_a_revoked_token(self, installed: HttpHarness) -> None:
        caller = installed.caller("alpha", scopes=frozenset({Scope.READ}))
        assert booking_ids(caller) == []
        installed.revoke(caller.token_id)
        is_problem(caller.get("/api/pms/sync/runs"), 401, "unauthenticated")
