"""The total of a reservation as the sum over its rooms."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from adapters.outbound.provider_kit.parsing.xml_reader import XmlReader
from adapters.outbound.providers.alpinebits.mapping.amounts import (
    add_amounts,
    is_net_total,
    mark_total,
    peek_total,
)
from adapters.outbound.providers.alpinebits.mapping.code_tables import as_status
from domain.status import BookingStatus
from domain.values import Money


class RoomSum(NamedTuple):
    """`stays`: the RoomStay elements whose totals were added up."""

    total: Money | None
    stays: Sequence[XmlReader]


NO_SUM: Final = RoomSum(None, ())


def sum_room_totals(stays: Sequence[XmlReader], currency: str) -> RoomSum:
    """Of the rooms that are not canceled, or of all if all are. NO_SUM if one of them has no
    total, or if there are several currencies or bases; no total is marked as read then."""
    counted = [stay for stay in stays if not _is_canceled(stay)] or stays
    totals = [stay.first("Total") for stay in counted]
    found = add_amounts([peek_total(r, currency) for r in totals])
    if found is None or len({is_net_total(r) for r in totals}) > 1:
        return NO_SUM
    for r in totals:
        mark_total(r, currency, "total")
    return RoomSum(found, counted)


def _is_canceled(stay: XmlReader) -> bool:
    meaning = stay.optional("RoomStayStatus", as_status)
    return meaning is not None and meaning.status is BookingStatus.CANCELED
