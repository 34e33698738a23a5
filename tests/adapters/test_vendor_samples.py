"""Every payload that the vendors published and that lies beside this repository: which of them is
read as what, and that one a little other than the published one is read or refused by name too."""

import copy
import json
import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.outbound.memory.clock import FrozenClock, ScriptedRandomness
from adapters.outbound.memory.jobs import InMemoryRateBudget
from adapters.outbound.provider_kit.card_scrubber import scrub_bytes
from domain.errors import PmsError
from domain.messages import ItemKind
from domain.snapshots import BookingSnapshot, GuestSnapshot
from entrypoints.providers import InstalledProviders
from ports.providers import HotelContext, Provider, ProviderTools, ReadItem

SAMPLES = Path(
    os.environ.get("PMS_VENDOR_SAMPLES", Path(__file__).parents[3] / "shared/vendor-samples")
)
CONTEXT = HotelContext(
    time_zone="Europe/Vienna", currency="EUR", observed_at=datetime(2026, 11, 1, tzinfo=UTC)
)
FOLDERS = {"alpinebits": "ota"}
KINDS = (ItemKind.BOOKING, ItemKind.GUEST, ItemKind.AVAILABILITY)
WEBHOOK = ItemKind.NOTIFICATION

# Per file: as what it is read, and how many of its items are understood. What is not named here is
# no message of any of our kinds, and has to be refused as each of them.
READ: dict[str, dict[str, dict[ItemKind, int]]] = {
    "mews": {
        "op-reservations__get-all-reservations-ver-2023-06-06-response.json": {ItemKind.BOOKING: 1},
        # An extract whose state is a placeholder.
        "guide-serialization__serialization-coproducts-2.json": {ItemKind.BOOKING: 0},
        "op-customers__search-customers-response.json": {ItemKind.GUEST: 1},
        "op-services__get-service-availability-ver-2024-01-22-response.json": {
            ItemKind.AVAILABILITY: 5
        },
        "webhook-websockets__websockets-message-body.json": {WEBHOOK: 2},
        "webhook-wh-general__general-webhooks-request-body.json": {WEBHOOK: 4},
    },
    "apaleo": {
        "swagger2021-booking-BookingReservationsGet__resp-200.json": {ItemKind.BOOKING: 2},
        # Its embedded reservations have no `modified`: there is nothing to order them by.
        "swagger2021-booking-BookingBookingsByIdGet__resp-200.json": {ItemKind.BOOKING: 0},
        "3p-event-reservation-changed.json": {WEBHOOK: 1},
    },
}


def files(provider: str) -> list[Path]:
    folder = SAMPLES / FOLDERS.get(provider, provider)
    return sorted(path for path in folder.glob("*") if path.suffix != ".tsv")


def all_files() -> Iterator[Any]:
    for provider in READ:
        for path in files(provider):
            yield pytest.param(provider, path, id=f"{provider}-{path.stem}")


every_sample = pytest.mark.parametrize(("provider", "path"), list(all_files()))
here = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the publishers' samples are not here (PMS_VENDOR_SAMPLES)"
)


def plugin(name: str) -> Provider:
    clock = FrozenClock()
    tools = ProviderTools(
        clock=clock, randomness=ScriptedRandomness(), budget=InMemoryRateBudget(clock)
    )
    return InstalledProviders(tools).get(name)


def understood(provider: Provider, kind: ItemKind, body: bytes) -> int | None:
    """None: refused as a whole, by a named error."""
    try:
        if kind is WEBHOOK:
            return len(provider.read_notification(body, CONTEXT).refs)
        items = read(provider, kind, body)
    except PmsError:
        return None
    assert items
    return sum(item.snapshot is not None for item in items)


def read(
    provider: Provider, kind: ItemKind, body: bytes, *, explain: bool = False
) -> Sequence[ReadItem]:
    items = provider.read_items(kind, [body], CONTEXT, limit=10_000, explain=explain)
    for item in items:
        assert (item.snapshot is None) != (item.reason is None)
        assert item.reason is None or (item.reason.code and item.reason.detail)
    return items


@here
@every_sample
class TestASampleOfTheVendors:
    def test_is_read_as_what_it_is_and_as_nothing_else(self, provider: str, path: Path) -> None:
        body = scrub_bytes(path.read_bytes())
        found = {kind: understood(plugin(provider), kind, body) for kind in (*KINDS, WEBHOOK)}
        as_something = {kind: count for kind, count in found.items() if count is not None}
        assert as_something == READ[provider].get(path.name, {})

    def test_is_read_or_refused_by_name_with_any_one_field_gone(
        self, provider: str, path: Path
    ) -> None:
        for kind in READ[provider].get(path.name, {}):
            for body in without_one_field(path):
                understood(plugin(provider), kind, body)

    def test_keeps_a_field_that_nobody_knows(self, provider: str, path: Path) -> None:
        for kind, count in READ[provider].get(path.name, {}).items():
            body = with_a_new_field(path)
            assert understood(plugin(provider), kind, body) == count
            if kind in (ItemKind.BOOKING, ItemKind.GUEST):
                for item in read(plugin(provider), kind, body):
                    if isinstance(item.snapshot, BookingSnapshot | GuestSnapshot):
                        assert item.snapshot.extras
                        assert any(NEW in name for name, _ in item.snapshot.extras)  # type: ignore[union-attr]  # not absent: asserted above

    def test_tells_for_every_field_where_it_went(self, provider: str, path: Path) -> None:
        for kind in READ[provider].get(path.name, {}):
            if kind is WEBHOOK:
                continue
            for item in read(plugin(provider), kind, path.read_bytes(), explain=True):
                assert item.reason is not None or item.homes
                assert all(home for _, home in item.homes)


NEW = "aFieldOfTomorrow"


def without_one_field(path: Path) -> Iterator[bytes]:
    if path.suffix != ".json":
        return
    whole = json.loads(path.read_bytes())
    for place in list(places(whole)):
        changed = copy.deepcopy(whole)
        holder = changed
        for step in place[:-1]:
            holder = holder[step]
        del holder[place[-1]]
        yield json.dumps(changed).encode()


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Of every field of every object."""
    if isinstance(value, dict):
        for key, held in value.items():
            yield (*at, key)
            yield from places(held, (*at, key))
    if isinstance(value, list):
        for index, held in enumerate(value[:2]):
            yield from places(held, (*at, index))


def with_a_new_field(path: Path) -> bytes:
    """In every object."""

    def changed(value: Any) -> Any:
        if isinstance(value, dict):
            return {**{key: changed(held) for key, held in value.items()}, NEW: {"a": 1}}
        return [changed(held) for held in value] if isinstance(value, list) else value

    if path.suffix != ".json":
        return path.read_bytes()
    return json.dumps(changed(json.loads(path.read_bytes()))).encode()
