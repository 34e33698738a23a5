"""Messages of the vendor's schemas with contents of our own, and the samples where they are.

The vendor publishes no sample of getReservation(s) or getGuest: these follow its description.
"""

import json
import os
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from adapters.outbound.providers.cloudbeds import provider as make_provider
from domain.messages import ItemKind
from domain.snapshots import AvailabilitySnapshot, BookingSnapshot, GuestSnapshot, RoomStay
from domain.values import Reason
from ports.providers import HotelContext, ReadItem
from tests.providers.mews.payloads import tools

ROOT = Path(__file__).parents[3]
SAMPLES = Path(os.environ.get("PMS_VENDOR_SAMPLES", ROOT.parent / "shared/vendor-samples"))
SPECS = Path(os.environ.get("PMS_VENDOR_SPECS", ROOT.parent / "shared/vendor-specs"))
OBSERVED = datetime(2026, 3, 1, 12, tzinfo=UTC)

provider = make_provider(tools())


def sample(name: str) -> bytes:
    path = SAMPLES / "cloudbeds" / name
    if not path.exists():
        pytest.skip("the vendors' samples are not on this machine (PMS_VENDOR_SAMPLES)")
    return path.read_bytes()


@cache
def spec() -> dict[str, Any]:
    path = SPECS / "cloudbeds" / "pms-v1.3-openapi.yaml"
    if not path.exists():
        pytest.skip("the vendors' descriptions are not on this machine (PMS_VENDOR_SPECS)")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: dict[str, Any] = yaml.load(path.read_text(), loader)
    return found


def context(time_zone: str = "Europe/Berlin", currency: str = "EUR") -> HotelContext:
    return HotelContext(time_zone=time_zone, currency=currency, observed_at=OBSERVED)


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
        **changes,
    }
    return {key: value for key, value in payload.items() if value is not ...}


def room(**changes: Any) -> dict[str, Any]:
    payload = {
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
        **changes,
    }
    return {key: value for key, value in payload.items() if value is not ...}


def reservation(**changes: Any) -> dict[str, Any]:
    """As getReservationsWithRateDetails tells it. A value of `...` takes the field out."""
    payload: dict[str, Any] = {
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
    payload.update(changes)
    return {key: value for key, value in payload.items() if value is not ...}


def alone(**changes: Any) -> dict[str, Any]:
    """As getReservation tells it."""
    payload: dict[str, Any] = {
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
    payload.update(changes)
    return {key: value for key, value in payload.items() if value is not ...}


def lodging(**changes: Any) -> dict[str, Any]:
    return {
        "roomTypeID": "31",
        "startDate": "2026-03-10",
        "endDate": "2026-03-12",
        "adults": "1",
        "children": "1",
        "dailyRates": [{"date": "2026-03-11", "rate": 88.8355}],
        "roomTotal": "88.84",
        **changes,
    }


def guest(**changes: Any) -> dict[str, Any]:
    """As getGuestList tells it."""
    payload = {
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
        **changes,
    }
    return {key: value for key, value in payload.items() if value is not ...}


def read(kind: ItemKind, body: Any, **options: Any) -> list[ReadItem]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    explain = options.pop("explain", False)
    return list(provider.read_items(kind, [raw], context(**options), limit=1_000, explain=explain))


def mapped(value: dict[str, Any], **options: Any) -> BookingSnapshot:
    (item,) = read(ItemKind.BOOKING, {"success": True, "data": [value]}, **options)
    assert item.reason is None, item.reason
    assert isinstance(item.snapshot, BookingSnapshot)
    return item.snapshot


def booking(**changes: Any) -> BookingSnapshot:
    return mapped(reservation(**changes))


def map_rooms(snapshot: BookingSnapshot) -> tuple[RoomStay, ...]:
    assert isinstance(snapshot.rooms, tuple)
    return snapshot.rooms


def extras(snapshot: BookingSnapshot | GuestSnapshot) -> dict[str, str]:
    assert isinstance(snapshot.extras, tuple)
    return dict(snapshot.extras)


def refusal(**changes: Any) -> Reason:
    (item,) = read(ItemKind.BOOKING, {"success": True, "data": [reservation(**changes)]})
    assert item.reason is not None
    return item.reason


def person_of(**changes: Any) -> GuestSnapshot:
    (item,) = read(ItemKind.GUEST, {"success": True, "data": {"501": guest(**changes)}})
    assert isinstance(item.snapshot, GuestSnapshot), item.reason
    return item.snapshot


def cell(item: ReadItem) -> AvailabilitySnapshot:
    assert isinstance(item.snapshot, AvailabilitySnapshot), item.reason
    return item.snapshot
