"""Messages of the vendor's shape with contents of our own, and the samples where they are."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.outbound.providers.apaleo import provider as make_provider
from domain.messages import ItemKind
from domain.snapshots import AvailabilitySnapshot, BookingSnapshot
from domain.values import Reason
from ports.providers import HotelContext, ReadItem
from tests.providers.mews.payloads import tools

ROOT = Path(__file__).parents[3]
SAMPLES = Path(os.environ.get("PMS_VENDOR_SAMPLES", ROOT.parent / "shared/vendor-samples"))
SPECS = Path(os.environ.get("PMS_VENDOR_SPECS", ROOT.parent / "shared/vendor-specs"))
OBSERVED = datetime(2026, 3, 1, 12, tzinfo=UTC)

provider = make_provider(tools())


def sample(name: str) -> bytes:
    path = SAMPLES / "apaleo" / name
    if not path.exists():
        pytest.skip("the vendors' samples are not on this machine (PMS_VENDOR_SAMPLES)")
    return path.read_bytes()


def spec(name: str) -> dict[str, Any]:
    path = SPECS / "apaleo" / name
    if not path.exists():
        pytest.skip("the vendors' descriptions are not on this machine (PMS_VENDOR_SPECS)")
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def context(time_zone: str = "Europe/Berlin", currency: str = "EUR") -> HotelContext:
    return HotelContext(time_zone=time_zone, currency=currency, observed_at=OBSERVED)


def euros(amount: float) -> dict[str, Any]:
    return {"amount": amount, "currency": "EUR"}


def reservation(**changes: Any) -> dict[str, Any]:
    """A value of `...` takes the field out."""
    payload: dict[str, Any] = {
        "id": "QWERTYUI-1",
        "bookingId": "QWERTYUI",
        "status": "Confirmed",
        "property": {"id": "VIE", "code": "VIE", "name": "Vienna"},
        "ratePlan": {"id": "VIE-FLEX", "code": "FLEX", "isSubjectToCityTax": False},
        "unitGroup": {"id": "VIE-DBL", "code": "DBL", "name": "Double"},
        "totalGrossAmount": euros(230.5),
        "arrival": "2026-03-10T15:00:00+01:00",
        "departure": "2026-03-12T11:00:00+01:00",
        "created": "2026-01-02T03:04:05.1234567+01:00",
        "modified": "2026-02-03T04:05:06.7654321+01:00",
        "adults": 2,
        "channelCode": "BookingCom",
        "primaryGuest": {"firstName": "Ada", "lastName": "Aalto", "email": "ada@example.com"},
        "guaranteeType": "CreditCard",
        "cancellationFee": {"id": "C", "fee": euros(230.5)},
        "noShowFee": {"id": "N", "fee": euros(230.5)},
        "balance": euros(-230.5),
        "hasCityTax": False,
    }
    payload.update(changes)
    return {key: value for key, value in payload.items() if value is not ...}


def read(kind: ItemKind, body: Any, **options: Any) -> list[ReadItem]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    explain = options.pop("explain", False)
    return list(provider.read_items(kind, [raw], context(**options), limit=1_000, explain=explain))


def booking(**changes: Any) -> BookingSnapshot:
    (item,) = read(ItemKind.BOOKING, {"reservations": [reservation(**changes)], "count": 0})
    assert item.reason is None, item.reason
    assert isinstance(item.snapshot, BookingSnapshot)
    return item.snapshot


def refusal(**changes: Any) -> Reason:
    (item,) = read(ItemKind.BOOKING, {"reservations": [reservation(**changes)], "count": 0})
    assert item.reason is not None
    return item.reason


def cell(item: ReadItem) -> AvailabilitySnapshot:
    assert isinstance(item.snapshot, AvailabilitySnapshot), item.reason
    return item.snapshot
