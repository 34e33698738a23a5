"""Shared by the payload builders of all vendors: samples, contexts, reading, invalid values."""

import copy
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from adapters.outbound.memory.clock import FrozenClock, ScriptedRandomness
from adapters.outbound.memory.jobs import InMemoryRateBudget
from domain.messages import ItemKind
from domain.snapshots import AvailabilitySnapshot, BookingSnapshot, GuestSnapshot, Party
from domain.status import BookingStatus
from domain.values import Reason
from entrypoints.wiring.installed_providers import InstalledProviders
from ports.providers import HotelContext, Provider, ProviderTools, ReadItem

ROOT: Final = Path(__file__).parents[2]
SAMPLES: Final = Path(os.environ.get("PMS_VENDOR_SAMPLES", ROOT.parent / "shared/vendor-samples"))
SPECS: Final = Path(os.environ.get("PMS_VENDOR_SPECS", ROOT.parent / "shared/vendor-specs"))
OBSERVED: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
ADA: Final = Party(first_name="Ada", last_name="Aalto", email="ada@example.com")

needs_samples = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the publishers' samples are not here (PMS_VENDOR_SAMPLES)"
)


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


def json_spec(vendor: str, name: str) -> dict[str, Any]:
    return _parse_json(spec_path(vendor, name))


@cache
def _parse_json(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found


@cache
def installed_provider(name: str) -> Provider:
    clock = FrozenClock()
    tools = ProviderTools(
        clock=clock, randomness=ScriptedRandomness(), budget=InMemoryRateBudget(clock)
    )
    return InstalledProviders(tools).get(name)


def hotel_context(
    time_zone: str = "Europe/Berlin", currency: str = "EUR", observed_at: datetime = OBSERVED
) -> HotelContext:
    return HotelContext(time_zone=time_zone, currency=currency, observed_at=observed_at)


def changed(payload: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """`...` removes a field."""
    return {key: value for key, value in {**payload, **changes}.items() if value is not ...}


def payload_builder(payload: dict[str, Any]) -> Callable[..., dict[str, Any]]:
    """A function that returns a copy with the named fields changed; `...` removes a field."""

    def build(**changes: Any) -> dict[str, Any]:
        return changed(copy.deepcopy(payload), changes)

    return build


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


@dataclass(frozen=True)
class VendorReader:
    """Samples of a vendor and its provider's reading of payloads."""

    vendor: str
    provider: Provider

    def sample(self, name: str) -> bytes:
        return load_sample(self.vendor, name)

    def read(self, kind: ItemKind, body: Any, **options: Any) -> list[ReadItem]:
        return read_items(self.provider, kind, body, **options)

    def booking(self, body: Any, **options: Any) -> BookingSnapshot:
        return booking_in(self.read(ItemKind.BOOKING, body, **options))

    def rejection(self, body: Any, kind: ItemKind = ItemKind.BOOKING) -> Reason:
        return reason_in(self.read(kind, body))


def guest(item: ReadItem) -> GuestSnapshot:
    assert isinstance(item.snapshot, GuestSnapshot), item.reason
    return item.snapshot


def cell(item: ReadItem) -> AvailabilitySnapshot:
    assert isinstance(item.snapshot, AvailabilitySnapshot), item.reason
    return item.snapshot


def extras(snapshot: BookingSnapshot | GuestSnapshot) -> dict[str, str]:
    assert isinstance(snapshot.extras, tuple)
    return dict(snapshot.extras)


def parametrize_states(**codes: str) -> pytest.MarkDecorator:
    """By name of our status: the vendor's codes for it, separated by spaces."""
    cases = [(code, BookingStatus[name]) for name in codes for code in codes[name].split()]
    return pytest.mark.parametrize(("state", "status"), cases)


def status_and_inventory(status: BookingStatus) -> tuple[BookingStatus, bool]:
    """Confirmed and checked-in bookings hold inventory."""
    return status, status in {BookingStatus.CONFIRMED, BookingStatus.CHECKED_IN}


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
