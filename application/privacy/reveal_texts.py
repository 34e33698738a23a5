"""Shows what may contain personal data in full: payloads and providers' error responses. Each
reading is in the audit log."""

from dataclasses import dataclass
from uuid import UUID

from application.audit.audit_trail import AuditTrail
from application.errors import NotFound
from domain.audit import AuditAction
from domain.messages import InboxItem
from domain.values import HotelId
from ports.errors import Unsealable
from ports.unit_of_work import UnitOfWork, UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class VendorResponse:
    """`text`: None if there is none, or none any more. Not readable: its sealing key is gone."""

    text: str | None = None
    is_readable: bool = True


@dataclass(frozen=True, slots=True)
class RevealedItem:
    item: InboxItem
    response: VendorResponse


@dataclass(frozen=True, slots=True)
class RevealItem:
    unit_of_work: UnitOfWorkFactory
    audit: AuditTrail

    def __call__(self, hotel_id: HotelId, item_id: UUID) -> RevealedItem:
        """Raises NotFound, and Unsealable for a payload that can't be opened."""
        with self.unit_of_work() as uow:
            item = uow.inbox.load(hotel_id, [item_id]).get(item_id)
            if item is None:
                raise NotFound(f"the hotel has no item {item_id}")
            self.audit.record(uow, AuditAction.PAYLOAD_REVEALED, item_id, hotel_id=hotel_id)
            revealed = RevealedItem(item, _vendor_response(uow, hotel_id, item_id))
            uow.commit()
        return revealed


@dataclass(frozen=True, slots=True)
class RevealVendorResponse:
    """Of a sync run that failed with it."""

    unit_of_work: UnitOfWorkFactory
    audit: AuditTrail

    def __call__(self, hotel_id: HotelId, run_id: UUID) -> VendorResponse:
        with self.unit_of_work() as uow:
            response = _vendor_response(uow, hotel_id, run_id)
            if response.text is not None:
                self.audit.record(uow, AuditAction.RESPONSE_REVEALED, run_id, hotel_id=hotel_id)
            uow.commit()
        return response


def _vendor_response(uow: UnitOfWork, hotel_id: HotelId, subject_id: UUID) -> VendorResponse:
    try:
        found = uow.vendor_error_texts.get(hotel_id, subject_id)
    except Unsealable:
        return VendorResponse(is_readable=False)
    return VendorResponse(found.text if found else None)
