"""Tries a quarantined item again, after a mapper was mended or the hotel put its data right."""

from dataclasses import dataclass
from uuid import UUID

from application.errors import NotFound
from application.inbox.process_inbox import ProcessInbox
from domain.messages import InboxOutcome, InboxState
from domain.values import HotelId
from ports.unit_of_work import UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class ReplayQuarantine:
    unit_of_work: UnitOfWorkFactory
    process: ProcessInbox

    def __call__(
        self, hotel_id: HotelId, item_id: UUID, *, provider: str | None = None
    ) -> InboxOutcome:
        """What pulled it brought is asked for again; what was pushed is read again from its own
        text. `provider`: the caller's own, from which the item must have come.

        Raises NotFound where nothing of this id is quarantined at this hotel.
        """
        with self.unit_of_work() as uow:
            item = uow.inbox.load(hotel_id, [item_id]).get(item_id)
        if item is None or item.state is not InboxState.QUARANTINED:
            raise NotFound("nothing of this id is quarantined here")
        if provider not in (None, item.provider):
            raise NotFound("nothing of this id is quarantined here")
        outcomes = self.process(
            hotel_id, item.batch_id, states=frozenset({InboxState.QUARANTINED}), only=item_id
        )
        if not outcomes:
            raise NotFound("someone else has replayed this item meanwhile")
        return outcomes[0]
