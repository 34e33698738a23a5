"""Webhooks with several events: one that is unreadable, or of another property, does not affect the
others."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.json_text import Json, dumps
from adapters.outbound.provider_kit.parsing.read_items import JsonEntry
from domain.values import Reason
from ports.errors import UnreadableMessage
from ports.providers import FOREIGN_PROPERTY, UnreadableEvent

T = TypeVar("T")


def read_events(
    entries: Sequence[JsonEntry],
    read: Callable[[JsonEntry], T],
    *,
    as_message: Callable[[Json], Json] = lambda event: event,
    property_of: Callable[[T], str | None] = lambda event: None,  # noqa: ARG005 a default
    own_property: str | None = None,
) -> tuple[list[T], tuple[UnreadableEvent, ...]]:
    """The readable events, and the others with their reasons. `as_message`: a message that holds
    one event alone. `read` raises UnreadableField. Of events of several properties
    (`property_of`), those of another one than `own_property` are among the others; a message of one
    property is left as it is. Raises UnreadableMessage if there are events and none is readable."""
    found: list[tuple[JsonEntry, T]] = []
    refused: list[UnreadableEvent] = []
    for entry in entries:
        try:
            found.append((entry, _read_event(entry, read)))
        except UnreadableField as error:
            reason = Reason(error.code, error.path or None, error.message)
            refused.append(UnreadableEvent(_event_text(entry, as_message), reason))
    if refused and not found:
        raise UnreadableMessage(refused[0].reason.detail, path=refused[0].reason.path)
    if own_property and len({property_of(event) for _, event in found}) > 1:
        ours = (None, own_property)
        for entry, event in found:
            if (property_id := property_of(event)) not in ours:
                text = _event_text(entry, as_message)
                reason = _foreign_reason(entry.path)
                refused.append(UnreadableEvent(text, reason, property_id=property_id))
        found = [(entry, event) for entry, event in found if property_of(event) in ours]
    return [event for _, event in found], tuple(refused)


def _event_text(entry: JsonEntry, as_message: Callable[[Json], Json]) -> bytes:
    return dumps(as_message(entry.merged())).encode()


def _foreign_reason(path: str) -> Reason:
    detail = "the event is for another property than this connection's"
    return Reason(FOREIGN_PROPERTY, path or None, f"{path}: {detail}" if path else detail)


def _read_event(entry: JsonEntry, read: Callable[[JsonEntry], T]) -> T:
    if entry.problem is not None:
        raise UnreadableField(entry.path, entry.problem.code, "each key once")
    return read(entry)
