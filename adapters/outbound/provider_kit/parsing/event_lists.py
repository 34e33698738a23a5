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
    found, refused = _read_each(entries, read, as_message)
    if refused and not found:
        raise UnreadableMessage(refused[0].reason.detail, path=refused[0].reason.path)
    if not own_property or len({property_of(event) for _, event in found}) < 2:
        return [event for _, event in found], tuple(refused)
    ours: list[T] = []
    for entry, event in found:
        if (property_id := property_of(event)) in (None, own_property):
            ours.append(event)
        else:
            refused.append(_foreign_event(entry, property_id, as_message))
    return ours, tuple(refused)


def _read_each(
    entries: Sequence[JsonEntry], read: Callable[[JsonEntry], T], as_message: Callable[[Json], Json]
) -> tuple[list[tuple[JsonEntry, T]], list[UnreadableEvent]]:
    found: list[tuple[JsonEntry, T]] = []
    refused: list[UnreadableEvent] = []
    for entry in entries:
        try:
            found.append((entry, _read_event(entry, read)))
        except UnreadableField as error:
            reason = Reason(error.code, error.path or None, error.message)
            refused.append(UnreadableEvent(_event_text(entry, as_message), reason))
    return found, refused


def _foreign_event(
    entry: JsonEntry, property_id: str | None, as_message: Callable[[Json], Json]
) -> UnreadableEvent:
    detail = "the event is for another property than this connection's"
    path = entry.path
    reason = Reason(FOREIGN_PROPERTY, path or None, f"{path}: {detail}" if path else detail)
    return UnreadableEvent(_event_text(entry, as_message), reason, property_id=property_id)


def _event_text(entry: JsonEntry, as_message: Callable[[Json], Json]) -> bytes:
    return dumps(as_message(entry.merged())).encode()


def _read_event(entry: JsonEntry, read: Callable[[JsonEntry], T]) -> T:
    if entry.problem is not None:
        raise UnreadableField(entry.path, entry.problem.code, "each key once")
    return read(entry)
