"""A guest as a row: the e-mail is a column, the identity documents sealed, the rest JSON."""

import json
from dataclasses import fields
from datetime import date
from typing import Any
from uuid import UUID

from adapters.outbound.persistence.engine.column_values import (
    Row,
    email_search_key,
    from_json_text,
    json_text,
    optional_instant,
    optional_micros,
    shared_instant,
)
from adapters.outbound.persistence.schema.provenance_rows import provenance_of, provenance_row
from adapters.outbound.persistence.schema.tables import GUESTS
from domain.guest import Guest, GuestDetails
from domain.values import HotelId, Money
from ports.system import Sealer

_DATES = ("birth_date", "last_stay_on")
_OTHER_COLUMNS = (
    *("id_document_number", "further_id_documents", "deleted_at_source", "total_spent", "extras"),
    *_DATES,
)
_SEVERAL = "\0"
_JSON_FIELDS = tuple(f.name for f in fields(GuestDetails) if f.name not in _OTHER_COLUMNS)


def guest_row(guest: Guest, sealer: Sealer) -> Row:
    """In the order of GUESTS' columns."""
    details = guest.details
    sealed = None
    if (plaintext := _documents_text(details)) is not None:
        sealed = sealer.seal(plaintext, bound_to=seal_context(guest.hotel_id, guest.id))
    document = _details_json(details)
    return (
        guest.hotel_id.hex,
        guest.provider,
        guest.external_id,
        *provenance_row(guest),
        guest.id.hex,
        email_search_key(details.email),
        sealed,
        optional_micros(details.deleted_at_source),
        document,
        *(guest.revision, len(document.encode()), len(details.extras)),
    )


def guest_of(row: Row, hotel_id: HotelId, sealer: Sealer) -> Guest:
    """From all of GUESTS' columns. Raises Unsealable."""
    record = GUESTS.record(row)
    guest_id = UUID(record.id)
    number = further = None
    if record.sealed_document_number is not None:
        context = seal_context(hotel_id, guest_id)
        plaintext = sealer.open(record.sealed_document_number, bound_to=context)
        number, further = _parse_documents(plaintext)
    return Guest(
        id=guest_id,
        hotel_id=hotel_id,
        provider=record.provider,
        external_id=record.external_id,
        details=GuestDetails(
            **_parse_document(from_json_text(record.document)),
            id_document_number=number,
            further_id_documents=further,
            deleted_at_source=optional_instant(record.deleted_at_source),
        ),
        provenance=provenance_of(record),
        synced_at=shared_instant(record.synced_at),
        revision=record.revision,
    )


def seal_context(hotel_id: HotelId, guest_id: UUID) -> str:
    return f"guest/{hotel_id}/{guest_id}"


def _documents_text(details: GuestDetails) -> bytes | None:
    """The number alone, or a JSON array after a mark if the guest has further documents."""
    number, further = details.id_document_number, details.further_id_documents
    if further is None and not (number or "").startswith(_SEVERAL):
        return None if number is None else number.encode("utf-8", "surrogatepass")
    return (_SEVERAL + json.dumps([number, further])).encode()


def _parse_documents(plaintext: bytes) -> tuple[str | None, str | None]:
    text = plaintext.decode("utf-8", "surrogatepass")
    if not text.startswith(_SEVERAL):
        return text, None
    number, further = json.loads(text.removeprefix(_SEVERAL))
    return number, further


def _details_json(details: GuestDetails) -> str:
    document: dict[str, Any] = {
        name: value for name in _JSON_FIELDS if (value := getattr(details, name)) is not None
    }
    for name in _DATES:
        if (day := getattr(details, name)) is not None:
            document[name] = day.isoformat()
    if details.total_spent is not None:
        document["total_spent"] = [details.total_spent.minor, details.total_spent.currency]
    if details.extras:
        document["extras"] = details.extras
    return json_text(document)


def _parse_document(document: dict[str, Any]) -> dict[str, Any]:
    for name in _DATES:
        if name in document:
            document[name] = date.fromisoformat(document[name])
    if "total_spent" in document:
        document["total_spent"] = Money(*document["total_spent"])
    document["extras"] = tuple([(path, text) for path, text in document.get("extras", ())])
    return document
