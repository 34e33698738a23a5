"""Rates by night (getRatePlans with detailedRates) to cells, one per room type and night.

All rates of a room type share its rooms: the largest `roomsAvailable` is used, and the restrictions
of the least restrictive open rate. getAvailableRoomTypes gives the number of rooms free for a whole
stay, which is a night's number only for a stay of one night.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar, Final, NamedTuple, TypeAlias, TypeVar

from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.field_values import as_id
from adapters.outbound.provider_kit.parsing.json_text import Json, dumps
from adapters.outbound.provider_kit.parsing.mapping_report import (
    join_path,
    reason_of,
    trace_cell,
)
from adapters.outbound.provider_kit.parsing.read_items import (
    FieldTrace,
    JsonEntry,
    MappingError,
    rejected_item,
    with_property,
)
from adapters.outbound.provider_kit.parsing.reader import Reader, as_rounded_money, reader_for
from adapters.outbound.providers.cloudbeds.mapping.parsing import PROPERTY_PATHS, children
from domain.errors import InvalidField
from domain.messages import ItemKind
from domain.snapshots import AvailabilitySnapshot, require_id
from domain.values import ABSENT, Absent, Money, SourceVersion
from ports.providers import ReadItem, SourceProperty

_SOURCES_OF: Final = {"room_type_id": "roomTypeID", "available": "roomsAvailable"}
_CLOSED: Final = ("closed", "closed_to_arrival", "closed_to_departure")
_STAY: Final = ("min_stay", "max_stay")
T = TypeVar("T")
U = TypeVar("U")


@dataclass(slots=True)
class Offer:
    """One rate of a room type for one night."""

    night: date
    available: int | None
    price: Money | None = None
    closed: bool | None = None
    closed_to_arrival: bool | None = None
    closed_to_departure: bool | None = None
    min_stay: int | None = None
    max_stay: int | None = None


class SourcedOffer(NamedTuple):
    """An offer, or why it cannot be read. `raw`: the part of the payload that it can be read from
    again."""

    offer: Offer | UnreadableField
    raw: Json


class OfferKeys(NamedTuple):
    """The source fields of an offer; of several for the price, the first present one is used."""

    rooms: tuple[str, str]
    """The night, the number of free rooms."""
    prices: tuple[str, ...]
    closed: tuple[str, str, str]
    """Closed, closed to arrival, closed to departure."""
    stay: tuple[str, str]
    """The shortest and the longest."""

    def read(self, r: Reader, currency: str) -> Offer:
        """A minimum or maximum stay of 0 means no limit."""
        parse = as_rounded_money(currency)
        prices = (r.optional(key, parse, "lowest_rate") for key in self.prices)
        closed, to_arrival, to_departure = (
            r.optional_boolean(key, target, lenient=True)
            for key, target in zip(self.closed, _CLOSED, strict=True)
        )
        shortest, longest = (
            r.optional_integer(key, target, lenient=True) or None
            for key, target in zip(self.stay, _STAY, strict=True)
        )
        night, available = self.rooms
        return Offer(
            night=r.local_date(night, "day"),
            available=r.optional_integer(available, "available", lenient=True),
            price=next((price for price in prices if price is not None), None),
            closed=closed,
            closed_to_arrival=to_arrival,
            closed_to_departure=to_departure,
            min_stay=shortest,
            max_stay=longest,
        )


_RATE_KEYS: Final = OfferKeys(
    rooms=("date", "roomsAvailable"),
    prices=("totalRate", "rate"),
    closed=("blocked", "closedToArrival", "closedToDeparture"),
    stay=("minLos", "maxLos"),
)


_RoomTypeKey: TypeAlias = tuple[str | None, str]
"""The property, if it is named, and the room type."""


@dataclass(slots=True)
class _RoomTypeOffers:
    source_property: SourceProperty | None
    by_night: dict[date, list[tuple[Offer, Json]]] = field(default_factory=dict)
    field_trace: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CellBuilder:
    observed_at: datetime

    def build(self, by_type: Mapping[_RoomTypeKey, _RoomTypeOffers]) -> Iterator[ReadItem]:
        for (_, room_type_id), room_type in by_type.items():
            field_trace = tuple(sorted(room_type.field_trace.items()))
            named = room_type.source_property
            for night, sourced in sorted(room_type.by_night.items()):
                raw = dumps([each for _, each in sourced]).encode()
                try:
                    offers = [offer for offer, _ in sourced]
                    snapshot = self._combine_offers(room_type_id, night, offers)
                    yield _cell_item(snapshot, raw, field_trace, named)
                except InvalidField as error:
                    reason = reason_of(error, "", _SOURCES_OF)
                    yield ReadItem(
                        kind=ItemKind.AVAILABILITY, raw=raw, reason=reason, source_property=named
                    )

    def unavailable_cell(self, room_type_id: str, night: date) -> ReadItem:
        """For a night without any rate: clears the stored values. The number of rooms is unknown,
        not zero."""
        snapshot = AvailabilitySnapshot(
            room_type_id=room_type_id,
            day=night,
            version=SourceVersion(self.observed_at),
            version_is_ours=True,
            available=None,
            lowest_rate=None,
            closed=None,
            closed_to_arrival=None,
            closed_to_departure=None,
            min_stay=None,
            max_stay=None,
        )
        return _cell_item(snapshot, b"null", ())

    def _combine_offers(
        self, room_type_id: str, night: date, offers: Sequence[Offer]
    ) -> AvailabilitySnapshot:
        open_offers = _open_offers(offers)
        return AvailabilitySnapshot(
            room_type_id=room_type_id,
            day=night,
            version=SourceVersion(self.observed_at),
            version_is_ours=True,
            available=_combine(max, (offer.available for offer in offers)),
            lowest_rate=_combine(_lowest, (offer.price for offer in open_offers)),
            closed=_combine(all, (offer.closed for offer in offers)),
            closed_to_arrival=_combine(all, (offer.closed_to_arrival for offer in open_offers)),
            closed_to_departure=_combine(all, (offer.closed_to_departure for offer in open_offers)),
            min_stay=_combine(min, (offer.min_stay for offer in open_offers)),
            max_stay=_combine(max, (offer.max_stay for offer in open_offers)),
        )


@dataclass(frozen=True, slots=True)
class OfferReader:
    """`property_paths`: as of an ItemMapper."""

    property_paths: ClassVar[Sequence[tuple[str, ...]]] = ()
    currency: str
    observed_at: datetime
    explain: bool = False

    def read_offers(self, r: Reader, value: Json) -> tuple[str, Sequence[SourcedOffer]]:
        """The room type's id and its offers in an entry, at least one. Raises UnreadableField,
        InvalidField."""
        raise NotImplementedError

    def read(self, entries: Iterable[JsonEntry]) -> list[ReadItem]:
        """The cells of all readable entries together, then the rejected entries."""
        by_type: dict[_RoomTypeKey, _RoomTypeOffers] = {}
        rejected: list[ReadItem] = []
        for entry in entries:
            named = entry.find_property(self.property_paths)
            try:
                value = entry.merged()
                r = reader_for(value)
                room_type_id, offers = self.read_offers(r, value)
            except (UnreadableField, InvalidField) as error:
                rejected.append(with_property(_rejected_offer(entry, error), named))
                continue
            key = (named.id if named else None, room_type_id)
            room_type = by_type.setdefault(key, _RoomTypeOffers(named))
            for offer, raw in offers:
                if isinstance(offer, UnreadableField):
                    item = _rejected_offer(JsonEntry(entry.path, raw), offer)
                    rejected.append(with_property(item, named))
                else:
                    room_type.by_night.setdefault(offer.night, []).append((offer, raw))
            if self.explain:
                room_type.field_trace.update(_trace_entry(r, entry.path))
        return [*CellBuilder(self.observed_at).build(by_type), *rejected]


def _rejected_offer(entry: JsonEntry, error: MappingError) -> ReadItem:
    reason = reason_of(error, entry.path, _SOURCES_OF)
    return rejected_item(ItemKind.AVAILABILITY, entry, reason)


def _trace_entry(r: Reader, entry_path: str) -> dict[str, str]:
    return {join_path(entry_path, path): target for path, target in trace_cell(r)}


def _cell_item(
    snapshot: AvailabilitySnapshot,
    raw: bytes,
    field_trace: FieldTrace,
    source_property: SourceProperty | None = None,
) -> ReadItem:
    return ReadItem(
        kind=ItemKind.AVAILABILITY,
        raw=raw,
        external_id=snapshot.external_id,
        snapshot=snapshot,
        field_trace=field_trace,
        source_property=source_property,
    )


def _open_offers(offers: Sequence[Offer]) -> Sequence[Offer]:
    """All, if all are closed."""
    return [offer for offer in offers if not offer.closed] or offers


def _combine(combine: Callable[[list[T]], U], values: Iterable[T | None]) -> U | Absent:
    """Of the known values; absent if there is none."""
    known = [value for value in values if value is not None]
    return combine(known) if known else ABSENT


def _lowest(prices: list[Money]) -> Money:
    return min(prices, key=lambda price: price.minor)


def read_room_type_id(r: Reader, key: str) -> str:
    """Raises UnreadableField, InvalidField."""
    room_type_id = r.required(key, as_id, "room_type_id")
    require_id(room_type_id, "room_type_id")
    return room_type_id


class RateReader(OfferReader):
    """`currency`: the hotel's."""

    __slots__ = ()
    property_paths = PROPERTY_PATHS

    def read_offers(self, r: Reader, value: Json) -> tuple[str, Sequence[SourcedOffer]]:
        room_type_id = read_room_type_id(r, "roomTypeID")
        nights = children(r, "roomRateDetailed", "day")
        offers = [read_offer(_RATE_KEYS, night, self.currency) for night in nights or ()]
        if not offers:
            raise UnreadableField("roomRateDetailed", "missing_field", "rates by night")
        if "roomsAvailable" in r and "rateID" not in r:
            _apply_single_night_count(r, offers)
        sourced = zip(offers, _split_raw_nights(value), strict=True)
        return room_type_id, [SourcedOffer(offer, raw) for offer, raw in sourced]


def read_offer(keys: OfferKeys, r: Reader, currency: str) -> Offer | UnreadableField:
    """The error where the offer is invalid."""
    try:
        return keys.read(r, currency)
    except UnreadableField as error:
        return error


def _apply_single_night_count(r: Reader, offers: Sequence[Offer | UnreadableField]) -> None:
    """For getAvailableRoomTypes, whose number is of the stay. Raises UnreadableField."""
    if len(offers) != 1:
        expected = "one night: the number of rooms for a longer stay is not that of its nights"
        raise UnreadableField("roomsAvailable", "ambiguous", expected)
    if isinstance(offers[0], Offer):
        offers[0].available = r.optional_integer("roomsAvailable", "available", lenient=True)


def _split_raw_nights(value: Json) -> list[Json]:
    """Each night with the fields of its rate, so that the item can be read again."""
    assert isinstance(value, dict)  # noqa: S101  # it was opened as an object
    nights = value["roomRateDetailed"]
    head: Mapping[str, Json] = {k: v for k, v in value.items() if k != "roomRateDetailed"}
    listed = list(nights.values()) if isinstance(nights, dict) else nights
    assert isinstance(listed, list)  # noqa: S101  # its nights were read
    return [{**head, "roomRateDetailed": [night]} for night in listed]
