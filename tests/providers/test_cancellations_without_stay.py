"""A cancellation or deletion without a stay: it ends a stored booking, and leaves a tombstone for
one that is not stored, on every provider."""

import json
from dataclasses import fields
from typing import Any, Final, NamedTuple

import pytest

from domain.booking import Booking
from domain.messages import ItemKind
from domain.snapshots import BookingSnapshot, BookingSource
from domain.status import BookingStatus
from domain.tombstone import leaves_tombstone
from domain.values import ABSENT
from tests.domain.test_booking import applied, create, merge
from tests.providers.alpinebits import payloads as alpinebits
from tests.providers.apaleo import payloads as apaleo
from tests.providers.cloudbeds import payloads as cloudbeds
from tests.providers.cloudbeds.test_channel_formats import order
from tests.providers.mews import payloads as mews
from tests.providers.ohip import payloads as ohip
from tests.providers.vendor_payloads import booking_in, installed_provider, read_items

LATER: Final = "2026-02-20T12:00:00Z"
OHIP_IDS: Final = {"reservationIdList": [{"type": "Reservation", "id": "40001"}]}
OHIP_END: Final = {
    **OHIP_IDS,
    "reservationStatus": "Cancelled",
    "lastModifyDateTime": "2026-02-20 12:00:00.0",
}
MOCK: Final = {
    "id": "A-1",
    "changed": "2026-02-01T12:00:00Z",
    "state": "Confirmed",
    "origin": "web",
    "arrives": "2026-03-10",
    "leaves": "2026-03-12",
    "total": 200,
    "paid": 0,
    "currency": "EUR",
    "guest": {"id": "G-1", "first": "Ada"},
    "request": "A quiet room",
}
MOCK_END: Final = {"id": "A-1", "changed": LATER}
CANONICAL: Final = {
    "external_id": "A-1",
    "source_version": {"updated_at": "2026-02-01T12:00:00Z"},
    "status": "CONFIRMED",
    "stay": {"arrival": "2026-03-10", "departure": "2026-03-12"},
    "rooms": [{"room_type_id": "DBL"}],
}
CANONICAL_END: Final = {"external_id": "A-1", "source_version": {"updated_at": LATER}}
CLOUDBEDS_END: Final = {
    "reservationID": cloudbeds.reservation()["reservationID"],
    "dateModifiedUTC": "2026-02-20 12:00:00",
}


class Change(NamedTuple):
    """Messages of a booking and of its end."""

    provider: str
    created: Any
    ended: Any
    is_deletion: bool = False

    def read(self, message: Any) -> BookingSnapshot:
        return booking_in(read_items(installed_provider(self.provider), ItemKind.BOOKING, message))


CHANGES: Final = {
    "mock": Change("mock", MOCK, {**MOCK_END, "state": "Canceled"}),
    "mock deletion": Change("mock", MOCK, {**MOCK_END, "deleted": True}, is_deletion=True),
    "canonical": Change("canonical", CANONICAL, {**CANONICAL_END, "status": "CANCELED"}),
    "canonical deletion": Change(
        "canonical", CANONICAL, {**CANONICAL_END, "deleted": True}, is_deletion=True
    ),
    "apaleo": Change(
        "apaleo",
        apaleo.reservation(),
        {"id": apaleo.reservation()["id"], "modified": LATER, "status": "Canceled"},
    ),
    "apaleo list": Change(
        "apaleo",
        apaleo.page(),
        {
            "reservations": [
                {"id": apaleo.reservation()["id"], "modified": LATER, "status": "Canceled"}
            ]
        },
    ),
    "mews": Change(
        "mews",
        {"Reservations": [mews.reservation()]},
        {
            "Reservations": [
                {"Id": mews.reservation()["Id"], "UpdatedUtc": LATER, "State": "Canceled"}
            ]
        },
    ),
    "cloudbeds": Change(
        "cloudbeds",
        cloudbeds.page(cloudbeds.reservation()),
        {"data": [{**CLOUDBEDS_END, "status": "canceled"}]},
    ),
    "cloudbeds deletion": Change(
        "cloudbeds",
        cloudbeds.page(cloudbeds.reservation()),
        {"data": [{**CLOUDBEDS_END, "isDeleted": True}]},
        is_deletion=True,
    ),
    "cloudbeds deletion with a status": Change(
        "cloudbeds",
        cloudbeds.page(cloudbeds.reservation()),
        {"data": [{**CLOUDBEDS_END, "isDeleted": True, "status": "confirmed"}]},
        is_deletion=True,
    ),
    "cloudbeds channel": Change(
        "cloudbeds",
        {"Bookings": [order()]},
        {
            "Bookings": [
                {
                    "OrderId": "A-1",
                    "OrderModifDate": "2026-02-20",
                    "OrderModifTime": "12:00:00",
                    "IsCancellation": 1,
                }
            ]
        },
    ),
    "ohip list": Change(
        "ohip", ohip.list_response(ohip.listed(**OHIP_IDS)), ohip.list_response(OHIP_END)
    ),
    "ohip single": Change(
        "ohip", ohip.single_response(ohip.single(**OHIP_IDS)), ohip.single_response(OHIP_END)
    ),
}
CASES: Final = pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())


def content(booking: Booking) -> dict[str, object]:
    """What the end of a booking leaves as it is."""
    ends = {"status", "holds_inventory", "rooms", "deleted_at_source", "extras", "canceled_at"}
    details = booking.details
    return {f.name: getattr(details, f.name) for f in fields(details) if f.name not in ends}


class TestEndWithoutStay:
    @CASES
    def test_leaves_a_tombstone_of_an_unknown_booking(self, change: Change) -> None:
        ended = change.read(change.ended)
        assert leaves_tombstone(ended)
        assert ended.deleted is change.is_deletion
        assert (ended.stay, ended.rooms, ended.primary_guest) == (ABSENT, ABSENT, ABSENT)
        assert ended.source is (BookingSource.OTA if "Bookings" in change.ended else ABSENT)

    @CASES
    def test_keeps_the_content_of_a_stored_booking(self, change: Change) -> None:
        made = create(change.read(change.created)).entity
        ended = applied(merge(made, change.read(change.ended))).entity
        assert content(ended) == content(made)
        assert not ended.details.holds_inventory
        if not change.is_deletion:
            assert ended.details.status is BookingStatus.CANCELED
            assert {room.status for room in ended.details.rooms} == {BookingStatus.CANCELED}

    def test_of_alpinebits_is_by_id_alone(self) -> None:
        by_id_alone = 'ResStatus="Cancelled" LastModifyDateTime="2026-03-01T00:00:00Z"'
        ended = alpinebits.booking(alpinebits.reservation("", rooms=None, attributes=by_id_alone))
        assert leaves_tombstone(ended)

    @pytest.mark.parametrize("name", ["mock", "apaleo", "mews", "cloudbeds", "ohip list"])
    def test_other_states_need_a_stay(self, name: str) -> None:
        change = CHANGES[name]
        text = json.dumps(change.created)
        days = (
            "arrival",
            "arrives",
            "arrivalDate",
            "ScheduledStartUtc",
            "StartUtc",
            "reservationCheckIn",
        )
        for day in days:
            text = text.replace(f'"{day}"', f'"{day}_gone"')
        (item,) = read_items(installed_provider(change.provider), ItemKind.BOOKING, text.encode())
        assert item.reason is not None
        assert item.reason.code == "missing_field"
