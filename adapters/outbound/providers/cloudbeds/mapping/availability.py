"""Rates by night (getRatePlans with detailedRates) to cells, one per room type and night.

The rates of a room type share its rooms: `roomsAvailable` is the largest that one of them tells;
what the night asks of a guest is what the most generous open rate asks.
getAvailableRoomTypes tells how many rooms are free for a whole stay: one night's is that night's,
of more nights it is nobody's.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.json_text import Json, dumps
from adapters.outbound.provider_kit.parsing.mapping_report import build_field_trace, reason_of
from adapters.outbound.provider_kit.parsing.reader import Reader
from adapters.outbound.providers.cloudbeds.mapping.parsing import (
    CloudbedsEntry,
    as_id,
    as_money,
    children,
    reader_for,
)
from domain.errors import InvalidField
from domain.messages import ItemKind
from domain.snapshots import AvailabilitySnapshot, require_id
from domain.values import ABSENT, Absent, Money, SourceVersion
from ports.providers import ReadItem

FieldTrace = tuple[tuple[str, str], ...]
_SOURCES_OF: Final = {"room_type_id": "roomTypeID", "available": "roomsAvailable"}


@dataclass(slots=True)
class Offer:
    """What one rate of a room type says of one night."""

    night: date
    available: int | None
    price: Money | None = None
    closed: bool | None = None
    closed_to_arrival: bool | None = None
    closed_to_departure: bool | None = None
    min_stay: int | None = None
    max_stay: int | None = None


@dataclass(slots=True)
class Offers:
    """All that an answer says of one room type's nights; or why it can't be read."""

    room_type_id: str
    nights: dict[date, list[Offer]] = field(default_factory=dict)
    raw: dict[date, list[Json]] = field(default_factory=dict)
    field_trace: dict[str, str] = field(default_factory=dict)

    def add(self, offer: Offer, raw: Json) -> None:
        self.nights.setdefault(offer.night, []).append(offer)
        self.raw.setdefault(offer.night, []).append(raw)


@dataclass(frozen=True, slots=True)
class CellBuilder:
    """Offers of any of the shapes to items."""

    observed_at: datetime

    def of(self, offers: Iterable[Offers]) -> Iterator[ReadItem]:
        for room_type in offers:
            field_trace = tuple(sorted(room_type.field_trace.items()))
            for night, offers_of_night in sorted(room_type.nights.items()):
                raw = dumps(room_type.raw[night]).encode()
                try:
                    yield _cell_item(
                        self._combine_offers(room_type.room_type_id, night, offers_of_night),
                        raw,
                        field_trace,
                    )
                except InvalidField as fault:
                    reason = reason_of(fault, "", _SOURCES_OF)
                    yield ReadItem(kind=ItemKind.AVAILABILITY, raw=raw, reason=reason)

    def unavailable_cell(self, room_type_id: str, night: date) -> ReadItem:
        """A night that no rate offers: what we hold is cleared, zero rooms would be a guess."""
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
        self, room_type_id: str, night: date, offers_of_night: Sequence[Offer]
    ) -> AvailabilitySnapshot:
        open_offers = [offer for offer in offers_of_night if not offer.closed] or offers_of_night
        prices = [offer.price for offer in open_offers if offer.price is not None]
        return AvailabilitySnapshot(
            room_type_id=room_type_id,
            day=night,
            version=SourceVersion(self.observed_at),
            version_is_ours=True,
            available=_max_or_absent(offer.available for offer in offers_of_night),
            lowest_rate=min(prices, key=lambda price: price.minor) if prices else ABSENT,
            closed=_all_or_absent(offer.closed for offer in offers_of_night),
            closed_to_arrival=_all_or_absent(offer.closed_to_arrival for offer in open_offers),
            closed_to_departure=_all_or_absent(offer.closed_to_departure for offer in open_offers),
            min_stay=_min_or_absent(offer.min_stay for offer in open_offers),
            max_stay=_max_or_absent(offer.max_stay for offer in open_offers),
        )


def cells_of(
    entries: Iterable[CloudbedsEntry],
    add_offers: Callable[[CloudbedsEntry, dict[str, Offers]], None],
    observed_at: datetime,
) -> list[ReadItem]:
    """The cells of all entries that `take` can add to the offers by room type; those that it can't
    are told after them."""
    by_type: dict[str, Offers] = {}
    refused: list[ReadItem] = []
    for entry in entries:
        try:
            add_offers(entry, by_type)
        except (UnreadableField, InvalidField) as fault:
            refused.append(_refused_item(entry, fault))
    return [*CellBuilder(observed_at).of(by_type.values()), *refused]


def _refused_item(entry: CloudbedsEntry, fault: UnreadableField | InvalidField) -> ReadItem:
    reason = reason_of(fault, entry.path, _SOURCES_OF)
    return ReadItem(kind=ItemKind.AVAILABILITY, raw=entry.text(), reason=reason)


def _cell_item(snapshot: AvailabilitySnapshot, raw: bytes, field_trace: FieldTrace) -> ReadItem:
    return ReadItem(
        kind=ItemKind.AVAILABILITY,
        raw=raw,
        external_id=snapshot.external_id,
        snapshot=snapshot,
        field_trace=field_trace,
    )


def _all_or_absent(offers_of_night: Iterable[bool | None]) -> bool | Absent:
    known = [each for each in offers_of_night if each is not None]
    return all(known) if known else ABSENT


def _max_or_absent(offers_of_night: Iterable[int | None]) -> int | Absent:
    return max((each for each in offers_of_night if each is not None), default=ABSENT)


def _min_or_absent(offers_of_night: Iterable[int | None]) -> int | Absent:
    return min((each for each in offers_of_night if each is not None), default=ABSENT)


@dataclass(frozen=True, slots=True)
class RateReader:
    """`currency`: the hotel's."""

    currency: str
    observed_at: datetime
    explain: bool = False

    def read(self, entries: Iterable[CloudbedsEntry]) -> list[ReadItem]:
        return cells_of(entries, self._add_offers, self.observed_at)

    def _add_offers(self, entry: CloudbedsEntry, by_type: dict[str, Offers]) -> None:
        """All nights of a rate, or none."""
        r = reader_for(entry.value)
        room_type_id = r.required("roomTypeID", as_id, "room_type_id")
        require_id(room_type_id, "room_type_id")
        nights = children(r, "roomRateDetailed", "day")
        found = [self._read_offer(night) for night in nights or ()]
        if not found:
            raise UnreadableField("roomRateDetailed", "missing_field", "rates by night")
        if "roomsAvailable" in r and "rateID" not in r:
            _apply_single_night_count(r, found)
        offers = by_type.setdefault(room_type_id, Offers(room_type_id))
        raws = _split_raw_nights(entry.value)
        for offer, raw in zip(found, raws, strict=True):
            offers.add(offer, raw)
        if self.explain:
            extras = tuple(r.unread().items())
            offers.field_trace.update(
                {f"{entry.path}.{path}": target for path, target in build_field_trace(r, extras)}
            )

    def _read_offer(self, r: Reader) -> Offer:
        price = r.optional("totalRate", as_money(self.currency), "lowest_rate")
        if price is None:
            price = r.optional("rate", as_money(self.currency), "lowest_rate")
        return Offer(
            night=r.local_date("date", "day"),
            available=r.optional_integer("roomsAvailable", "available", lenient=True),
            price=price,
            closed=r.optional_boolean("blocked", "closed", lenient=True),
            closed_to_arrival=_read_flag(r, "closedToArrival", "closed_to_arrival"),
            closed_to_departure=_read_flag(r, "closedToDeparture", "closed_to_departure"),
            min_stay=_read_nights(r, "minLos", "min_stay"),
            max_stay=_read_nights(r, "maxLos", "max_stay"),
        )


def _read_flag(r: Reader, key: str, target: str) -> bool | None:
    return r.optional_boolean(key, target, lenient=True)


def _read_nights(r: Reader, key: str, target: str) -> int | None:
    """0 stands for no limit."""
    return r.optional_integer(key, target, lenient=True) or None


def _apply_single_night_count(r: Reader, found: Sequence[Offer]) -> None:
    """getAvailableRoomTypes: the number is the stay's. Raises UnreadableField."""
    if len(found) != 1:
        expected = "one night: of a longer stay it is no night's number of rooms"
        raise UnreadableField("roomsAvailable", "ambiguous", expected)
    found[0].available = r.optional_integer("roomsAvailable", "available", lenient=True)


def _split_raw_nights(value: Json) -> list[Json]:
    """Each night with what identifies its rate: all that the item needs to be read again."""
    assert isinstance(value, dict)  # noqa: S101  # it was opened as one
    nights = value["roomRateDetailed"]
    head: Mapping[str, Json] = {k: v for k, v in value.items() if k != "roomRateDetailed"}
    listed = list(nights.values()) if isinstance(nights, dict) else nights
    assert isinstance(listed, list)  # noqa: S101  # its nights were read
    return [{**head, "roomRateDetailed": [night]} for night in listed]
