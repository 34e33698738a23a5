"""Message bodies, recognized by their top-level keys, in any order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from adapters.outbound.provider_kit.parsing.enclosing_property import within_property
from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.json_messages import (
    load_message,
    mark_problem,
    numbered_entries,
)
from adapters.outbound.provider_kit.parsing.json_text import Json, RawItem, dumps, split_items
from adapters.outbound.provider_kit.parsing.read_items import JsonEntry
from adapters.outbound.providers.mews.mapping.parsing import PROPERTY_PATHS
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
    "Payments",
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
_BARE_ITEM_KEYS: Final = {
    ItemKind.BOOKING: ("State", "Number", "GroupId", "AccountId", "ScheduledStartUtc", "StartUtc"),
    ItemKind.GUEST: ("LastName", "Customer", "ChainId", "Email", "MergeTargetId"),
    ItemKind.AVAILABILITY: (),
}
"""A bare item, posted without its message, has an id and at least one of these keys."""


@dataclass(slots=True)
class MewsMessages:
    """The contents of several bodies. A list that no body has is not in `lists`."""

    lists: dict[str, list[JsonEntry]] = field(default_factory=dict)
    availability: list[JsonEntry] = field(default_factory=list)
    enterprise: dict[str, Json] | None = None
    unreadable: dict[str, Mapping[str, UnreadableField]] = field(default_factory=dict)
    """By list: the bookings that an unreadable object belongs to, which is not in `lists`."""

    def add(
        self, key: str, values: Iterable[Json], message: Json = None, *, is_lossy: bool = False
    ) -> None:
        """`message`: that has the list. `is_lossy`: it lost data when parsed: `mark_problem`."""
        entries = within_property(numbered_entries(key, values), message, PROPERTY_PATHS)
        self.lists.setdefault(key, []).extend(map(mark_problem, entries) if is_lossy else entries)

    def of(self, key: str) -> Sequence[JsonEntry]:
        return self.lists.get(key, ())


def read_messages(kind: ItemKind, bodies: Sequence[bytes], *, limit: int) -> MewsMessages:
    """Raises UnreadableMessage if a body is not from Mews or none has items of `kind`; TooManyItems
    if there are more than `limit` of them."""
    messages = MewsMessages()
    for body in bodies:
        _read_body(messages, kind, body, limit)
    main = _MAIN_LIST.get(kind)
    items_found = messages.availability if main is None else messages.lists.get(main)
    if items_found is None or (main is None and not items_found):
        raise UnreadableMessage(f"no body has {main or AVAILABILITY}", path=main or AVAILABILITY)
    if len(items_found) > limit:
        raise TooManyItems(limit=limit)
    return messages


def _read_body(messages: MewsMessages, kind: ItemKind, body: bytes, limit: int) -> None:
    items = list(split_items(body, limit=limit))
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"[":
        _read_array(messages, kind, items)
    else:
        _read_object(messages, kind, items[0])


def _read_object(messages: MewsMessages, kind: ItemKind, item: RawItem) -> None:
    value, is_lossy = item.value, item.problem is not None
    if is_lossy:
        value, _ = load_message(item.text.encode())
    if not isinstance(value, dict):
        raise UnreadableMessage("expected an object")
    if _read_message(messages, value, is_lossy=is_lossy):
        return
    if not _is_bare_item(kind, value):
        raise UnreadableMessage("no known top-level key of Mews")
    _add_bare_item(messages, kind, JsonEntry("", value, item.text.encode(), problem=item.problem))


def _read_array(messages: MewsMessages, kind: ItemKind, items: Sequence[RawItem]) -> None:
    """Broken items keep their position. An array of availability has no bare items."""
    is_item = _is_availability if kind is ItemKind.AVAILABILITY else partial(_is_bare_item, kind)
    if not any(is_item(item.value) for item in items):
        raise UnreadableMessage("no element of the array is a Mews object")
    entries = (
        JsonEntry(f"[{n}]", item.value, item.text.encode(), problem=item.problem)
        for n, item in enumerate(items)
    )
    if kind is ItemKind.AVAILABILITY:
        messages.availability.extend(entries)
    for entry in entries:
        _add_bare_item(messages, kind, entry)


def _is_availability(value: Json) -> bool:
    return isinstance(value, dict) and AVAILABILITY in value


def _is_bare_item(kind: ItemKind, value: Json) -> bool:
    if not isinstance(value, dict):
        return False
    if "Customer" in value and kind is ItemKind.GUEST:
        return True
    return "Id" in value and any(key in value for key in _BARE_ITEM_KEYS[kind])


def _add_bare_item(messages: MewsMessages, kind: ItemKind, entry: JsonEntry) -> None:
    messages.lists.setdefault(_MAIN_LIST[kind], []).append(entry)


def _read_message(messages: MewsMessages, value: dict[str, Json], *, is_lossy: bool) -> bool:
    """False if no known top-level key is present. A list that is null was not requested."""
    known = False
    for key in LISTS:
        found = value.get(key)
        if isinstance(found, list):
            known = True
            messages.add(key, found, value, is_lossy=is_lossy)
        elif found is not None:
            raise UnreadableMessage(f"{key}: expected a list", path=key)
    if AVAILABILITY in value:
        known = True
        messages.availability.append(JsonEntry("", value))
    enterprise = value.get(CONFIGURATION)
    if isinstance(enterprise, dict):
        known = True
        messages.enterprise = enterprise
    return known


def single_day_body(
    start: str, category_id: str, metrics: Mapping[str, Json], envelope: Mapping[str, Json]
) -> bytes:
    """An availability message of one cell, so that the item can be read again."""
    columns: Json = {name: [value] for name, value in metrics.items()}
    cells: Json = [{"ResourceCategoryId": category_id, "Metrics": columns}]
    return dumps({**envelope, "TimeUnitStartsUtc": [start], AVAILABILITY: cells}).encode()
