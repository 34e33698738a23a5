"""Webhooks (apaleo.dev, webhooks): references only, unsigned, duplicated, unordered.

They name the changed object, whose state is then fetched. The time stamp is not used for ordering;
its three forms (seconds and milliseconds since 1970, ISO 8601) are only checked. An invalid one is
reported as ignored, and the event is still processed.
"""

import re
from datetime import UTC, datetime
from typing import Final

from adapters.outbound.provider_kit.parsing import field_values as values
from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.json_messages import parse_body
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.reader import Reader, reader_for
from ports.providers import Notification, Ref, RefKind

_TOPICS_WITH_ID: Final = frozenset({"reservation", "booking", "folio"})
_FOLIO: Final = "folio"
_FOLIO_OF_RESERVATION: Final = re.compile(r"([^-]+-[0-9]+)-[0-9]+")
"""The reservation's id and a number, e.g. XPGMSXGF-1-1."""

_REFRESH_BY_TOPIC: Final = {
    "block": (RefKind.AVAILABILITY,),
    "maintenance": (RefKind.AVAILABILITY, RefKind.RECORDS),
    "property": (RefKind.RECORDS,),
    "unit": (RefKind.RECORDS, RefKind.AVAILABILITY),
    "unitgroup": (RefKind.RECORDS, RefKind.AVAILABILITY),
}
"""Topics in lower case: payloads and subscriptions use different capitals. Other topics (invoice,
nightaudit, account, system, …) and the health check of a new subscription change nothing
that is stored here."""

_RESERVATION_TYPES: Final = frozenset(
    (
        *("created", "amended", "changed", "checked-in", "checked-out", "check-in-reverted"),
        *("set-to-no-show", "canceled", "deleted", "unit-assigned", "unit-unassigned"),
        *("payment-account-set", "payment-account-removed"),
    )
)
_MIN_MILLISECONDS: Final = 10**11
"""As seconds, this would be the year 5138."""


def read_notification(body: bytes) -> Notification:
    """Raises UnreadableMessage."""
    return parse_body(body, _parse_message)


def _parse_message(value: Json) -> Notification:
    message = reader_for(value)
    topic, event = message.text("topic").lower(), message.text("type").lower()
    refs = _references(topic, message)
    is_known = bool(refs) and (topic != "reservation" or event in _RESERVATION_TYPES)
    # An unknown reservation event is fetched and also reported as ignored.
    ignored = [] if is_known else [f"{topic}/{event}"]
    if not _has_valid_time(message):
        ignored.append("timestamp")
    return Notification(
        refs=refs,
        ignored=tuple(ignored),
        property_id=message.optional_text("propertyId"),
        event_key=message.optional_text("id") or None,
    )


def _references(topic: str, message: Reader) -> tuple[Ref, ...]:
    if topic in _TOPICS_WITH_ID:
        entity_id = message.object("data").text("entityId")
        return (_folio_reference(entity_id) if topic == _FOLIO else _booking_reference(entity_id),)
    return tuple(Ref(kind) for kind in _REFRESH_BY_TOPIC.get(topic, ()))


def _booking_reference(entity_id: str) -> Ref:
    return Ref(RefKind.BOOKING, entity_id)


def _folio_reference(folio_id: str) -> Ref:
    """A posting changes the balance of its reservation, but not the time stamp."""
    found = _FOLIO_OF_RESERVATION.fullmatch(folio_id)
    return _booking_reference(found[1]) if found else Ref(RefKind.PAYMENT, folio_id)


def _has_valid_time(message: Reader) -> bool:
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
