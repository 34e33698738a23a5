"""The cap of quarantined items per hotel: what would go beyond it is refused, never dropped."""

import logging
from collections.abc import Iterable
from typing import Final

from application.errors import QuarantineFull
from domain.messages import InboxItem, InboxState
from domain.values import HotelId
from ports.messages import QuarantineFilter
from ports.unit_of_work import UnitOfWork

_LOG: Final = logging.getLogger("pms.quarantine")


def require_room(uow: UnitOfWork, hotel_id: HotelId, cap: int, *, new: int = 1) -> None:
    """Raises QuarantineFull if `new` more items would exceed the cap. Requests at the same moment
    may exceed it by their items together."""
    held = uow.inbox.count_quarantined(QuarantineFilter(hotel_id=hotel_id), limit=cap)
    if held + new > cap:
        _LOG.error("quarantine_full", extra={"quarantined": held, "cap": cap})
        raise QuarantineFull(
            f"the quarantine of this hotel is full ({held:,} of {cap:,} items) and nothing of the "
            "message was stored; replay or discard quarantined items, then send it again",
            limit=cap,
        )


def require_room_for(
    uow: UnitOfWork, hotel_id: HotelId, cap: int, rows: Iterable[InboxItem]
) -> None:
    """Does not query unless some of the rows are quarantined."""
    new = sum(row.state is InboxState.QUARANTINED for row in rows)
    if new:
        require_room(uow, hotel_id, cap, new=new)
