"""Webhooks with several events: an unreadable one does not affect the others."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.json_text import Json, dumps
from adapters.outbound.provider_kit.parsing.read_items import JsonEntry
from domain.values import Reason
from ports.errors import UnreadableMessage
from ports.providers import UnreadableEvent

T = TypeVar("T")


def read_events(
    entries: Sequence[JsonEntry],
    read: Callable[[JsonEntry], T],
    *,
    as_message: Callable[[Json], Json] = lambda event: event,
) -> tuple[list[T], tuple[UnreadableEvent, ...]]:
    """The readable events, and the others with their reasons. `as_message`: a message that holds
    one event alone. `read` raises UnreadableField. Raises UnreadableMessage if
    there are events and none is readable."""
    found: list[T] = []
    unreadable: list[UnreadableEvent] = []
    for entry in entries:
        try:
            found.append(_read_event(entry, read))
        except UnreadableField as error:
            reason = Reason(error.code, error.path or None, error.message)
            unreadable.append(UnreadableEvent(dumps(as_message(entry.value)).encode(), reason))
    if unreadable and not found:
        raise UnreadableMessage(unreadable[0].reason.detail, path=unreadable[0].reason.path)
    return found, tuple(unreadable)


def _read_event(entry: JsonEntry, read: Callable[[JsonEntry], T]) -> T:
    if entry.problem is not None:
        raise UnreadableField(entry.path, entry.problem.code, "each key once")
    return read(entry)
