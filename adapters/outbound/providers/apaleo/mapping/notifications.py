"""Webhooks: thin, unsigned, doubled, in no order (apaleo.dev, webhooks).

They name what changed; what it is now is asked. So their time stamp orders nothing, and its three
forms (seconds and milliseconds since 1970, an ISO 8601 text) are only recognised: one that is none
of them is told among the ignored, and the event is taken all the same.
"""

from datetime import UTC, datetime
from typing import Final

from adapters.outbound.provider_kit.parsing import field_values as values
from adapters.outbound.provider_kit.parsing.errors import UnreadableField, UnreadableJson
from adapters.outbound.provider_kit.parsing.json_text import Json, loads
from adapters.outbound.provider_kit.parsing.reader import Reader
from adapters.outbound.providers.apaleo.mapping.parsing import reader_for
from ports.errors import UnreadableMessage
from ports.providers import Notification, Ref, RefKind

_TOPICS_WITH_ID: Final = frozenset({"reservation", "booking"})
_REFRESH_BY_TOPIC: Final = {
    "block": (RefKind.AVAILABILITY,),
    "maintenance": (RefKind.AVAILABILITY, RefKind.RECORDS),
    "property": (RefKind.RECORDS,),
    "unit": (RefKind.RECORDS, RefKind.AVAILABILITY),
    "unitgroup": (RefKind.RECORDS, RefKind.AVAILABILITY),
}
"""By topic, in lower case: payloads and subscriptions spell them differently. What is not listed
(folio, invoice, nightaudit, account, system, …) changes nothing that we hold; a health check on
subscribing is such a one."""

_RESERVATION_TYPES: Final = frozenset(
    {
        "created",
        "amended",
        "changed",
        "checked-in",
        "checked-out",
        "check-in-reverted",
        "set-to-no-show",
        "canceled",
        "deleted",
        "unit-assigned",
        "unit-unassigned",
        "payment-account-set",
        "payment-account-removed",
    }
)
_MIN_MILLISECONDS: Final = 10**11
"""As seconds that would be the year 5138."""


def read_notification(body: bytes) -> Notification:
    """Raises UnreadableMessage."""
    try:
        message = reader_for(loads(body))
        return _parse_message(message)
    except UnreadableJson as fault:
        raise UnreadableMessage(fault.message, position=fault.position) from fault
    except UnreadableField as fault:
        raise UnreadableMessage(fault.message, path=fault.path) from fault


def _parse_message(message: Reader) -> Notification:
    topic, event = message.text("topic").lower(), message.text("type").lower()
    refs = _references(topic, message)
    ignored = [] if refs else [f"{topic}/{event}"]
    if topic == "reservation" and event not in _RESERVATION_TYPES:
        # An event that came later: what it names is asked for, its kind is told.
        ignored = [f"{topic}/{event}"]
    if not _has_time(message):
        ignored.append("timestamp")
    return Notification(
        refs=refs,
        ignored=tuple(ignored),
        property_id=message.optional_text("propertyId"),
        event_key=message.optional_text("id") or None,
    )


def _references(topic: str, message: Reader) -> tuple[Ref, ...]:
    if topic in _TOPICS_WITH_ID:
        return (Ref(RefKind.BOOKING, message.object("data").text("entityId")),)
    return tuple(Ref(kind) for kind in _REFRESH_BY_TOPIC.get(topic, ()))


def _has_time(message: Reader) -> bool:
    try:
        message.optional("timestamp", as_timestamp)
    except UnreadableField:
        return False
    return True


def as_timestamp(value: Json, path: str) -> datetime:
    """Raises UnreadableField."""
    if isinstance(value, str) and not value.isdecimal():
        return values.as_instant(value, path)
    number = values.as_lenient_integer(value, path)
    seconds = number / 1000 if number >= _MIN_MILLISECONDS else number
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise UnreadableField(path, "bad_instant", "an instant that exists") from None
