"""Business events, from the queue one by one or pushed by a relay as they were taken from it.

They name what changed, in the words of the vendor's screens; what it is now is asked. Order,
doubles and the numbers that come as text (and the other way round) do not matter then.
"""

from typing import Final

from adapters.outbound.provider_kit.errors import UnreadableField
from adapters.outbound.provider_kit.json_text import Json, dumps
from adapters.outbound.provider_kit.reader import Reader
from adapters.outbound.providers.ohip.messages import loaded
from adapters.outbound.providers.ohip.reading import Entry, as_id, numbered, opened
from domain.snapshots import MAX_ID
from ports.errors import UnreadableAnswer, UnreadableMessage
from ports.providers import Notification, Ref, RefKind

LIST: Final = "businessEventData"
_BY_ID: Final = {"reservation": RefKind.BOOKING, "profile": RefKind.GUEST}
_WHOLE: Final = frozenset({"availability", "block", "blockoffsets", "nightaudit", "roomrotation"})
"""By module, in lower case. What is not listed (cashiering, rate, activity, …) changes nothing that
can be asked for by what it names."""

_OUT_OF_ORDER: Final = "OUT OF"
_TYPE_KEYS: Final = ("actionType", "eventName")


def read_notification(body: bytes) -> Notification:
    """Raises UnreadableMessage: also where none of its events can be understood."""
    events = _events(loaded(body))
    refs: list[Ref] = []
    ignored: list[str] = []
    hotels: set[str | None] = set()
    keys: list[str | None] = []
    faults: list[UnreadableField] = []
    for entry in events:
        try:
            event = opened(entry.value, entry.path)
            header = _header(event)
            keys.append(_key(event, header))
            hotel, found = header.optional("hotelId", as_id), _refs(header)
            refs += found
            ignored += [] if found else [_name(header)]
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


def split(body: bytes) -> list[bytes]:
    """The queue's answer, event by event. What can't be taken apart stays whole: it lies nowhere
    else any more. Raises UnreadableAnswer for a page of markup, which is no answer of the queue."""
    if body.lstrip()[:1] == b"<":
        raise UnreadableAnswer(reason="markup instead of JSON")
    try:
        answer = loaded(body) if body else None
    except UnreadableMessage:
        return [body]
    told = answer.get(LIST, []) if isinstance(answer, dict) else answer
    if isinstance(told, list):
        return [dumps(event).encode() for event in told]
    return [body] if told is not None else []


def _events(value: Json) -> list[Entry]:
    """A list, one event of it, or the streaming API's message around one."""
    if isinstance(value, list):
        return list(numbered("", value))
    if isinstance(value, dict):
        told = value.get(LIST)
        if isinstance(told, list):
            return list(numbered(LIST, told))
        for way in (("payload", "data", "newEvent"), ("data", "newEvent"), ("newEvent",)):
            if (inner := _at(value, way)) is not None:
                return [Entry(".".join(way), inner)]
        if {"businessEvent", "header", "moduleName"} & value.keys():
            return [Entry("", value)]
    raise UnreadableMessage("no business event is there", path=LIST)


def _at(value: Json, way: tuple[str, ...]) -> Json:
    for key in way:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _header(event: Reader) -> Reader:
    for key in ("businessEvent", "header"):
        event = event.optional_object(key) or event
    return event


def _key(event: Reader, header: Reader) -> str | None:
    """The same event may come from the queue and by a relay. Its number alone is not enough: a
    restored system counts again."""
    told = event.optional_object("businessEventId")
    number = told.optional("id", as_id) if told is not None else None
    at = header.optional("createdDateTime", as_id)
    key = f"{number} {at}" if number and at else ""
    return key if 0 < len(key) <= MAX_ID else None


def _refs(header: Reader) -> tuple[Ref, ...]:
    module = _module(header)
    if module in _BY_ID:
        return (Ref(_BY_ID[module], header.required("primaryKey", as_id)),)
    is_out = module == "housekeeping" and _OUT_OF_ORDER in _type(header).upper()
    return (Ref(RefKind.AVAILABILITY),) if module in _WHOLE or is_out else ()


def _module(header: Reader) -> str:
    """Some events have a number for a name: then by the last word of what happened, which for
    reservations and profiles is the module's."""
    name = header.required("moduleName", as_id).lower()
    if name.isdecimal():
        return _type(header).lower().rpartition(" ")[2]
    return name


def _type(header: Reader) -> str:
    for key in _TYPE_KEYS:
        said = header.optional(key, as_id)
        if said:
            return said
    return ""


def _name(header: Reader) -> str:
    return f"{header.required('moduleName', as_id)}/{_type(header)}"[:100]
