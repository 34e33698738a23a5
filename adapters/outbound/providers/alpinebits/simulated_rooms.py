"""The simulated hotel's free rooms as documents: counts (2020-10) or limits (2018-10)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Final, TypeAlias

from adapters.outbound.provider_kit.simulation.seeded_hotel import SeededHotel
from adapters.outbound.provider_kit.xml_text import XmlElement
from adapters.outbound.providers.alpinebits.documents import element

Cells: TypeAlias = dict[tuple[str, date], int]
"""Rooms to be sold of a room type on a day."""

DAYS: Final = 60


class FreeRoomsForm(StrEnum):
    """Inventory counts, or the booking limits that came before them."""

    COUNTS = "2020-10"
    LIMITS = "2018-10"


ACTIONS: Final = {
    FreeRoomsForm.COUNTS: "OTA_HotelInvCountNotif:FreeRooms",
    FreeRoomsForm.LIMITS: "OTA_HotelAvailNotif:FreeRooms",
}


@dataclass(frozen=True, slots=True)
class FreeRooms:
    hotel: SeededHotel
    form: FreeRoomsForm

    def now(self) -> Cells:
        """From today on; below none where the hotel is overbooked, which nobody is told."""
        first = self.hotel.today
        end = first + timedelta(days=DAYS)
        sold = self.hotel.sold(first, end)
        return {
            (kind, day): max(0, len(self.hotel.rooms_of(kind)) - sold[kind, day])
            for kind in self.hotel.room_types
            for day in (first + timedelta(days=n) for n in range(DAYS))
        }

    def document(self, cells: Mapping[tuple[str, date], int], *, whole: bool) -> XmlElement:
        """`whole`: in place of everything told before."""
        unique = [element("UniqueID", Type="16", ID="1", Instance="CompleteSet")] if whole else []
        if self.form is FreeRoomsForm.COUNTS:
            lines = [self._count(*run) for run in _runs(cells)]
            held = element("Inventories", *lines, HotelCode=self.hotel.id)
            return element("OTA_HotelInvCountNotifRQ", *unique, held, Version="4")
        limits = [self._limit(*run) for run in _runs(cells)]
        held = element("AvailStatusMessages", *limits, HotelCode=self.hotel.id)
        return element("OTA_HotelAvailNotifRQ", *unique, held, Version="1.002")

    def _count(self, kind: str, first: date, last: date, count: int) -> XmlElement:
        """None is told by leaving the counts out."""
        days = _days(kind, first, last)
        if count == 0:
            return element("Inventory", days)
        counts = element("InvCounts", element("InvCount", CountType="2", Count=str(count)))
        return element("Inventory", days, counts)

    def _limit(self, kind: str, first: date, last: date, count: int) -> XmlElement:
        return element(
            "AvailStatusMessage",
            _days(kind, first, last),
            BookingLimit=str(count),
            BookingLimitMessageType="SetLimit",
        )


def _days(kind: str, first: date, last: date) -> XmlElement:
    """The last day is one of them."""
    return element(
        "StatusApplicationControl",
        Start=first.isoformat(),
        End=last.isoformat(),
        InvTypeCode=kind,
    )


def _runs(cells: Mapping[tuple[str, date], int]) -> Iterator[tuple[str, date, date, int]]:
    """Days in a row with the same count."""
    numbered = enumerate(sorted(cells.items()))

    def run_of(each: tuple[int, tuple[tuple[str, date], int]]) -> tuple[str, int, int]:
        number, ((kind, day), count) = each
        return kind, count, day.toordinal() - number

    for (kind, count, _), members in groupby(numbered, key=run_of):
        days = [day for _, ((_, day), _) in members]
        yield kind, days[0], days[-1], count
