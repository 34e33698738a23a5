"""Business events, taken from OPERA's queue or pushed by a relay that took them from it.

They name the changed object, whose state is then fetched: order and duplicates do not matter.
Numbers may be sent as text and the other way round.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from adapters.outbound.provider_kit.parsing.enclosing_property import within_property
from adapters.outbound.provider_kit.parsing.event_lists import read_events
from adapters.outbound.provider_kit.parsing.field_values import as_id
from adapters.outbound.provider_kit.parsing.json_fields import list_at, value_at
from adapters.outbound.provider_kit.parsing.json_messages import (
    load_message,
    numbered_entries,
    split_body,
    split_listed,
)
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.list_counts import is_miscounted
from adapters.outbound.provider_kit.parsing.read_items import JsonEntry
from adapters.outbound.provider_kit.parsing.reader import Reader, reader_for
from adapters.outbound.providers.ohip.mapping.parsing import COUNT_PATHS, PROPERTY_PATHS
from domain.snapshots import MAX_ID
from ports.errors import UnreadableAnswer, UnreadableMessage
from ports.providers import Notification, Ref, RefKind

LIST: Final = "businessEventData"
_KIND_BY_MODULE: Final = {"reservation": RefKind.BOOKING, "profile": RefKind.GUEST}
_AVAILABILITY_MODULES: Final = frozenset(
    {"availability", "block", "blockoffsets", "nightaudit", "roomrotation"}
)
"""Modules in lower case. Others (rate, activity, …) do not name an object that can be fetched."""

_CASHIERING: Final = "cashiering"
_RESERVATION_ID_ELEMENTS: Final = frozenset({"RESV NAME ID", "RESVNAMEID", "RESERVATION ID"})
"""Names of a detail (without underscores): a posting's primary key is its transaction."""

_EVENT_KEYS: Final = ("businessEvent", "header", "moduleName")
_OUT_OF_ORDER: Final = "OUT OF"
_TYPE_KEYS: Final = ("actionType", "eventName")


class _Event(NamedTuple):
    hotel_id: str | None
    key: str | None
    refs: tuple[Ref, ...]
    name: str


def read_notification(body: bytes, property_id: str | None = None) -> Notification:
    """`property_id`: the connection's. Raises UnreadableMessage, also if none of the events is
    valid."""
    events, unreadable = read_events(
        list(split_body(body, _split_message, PROPERTY_PATHS)),
        _read_event,
        property_of=lambda event: event.hotel_id,
        own_property=property_id,
    )
    hotels = {event.hotel_id for event in events}
    is_single = len(events) == 1 and not unreadable
    return Notification(
        refs=tuple(dict.fromkeys(ref for event in events for ref in event.refs)),
        ignored=tuple(dict.fromkeys(event.name for event in events if not event.refs)),
        property_id=hotels.pop() if len(hotels) == 1 else None,
        event_key=events[0].key if is_single else None,
        unreadable=unreadable,
    )


def _read_event(entry: JsonEntry) -> _Event:
    event = reader_for(entry.value, entry.path)
    header = _event_header(event)
    around = entry.find_property(PROPERTY_PATHS)
    return _Event(
        key=_event_key(event, header),
        hotel_id=header.optional("hotelId", as_id) or (around.id if around else None),
        refs=tuple(_references(event, header)),
        name=_event_name(header),
    )


def split_events(body: bytes) -> list[bytes]:
    """The events of a queue response. An invalid response is returned as one body, because its
    events are no longer in the queue. Raises UnreadableAnswer for markup (an error page)."""
    if body.lstrip()[:1] == b"<":
        raise UnreadableAnswer(reason="markup instead of JSON")
    try:
        answer, is_lossy = load_message(body) if body else (None, False)
    except UnreadableMessage:
        return [body]
    if is_lossy:
        return [body]
    nested = answer.get(LIST, []) if isinstance(answer, dict) else answer
    if isinstance(nested, list):
        if is_miscounted(nested, [answer], COUNT_PATHS):
            return [body]
        events = within_property(numbered_entries(LIST, nested), answer, PROPERTY_PATHS)
        return [event.text() for event in events]
    return [body] if nested is not None else []


def _split_message(value: Json) -> list[JsonEntry]:
    """A list of events, a single event, or the streaming API's envelope of one."""
    if not list_at(value, LIST):
        for path in (("payload", "data", "newEvent"), ("data", "newEvent"), ("newEvent",)):
            if (inner := value_at(value, *path)) is not None:
                return [JsonEntry(".".join(path), inner)]
    return split_listed(
        value, LIST, _EVENT_KEYS, "no business event", path=LIST, count_paths=COUNT_PATHS
    )


def _event_header(event: Reader) -> Reader:
    for key in ("businessEvent", "header"):
        event = event.optional_object(key) or event
    return event


def _event_key(event: Reader, header: Reader) -> str | None:
    """Number and time: the same event may come from the queue and from a relay, and a restored
    system reuses numbers."""
    nested = event.optional_object("businessEventId")
    number = nested.optional("id", as_id) if nested is not None else None
    at = header.optional("createdDateTime", as_id)
    key = f"{number} {at}" if number and at else ""
    return key if 0 < len(key) <= MAX_ID else None


def _references(event: Reader, header: Reader) -> tuple[Ref, ...]:
    module = _event_module(header)
    if module == _CASHIERING:
        return tuple(Ref(RefKind.BOOKING, each) for each in _reservation_ids(event))
    if module in _KIND_BY_MODULE:
        return (Ref(_KIND_BY_MODULE[module], header.required("primaryKey", as_id)),)
    is_out = module == "housekeeping" and _OUT_OF_ORDER in _event_type(header).upper()
    return (Ref(RefKind.AVAILABILITY),) if module in _AVAILABILITY_MODULES or is_out else ()


def _reservation_ids(event: Reader) -> Iterator[str]:
    """Whose balance a posting changes, if the hotel configured that detail."""
    holder = event.optional_object("businessEvent") or event
    for detail in holder.optional_objects("details") or holder.optional_objects("detail") or ():
        element = detail.optional("dataElement", as_id) or ""
        if element.upper().replace("_", " ") in _RESERVATION_ID_ELEMENTS:
            found = detail.optional("newValue", as_id) or detail.optional("oldValue", as_id)
            if found:
                yield found


def _event_module(header: Reader) -> str:
    """Some events have a number as module name; the last word of their type is the module then
    (reservations and profiles)."""
    name = header.required("moduleName", as_id).lower()
    if name.isdecimal():
        return _event_type(header).lower().rpartition(" ")[2]
    return name


def _event_type(header: Reader) -> str:
    for key in _TYPE_KEYS:
        event_type = header.optional(key, as_id)
        if event_type:
            return event_type
    return ""


def _event_name(header: Reader) -> str:
    return f"{header.required('moduleName', as_id)}/{_event_type(header)}"[:100]
