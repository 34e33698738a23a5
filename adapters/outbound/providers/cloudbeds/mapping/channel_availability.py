"""Availability in the formats of the channel manager: MyAllocator's RoomAvailabilityList, by room
and day, and Build-To-Us's ARIUpdate, by room, rate and range of days whose end is included."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.mapping_report import build_field_trace
from adapters.outbound.provider_kit.parsing.reader import Reader
from adapters.outbound.providers.cloudbeds.mapping.availability import (
    Offer,
    Offers,
    cells_of,
)
from adapters.outbound.providers.cloudbeds.mapping.parsing import (
    CloudbedsEntry,
    as_id,
    as_money,
    children,
    reader_for,
)
from domain.snapshots import require_id
from ports.providers import ReadItem

_MAX_DAYS = 1_100
"""Three years: what a channel is told at most; a longer range is a typing error."""


def is_room_list(value: Json) -> bool:
    return isinstance(value, dict) and "Data" in value and "RoomId" in value


def is_inventory(value: Json) -> bool:
    return isinstance(value, dict) and "ota_room_id" in value


@dataclass(frozen=True, slots=True)
class ChannelAvailabilityReader:
    """`currency`: the message's own, else the hotel's."""

    currency: str
    observed_at: datetime
    explain: bool = False

    def read(self, entries: Iterable[CloudbedsEntry]) -> list[ReadItem]:
        return cells_of(entries, self._add_offers, self.observed_at)

    def _add_offers(self, entry: CloudbedsEntry, by_room: dict[str, Offers]) -> None:
        r = reader_for(entry.value)
        is_list = is_room_list(entry.value)
        room_id = r.required("RoomId" if is_list else "ota_room_id", as_id, "room_type_id")
        require_id(room_id, "room_type_id")
        found = list(self._read_days(r) if is_list else self._read_range(r))
        offers = by_room.setdefault(room_id, Offers(room_id))
        for offer in found:
            offers.add(offer, entry.value)
        if self.explain:
            field_trace = build_field_trace(r, tuple(r.unread().items()))
            offers.field_trace.update(
                {f"{entry.path}.{path}": target for path, target in field_trace}
            )

    def _read_days(self, r: Reader) -> Iterator[Offer]:
        for each in children(r, "Data", "day") or ():
            yield Offer(
                night=each.local_date("Date", "day"),
                available=each.optional_integer("Units", "available", lenient=True),
                price=each.optional("Price", as_money(self.currency), "lowest_rate"),
                closed=each.optional_boolean("Closed", "closed", lenient=True),
                closed_to_arrival=each.optional_boolean(
                    "ClosedForArrival", "closed_to_arrival", lenient=True
                ),
                closed_to_departure=each.optional_boolean(
                    "ClosedForDeparture", "closed_to_departure", lenient=True
                ),
                min_stay=each.optional_integer("MinStay", "min_stay", lenient=True) or None,
                max_stay=each.optional_integer("MaxStay", "max_stay", lenient=True) or None,
            )

    def _read_range(self, r: Reader) -> Iterator[Offer]:
        first = r.local_date("start_date", "day")
        last = r.local_date("end_date", "day")
        if not 0 <= (last - first).days < _MAX_DAYS:
            raise UnreadableField("end_date", "bad_date", "a day from start_date on, within years")
        offer = Offer(
            night=first,
            available=r.optional_integer("units", "available", lenient=True),
            price=r.optional("rate", as_money(self.currency), "lowest_rate"),
            closed=r.optional_boolean("close", "closed", lenient=True),
            closed_to_arrival=r.optional_boolean("closearr", "closed_to_arrival", lenient=True),
            closed_to_departure=r.optional_boolean("closedep", "closed_to_departure", lenient=True),
            min_stay=r.optional_integer("min_los", "min_stay", lenient=True) or None,
            max_stay=r.optional_integer("max_los", "max_stay", lenient=True) or None,
        )
        for night in _each_day(first, last):
            yield replace(offer, night=night)


def _each_day(first: date, last: date) -> Iterator[date]:
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)
