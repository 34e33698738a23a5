"""A vendor's change of a booking that sends no rooms changes the stored rooms with it."""

import json

import pytest

from adapters.outbound.providers.canonical.provider import CanonicalProvider
from domain.messages import ItemKind
from domain.snapshots import BookingSnapshot
from domain.status import BookingStatus
from tests.domain.test_booking import applied, create, merge
from tests.providers.alpinebits import payloads as alpinebits
from tests.providers.cloudbeds import payloads as cloudbeds
from tests.providers.vendor_payloads import hotel_context


def canonical(**content: object) -> BookingSnapshot:
    minute = len(content)
    version = {"updated_at": f"2026-03-01T12:{minute:02}:00Z"}
    body = json.dumps({"external_id": "B-1", "source_version": version} | content).encode()
    (item,) = CanonicalProvider().read_items(ItemKind.BOOKING, [body], hotel_context(), limit=1)
    assert isinstance(item.snapshot, BookingSnapshot), item.reason
    return item.snapshot


def cloudbeds_cancellation() -> BookingSnapshot:
    return cloudbeds.booking(
        status="canceled",
        rooms=[],
        assigned=[],
        unassigned=[],
        dateModifiedUTC="2026-02-09 05:05:06",
    )


def alpinebits_cancellation() -> BookingSnapshot:
    by_id_alone = 'ResStatus="Cancelled" LastModifyDateTime="2026-03-01T00:00:00Z"'
    return alpinebits.booking(alpinebits.reservation("", rooms=None, attributes=by_id_alone))


STAY = {"arrival": "2026-03-10", "departure": "2026-03-12"}
PAIRS = {
    "canonical without rooms": (
        canonical(status="CONFIRMED", stay=STAY),
        canonical(status="CANCELED", notes="a", total=None),
    ),
    "canonical rooms that inherit": (
        canonical(status="CONFIRMED", stay=STAY, rooms=[{}, {"units": 2}]),
        canonical(status="CANCELED", notes="a", total=None, paid=None),
    ),
    "cloudbeds": (cloudbeds.booking(), cloudbeds_cancellation()),
    "alpinebits": (alpinebits.booking(), alpinebits_cancellation()),
}


WITHOUT_DAYS: dict[str, dict[str, object]] = {
    "left out": {"roomCheckIn": ..., "roomCheckOut": ...},
    "null": {"roomCheckIn": None, "roomCheckOut": None},
    "blank": {"roomCheckIn": "", "roomCheckOut": ""},
    "zero": {"roomCheckIn": "0000-00-00", "roomCheckOut": "0000-00-00"},
}
UNDATED_LODGING = cloudbeds.lodging(roomID="31-4", startDate=..., endDate=...)
UNDATED_STAY = "<RoomStay><RoomTypes><RoomType RoomTypeCode='SGL'/></RoomTypes></RoomStay>"
UNDATED = {
    "canonical": canonical(status="CONFIRMED", stay=STAY, rooms=[{"stay": None, "status": None}]),
    **{
        f"cloudbeds {name}": cloudbeds.booking(rooms=[cloudbeds.room(**days)])
        for name, days in WITHOUT_DAYS.items()
    },
    "cloudbeds getReservation": cloudbeds.mapped(
        cloudbeds.single_reservation(assigned=[UNDATED_LODGING], unassigned=[])
    ),
    "alpinebits": alpinebits.booking(alpinebits.reservation(rooms=alpinebits.ROOM + UNDATED_STAY)),
}


class TestRoomWithoutDays:
    @pytest.mark.parametrize("snapshot", UNDATED.values(), ids=UNDATED.keys())
    def test_follows_the_booking(self, snapshot: BookingSnapshot) -> None:
        details = create(snapshot).entity.details
        assert {room.stay for room in details.rooms} == {details.stay}


class TestCancellationWithoutRooms:
    @pytest.mark.parametrize(("before", "after"), PAIRS.values(), ids=PAIRS.keys())
    def test_cancels_the_stored_rooms(
        self, before: BookingSnapshot, after: BookingSnapshot
    ) -> None:
        made = create(before).entity
        rooms = applied(merge(made, after)).entity.details.rooms
        assert len(rooms) == len(made.details.rooms)
        assert {room.status for room in rooms} == {BookingStatus.CANCELED}
