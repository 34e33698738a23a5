"""Availability metrics by night, counted from the reservations and blocks themselves."""

from collections.abc import Iterable
from datetime import date
from typing import Final

from adapters.outbound.providers.mews.simulator.record_index import MewsRecords
from adapters.outbound.providers.mews.simulator.records import (
    MewsReservation,
    ResourceBlock,
)

METRICS: Final = (
    "OutOfOrderBlocks",
    "PublicAvailabilityAdjustment",
    "OtherServiceReservationCount",
    "Occupied",
    "ConfirmedReservations",
    "OptionalReservations",
    "BlockAvailability",
    "AllocatedBlockAvailability",
    "UsableResources",
    "ActiveResources",
    "HouseUse",
)


class NightCounts:
    """Metric arrays of one resource category, aligned to `nights` (consecutive local days)."""

    def __init__(self, nights: list[date], rooms: int) -> None:
        self._nights = nights
        self.metrics = {name: [0] * len(nights) for name in METRICS}
        self.metrics["ActiveResources"] = [rooms] * len(nights)
        self.metrics["UsableResources"] = [rooms] * len(nights)

    def add(self, metric: str, first: date, end: date, step: int = 1) -> None:
        start = max(0, (first - self._nights[0]).days)
        stop = min(len(self._nights), (end - self._nights[0]).days)
        for position in range(start, stop):
            self.metrics[metric][position] += step

    def add_stay(self, item: MewsReservation) -> None:
        metric = "OptionalReservations" if item.state == "Optional" else "ConfirmedReservations"
        self.add(metric, item.stay.arrival, item.stay.departure)
        self.add("Occupied", item.stay.arrival, item.stay.departure)

    def add_block(self, item: ResourceBlock) -> None:
        first, end = item.block.first_night, item.block.end_day
        if item.block.is_internal_use:
            self.add("HouseUse", first, end)
            return
        self.add("OutOfOrderBlocks", first, end)
        self.add("UsableResources", first, end, -1)


def count_nights(records: MewsRecords, nights: list[date]) -> dict[str, NightCounts]:
    """By category id. `nights`: consecutive local days."""
    hotel = records.hotel
    counts = {
        records.ids("category", kind): NightCounts(nights, len(hotel.rooms_of(kind)))
        for kind in hotel.room_types
    }
    for item in _overlapping(records.stays(), nights):
        if item.holds_inventory:
            counts[item.category_id].add_stay(item)
    for block in records.blocks():
        if not block.block.is_lifted:
            room = hotel.rooms[block.block.room_id]
            counts[records.ids("category", room.room_type_id)].add_block(block)
    return counts


def _overlapping(stays: Iterable[MewsReservation], nights: list[date]) -> list[MewsReservation]:
    first, last = nights[0], nights[-1]
    return [i for i in stays if i.stay.arrival <= last and i.stay.departure > first]
