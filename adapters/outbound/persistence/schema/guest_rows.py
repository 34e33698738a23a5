"""A guest as a row: e-mail to search by, the identity document's number sealed, else JSON."""

from dataclasses import fields
from datetime import date
from typing import Any
from uuid import UUID

from adapters.outbound.persistence.engine.column_values import (
    Row,
    email_search_key,
    from_json_text,
    instant_from_micros,
    json_text,
    optional_instant,
    optional_micros,
)
from adapters.outbound.persistence.schema.provenance_rows import provenance_of, provenance_row
from domain.guest import Guest, GuestDetails
from domain.values import HotelId, Money
from ports.system import Sealer

_DATES = ("birth_date", "last_stay_on")
_OTHER_COLUMNS = ("id_document_number", "deleted_at_source", "total_spent", "extras", *_DATES)
_JSON_FIELDS = tuple(f.name for f in fields(GuestDetails) if f.name not in _OTHER_COLUMNS)


def guest_row(guest: Guest, sealer: Sealer) -> Row:
    """In the order of GuestRow's columns."""
    held = guest.details
    sealed = None
    if held.id_document_number is not None:
        plaintext = held.id_document_number.encode("utf-8", "surrogatepass")
        sealed = sealer.seal(plaintext, bound_to=_seal_context(guest.hotel_id, guest.id))
    return (
        guest.hotel_id.hex,
        guest.provider,
        guest.external_id,
        guest.id.hex,
        email_search_key(held.email),
        sealed,
        optional_micros(held.deleted_at_source),
        *provenance_row(guest),
        _details_json(held),
    )


def guest_of(row: Row, hotel_id: HotelId, sealer: Sealer) -> Guest:
    """From all of GuestRow's columns. Raises Unsealable."""
    guest_id = UUID(row[3])
    number = None
    if row[5] is not None:
        plaintext = sealer.open(row[5], bound_to=_seal_context(hotel_id, guest_id))
        number = plaintext.decode("utf-8", "surrogatepass")
    return Guest(
        id=guest_id,
        hotel_id=hotel_id,
        provider=row[1],
        external_id=row[2],
        details=_parse_details(from_json_text(row[15]), number, optional_instant(row[6])),
        provenance=provenance_of(row[7:13]),
        synced_at=instant_from_micros(row[13]),
        revision=row[14],
    )


def _seal_context(hotel_id: HotelId, guest_id: UUID) -> str:
    return f"guest/{hotel_id}/{guest_id}"


def _details_json(held: GuestDetails) -> str:
    document: dict[str, Any] = {
        name: value for name in _JSON_FIELDS if (value := getattr(held, name)) is not None
    }
    for name in _DATES:
        if (day := getattr(held, name)) is not None:
            document[name] = day.isoformat()
    if held.total_spent is not None:
        document["total_spent"] = [held.total_spent.minor, held.total_spent.currency]
    if held.extras:
        document["extras"] = held.extras
    return json_text(document)


def _parse_details(document: dict[str, Any], number: str | None, deleted_at: Any) -> GuestDetails:
    for name in _DATES:
        if name in document:
            document[name] = date.fromisoformat(document[name])
    if "total_spent" in document:
        document["total_spent"] = Money(*document["total_spent"])
    document["extras"] = tuple([(path, text) for path, text in document.get("extras", ())])
    return GuestDetails(**document, id_document_number=number, deleted_at_source=deleted_at)
