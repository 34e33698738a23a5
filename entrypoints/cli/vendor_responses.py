"""Providers' error responses in full: only these commands show them."""

from uuid import UUID

from domain.values import HotelId
from ports.errors import Unsealable
from ports.unit_of_work import UnitOfWork


def vendor_response(uow: UnitOfWork, hotel_id: HotelId, subject_id: UUID) -> dict[str, object]:
    """`vendor_response` of a sync run or inbox item; None if there is none, or none any more."""
    try:
        found = uow.vendor_error_texts.get(hotel_id, subject_id)
    except Unsealable:
        return {"vendor_response": None, "vendor_response_readable": False}
    return {"vendor_response": found and found.text}
