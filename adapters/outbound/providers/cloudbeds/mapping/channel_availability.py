"""Availability in the formats of the channel manager: MyAllocator's RoomAvailabilityList (by room
and day) and Build-To-Us's ARIUpdate (by room, rate and range of days, end included)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.local_time import days_from
from adapters.outbound.provider_kit.parsing.reader import Reader
from adapters.outbound.providers.cloudbeds.mapping.availability import (
    Offer,
    OfferKeys,
    OfferReader,
    SourcedOffer,
    read_offer,
    read_room_type_id,
)
from adapters.outbound.providers.cloudbeds.mapping.parsing import children

_MAX_DAYS: Final = 1_100
"""Three years, more than channels are sent; a longer range is a mistake."""

_DAY_KEYS: Final = OfferKeys(
    rooms=("Date", "Units"),
    prices=("Price",),
    closed=("Closed", "ClosedForArrival", "ClosedForDeparture"),
    stay=("MinStay", "MaxStay"),
)
_RANGE_KEYS: Final = OfferKeys(
    rooms=("start_date", "units"),
    prices=("rate",),
    closed=("close", "closearr", "closedep"),
    stay=("min_los", "max_los"),
)


def is_room_list(value: Json) -> bool:
    return isinstance(value, dict) and "Data" in value and "RoomId" in value


def is_inventory(value: Json) -> bool:
    return isinstance(value, dict) and "ota_room_id" in value


class ChannelAvailabilityReader(OfferReader):
    """`currency`: the message's own, else the hotel's."""

    __slots__ = ()

    def read_offers(self, r: Reader, value: Json) -> tuple[str, Sequence[SourcedOffer]]:
        is_list = is_room_list(value)
        room_id = read_room_type_id(r, "RoomId" if is_list else "ota_room_id")
        offers = self._read_days(r) if is_list else self._read_range(r)
        return room_id, [SourcedOffer(offer, value) for offer in offers]

    def _read_days(self, r: Reader) -> list[Offer | UnreadableField]:
        days = children(r, "Data", "day")
        if not days:
            raise UnreadableField("Data", "missing_field", "at least one day")
        return [read_offer(_DAY_KEYS, each, self.currency) for each in days]

    def _read_range(self, r: Reader) -> Iterator[Offer]:
        first = r.local_date("start_date", "day")
        last = r.local_date("end_date", "day")
        if not 0 <= (last - first).days < _MAX_DAYS:
            expected = f"a date from start_date on, within {_MAX_DAYS} days"
            raise UnreadableField("end_date", "bad_date", expected)
        offer = _RANGE_KEYS.read(r, self.currency)
        for night in days_from(first, last):
            yield replace(offer, night=night)
        yield replace(offer, night=last)
