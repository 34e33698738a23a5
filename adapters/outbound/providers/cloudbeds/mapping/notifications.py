"""Webhooks: thin, unsigned, without an id of their own, in no order.

They name what changed; what it is now is asked. Key spellings differ by event (`reservationID`,
`reservationId`, also with `_str`), ids are texts or integers, the time is seconds since 1970 with a
fraction. A message that is told again is known by what happened, to what, and when.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from adapters.outbound.provider_kit.parsing import field_values as values
from adapters.outbound.provider_kit.parsing.errors import UnreadableField, UnreadableJson
from adapters.outbound.provider_kit.parsing.json_text import loads
from adapters.outbound.provider_kit.parsing.reader import Reader
from adapters.outbound.providers.cloudbeds.mapping.parsing import as_id, reader_for
from ports.errors import UnreadableMessage
from ports.providers import Notification, Ref, RefKind

_RESERVATION_KEYS: Final = (
    "reservationID_str",
    "reservationId_str",
    "reservationID",
    "reservationId",
)
_GUEST_KEYS: Final = ("guestID_str", "guestId_str", "guestID", "guestId")
_PROPERTY_KEYS: Final = ("propertyID_str", "propertyId_str", "propertyID", "propertyId")
_KNOWN_ACTIONS: Final = {
    "reservation": frozenset(
        {
            "created",
            "status_changed",
            "dates_changed",
            "accommodation_status_changed",
            "accommodation_type_changed",
            "accommodation_changed",
            "accommodation_removed",
            "notes_changed",
            "custom_fields_changed",
            "deleted",
        }
    ),
    "guest": frozenset(
        {"created", "assigned", "removed", "details_changed", "accommodation_changed"}
    ),
    "transaction": frozenset({"created"}),
}
_REFRESH_BY_TOPIC: Final = {
    "roomblock": (RefKind.AVAILABILITY,),
    "housekeeping": (RefKind.RECORDS,),
}
_APP_STATE: Final = "integration/appstate_changed"
_STATE_KEYS: Final = ("newState", "new_state", "newAppState", "appState", "app_state")
"""Its name is on no page that we have; the states are those of getAppState."""


def read_notification(body: bytes) -> Notification:
    """Raises UnreadableMessage."""
    try:
        return _parse_message(reader_for(loads(body)))
    except UnreadableJson as fault:
        raise UnreadableMessage(fault.message, position=fault.position) from fault
    except UnreadableField as fault:
        raise UnreadableMessage(fault.message, path=fault.path) from fault


def _parse_message(message: Reader) -> Notification:
    event = message.text("event").lower()
    topic, _, action = event.partition("/")
    refs = tuple(_references(topic, message))
    known = topic in _REFRESH_BY_TOPIC or action in _KNOWN_ACTIONS.get(topic, ())
    ignored = [] if refs and known else [event]
    if event == _APP_STATE:
        ignored = []
    at = _event_time(message)
    if at is None and "timestamp" in message:
        ignored.append("timestamp")
    return Notification(
        refs=refs,
        ignored=tuple(ignored),
        property_id=_first_id(message, _PROPERTY_KEYS),
        disabled=event == _APP_STATE and _is_disabled(message),
        event_key=_event_key(event, refs, at),
    )


def _event_key(event: str, refs: Sequence[Ref], at: Decimal | None) -> str | None:
    """The vendor gives its events no id: what happened, to what, and at which microsecond. Without
    a time there is none, as the same may happen again."""
    if at is None or not refs:
        return None
    subjects = ",".join(f"{ref.kind}:{ref.external_id}" for ref in refs)
    return f"{event} {subjects} {at}"


def _references(topic: str, message: Reader) -> Iterator[Ref]:
    """Whatever names a reservation asks for it: a posting changes its balance. One about a
    reservation or a guest that names none is refused."""
    reservation_id = _first_id(message, _RESERVATION_KEYS)
    guest_id = _first_id(message, _GUEST_KEYS)
    if topic == "reservation" and reservation_id is None:
        raise UnreadableField("reservationID", "missing_field", "a value")
    if topic == "guest" and guest_id is None:
        raise UnreadableField("guestId", "missing_field", "a value")
    if reservation_id is not None:
        yield Ref(RefKind.BOOKING, reservation_id)
    if guest_id is not None:
        yield Ref(RefKind.GUEST, guest_id)
    for kind in _REFRESH_BY_TOPIC.get(topic, ()):
        yield Ref(kind)


def _first_id(message: Reader, keys: tuple[str, ...]) -> str | None:
    found = (message.optional(key, as_id) for key in keys)
    return next((value for value in found if value), None)


def _is_disabled(message: Reader) -> bool:
    states = (message.optional_text(key) for key in _STATE_KEYS)
    return any(state == "disabled" for state in states)


def _event_time(message: Reader) -> Decimal | None:
    """Seconds since 1970; it orders nothing. Accounting's events have none."""
    try:
        return message.optional("timestamp", values.as_lenient_decimal) or None
    except UnreadableField:
        return None
