"""Business events, from the queue one by one or pushed by a relay as they were taken from it.

They name what changed, in the words of the vendor's screens; what it is now is asked. Order,
doubles and the numbers that come as text (and the other way round) do not matter then.
"""

from typing import Final

from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.json_text import Json, dumps
from adapters.outbound.provider_kit.parsing.reader import Reader
from adapters.outbound.providers.ohip.mapping.messages import load_json
from adapters.outbound.providers.ohip.mapping.parsing import (
    OhipEntry,
    as_id,
    numbered_entries,
    reader_for,
)
from domain.snapshots import MAX_ID
from ports.errors import UnreadableAnswer, UnreadableMessage
from ports.providers import Notification, Ref, RefKind

LIST: Final = "businessEventData"
_KIND_BY_MODULE: Final = {"reservation": RefKind.BOOKING, "profile": RefKind.GUEST}
_AVAILABILITY_MODULES: Final = frozenset(
    {"availability", "block", "blockoffsets", "nightaudit", "roomrotation"}
)
"""By module, in lower case. What is not listed (cashiering, rate, activity, …) changes nothing that
can be asked for by what it names."""

_OUT_OF_ORDER: Final = "OUT OF"
_TYPE_KEYS: Final = ("actionType", "eventName")


def read_notification(body: bytes) -> Notification:
    """Raises UnreadableMessage: also where none of its events can be understood."""
    events = _split_message(load_json(body))
    refs: list[Ref] = []
    ignored: list[str] = []
    hotels: set[str | None] = set()
    keys: list[str | None] = []
    faults: list[UnreadableField] = []
    for entry in events:
        try:
            event = reader_for(entry.value, entry.path)
            header = _event_header(event)
            keys.append(_event_key(event, header))
            hotel, found = header.optional("hotelId", as_id), _references(header)
            refs += found
            ignored += [] if found else [_event_name(header)]
            hotels.add(hotel)
        except UnreadableField as fault:
            faults.append(fault)
    if faults and len(faults) == len(events):
        raise UnreadableMessage(faults[0].message, path=faults[0].path)
    return Notification(
        refs=tuple(dict.fromkeys(refs)),
        ignored=(*dict.fromkeys(ignored), *(fault.path for fault in faults)),
        property_id=hotels.pop() if len(hotels) == 1 else None,
        event_key=keys[0] if len(events) == 1 else None,
    )


def split_events(body: bytes) -> list[bytes]:
    """The queue's answer, event by event. What can't be taken apart stays whole: it lies nowhere
    else any more. Raises UnreadableAnswer for a page of markup, which is no answer of the queue."""
    if body.lstrip()[:1] == b"<":
        raise UnreadableAnswer(reason="markup instead of JSON")
    try:
        answer = load_json(body) if body else None
    except UnreadableMessage:
        return [body]
    nested = answer.get(LIST, []) if isinstance(answer, dict) else answer
    if isinstance(nested, list):
        return [dumps(event).encode() for event in nested]
    return [body] if nested is not None else []


def _split_message(value: Json) -> list[OhipEntry]:
    """A list, one event of it, or the streaming API's message around one."""
    if isinstance(value, list):
        return list(numbered_entries("", value))
    if isinstance(value, dict):
        nested = value.get(LIST)
        if isinstance(nested, list):
            return list(numbered_entries(LIST, nested))
        for path in (("payload", "data", "newEvent"), ("data", "newEvent"), ("newEvent",)):
            if (inner := _value_at(value, path)) is not None:
                return [OhipEntry(".".join(path), inner)]
        if {"businessEvent", "header", "moduleName"} & value.keys():
            return [OhipEntry("", value)]
    raise UnreadableMessage("no business event is there", path=LIST)


def _value_at(value: Json, path: tuple[str, ...]) -> Json:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _event_header(event: Reader) -> Reader:
    for key in ("businessEvent", "header"):
        event = event.optional_object(key) or event
    return event


def _event_key(event: Reader, header: Reader) -> str | None:
    """The same event may come from the queue and by a relay. Its number alone is not enough: a
    restored system counts again."""
    nested = event.optional_object("businessEventId")
    number = nested.optional("id", as_id) if nested is not None else None
    at = header.optional("createdDateTime", as_id)
    key = f"{number} {at}" if number and at else ""
    return key if 0 < len(key) <= MAX_ID else None


def _references(header: Reader) -> tuple[Ref, ...]:
    module = _event_module(header)
    if module in _KIND_BY_MODULE:
        return (Ref(_KIND_BY_MODULE[module], header.required("primaryKey", as_id)),)
    is_out = module == "housekeeping" and _OUT_OF_ORDER in _event_type(header).upper()
    return (Ref(RefKind.AVAILABILITY),) if module in _AVAILABILITY_MODULES or is_out else ()


def _event_module(header: Reader) -> str:
    """Some events have a number for a name: then by the last word of what happened, which for
    reservations and profiles is the module's."""
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
