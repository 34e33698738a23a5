"""Webhooks: references only, unsigned, unordered, without an event id.

They name the changed object, whose state is then fetched. Key spellings differ by event
(`reservationID`, `reservationId`, also with `_str`), ids are texts or integers, the time is seconds
since 1970 with a fraction. Event, references and time identify a redelivered message.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from adapters.outbound.provider_kit.parsing import field_values as values
from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.field_values import as_id
from adapters.outbound.provider_kit.parsing.json_messages import parse_body
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.reader import Reader, reader_for
from ports.providers import Notification, Ref, RefKind

_ID_SUFFIXES: Final = ("ID_str", "Id_str", "ID", "Id")
_KNOWN_ACTIONS: Final = {
    "reservation": frozenset(
        (
            *("created", "status_changed", "dates_changed", "accommodation_status_changed"),
            *("accommodation_type_changed", "accommodation_changed", "accommodation_removed"),
            *("notes_changed", "custom_fields_changed", "deleted"),
        )
    ),
    "guest": frozenset(
        {"created", "assigned", "removed", "details_changed", "accommodation_changed"}
    ),
    "transaction": frozenset({"created"}),
    "accounting": frozenset({"transaction"}),
}
_REFRESH_BY_TOPIC: Final = {"roomblock": RefKind.AVAILABILITY, "housekeeping": RefKind.RECORDS}
_APP_STATE: Final = "integration/appstate_changed"
_STATE_KEYS: Final = ("newState", "new_state", "newAppState", "appState", "app_state")
"""The key is undocumented; the states are those of getAppState."""


def read_notification(body: bytes) -> Notification:
    """Raises UnreadableMessage."""
    return parse_body(body, _parse_message)


def _parse_message(value: Json) -> Notification:
    message = reader_for(value)
    event = message.text("event").lower()
    topic, _, action = event.partition("/")
    refs = tuple(_references(topic, message))
    known = topic in _REFRESH_BY_TOPIC or action in _KNOWN_ACTIONS.get(topic, ())
    is_disabled = event == _APP_STATE and _is_disabled(message)
    ignored = [] if (refs and known) or is_disabled else [event]
    at = _event_time(message)
    if at is None and "timestamp" in message:
        ignored.append("timestamp")
    return Notification(
        refs=refs,
        ignored=tuple(ignored),
        property_id=_first_id(message, "property"),
        disabled=is_disabled,
        event_key=_event_key(event, refs, at),
    )


def _event_key(event: str, refs: Sequence[Ref], at: Decimal | None) -> str | None:
    """Event, references and time. None without a time, as the same event may occur again."""
    if at is None or not refs:
        return None
    subjects = ",".join(f"{ref.kind}:{ref.external_id}" for ref in refs)
    return f"{event} {subjects} {at}"


def _references(topic: str, message: Reader) -> Iterator[Ref]:
    """Any event that names a reservation refers to it, e.g. a transaction changes its balance. A
    reservation or guest event without an id is rejected."""
    reservation_id = _first_id(message, "reservation") or _paid_reservation(message)
    guest_id = _first_id(message, "guest")
    if topic == "reservation" and reservation_id is None:
        raise UnreadableField("reservationID", "missing_field", "a value")
    if topic == "guest" and guest_id is None:
        raise UnreadableField("guestId", "missing_field", "a value")
    if reservation_id is not None:
        yield Ref(RefKind.BOOKING, reservation_id)
    if guest_id is not None:
        yield Ref(RefKind.GUEST, guest_id)
    if topic in _REFRESH_BY_TOPIC:
        yield Ref(_REFRESH_BY_TOPIC[topic])


def _paid_reservation(message: Reader) -> str | None:
    """Accounting events name their subject by kind and id, as the transactions themselves do."""
    kind = message.optional("sourceKind", as_id) or ""
    return message.optional("sourceId", as_id) if kind.upper() == "RESERVATION" else None


def _first_id(message: Reader, name: str) -> str | None:
    found = (message.optional(f"{name}{suffix}", as_id) for suffix in _ID_SUFFIXES)
    return next(filter(None, found), None)


def _is_disabled(message: Reader) -> bool:
    return any(message.optional_text(key) == "disabled" for key in _STATE_KEYS)


def _event_time(message: Reader) -> Decimal | None:
    """Seconds since 1970, not used for ordering. Accounting events have none."""
    try:
        return message.optional("timestamp", values.as_lenient_decimal) or None
    except UnreadableField:
        return None
