"""Export and erasure of a guest over REST, on every store."""

from collections.abc import Iterator
from typing import Any

import pytest

from adapters.outbound.persistence.schema.models import MODELS
from adapters.outbound.persistence.schema.tables import TABLES
from domain.access import Scope
from tests import raw_sql
from tests.http.graphql_client import run_query
from tests.http.http_harness import (
    NOON,
    Caller,
    HttpHarness,
    add_hotels,
    booking,
    guest,
    is_problem,
    sql_harness,
)

PUSH = "/api/pms/canonical"
EXPORT, ERASE = "/api/pms/guests/export", "/api/pms/guests/erase"
ID = "guest-4711"
WHO = {"external_id": ID, "booking_ids": ["B4"]}
PERSONAL = ("Lovelace", "ada@example.com", "+43 1 777", "P-4477", "likes ponies", "Countess")
LATER = {"updated_at": "2026-03-01T11:00:00Z"}
ADA = {"guest_id": ID, "first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com"}
BOB = {"guest_id": "guest-2", "first_name": "Bob", "last_name": "Rider"}
WITHOUT_ID = {"first_name": "Ada", "last_name": "Lovelace", "phone": "+43 1 777"}
GUESTS = [
    guest(
        ID,
        last_name="Lovelace",
        id_document_number="P-4477",
        title="Countess",
        hobby="likes ponies",
    ),
    guest("guest-old", last_name="Lovelace", merged_into=ID),
    guest("guest-2", first_name="Bob", last_name="Rider", email="bob@example.com"),
]
BOOKINGS = [
    booking("B1", primary_guest=ADA, notes="Ms Lovelace pays", hobby="likes ponies"),
    booking("B2", primary_guest=BOB, further_guests=[ADA], special_requests="bed for Lovelace"),
    booking("B3", primary_guest=BOB, notes="a late arrival"),
    booking("B4", primary_guest=WITHOUT_ID),
    booking("B5", primary_guest=ADA, status="unknown to us"),
    booking("B7", primary_guest=ADA, status="CANCELED", cancel_reason="Lovelace is ill"),
]
del BOOKINGS[-1]["stay"]  # ended before it was received


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str | None:
    if request.param == "memory":
        return None
    found: str = request.getfixturevalue(f"upgraded_{request.param}_url")
    return found


@pytest.fixture
def harness(url: str | None) -> Iterator[HttpHarness]:
    if url is None:
        yield add_hotels(HttpHarness())
        return
    with sql_harness(url) as opened:
        yield add_hotels(opened)


@pytest.fixture
def caller(harness: HttpHarness) -> Caller:
    return harness.caller("alpha", scopes=frozenset({Scope.ADMIN}))


def push_all(caller: Caller, **values: object) -> None:
    caller.post(f"{PUSH}/guests", [{**each, **values} for each in GUESTS])
    caller.post(f"{PUSH}/bookings", [{**each, **values} for each in BOOKINGS])


def deliver_events(harness: HttpHarness) -> None:
    with harness.store.unit_of_work() as uow:
        uow.outbox.mark_delivered([m.id for m in uow.outbox.next_batch(limit=1_000)], now=NOON)
        uow.commit()


def everything_stored(harness: HttpHarness, url: str | None) -> dict[str, str]:
    """The text of each table, its sealed payloads opened."""
    if url is None:
        tables = harness.store._committed
        return {name: repr(getattr(tables, name)) for name in tables.__dataclass_fields__}
    names = [table.name for table in TABLES] + [model._meta.table_name for model in MODELS]
    texts = {name: repr(raw_sql.read(url, f"SELECT * FROM {name}")) for name in names}
    hotel = harness.store.directory.hotel_by_slug("alpha")
    with harness.store.unit_of_work() as uow:
        texts["payloads"] = repr(uow.inbox.page(hotel.id, "canonical", after=None, limit=1_000))
    guests = harness.use_cases.find_guest(hotel.id, "")
    return texts | {"guests opened": repr(guests)}


def tables_naming(harness: HttpHarness, url: str | None, *texts: str) -> set[str]:
    stored = everything_stored(harness, url)
    return {name for name, text in stored.items() if any(each in text for each in texts)}


def totals(caller: Caller) -> Any:
    query = """{ bookings { edges { node { externalId status stay { arrival departure }
      total { amount } rooms { status } statusHistory { to } } } } }"""
    return run_query(caller, query)


class TestErasedGuest:
    def test_is_stored_nowhere(self, harness: HttpHarness, url: str | None, caller: Caller) -> None:
        push_all(caller)
        caller.post(f"{PUSH}/guests", GUESTS[0], Idempotency_Key="once")
        deliver_events(harness)
        assert len(tables_naming(harness, url, *PERSONAL)) >= 3
        before = totals(caller)
        answer = caller.post(ERASE, WHO)
        assert answer.status_code == 200, answer.get_json()
        assert tables_naming(harness, url, *PERSONAL) == set()
        assert tables_naming(harness, url, f"'{ID}'", f'"{ID}"') - {"outbox"} == set()
        assert totals(caller) == before
        counts = {name: answer.get_json()[name] for name in ("guests", "bookings", "payloads")}
        assert counts == {"guests": 2, "bookings": 3, "payloads": 7 + 1}

    def test_does_not_come_back(
        self, harness: HttpHarness, url: str | None, caller: Caller
    ) -> None:
        push_all(caller)
        caller.post(ERASE, WHO)
        push_all(caller, source_version=LATER)
        caller.post(f"{PUSH}/guests", GUESTS[0], Prefer="respond-async")
        caller.post(f"{PUSH}/bookings", booking("B6", primary_guest=ADA))
        caller.post(f"{PUSH}/bookings", booking("B7", notes="for Lovelace"))
        for external_id in ("B1", "B4", "B6"):
            partial = {
                "external_id": external_id,
                "source_version": {"updated_at": "2026-03-01T11:30:00Z"},
            }
            caller.post(f"{PUSH}/bookings", {**partial, "notes": "Lovelace again"})
        harness.run_jobs()
        assert tables_naming(harness, url, *PERSONAL, "Lovelace") == set()

    def test_leaves_other_guests(self, harness: HttpHarness, caller: Caller) -> None:
        push_all(caller)
        caller.post(ERASE, WHO)
        push_all(caller, source_version=LATER)
        query = """query ($id: ID!) { booking(provider: "canonical", externalId: $id) { notes
          primaryGuest { guestId lastName role } furtherGuests { guestId lastName role }
          guest { email } } }"""
        nobody = {"guestId": None, "lastName": None}
        found = {x: run_query(caller, query, id=x)["booking"] for x in ("B1", "B2", "B3")}
        bob = {"guestId": "guest-2", "lastName": "Rider", "role": "PRIMARY"}
        assert found["B1"] == {
            "notes": None, "guest": None, "furtherGuests": [],
            "primaryGuest": nobody | {"role": "PRIMARY"},
        }  # fmt: skip
        assert found["B2"] == {
            "notes": None, "guest": {"email": "bob@example.com"}, "primaryGuest": bob,
            "furtherGuests": [nobody | {"role": "COMPANION"}],
        }  # fmt: skip
        assert found["B3"]["notes"] == "a late arrival"
        assert found["B3"]["primaryGuest"] == bob

    def test_is_acknowledged_and_published_once(self, harness: HttpHarness, caller: Caller) -> None:
        push_all(caller)
        deliver_events(harness)
        caller.post(ERASE, WHO)
        caller.post(ERASE, WHO)
        answer = caller.post(f"{PUSH}/guests", {**GUESTS[0], "source_version": LATER})
        assert answer.get_json()["items"][0]["outcome"] == "unchanged"
        with harness.store.unit_of_work() as uow:
            types = sorted(message.type for message in uow.outbox.next_batch(limit=100))
        assert types == ["pms.booking.synced"] * 3 + ["pms.guest.erased"] * 2

    def test_can_be_erased_again(self, caller: Caller) -> None:
        push_all(caller)
        first, second = (caller.post(ERASE, WHO).get_json() for _ in range(2))
        assert first["identity_hash"] == second["identity_hash"]
        assert (second["guests"], second["payloads"]) == (0, 0)

    def test_of_another_hotel_is_untouched(self, harness: HttpHarness, caller: Caller) -> None:
        other = harness.caller("beta", scopes=frozenset({Scope.ADMIN}))
        for each in (caller, other):
            push_all(each)
        caller.post(ERASE, WHO)
        push_all(other, source_version=LATER)
        answer = other.post(EXPORT, WHO).get_json()
        assert answer["guests"][0]["last_name"] == "Lovelace"
        assert answer["bookings"][0]["notes"] == "Ms Lovelace pays"

    def test_is_recorded_with_actor_and_hash_only(
        self, harness: HttpHarness, caller: Caller
    ) -> None:
        push_all(caller)
        caller.post(EXPORT, WHO)
        hashed = caller.post(ERASE, WHO).get_json()["identity_hash"]
        hotel = harness.store.directory.hotel_by_slug("alpha")
        with harness.store.unit_of_work() as uow:
            erased, exported = uow.erasures.requests(hotel.id)
        assert (exported.action, erased.action) == ("exported", "erased")
        assert exported.identity_hash == erased.identity_hash == hashed
        assert str(caller.token_id) in erased.actor
        assert ID not in repr(erased)


class TestExport:
    def test_contains_everything_of_the_guest_and_nobody_else(self, caller: Caller) -> None:
        push_all(caller)
        document = caller.post(EXPORT, WHO).get_json()
        guests = {each["external_id"]: each for each in document["guests"]}
        assert guests[ID]["id_document_number"] == "P-4477"
        assert guests[ID]["extras"] == {"hobby": "likes ponies"}
        assert guests.keys() == {ID, "guest-old"}
        bookings = {each["external_id"]: each for each in document["bookings"]}
        assert bookings.keys() == {"B1", "B2", "B4", "B7"}
        assert bookings["B7"]["cancel_reason"] == "Lovelace is ill"
        assert bookings["B1"]["primary_guest"]["email"] == "ada@example.com"
        assert bookings["B1"]["status_history"][0]["to"] == "CONFIRMED"
        assert bookings["B2"]["further_guests"][0]["last_name"] == "Lovelace"
        assert bookings["B4"]["primary_guest"]["phone"] == "+43 1 777"
        payloads = [each["payload"] for each in document["received"] if each["payload"]]
        assert any("P-4477" in text for text in payloads)
        assert len(document["received"]) == 7
        assert "Rider" not in repr(document)

    def test_of_an_unknown_guest_is_not_found(self, caller: Caller) -> None:
        for call in (EXPORT, ERASE):
            is_problem(caller.post(call, {"external_id": "nobody"}), 404, "not_found")

    def test_needs_the_scope_admin(self, harness: HttpHarness) -> None:
        scopes = frozenset(Scope) - {Scope.ADMIN}
        for call in (EXPORT, ERASE):
            is_problem(harness.caller("alpha", scopes=scopes).post(call, WHO), 403, "forbidden")

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"external_id": 5},
            {"external_id": ""},
            {"booking_ids": []},
            {"booking_ids": "B1"},
            {"booking_ids": [1]},
            {"external_id": ID, "provider": "canonical"},
        ],
    )
    def test_rejects_an_invalid_request(self, caller: Caller, body: object) -> None:
        is_problem(caller.post(ERASE, body), 422, "invalid_request")
