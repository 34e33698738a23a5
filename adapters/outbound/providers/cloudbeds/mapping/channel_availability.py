"""Availability in the formats of the channel manager: MyAllocator's RoomAvailabilityList (by room
and day) and Build-To-Us's ARIUpdate (by room, rate and range of days, end included)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.local_time import days_from
from adapters.outbound.provider_kit.parsing.read_items import JsonEntry
from adapters.outbound.provider_kit.parsing.reader import Reader, as_rounded_money
from adapters.outbound.providers.cloudbeds.mapping.availability import (
    Offer,
    SourcedOffer,
    map_cells,
    read_flag,
    read_nights,
    read_room_type_id,
)
from adapters.outbound.providers.cloudbeds.mapping.parsing import children
from ports.providers import ReadItem

_MAX_DAYS: Final = 1_100
"""Three years, more than channels are sent; a longer range is a mistake."""


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

    def read(self, entries: Iterable[JsonEntry]) -> list[ReadItem]:
        return map_cells(entries, self._read_offers, self.observed_at, explain=self.explain)

    def _read_offers(self, r: Reader, value: Json) -> tuple[str, Sequence[SourcedOffer]]:
        is_list = is_room_list(value)
        room_id = read_room_type_id(r, "RoomId" if is_list else "ota_room_id")
        offers = self._read_days(r) if is_list else self._read_range(r)
        return room_id, [SourcedOffer(offer, value) for offer in offers]

    def _read_days(self, r: Reader) -> Iterator[Offer]:
        for each in children(r, "Data", "day") or ():
            yield Offer(
                night=each.local_date("Date", "day"),
                available=each.optional_integer("Units", "available", lenient=True),
                price=each.optional("Price", as_rounded_money(self.currency), "lowest_rate"),
                closed=read_flag(each, "Closed", "closed"),
                closed_to_arrival=read_flag(each, "ClosedForArrival", "closed_to_arrival"),
                closed_to_departure=read_flag(each, "ClosedForDeparture", "closed_to_departure"),
                min_stay=read_nights(each, "MinStay", "min_stay"),
                max_stay=read_nights(each, "MaxStay", "max_stay"),
            )

    def _read_range(self, r: Reader) -> Iterator[Offer]:
        first = r.local_date("start_date", "day")
        last = r.local_date("end_date", "day")
        if not 0 <= (last - first).days < _MAX_DAYS:
            expected = f"a date from start_date on, within {_MAX_DAYS} days"
            raise UnreadableField("end_date", "bad_date", expected)
        offer = Offer(
            night=first,
            available=r.optional_integer("units", "available", lenient=True),
            price=r.optional("rate", as_rounded_money(self.currency), "lowest_rate"),
            closed=read_flag(r, "close", "closed"),
            closed_to_arrival=read_flag(r, "closearr", "closed_to_arrival"),
            closed_to_departure=read_flag(r, "closedep", "closed_to_departure"),
            min_stay=read_nights(r, "min_los", "min_stay"),
            max_stay=read_nights(r, "max_los", "max_stay"),
        )
        for night in days_from(first, last):
            yield replace(offer, night=night)
        yield replace(offer, night=last)
