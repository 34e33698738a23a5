"""The canonical provider reads every written document back as the same snapshot."""

from datetime import date
from decimal import Decimal

from hypothesis import given

from adapters.outbound.provider_kit.parsing.json_text import dumps
from adapters.outbound.providers.canonical.provider import CanonicalProvider
from application.queries.canonical_document import (
    snapshot_document,
)
from domain.messages import ItemKind
from domain.snapshots import (
    AvailabilitySnapshot,
    BookingSnapshot,
    GuestSnapshot,
    Party,
    RoomStay,
    Snapshot,
)
from domain.status import BookingStatus
from domain.values import AgeClass, AgeCount, Money, NightlyPrice, SourceVersion, Stay
from tests import snapshot_strategies as any_of
from tests.providers.canonical.test_mapping import CONTEXT, NOON


def read_back(kind: ItemKind, snapshot: Snapshot) -> Snapshot | None:
    body = dumps(snapshot_document(snapshot)).encode()
    (item,) = CanonicalProvider().read_items(kind, [body], CONTEXT, limit=1)
    assert item.reason is None
    assert item.external_id == snapshot.external_id
    return item.snapshot


class TestRoundTrip:
    @given(any_of.bookings)
    def test_keeps_every_booking(self, snapshot: BookingSnapshot) -> None:
        assert read_back(ItemKind.BOOKING, snapshot) == snapshot

    @given(any_of.guests)
    def test_keeps_every_guest(self, snapshot: GuestSnapshot) -> None:
        assert read_back(ItemKind.GUEST, snapshot) == snapshot

    @given(any_of.availability)
    def test_keeps_every_availability_cell(self, snapshot: AvailabilitySnapshot) -> None:
        assert read_back(ItemKind.AVAILABILITY, snapshot) == snapshot


def a_room(stay: Stay) -> RoomStay:
    return RoomStay(
        room_type_id="DBL",
        stay=stay,
        status=BookingStatus.CONFIRMED,
        occupancy=(AgeCount(AgeClass.ADULT, 2), AgeCount(AgeClass.CHILD, 1, age=7)),
        nightly_prices=(NightlyPrice(stay.arrival, Money(9_900, "EUR")),),
    )


def a_snapshot() -> BookingSnapshot:
    stay = Stay(date(2026, 3, 10), date(2026, 3, 12))
    return BookingSnapshot(
        external_id="B-1",
        version=SourceVersion(NOON, 3),
        status=BookingStatus.CONFIRMED,
        stay=stay,
        rooms=(a_room(stay),),
        primary_guest=Party(first_name="Ada", last_name="Example"),
        total=Money(19_800, "EUR"),
        notes=None,
        extras=(("tax", "12.10"),),
    )


class TestBookingDocument:
    def test_omits_absent_fields(self) -> None:
        stay = {"arrival": "2026-03-10", "departure": "2026-03-12"}
        price = {"amount": "99.00", "currency": "EUR"}
        assert snapshot_document(a_snapshot()) == {
            "external_id": "B-1",
            "source_version": {"updated_at": "2026-03-01T12:00:00Z", "sequence": 3},
            "status": "CONFIRMED",
            "stay": stay,
            "rooms": [
                {
                    "room_type_id": "DBL",
                    "stay": stay,
                    "status": "CONFIRMED",
                    "occupancy": [
                        {"age_class": "ADULT", "count": 2},
                        {"age_class": "CHILD", "count": 1, "age": 7},
                    ],
                    "nightly_prices": [{"night": "2026-03-10", "price": price}],
                    "units": 1,
                }
            ],
            "primary_guest": {"role": "PRIMARY", "first_name": "Ada", "last_name": "Example"},
            "total": {"amount": "198.00", "currency": "EUR"},
            "notes": None,
            "extras": {"tax": Decimal("12.10")},
        }

    def test_writes_amounts_with_the_digits_of_their_currency(self) -> None:
        amounts = [
            snapshot_document(
                GuestSnapshot(external_id="G", version=SourceVersion(NOON), total_spent=money)
            )["total_spent"]
            for money in (Money(500, "JPY"), Money(0, "EUR"), Money(-1_234, "KWD"))
        ]
        assert amounts == [
            {"amount": "500", "currency": "JPY"},
            {"amount": "0.00", "currency": "EUR"},
            {"amount": "-1.234", "currency": "KWD"},
        ]

    def test_has_plain_strings_instead_of_enums(self) -> None:
        assert type(snapshot_document(a_snapshot())["status"]) is str

    def test_has_the_deleted_flag(self) -> None:
        deletion = BookingSnapshot(external_id="B-1", version=SourceVersion(NOON), deleted=True)
        assert snapshot_document(deletion)["deleted"] is True


class TestGuestDocument:
    def test_distinguishes_null_from_absent(self) -> None:
        guest = GuestSnapshot(external_id="G", version=SourceVersion(NOON), email=None)
        document = snapshot_document(guest)
        assert document["email"] is None
        assert "phone" not in document


class TestAvailabilityDocument:
    def test_marks_the_time_of_a_query_as_observed(self) -> None:
        cell = AvailabilitySnapshot(
            room_type_id="DBL",
            day=date(2026, 3, 10),
            version=SourceVersion(NOON),
            version_is_ours=True,
            available=4,
        )
        assert snapshot_document(cell) == {
            "room_type_id": "DBL",
            "date": "2026-03-10",
            "source_version": {
                "updated_at": "2026-03-01T12:00:00Z",
                "sequence": 0,
                "observed": True,
            },
            "available": 4,
        }
