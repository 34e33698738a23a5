"""Our snapshots and aggregates as canonical JSON documents (docs/canonical-format.md).

A snapshot's document, read by the canonical provider, gives the same snapshot.
"""

import json
import re
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final, TypeAlias, Union, cast

import simplejson

from domain.booking import Booking
from domain.snapshots import (
    AvailabilitySet,
    AvailabilitySnapshot,
    BookingSnapshot,
    Extras,
    GuestSnapshot,
    Party,
    RoomStay,
    Snapshot,
)
from domain.values import ABSENT, AgeCount, Money, NightlyPrice, SourceVersion, Stay

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Json: TypeAlias = Union[bool, int, str, Decimal, "list[Json]", "dict[str, Json]", None]
Document: TypeAlias = "dict[str, Json]"

_SPECIAL: Final = frozenset(
    {"version", "version_is_ours", "day", "deleted", "extras", "rooms_are_all"}
)
_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def snapshot_document(snapshot: Snapshot) -> Document:
    match snapshot:
        case BookingSnapshot():
            return booking_document(snapshot)
        case GuestSnapshot():
            return guest_document(snapshot)
        case AvailabilitySnapshot():
            return availability_document(snapshot)
        case AvailabilitySet():
            return _set_document(snapshot)


def booking_document(snapshot: BookingSnapshot) -> Document:
    """Fields that the provider did not send are not in it."""
    return _identified(snapshot)


def guest_document(snapshot: GuestSnapshot) -> Document:
    return _identified(snapshot)


def availability_document(snapshot: AvailabilitySnapshot) -> Document:
    """Of a provider that counts room by room, the sums."""
    version = _version(snapshot.version)
    if snapshot.version_is_ours:
        version["observed"] = True
    head: Document = {
        "room_type_id": snapshot.room_type_id,
        "date": snapshot.day.isoformat(),
        "source_version": version,
    }
    return head | _present_fields(replace(snapshot, counted_rooms=ABSENT))


def _set_document(snapshot: AvailabilitySet) -> Document:
    """What a message says beside its cells, which the canonical format sends one by one."""
    first = snapshot.complete_from
    return {
        "complete_from": first.isoformat() if first else None,
        "closed_days": [day.isoformat() for day in sorted(snapshot.closed_days)],
        "source_version": _version(snapshot.version),
    }


def booking_view_document(booking: Booking) -> Document:
    """Everything that we hold of a booking; what nobody told us is null."""
    details = booking.details
    head: Document = {
        "id": str(booking.id),
        "provider": booking.provider,
        "connection_id": str(booking.connection_id),
        "external_id": booking.external_id,
        "source_version": _version(booking.version),
        "synced_at": _iso(booking.synced_at),
    }
    return head | _present_fields(details) | {"extras": _extras(details.extras)}


def document_text(document: Document) -> str:
    """Compact JSON, numbers exact, always encodable as UTF-8."""
    text = simplejson.dumps(
        document, use_decimal=True, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )
    return text if text.isascii() else _LONE_SURROGATE.sub(_escaped, text)


def _escaped(surrogate: re.Match[str]) -> str:
    return f"\\u{ord(surrogate[0]):04x}"


def _identified(snapshot: BookingSnapshot | GuestSnapshot) -> Document:
    document: Document = {
        "external_id": snapshot.external_id,
        "source_version": _version(snapshot.version),
    }
    if snapshot.deleted:
        document["deleted"] = True
    document |= _present_fields(snapshot)
    if snapshot.extras is not ABSENT:
        document["extras"] = _extras(snapshot.extras)
    return document


def _present_fields(source: "DataclassInstance") -> Document:
    return {
        name: _json(value)
        for name in (f.name for f in fields(source))
        if name not in _SPECIAL and (value := getattr(source, name)) is not ABSENT
    }


def _json(value: object) -> Json:
    match value:
        case None | bool() | int():
            return value
        case str():
            return str(value)
        case Money():
            return {"amount": f"{value.amount:f}", "currency": value.currency}
        case date():
            return _iso(value)
        case tuple():
            return [_json(item) for item in value]
        case Stay() | Party() | RoomStay() | AgeCount() | NightlyPrice():
            return {name: json for name, json in _present_fields(value).items() if json is not None}
    raise TypeError(type(value).__name__)


def _version(version: SourceVersion) -> Document:
    return {"updated_at": _iso(version.updated_at), "sequence": version.sequence}


def _iso(when: date) -> str:
    """A datetime is a date too; ours are all UTC."""
    return when.isoformat().replace("+00:00", "Z")


def _extras(extras: Extras) -> Document:
    """Kept as JSON text; in a document each is the value itself, its numbers exact."""
    return {path: cast("Json", json.loads(text, parse_float=Decimal)) for path, text in extras}
