"""Availability metrics by night, counted from the reservations and blocks themselves."""

from collections.abc import Callable, Iterable
from datetime import date

from adapters.outbound.providers.mews.simulator.records import Block, Reservation, Room

METRICS = (
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

    def add_stay(self, item: Reservation) -> None:
        metric = "OptionalReservations" if item.state == "Optional" else "ConfirmedReservations"
        self.add(metric, item.arrival, item.departure)
        self.add("Occupied", item.arrival, item.departure)

    def add_block(self, block: Block) -> None:
        if block.kind == "InternalUse":
            self.add("HouseUse", block.first_night, block.end_day)
            return
        self.add("OutOfOrderBlocks", block.first_night, block.end_day)
        self.add("UsableResources", block.first_night, block.end_day, -1)


def count_nights(
    nights: list[date],
    rooms_by_category: dict[str, list[Room]],
    stays: Iterable[Reservation],
    blocks: Iterable[Block],
    category_of_room: Callable[[str], str],
) -> dict[str, NightCounts]:
    """By category id. A stay counts where its shown room is, else where it was requested."""
    counts = {
        category_id: NightCounts(nights, len(rooms))
        for category_id, rooms in rooms_by_category.items()
    }
    for stay in stays:
        shown = stay.room_id if stay.assigned else None
        category_id = category_of_room(shown) if shown else stay.category_id
        if stay.holds_inventory and category_id in counts:
            counts[category_id].add_stay(stay)
    for block in blocks:
        if block.deleted is None:
            counts[category_of_room(block.room_id)].add_block(block)
    return counts
