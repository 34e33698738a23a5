"""Bodies of this vendor, recognised by their top-level keys, whatever their order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from adapters.outbound.provider_kit.errors import UnreadableField, UnreadableJson
from adapters.outbound.provider_kit.json_text import Json, RawItem, dumps, split_items
from adapters.outbound.providers.mews.vendor_object import Entry
from domain.messages import ItemKind
from ports.errors import TooManyItems, UnreadableMessage

AVAILABILITY: Final = "ResourceCategoryAvailabilities"
CONFIGURATION: Final = "Enterprise"
LISTS: Final = (
    "Reservations",
    "Customers",
    "Companionships",
    "ReservationGroups",
    "OrderItems",
    "AgeCategories",
    "Services",
    "Companies",
    "Resources",
    "ResourceCategories",
    "ResourceCategoryAssignments",
    "Rates",
    "IdentityDocuments",
)
_MAIN_LIST: Final = {ItemKind.BOOKING: "Reservations", ItemKind.GUEST: "Customers"}
_MARKS: Final = {
    ItemKind.BOOKING: ("State", "Number", "GroupId", "AccountId", "ScheduledStartUtc", "StartUtc"),
    ItemKind.GUEST: ("LastName", "Customer", "ChainId", "Email", "MergeTargetId"),
    ItemKind.AVAILABILITY: (),
}
"""Of a bare item, posted without its message: it has an id and at least one of these."""


@dataclass(slots=True)
class Messages:
    """What several bodies say together. A list that no body has is not in `lists`."""

    lists: dict[str, list[Entry]] = field(default_factory=dict)
    availability: list[Mapping[str, Json]] = field(default_factory=list)
    enterprise: dict[str, Json] | None = None
    broken: list[tuple[Entry, UnreadableJson]] = field(default_factory=list)
    """Items of an array whose text can't be taken without loss, with the reason."""
    spoiled: dict[str, UnreadableField] = field(default_factory=dict)
    """Ids of bookings that refer to something unreadable, which is not in `lists`."""

    def add(self, key: str, values: Iterable[Json], *, prefix: str = "") -> None:
        known = self.lists.setdefault(key, [])
        known.extend(Entry(f"{prefix}{key}[{n}]", value) for n, value in enumerate(values))

    def of(self, key: str) -> Sequence[Entry]:
        return self.lists.get(key, ())


def read_messages(kind: ItemKind, bodies: Sequence[bytes], *, limit: int) -> Messages:
    """Raises UnreadableMessage where a body is none of this vendor, or none is about `kind`;
    TooManyItems where `kind` has more than `limit` of them."""
    messages = Messages()
    for body in bodies:
        _read_body(messages, kind, body, limit)
    main = _MAIN_LIST.get(kind)
    told = messages.availability if main is None else messages.lists.get(main)
    if told is None or (main is None and not told):
        raise UnreadableMessage(f"no body has {main or AVAILABILITY}", path=main or AVAILABILITY)
    if len(told) > limit:
        raise TooManyItems(limit=limit)
    return messages


def _read_body(messages: Messages, kind: ItemKind, body: bytes, limit: int) -> None:
    items = split_items(body, limit=limit)
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"[":
        _read_array(messages, kind, items)
    else:
        _read_object(messages, kind, items[0])


def _read_object(messages: Messages, kind: ItemKind, item: RawItem) -> None:
    if item.problem is not None or not isinstance(item.value, dict):
        told = item.problem.message if item.problem else "expected an object"
        raise UnreadableMessage(told)
    if _read_message(messages, item.value):
        return
    if not _is_bare(kind, item.value):
        raise UnreadableMessage("no known top-level key of this vendor")
    _add_bare(messages, kind, Entry("", item.value, item.text.encode()))


def _read_array(messages: Messages, kind: ItemKind, items: Sequence[RawItem]) -> None:
    if items and all(_is_availability(item.value) for item in items):
        messages.availability.extend(i.value for i in items if isinstance(i.value, dict))
        return
    if not any(_is_bare(kind, item.value) for item in items):
        raise UnreadableMessage("no element of the array is of this vendor")
    for position, item in enumerate(items):
        entry = Entry(f"[{position}]", item.value, item.text.encode())
        if item.problem is not None:
            messages.broken.append((entry, item.problem))
        else:
            _add_bare(messages, kind, entry)


def _is_availability(value: Json) -> bool:
    return isinstance(value, dict) and AVAILABILITY in value


def _is_bare(kind: ItemKind, value: Json) -> bool:
    if not isinstance(value, dict):
        return False
    if "Customer" in value and kind is ItemKind.GUEST:
        return True
    return "Id" in value and any(mark in value for mark in _MARKS[kind])


def _add_bare(messages: Messages, kind: ItemKind, entry: Entry) -> None:
    messages.lists.setdefault(_MAIN_LIST[kind], []).append(entry)


def _read_message(messages: Messages, value: Mapping[str, Json]) -> bool:
    """False where no known top-level key is there. A list that is null was not asked for."""
    known = False
    for key in LISTS:
        found = value.get(key)
        if isinstance(found, list):
            known = True
            messages.add(key, found)
        elif found is not None:
            raise UnreadableMessage(f"{key}: expected a list", path=key)
    if AVAILABILITY in value:
        known = True
        messages.availability.append(value)
    enterprise = value.get(CONFIGURATION)
    if isinstance(enterprise, dict):
        known = True
        messages.enterprise = enterprise
    return known


def one_day_body(start: str, category_id: str, metrics: Mapping[str, Json]) -> bytes:
    """An availability message of one cell, so that it can be read again by itself."""
    columns: Json = {name: [value] for name, value in metrics.items()}
    cells: Json = [{"ResourceCategoryId": category_id, "Metrics": columns}]
    return dumps({"TimeUnitStartsUtc": [start], AVAILABILITY: cells}).encode()
