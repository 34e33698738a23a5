"""Replays a quarantined item, after the mapping or the hotel's data was corrected."""

from dataclasses import dataclass
from uuid import UUID

from application.audit.audit_trail import AuditTrail
from application.errors import NotFound, PayloadUnreadable
from application.inbox.process_inbox import ProcessInbox
from domain.audit import AuditAction
from domain.messages import InboxItem, InboxState
from domain.values import HotelId
from ports.errors import Unsealable
from ports.unit_of_work import UnitOfWork, UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class ReplayQuarantine:
    unit_of_work: UnitOfWorkFactory
    process_inbox: ProcessInbox
    audit: AuditTrail

    def __call__(
        self, hotel_id: HotelId, item_id: UUID, *, provider: str | None = None
    ) -> InboxItem:
        """The item with its new outcome. A pulled item is fetched again, a pushed item is read
        again from its stored text. `provider`: if given, the item must be of it.

        Raises NotFound if no such item is quarantined at this hotel, PayloadUnreadable.
        """
        item = self._begin(hotel_id, item_id, provider)
        decided = self.process_inbox(
            hotel_id, item.batch_id, states=frozenset({InboxState.QUARANTINED}), only=item_id
        )
        if not decided:
            raise NotFound("this item was replayed by someone else meanwhile")
        return decided[0]

    def _begin(self, hotel_id: HotelId, item_id: UUID, provider: str | None) -> InboxItem:
        """Records the act before: the item is processed in transactions of its own."""
        with self.unit_of_work() as uow:
            item = _load(uow, hotel_id, item_id)
            is_quarantined = item is not None and item.state is InboxState.QUARANTINED
            if item is None or not is_quarantined or provider not in (None, item.provider):
                raise NotFound("nothing of this id is quarantined here")
            self.audit.record(uow, AuditAction.QUARANTINE_REPLAYED, item_id, hotel_id=hotel_id)
            uow.commit()
        return item


def _load(uow: UnitOfWork, hotel_id: HotelId, item_id: UUID) -> InboxItem | None:
    try:
        return uow.inbox.load(hotel_id, [item_id]).get(item_id)
    except Unsealable as error:
        raise PayloadUnreadable from error
