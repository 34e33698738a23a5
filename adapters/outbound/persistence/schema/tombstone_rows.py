"""A tombstone as a row: its snapshot is stored as a booking's columns, with the names of those
fields that were received."""

from datetime import date
from typing import Any
from uuid import UUID

from adapters.outbound.persistence.engine.column_values import (
    Row,
    from_json_text,
    instant_from_micros,
    json_text,
    optional_micros,
)
from adapters.outbound.persistence.schema.booking_rows import booking_of, booking_row, rooms_of
from adapters.outbound.persistence.schema.provenance_rows import provenance_of, provenance_row
from adapters.outbound.persistence.schema.tables import BOOKINGS, TOMBSTONES
from domain.booking import Booking, BookingDetails
from domain.merge import merge_fields, present_fields
from domain.snapshots import BookingSnapshot
from domain.status import BookingStatus
from domain.tombstone import Tombstone
from domain.values import HotelId, SourceVersion, Stay

_EMPTY = BookingDetails(
    status=BookingStatus.CANCELED,
    stay=Stay(date(1970, 1, 1), date(1970, 1, 1)),
    rooms=(),
    holds_inventory=False,
)
"""The values of fields that were not received."""


def tombstone_row(tombstone: Tombstone) -> Row:
    """In the order of TOMBSTONES' columns."""
    booking, content = _as_booking(tombstone), tombstone.content_version
    columns = zip(BOOKINGS.columns, booking_row(booking), strict=True)
    document = {
        "received": list(present_fields(tombstone.snapshot, BookingDetails)),
        "deleted": tombstone.snapshot.deleted,
        "booking": {name: value for name, value in columns if value is not None},
    }
    return (
        tombstone.hotel_id.hex,
        tombstone.provider,
        tombstone.external_id,
        *provenance_row(booking),
        tombstone.connection_id.hex,
        optional_micros(content.updated_at if content else None),
        content.sequence if content else None,
        json_text(document),
    )


def tombstone_of(row: Row, hotel_id: HotelId) -> Tombstone:
    """From all of TOMBSTONES' columns."""
    record = TOMBSTONES.record(row)
    content = None
    if record.content_version_at is not None:
        content_at = instant_from_micros(record.content_version_at)
        content = SourceVersion(content_at, record.content_version_sequence)
    provenance = provenance_of(record)
    return Tombstone(
        hotel_id=hotel_id,
        provider=record.provider,
        connection_id=UUID(record.connection_id),
        snapshot=_snapshot_of(record, hotel_id, provenance.version),
        provenance=provenance,
        content_version=content,
        recorded_at=instant_from_micros(record.synced_at),
    )


def _as_booking(tombstone: Tombstone) -> Booking:
    return Booking(
        id=UUID(int=0),
        hotel_id=tombstone.hotel_id,
        provider=tombstone.provider,
        external_id=tombstone.external_id,
        connection_id=tombstone.connection_id,
        details=merge_fields(_EMPTY, tombstone.snapshot),
        provenance=tombstone.provenance,
        synced_at=tombstone.recorded_at,
    )


def _snapshot_of(record: Any, hotel_id: HotelId, version: SourceVersion) -> BookingSnapshot:
    document = from_json_text(record.document)
    columns = document["booking"]
    details = booking_of(tuple(map(columns.get, BOOKINGS.columns)), hotel_id).details
    received = {name: getattr(details, name) for name in document["received"]}
    if "rooms" in received:
        received["rooms"] = rooms_of(from_json_text(columns["document"]))
    return BookingSnapshot(
        external_id=record.external_id, version=version, deleted=document["deleted"], **received
    )
