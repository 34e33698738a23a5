"""Payloads in the vendor's formats, with contents of our own.

Cloudbeds publishes no sample of getReservation(s) or getGuest: these follow its schemas.
"""

from functools import cache
from typing import Any

import yaml

from adapters.outbound.providers.cloudbeds import provider as make_provider
from domain.messages import ItemKind
from domain.snapshots import BookingSnapshot, GuestSnapshot, RoomStay
from domain.values import Reason
from tests.providers.mews.payloads import tools
from tests.providers.vendor_payloads import (
    VendorReader,
    changed,
    hotel_context,
    payload_builder,
    spec_path,
)

READER = VendorReader("cloudbeds", make_provider(tools()))
provider, sample, read = READER.provider, READER.sample, READER.read
context = hotel_context


@cache
def spec() -> dict[str, Any]:
    path = spec_path("cloudbeds", "pms-v1.3-openapi.yaml")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: dict[str, Any] = yaml.load(path.read_text(), loader)
    return found


def person(guest_id: str = "501", **changes: Any) -> dict[str, Any]:
    payload = {
        "guestID": guest_id,
        "guestFirstName": "Ada",
        "guestLastName": "Aalto",
        "guestGender": "N/A",
        "guestEmail": "ada@example.com",
        "guestPhone": "",
        "guestCellPhone": "+358 1",
        "guestCountry": "FI",
        "isAnonymized": False,
        "isMainGuest": True,
    }
    return changed(payload, changes)


room = payload_builder(
    {
        "roomTypeID": "31",
        "roomTypeName": "Double",
        "roomTypeIsVirtual": False,
        "subReservationID": "7001",
        "guestID": "501",
        "rateID": "91",
        "adults": "2",
        "children": "0",
        "roomID": "31-4",
        "roomName": "104",
        "roomCheckIn": "2026-03-10",
        "roomCheckOut": "2026-03-12",
        "roomStatus": "not_checked_in",
        "detailedRoomRates": {"2026-03-10": 115.25, "2026-03-11": "115.25"},
    }
)


reservation = payload_builder(
    {
        "propertyID": "777",
        "reservationID": "7001",
        "isDeleted": False,
        "dateCreated": "2026-01-02 04:04:05",
        "dateCreatedUTC": "2026-01-02 03:04:05",
        "dateModified": "2026-02-03 05:05:06",
        "dateModifiedUTC": "2026-02-03 04:05:06",
        "status": "confirmed",
        "reservationCheckIn": "2026-03-10 00:00:00",
        "reservationCheckOut": "2026-03-12 00:00:00",
        "guestID": "501",
        "profileID": "801",
        "sourceName": "Booking.com",
        "source": {"name": "Booking.com", "category": "ota", "sourceID": "s-1"},
        "propertyCurrency": "EUR",
        "balanceDetailed": {"suggestedDeposit": "0.00", "grandTotal": 230.5, "paid": 30},
        "rooms": [room()],
        "guestList": {"501": person()},
        "total": 230.5,
        "balance": 200.5,
    }
)
"""A reservation of getReservationsWithRateDetails; `...` removes a field."""


lodging = payload_builder(
    {
        "roomTypeID": "31",
        "startDate": "2026-03-10",
        "endDate": "2026-03-12",
        "adults": "1",
        "children": "1",
        "dailyRates": [{"date": "2026-03-11", "rate": 88.8355}],
        "roomTotal": "88.84",
    }
)


single_reservation = payload_builder(
    {
        "propertyID": "777",
        "reservationID": "7001",
        "guestName": "Ada Aalto",
        "guestEmail": "ada@example.com",
        "guestList": {"501": person()},
        "dateCreated": "2026-01-02 04:04:05",
        "dateModified": "2026-02-03 05:05:06",
        "source": "Walk-In",
        "sourceID": "s-1",
        "status": "confirmed",
        "total": 230.5,
        "balance": 200.5,
        "balanceDetailed": [{"paid": 30}],
        "assigned": [lodging(roomID="31-4", subReservationID="7001")],
        "unassigned": [lodging(subReservationID="7001-1", startDate="2026-03-11")],
        "cardsOnFile": [{"cardID": "c", "cardNumber": "1111", "cardType": "visa"}],
        "startDate": "2026-03-10",
        "endDate": "2026-03-12",
    }
)
"""A getReservation response."""


guest = payload_builder(
    {
        **person(),
        "reservationID": "7001",
        "guestName": "Ada Aalto",
        "dateCreated": "2026-01-02 04:04:05",
        "dateModified": "2026-02-03 05:05:06",
        "guestAddress1": "Main Street 1",
        "guestAddress2": "",
        "guestBirthDate": "1980-05-06",
        "guestOptIn": True,
        "isMerged": False,
        "newGuestID": "",
    }
)
"""A guest of getGuestList."""


def page(value: dict[str, Any]) -> dict[str, Any]:
    return {"success": True, "data": [value]}


def mapped(value: dict[str, Any], **options: Any) -> BookingSnapshot:
    return READER.booking(page(value), **options)


def booking(**changes: Any) -> BookingSnapshot:
    return mapped(reservation(**changes))


def map_rooms(snapshot: BookingSnapshot) -> tuple[RoomStay, ...]:
    assert isinstance(snapshot.rooms, tuple)
    return snapshot.rooms


def refusal(**changes: Any) -> Reason:
    return READER.rejection(page(reservation(**changes)))


def person_of(**changes: Any) -> GuestSnapshot:
    (item,) = read(ItemKind.GUEST, {"success": True, "data": {"501": guest(**changes)}})
    assert isinstance(item.snapshot, GuestSnapshot), item.reason
    return item.snapshot
