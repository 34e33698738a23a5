"""Messages without items, and messages of which one part is invalid."""

from collections.abc import Iterator, Sequence
from typing import Final

from adapters.outbound.provider_kit.parsing.errors import UnreadableJson
from adapters.outbound.provider_kit.parsing.json_text import Json, dumps, loads
from domain.messages import ItemKind
from domain.snapshots import BookingSnapshot, Party
from entrypoints.certification.adapter_harness import AdapterHarness
from entrypoints.certification.check import Requirement, check, pull_check
from entrypoints.certification.check_context import CheckContext
from ports.errors import UnreadableMessage, Unsupported
from ports.providers import ReadItem

_KINDS: Final = (ItemKind.BOOKING, ItemKind.GUEST, ItemKind.AVAILABILITY)
_UNKNOWN: Final = (
    b'{"unknown": {}}',
    b'{"unknown": {"items": [{"x": 1}]}}',
    b'{"unknown": [{"x": 1}], "warnings": []}',
    b'[{"x": 1}]',
)
_INVALID: Final[tuple[Json, ...]] = (17, "", None, {"odd": True})
_LIMIT: Final = 1_000
_SAMPLE: Final = 5


@pull_check("reading.without_items", "A message that yields no item is refused")
def messages_without_items(ctx: CheckContext) -> None:
    """Also a known booking inside of a list that the vendor does not have."""
    adapter = ctx.adapter()
    wrapped = [
        dumps({"unknown": {"unknown": [value]}}).encode() for value in _booking_values(adapter)
    ]
    for kind in _KINDS:
        for body in (*_UNKNOWN, *wrapped[:1]):
            items = _read(adapter, kind, body)
            if items is None:
                ctx.count_expectation()
                continue
            ctx.expect(items, f"{body[:40]!r} was accepted as a {kind} message without an item")


@pull_check("reading.one_bad_item", "An item with a duplicate key does not affect the others")
def one_bad_item(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    texts = [dumps(value) for value in _booking_values(adapter)[:3] if isinstance(value, dict)]
    intact = _read(adapter, ItemKind.BOOKING, f"[{','.join(texts)}]".encode())
    ctx.require_or_skip(
        len(texts) == 3 and intact and all(item.snapshot for item in intact),
        "it takes no array of bookings",
    )
    texts[1] = f'{{"duplicate":1,"duplicate":2,{texts[1][1:]}'
    items = _read(adapter, ItemKind.BOOKING, f"[{','.join(texts)}]".encode())
    accepted = [item.snapshot is not None for item in items or ()]
    ctx.expect(accepted == [True, False, True], f"of three bookings were read: {accepted}")


@pull_check("reading.details", "An invalid name, e-mail or note does not refuse a booking")
def invalid_details(ctx: CheckContext) -> None:
    adapter = ctx.adapter()
    tried = 0
    for value in _booking_values(adapter)[:_SAMPLE]:
        items = _read(adapter, ItemKind.BOOKING, dumps(value).encode()) or ()
        for item in items:
            for path in _detail_paths(value, _details(item)):
                tried += 1
                _expect_taken(ctx, adapter, value, path)
    ctx.require_or_skip(tried, "its bookings carry no details of their guests")


@check(
    "reading.empty_cell",
    "Availability without counts, rates and restrictions is refused",
    Requirement.AVAILABILITY,
)
def empty_cells(ctx: CheckContext) -> None:
    ctx.require_or_skip(ctx.capabilities.pulls, "the provider does not declare pulls")
    adapter = ctx.adapter()
    values = _values(adapter, ItemKind.AVAILABILITY)[:_SAMPLE]
    ctx.require_or_skip(values, "it pulls no availability as JSON")
    for value in values:
        items = _read(adapter, ItemKind.AVAILABILITY, dumps(_without_numbers(value)).encode())
        accepted = [item.external_id for item in items or () if item.snapshot is not None]
        ctx.expect(not accepted, f"{accepted[:1]} was accepted without a count")


def _read(adapter: AdapterHarness, kind: ItemKind, body: bytes) -> Sequence[ReadItem] | None:
    """None if the message is refused."""
    try:
        return adapter.provider.read_items(kind, [body], adapter.context, limit=_LIMIT)
    except (UnreadableMessage, Unsupported):
        return None


def _booking_values(adapter: AdapterHarness) -> list[Json]:
    return _values(adapter, ItemKind.BOOKING)


def _values(adapter: AdapterHarness, kind: ItemKind) -> list[Json]:
    """The pulled items of one kind, of a vendor that sends JSON."""
    found = []
    for item in adapter.pull().items:
        if item.kind is kind and item.snapshot is not None:
            try:
                found.append(loads(item.raw))
            except UnreadableJson:
                return []
    return [value for value in found if isinstance(value, dict | list)]


def _details(item: ReadItem) -> set[str]:
    if not isinstance(item.snapshot, BookingSnapshot):
        return set()
    found: list[object] = [item.snapshot.special_requests, item.snapshot.notes]
    guest = item.snapshot.primary_guest
    if isinstance(guest, Party):
        found += [guest.first_name, guest.last_name, guest.email, guest.phone]
    return {each for each in found if isinstance(each, str) and each}


def _detail_paths(
    value: Json, details: set[str], path: tuple[str | int, ...] = ()
) -> Iterator[tuple[str | int, ...]]:
    """Where one of `details` stands."""
    entries = enumerate(value) if isinstance(value, list) else ()
    for key, inner in value.items() if isinstance(value, dict) else entries:
        if isinstance(inner, str) and inner in details:
            yield (*path, key)
        yield from _detail_paths(inner, details, (*path, key))


def _expect_taken(
    ctx: CheckContext, adapter: AdapterHarness, value: Json, path: tuple[str | int, ...]
) -> None:
    for invalid in _INVALID:
        items = _read(adapter, ItemKind.BOOKING, dumps(_with_value(value, path, invalid)).encode())
        is_taken = items and all(item.snapshot is not None for item in items)
        ctx.expect(is_taken, f"refused for {'.'.join(map(str, path))}: {invalid!r}")


def _with_value(value: Json, path: tuple[str | int, ...], new: Json) -> Json:
    if not path:
        return new
    key, rest = path[0], path[1:]
    if isinstance(value, list) and isinstance(key, int):
        return [_with_value(v, rest, new) if n == key else v for n, v in enumerate(value)]
    if isinstance(value, dict):
        return {k: _with_value(v, rest, new) if k == key else v for k, v in value.items()}
    return value


def _without_numbers(value: Json) -> Json:
    """Without numbers, also as text, and without booleans."""
    if isinstance(value, dict):
        return {k: _without_numbers(v) for k, v in value.items() if not _is_number(v)}
    if isinstance(value, list):
        return [_without_numbers(v) for v in value if not _is_number(v)]
    return value


def _is_number(value: Json) -> bool:
    if isinstance(value, str):
        return value.replace(".", "", 1).lstrip("-").isdecimal()
    return value is not None and not isinstance(value, dict | list)
