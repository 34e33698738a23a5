"""Webhooks: thin, unsigned, doubled, in no order (apaleo.dev, webhooks).

They name what changed; what it is now is asked. So their time stamp orders nothing, and its three
forms (seconds and milliseconds since 1970, an ISO 8601 text) are only recognised: one that is none
of them is told among the ignored, and the event is taken all the same.
"""

from datetime import UTC, datetime
from typing import Final

from adapters.outbound.provider_kit import field_values as values
from adapters.outbound.provider_kit.errors import UnreadableField, UnreadableJson
from adapters.outbound.provider_kit.json_text import Json, loads
from adapters.outbound.provider_kit.reader import Reader
from adapters.outbound.providers.apaleo.reading import opened
from ports.errors import UnreadableMessage
from ports.providers import Notification, Ref, RefKind

_BY_ID: Final = frozenset({"reservation", "booking"})
_WHOLE: Final = {
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
_MILLISECONDS_FROM: Final = 10**11
"""As seconds that would be the year 5138."""


def read_notification(body: bytes) -> Notification:
    """Raises UnreadableMessage."""
    try:
        message = opened(loads(body))
        return _told(message)
    except UnreadableJson as fault:
        raise UnreadableMessage(fault.message, position=fault.position) from fault
    except UnreadableField as fault:
        raise UnreadableMessage(fault.message, path=fault.path) from fault


def _told(message: Reader) -> Notification:
    topic, event = message.text("topic").lower(), message.text("type").lower()
    refs = _refs(topic, message)
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


def _refs(topic: str, message: Reader) -> tuple[Ref, ...]:
    if topic in _BY_ID:
        return (Ref(RefKind.BOOKING, message.object("data").text("entityId")),)
    return tuple(Ref(kind) for kind in _WHOLE.get(topic, ()))


def _has_time(message: Reader) -> bool:
    try:
        message.optional("timestamp", as_time)
    except UnreadableField:
        return False
    return True


def as_time(value: Json, path: str) -> datetime:
    """Raises UnreadableField."""
    if isinstance(value, str) and not value.isdecimal():
        return values.as_instant(value, path)
    number = values.as_lenient_integer(value, path)
    seconds = number / 1000 if number >= _MILLISECONDS_FROM else number
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise UnreadableField(path, "bad_instant", "an instant that exists") from None
