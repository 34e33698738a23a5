"""Which scope reads which personal data over GraphQL."""

from itertools import combinations
from typing import Any

import pytest

from application.events.cloud_events import to_camel_case
from domain.access import Scope
from domain.canonical_format import BOOKING, GUEST, PARTY, RecordShape, RecordType, Scalar
from tests.http.graphql_client import PATH, query_error, run_query
from tests.http.http_harness import Caller, HookedProvider, HttpHarness, add_hotels, booking, guest

GUESTS, CONTACTS = Scope.READ_GUESTS, Scope.READ_CONTACTS
NOTES, DOCUMENTS = Scope.READ_NOTES, Scope.READ_DOCUMENTS
EXTENSIONS = (GUESTS, CONTACTS, NOTES, DOCUMENTS)
GUEST_VALUES: dict[str, tuple[Scope, object]] = {
    "title": (GUESTS, "Countess"),
    "nationality": (GUESTS, "GB"),
    "language": (GUESTS, "en"),
    "vip": (GUESTS, True),
    "loyaltyNumber": (GUESTS, "L-1"),
    "loyaltyTier": (GUESTS, "gold"),
    "loyaltyPoints": (GUESTS, 7),
    "totalStays": (GUESTS, 3),
    "lastStayOn": (GUESTS, "2025-01-02"),
    "email": (CONTACTS, "ada@example.com"),
    "phone": (CONTACTS, "+43 1 1"),
    "address": (CONTACTS, "Ring 1"),
    "city": (CONTACTS, "Wien"),
    "region": (CONTACTS, "W"),
    "postalCode": (CONTACTS, "1010"),
    "country": (CONTACTS, "AT"),
    "emailOptIn": (CONTACTS, True),
    "smsOptIn": (CONTACTS, False),
    "birthDate": (DOCUMENTS, "1990-12-10"),
    "idDocumentType": (DOCUMENTS, "passport"),
    "idDocumentNumber": (DOCUMENTS, "P-77"),
    "furtherIdDocuments": (DOCUMENTS, "visa V-78"),
    "preferences": (NOTES, "quiet"),
    "notes": (NOTES, "late riser"),
}
BOOKING_VALUES: dict[str, tuple[Scope, object]] = {
    "specialRequests": (NOTES, "a cot"),
    "notes": (NOTES, "pays cash"),
    "cancelReason": (NOTES, "illness"),
}
PARTY_VALUES: dict[str, tuple[Scope, object]] = {
    "email": (CONTACTS, "ada@example.com"),
    "phone": (CONTACTS, "+43 1 1"),
    "country": (CONTACTS, "AT"),
    "language": (GUESTS, "en"),
}
QUERY = f"""{{ booking(provider: "canonical", externalId: "B1") {{
  externalId {" ".join(BOOKING_VALUES)} extras {{ path }}
  primaryGuest {{ firstName lastName {" ".join(PARTY_VALUES)} }}
  guest {{ firstName lastName {" ".join(GUEST_VALUES)} extras {{ path }} }} }} }}"""


def snake(name: str) -> str:
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in name)


@pytest.fixture
def stored_guest(installation: HttpHarness, alpha: Caller) -> HttpHarness:
    """A booking and its guest with a value in every field, and a booking of the other provider."""
    values = {snake(name): value for name, (_, value) in GUEST_VALUES.items()}
    party = {
        "guest_id": "G1",
        "first_name": "Ada",
        "last_name": "Byron",
        **{snake(name): value for name, (_, value) in PARTY_VALUES.items()},
    }
    fields = {snake(name): value for name, (_, value) in BOOKING_VALUES.items()}
    alpha.post("/api/pms/canonical/guests", guest(mood="calm", **values))
    alpha.post(
        "/api/pms/canonical/bookings",
        booking(primary_guest=party, status="CANCELED", mood="calm", **fields),
    )
    return installation


def reader(installation: HttpHarness, *extensions: Scope) -> Caller:
    return installation.caller("alpha", scopes=frozenset({Scope.READ, *extensions}))


def answer(caller: Caller, query: str = QUERY, **variables: Any) -> Any:
    return caller.post(PATH, {"query": query, "variables": variables}).get_json()


def visible(values: dict[str, tuple[Scope, object]], granted: tuple[Scope, ...]) -> dict[str, Any]:
    return {name: value if scope in granted else None for name, (scope, value) in values.items()}


class TestPersonalData:
    @pytest.mark.parametrize(
        "granted", [chosen for size in range(5) for chosen in combinations(EXTENSIONS, size)]
    )
    def test_is_null_with_an_error_without_its_scope(
        self, stored_guest: HttpHarness, granted: tuple[Scope, ...]
    ) -> None:
        document = answer(reader(stored_guest, *granted))
        last_name = "Byron" if GUESTS in granted else "B."
        extras = [{"path": "mood"}] if NOTES in granted else None
        names = {"firstName": "Ada", "lastName": last_name}
        assert document["data"]["booking"] == {
            "externalId": "B1",
            **visible(BOOKING_VALUES, granted),
            "extras": extras,
            "primaryGuest": names | visible(PARTY_VALUES, granted),
            "guest": names | visible(GUEST_VALUES, granted) | {"extras": extras},
        }
        of_objects = (
            ((), BOOKING_VALUES),
            (("primaryGuest",), PARTY_VALUES),
            (("guest",), GUEST_VALUES),
        )
        denied = {
            ("booking", *under, name)
            for under, values in of_objects
            for name, (scope, _) in values.items()
            if scope not in granted
        }
        if NOTES not in granted:
            denied |= {("booking", "extras"), ("booking", "guest", "extras")}
        errors = document.get("errors", [])
        assert {tuple(error["path"]) for error in errors} == denied
        assert {error["extensions"]["code"] for error in errors} <= {"forbidden"}

    @pytest.mark.parametrize(
        ("selection", "shape"),
        [("%s", BOOKING), ("primaryGuest { %s }", PARTY), ("guest { %s }", GUEST)],
    )
    def test_of_every_field_that_is_described_as_such_is_denied(
        self, stored_guest: HttpHarness, selection: str, shape: RecordShape
    ) -> None:
        caller = reader(stored_guest)
        personal = [spec for spec in shape.fields if spec.personal]
        assert personal
        for spec in personal:
            name = to_camel_case(spec.name)
            field = f"{name} {{ path }}" if spec.type is Scalar.EXTRAS else name
            field = f"{name} {{ amount }}" if isinstance(spec.type, RecordType) else field
            query = (
                f'{{ booking(provider: "canonical", externalId: "B1") {{ {selection % field} }} }}'
            )
            errors = answer(caller, query).get("errors", [])
            is_name = spec.name in ("first_name", "last_name")
            assert [each["extensions"]["code"] for each in errors] == ["forbidden"] * (not is_name)

    def test_is_complete_for_admin(self, stored_guest: HttpHarness) -> None:
        caller = stored_guest.caller("alpha", scopes=frozenset({Scope.ADMIN}))
        found = run_query(caller, QUERY)["booking"]
        assert found["guest"]["idDocumentNumber"] == "P-77"

    def test_that_is_absent_is_denied_alike(self, installation: HttpHarness, alpha: Caller) -> None:
        alpha.post("/api/pms/canonical/bookings", booking("B1"))
        query = '{ booking(provider: "canonical", externalId: "B1") { notes } }'
        [error] = answer(reader(installation), query)["errors"]
        assert (error["path"], error["extensions"]["code"]) == (["booking", "notes"], "forbidden")
        assert "read:notes" in error["message"]

    def test_of_a_list_is_reported_once_per_field(
        self, installation: HttpHarness, alpha: Caller
    ) -> None:
        alpha.post("/api/pms/canonical/bookings", [booking(f"B{i}") for i in range(20)])
        query = "{ bookings { edges { node { externalId notes primaryGuest { email } } } } }"
        document = answer(reader(installation), query)
        assert len(document["data"]["bookings"]["edges"]) == 20
        assert [error["path"] for error in document["errors"]] == [
            ["bookings", "edges", 0, "node", "notes"],
            ["bookings", "edges", 0, "node", "primaryGuest", "email"],
        ]

    def test_cannot_be_searched_without_its_scope(self, stored_guest: HttpHarness) -> None:
        by_booking = '{ bookings(filter: {guestEmail: "ada@example.com"}) { edges { cursor } } }'
        by_guest = '{ guests(filter: {email: "ada@example.com"}) { edges { cursor } } }'
        for query in (by_booking, by_guest):
            error = query_error(reader(stored_guest, GUESTS, NOTES, DOCUMENTS), query)
            assert error["extensions"]["code"] == "forbidden"
            assert not answer(reader(stored_guest, CONTACTS), query).get("errors")


class TestTokenForAllProviders:
    QUERY = """query ($provider: String) { bookings(filter: {provider: $provider}) {
      edges { node { provider externalId guest { provider firstName } } } } }"""
    ALL = "{ bookings { edges { node { provider externalId guest { provider firstName } } } } }"

    @pytest.fixture
    def two_providers(self) -> Caller:
        """Each with a booking and a guest of the same ids."""
        harness = add_hotels(HttpHarness(further_providers={"other": HookedProvider()}))
        harness.connection("alpha", "other", name="other")
        for provider, name in (("canonical", "Ada"), ("other", "Bob")):
            caller = harness.caller("alpha", provider=provider)
            caller.post(f"/api/pms/{provider}/guests", guest(first_name=name))
            caller.post(f"/api/pms/{provider}/bookings", booking())
        return harness.caller("alpha", provider=None, scopes=frozenset({Scope.READ}))

    def test_reads_bookings_with_the_guests_of_their_own_provider(
        self, two_providers: Caller
    ) -> None:
        edges = run_query(two_providers, self.ALL)["bookings"]["edges"]
        assert sorted((e["node"]["provider"], e["node"]["guest"]["firstName"]) for e in edges) == [
            ("canonical", "Ada"),
            ("other", "Bob"),
        ]

    @pytest.mark.parametrize("provider", ["canonical", "other"])
    def test_can_choose_one_provider(self, two_providers: Caller, provider: str) -> None:
        edges = run_query(two_providers, self.QUERY, provider=provider)["bookings"]["edges"]
        assert [edge["node"]["provider"] for edge in edges] == [provider]

    def test_reads_no_other_hotel(self, installation: HttpHarness, beta: Caller) -> None:
        beta.post("/api/pms/canonical/bookings", booking())
        caller = installation.caller("alpha", provider=None, scopes=frozenset({Scope.READ}))
        assert run_query(caller, self.ALL)["bookings"]["edges"] == []

    def test_writes_nothing(self, installation: HttpHarness) -> None:
        caller = installation.caller("alpha", provider=None, scopes=frozenset({Scope.READ}))
        assert caller.post("/api/pms/canonical/bookings", booking()).status_code == 403
        assert caller.post("/api/pms/sync", {"provider": "scripted"}).status_code == 403
        assert caller.get("/api/pms/sync/runs").status_code == 200
        assert caller.get("/api/pms/quarantine").status_code == 200
