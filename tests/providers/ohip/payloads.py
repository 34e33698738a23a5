"""Messages of the vendor's shapes with contents of our own, and the samples where they are."""

import json
import os
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from adapters.outbound.providers.ohip import provider as make_provider
from domain.messages import ItemKind
from domain.snapshots import AvailabilitySnapshot, BookingSnapshot, GuestSnapshot
from domain.values import Reason
from ports.providers import HotelContext, ReadItem
from tests.providers.mews.payloads import tools

ROOT = Path(__file__).parents[3]
SAMPLES = Path(os.environ.get("PMS_VENDOR_SAMPLES", ROOT.parent / "shared/vendor-samples"))
SPECS = Path(os.environ.get("PMS_VENDOR_SPECS", ROOT.parent / "shared/vendor-specs"))
OBSERVED = datetime(2026, 3, 1, 12, tzinfo=UTC)

provider = make_provider(tools())


def sample(name: str) -> bytes:
    path = SAMPLES / "ohip" / name
    if not path.exists():
        pytest.skip("the vendors' samples are not on this machine (PMS_VENDOR_SAMPLES)")
    return path.read_bytes()


@cache
def _spec(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def spec(name: str) -> dict[str, Any]:
    path = SPECS / "ohip" / name
    if not path.exists():
        pytest.skip("the vendors' descriptions are not on this machine (PMS_VENDOR_SPECS)")
    return _spec(path)


def context(
    time_zone: str = "Europe/Berlin", currency: str = "EUR", observed_at: datetime = OBSERVED
) -> HotelContext:
    return HotelContext(time_zone=time_zone, currency=currency, observed_at=observed_at)


def ids(**by_type: str) -> list[dict[str, str]]:
    return [{"id": value, "type": kind} for kind, value in by_type.items()]


def _changed(payload: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    payload.update(changes)
    return {key: value for key, value in payload.items() if value is not ...}


def room_stay(**changes: Any) -> dict[str, Any]:
    """stayInfoType, its numbers as the texts that the vendor sends."""
    payload: dict[str, Any] = {
        "arrivalDate": "2026-03-10",
        "departureDate": "2026-03-12",
        "adultCount": "2",
        "childCount": "1",
        "roomType": "DBL",
        "numberOfRooms": "1",
        "ratePlanCode": "BAR",
        "totalAmount": {"amount": "230.5", "currencyCode": "EUR"},
        "balance": {"amount": "30.5", "currencyCode": "EUR"},
    }
    return _changed(payload, changes)


def listed(**changes: Any) -> dict[str, Any]:
    """reservationInfoType; a value of `...` takes the field out."""
    payload: dict[str, Any] = {
        "reservationIdList": ids(Confirmation="8001", Reservation="5001"),
        "roomStay": room_stay(),
        "reservationGuest": {
            "givenName": "Ada",
            "surname": "Aalto",
            "email": "ada@example.com",
            "phoneNumber": "+43 1 555 0001 ",
            "language": "E",
            "address": {"country": {"code": "AT"}},
            "id": "7001",
            "type": "Profile",
        },
        "hotelId": "HOTEL9",
        "createDateTime": "2026-01-02 03:04:05.0",
        "lastModifyDateTime": "2026-02-03 04:05:06.0",
        "reservationStatus": "Reserved",
        "walkInIndicator": False,
        "sourceOfSale": {"sourceType": "PMS", "sourceCode": "HOTEL9"},
    }
    return _changed(payload, changes)


def single(**changes: Any) -> dict[str, Any]:
    """hotelReservationType: the same reservation as `listed`."""
    customer = {
        "personName": [{"givenName": "Ada", "surname": "Aalto", "nameType": "Primary"}],
        "language": "E",
    }
    profile = {
        "customer": customer,
        "emails": {"emailInfo": [{"email": {"emailAddress": "ada@example.com"}}]},
        "telephones": {"telephoneInfo": [{"telephone": {"phoneNumber": "+43 1 555 0001"}}]},
        "addresses": {"addressInfo": [{"address": {"country": {"code": "AT"}}}]},
    }
    payload: dict[str, Any] = {
        "reservationIdList": ids(Reservation="5001", Confirmation="8001"),
        "roomStay": {
            "arrivalDate": "2026-03-10",
            "departureDate": "2026-03-12",
            "roomRates": [
                {
                    "roomType": "DBL",
                    "ratePlanCode": "BAR",
                    "numberOfUnits": 1,
                    "start": "2026-03-10",
                    "end": "2026-03-11",
                }
            ],
            "guestCounts": {"adults": 2, "children": 1},
            "total": {"amountAfterTax": 230.5, "amountBeforeTax": 210, "currencyCode": "EUR"},
        },
        "reservationGuests": [
            {
                "profileInfo": {"profileIdList": ids(Profile="7001"), "profile": profile},
                "primary": True,
            }
        ],
        "cashiering": {"revenuesAndBalances": {"balance": {"amount": 30.5, "currencyCode": "EUR"}}},
        "hotelId": "HOTEL9",
        "createDateTime": "2026-01-02 03:04:05.0",
        "lastModifyDateTime": "2026-02-03 04:05:06.0",
        "reservationStatus": "Reserved",
        "walkIn": False,
        "sourceOfSale": {"sourceType": "PMS", "sourceCode": "HOTEL9"},
    }
    return _changed(payload, changes)


def read(kind: ItemKind, body: Any, **options: Any) -> list[ReadItem]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    explain = options.pop("explain", False)
    return list(provider.read_items(kind, [raw], context(**options), limit=1_000, explain=explain))


def in_list(*values: Any) -> dict[str, Any]:
    return {"reservations": {"reservationInfo": list(values), "hasMore": False}}


def alone(value: Any) -> dict[str, Any]:
    return {"reservations": {"reservation": [value]}}


def mapped(body: Any, **options: Any) -> BookingSnapshot:
    (item,) = read(ItemKind.BOOKING, body, **options)
    assert item.reason is None, item.reason
    assert isinstance(item.snapshot, BookingSnapshot)
    return item.snapshot


def booking(**changes: Any) -> BookingSnapshot:
    return mapped(in_list(listed(**changes)))


def with_stay(**changes: Any) -> BookingSnapshot:
    return booking(roomStay=room_stay(**changes))


def refusal(body: Any, kind: ItemKind = ItemKind.BOOKING) -> Reason:
    (item,) = read(kind, body)
    assert item.reason is not None
    return item.reason


def guest(item: ReadItem) -> GuestSnapshot:
    assert isinstance(item.snapshot, GuestSnapshot), item.reason
    return item.snapshot


def cell(item: ReadItem) -> AvailabilitySnapshot:
    assert isinstance(item.snapshot, AvailabilitySnapshot), item.reason
    return item.snapshot
