"""Shared by the payload builders of all vendors: samples, contexts, reading, invalid values."""

import copy
import json
import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from domain.messages import ItemKind
from domain.snapshots import AvailabilitySnapshot, BookingSnapshot, GuestSnapshot
from domain.values import Reason
from ports.providers import HotelContext, Provider, ReadItem

ROOT: Final = Path(__file__).parents[2]
SAMPLES: Final = Path(os.environ.get("PMS_VENDOR_SAMPLES", ROOT.parent / "shared/vendor-samples"))
SPECS: Final = Path(os.environ.get("PMS_VENDOR_SPECS", ROOT.parent / "shared/vendor-specs"))
OBSERVED: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)


def load_sample(vendor: str, name: str) -> bytes:
    """Skips the test if the sample is not available."""
    path = SAMPLES / vendor / name
    if not path.exists():
        pytest.skip("the vendors' samples are not on this machine (PMS_VENDOR_SAMPLES)")
    return path.read_bytes()


def spec_path(vendor: str, name: str) -> Path:
    """Skips the test if the description is not available."""
    path = SPECS / vendor / name
    if not path.exists():
        pytest.skip("the vendors' descriptions are not on this machine (PMS_VENDOR_SPECS)")
    return path


def hotel_context(
    time_zone: str = "Europe/Berlin", currency: str = "EUR", observed_at: datetime = OBSERVED
) -> HotelContext:
    return HotelContext(time_zone=time_zone, currency=currency, observed_at=observed_at)


def changed(payload: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """`...` removes a field."""
    return {key: value for key, value in {**payload, **changes}.items() if value is not ...}


def read_items(
    provider: Provider, kind: ItemKind, body: Any, *, explain: bool = False, **hotel: Any
) -> list[ReadItem]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    context = hotel_context(**hotel)
    return list(provider.read_items(kind, [raw], context, limit=1_000, explain=explain))


def booking_in(items: Sequence[ReadItem]) -> BookingSnapshot:
    (item,) = items
    assert isinstance(item.snapshot, BookingSnapshot), item.reason
    return item.snapshot


def reason_in(items: Sequence[ReadItem]) -> Reason:
    (item,) = items
    assert item.reason is not None, item.snapshot
    return item.reason


def guest(item: ReadItem) -> GuestSnapshot:
    assert isinstance(item.snapshot, GuestSnapshot), item.reason
    return item.snapshot


def cell(item: ReadItem) -> AvailabilitySnapshot:
    assert isinstance(item.snapshot, AvailabilitySnapshot), item.reason
    return item.snapshot


def extras(snapshot: BookingSnapshot | GuestSnapshot) -> dict[str, str]:
    assert isinstance(snapshot.extras, tuple)
    return dict(snapshot.extras)


def value_paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Of each value inside, at any depth."""
    entries: Any = ()
    if isinstance(value, dict | list):
        entries = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in entries:
        yield (*path, key)
        yield from value_paths(inner, (*path, key))


def with_value(payload: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy with another value at the path; `...` removes it."""
    copied = copy.deepcopy(payload)
    parent = copied
    for key in path[:-1]:
        parent = parent[key]
    if value is ...:
        del parent[path[-1]]
    else:
        parent[path[-1]] = value
    return copied
