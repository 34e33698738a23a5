"""The simulated hotel's free rooms as documents: counts (2020-10) or limits (2018-10)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Final, TypeAlias

from adapters.outbound.provider_kit.parsing.xml_text import XmlElement
from adapters.outbound.provider_kit.simulation.hotel.seeded_hotel import SeededHotel
from adapters.outbound.providers.alpinebits.mapping.documents import element

Cells: TypeAlias = dict[tuple[str, date], int]
"""Rooms for sale, by room type and day."""

DAYS: Final = 60


class AvailabilityFormat(StrEnum):
    """Inventory counts, or the booking limits that came before them."""

    COUNTS = "2020-10"
    LIMITS = "2018-10"


ACTIONS: Final = {
    AvailabilityFormat.COUNTS: "OTA_HotelInvCountNotif:FreeRooms",
    AvailabilityFormat.LIMITS: "OTA_HotelAvailNotif:FreeRooms",
}


@dataclass(frozen=True, slots=True)
class SimulatedFreeRooms:
    hotel: SeededHotel
    form: AvailabilityFormat

    def now(self) -> Cells:
        """From today on; never negative, even where the hotel is overbooked."""
        first = self.hotel.today
        end = first + timedelta(days=DAYS)
        sold = self.hotel.sold(first, end)
        return {
            (kind, day): max(0, len(self.hotel.rooms_of(kind)) - sold[kind, day])
            for kind in self.hotel.room_types
            for day in (first + timedelta(days=n) for n in range(DAYS))
        }

    def document(
        self, cells: Mapping[tuple[str, date], int], *, is_complete_set: bool
    ) -> XmlElement:
        """`is_complete_set`: replaces everything sent before."""
        unique = (
            [element("UniqueID", Type="16", ID="1", Instance="CompleteSet")]
            if is_complete_set
            else []
        )
        if self.form is AvailabilityFormat.COUNTS:
            lines = [self._count(*run) for run in _group_equal_days(cells)]
            container_element = element("Inventories", *lines, HotelCode=self.hotel.id)
            return element("OTA_HotelInvCountNotifRQ", *unique, container_element, Version="4")
        limits = [self._limit(*run) for run in _group_equal_days(cells)]
        container_element = element("AvailStatusMessages", *limits, HotelCode=self.hotel.id)
        return element("OTA_HotelAvailNotifRQ", *unique, container_element, Version="1.002")

    def _count(self, kind: str, first: date, last: date, count: int) -> XmlElement:
        """A missing count means none."""
        days = _control_element(kind, first, last)
        if count == 0:
            return element("Inventory", days)
        counts = element("InvCounts", element("InvCount", CountType="2", Count=str(count)))
        return element("Inventory", days, counts)

    def _limit(self, kind: str, first: date, last: date, count: int) -> XmlElement:
        return element(
            "AvailStatusMessage",
            _control_element(kind, first, last),
            BookingLimit=str(count),
            BookingLimitMessageType="SetLimit",
        )


def _control_element(kind: str, first: date, last: date) -> XmlElement:
    """The last day is included."""
    return element(
        "StatusApplicationControl",
        Start=first.isoformat(),
        End=last.isoformat(),
        InvTypeCode=kind,
    )


def _group_equal_days(
    cells: Mapping[tuple[str, date], int],
) -> Iterator[tuple[str, date, date, int]]:
    """Consecutive days with the same count."""
    numbered = enumerate(sorted(cells.items()))

    def group_key(each: tuple[int, tuple[tuple[str, date], int]]) -> tuple[str, int, int]:
        number, ((kind, day), count) = each
        return kind, count, day.toordinal() - number

    for (kind, count, _), members in groupby(numbered, key=group_key):
        days = [day for _, ((_, day), _) in members]
        yield kind, days[0], days[-1], count
