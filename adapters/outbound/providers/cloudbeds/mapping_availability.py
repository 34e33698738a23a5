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

from adapters.outbound.provider_kit.errors import UnreadableField
from adapters.outbound.provider_kit.json_text import Json, dumps
from adapters.outbound.provider_kit.reader import Reader
from adapters.outbound.provider_kit.told_items import all_homes, reason_of
from adapters.outbound.providers.cloudbeds.reading import (
    Entry,
    as_id,
    as_money,
    children,
    opened,
)
from domain.errors import InvalidField
from domain.messages import ItemKind
from domain.snapshots import AvailabilitySnapshot, require_id
from domain.values import ABSENT, Absent, Money, SourceVersion
from ports.providers import ReadItem

Homes = tuple[tuple[str, str], ...]
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
    homes: dict[str, str] = field(default_factory=dict)

    def add(self, offer: Offer, raw: Json) -> None:
        self.nights.setdefault(offer.night, []).append(offer)
        self.raw.setdefault(offer.night, []).append(raw)


@dataclass(frozen=True, slots=True)
class Cells:
    """Offers of any of the shapes to items."""

    observed_at: datetime

    def of(self, offers: Iterable[Offers]) -> Iterator[ReadItem]:
        for room_type in offers:
            homes = tuple(sorted(room_type.homes.items()))
            for night, said in sorted(room_type.nights.items()):
                raw = dumps(room_type.raw[night]).encode()
                try:
                    yield _item(self._cell(room_type.room_type_id, night, said), raw, homes)
                except InvalidField as fault:
                    reason = reason_of(fault, "", _SOURCES_OF)
                    yield ReadItem(kind=ItemKind.AVAILABILITY, raw=raw, reason=reason)

    def unsaid(self, room_type_id: str, night: date) -> ReadItem:
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
        return _item(snapshot, b"null", ())

    def _cell(self, room_type_id: str, night: date, said: Sequence[Offer]) -> AvailabilitySnapshot:
        open_ = [offer for offer in said if not offer.closed] or said
        prices = [offer.price for offer in open_ if offer.price is not None]
        return AvailabilitySnapshot(
            room_type_id=room_type_id,
            day=night,
            version=SourceVersion(self.observed_at),
            version_is_ours=True,
            available=_most(offer.available for offer in said),
            lowest_rate=min(prices, key=lambda price: price.minor) if prices else ABSENT,
            closed=_all(offer.closed for offer in said),
            closed_to_arrival=_all(offer.closed_to_arrival for offer in open_),
            closed_to_departure=_all(offer.closed_to_departure for offer in open_),
            min_stay=_least(offer.min_stay for offer in open_),
            max_stay=_most(offer.max_stay for offer in open_),
        )


def cells_of(
    entries: Iterable[Entry],
    take: Callable[[Entry, dict[str, Offers]], None],
    observed_at: datetime,
) -> list[ReadItem]:
    """The cells of all entries that `take` can add to the offers by room type; those that it can't
    are told after them."""
    by_type: dict[str, Offers] = {}
    refused: list[ReadItem] = []
    for entry in entries:
        try:
            take(entry, by_type)
        except (UnreadableField, InvalidField) as fault:
            refused.append(_refused(entry, fault))
    return [*Cells(observed_at).of(by_type.values()), *refused]


def _refused(entry: Entry, fault: UnreadableField | InvalidField) -> ReadItem:
    reason = reason_of(fault, entry.path, _SOURCES_OF)
    return ReadItem(kind=ItemKind.AVAILABILITY, raw=entry.text(), reason=reason)


def _item(snapshot: AvailabilitySnapshot, raw: bytes, homes: Homes) -> ReadItem:
    return ReadItem(
        kind=ItemKind.AVAILABILITY,
        raw=raw,
        external_id=snapshot.external_id,
        snapshot=snapshot,
        homes=homes,
    )


def _all(said: Iterable[bool | None]) -> bool | Absent:
    known = [each for each in said if each is not None]
    return all(known) if known else ABSENT


def _most(said: Iterable[int | None]) -> int | Absent:
    return max((each for each in said if each is not None), default=ABSENT)


def _least(said: Iterable[int | None]) -> int | Absent:
    return min((each for each in said if each is not None), default=ABSENT)


@dataclass(frozen=True, slots=True)
class RateReader:
    """`currency`: the hotel's."""

    currency: str
    observed_at: datetime
    explain: bool = False

    def read(self, entries: Iterable[Entry]) -> list[ReadItem]:
        return cells_of(entries, self._take, self.observed_at)

    def _take(self, entry: Entry, by_type: dict[str, Offers]) -> None:
        """All nights of a rate, or none."""
        r = opened(entry.value)
        room_type_id = r.required("roomTypeID", as_id, "room_type_id")
        require_id(room_type_id, "room_type_id")
        nights = children(r, "roomRateDetailed", "day")
        found = [self._offer(night) for night in nights or ()]
        if not found:
            raise UnreadableField("roomRateDetailed", "missing_field", "rates by night")
        if "roomsAvailable" in r and "rateID" not in r:
            _of_one_night(r, found)
        offers = by_type.setdefault(room_type_id, Offers(room_type_id))
        raws = _raw_nights(entry.value)
        for offer, raw in zip(found, raws, strict=True):
            offers.add(offer, raw)
        if self.explain:
            extras = tuple(r.unread().items())
            offers.homes.update(
                {f"{entry.path}.{path}": home for path, home in all_homes(r, extras)}
            )

    def _offer(self, r: Reader) -> Offer:
        price = r.optional("totalRate", as_money(self.currency), "lowest_rate")
        if price is None:
            price = r.optional("rate", as_money(self.currency), "lowest_rate")
        return Offer(
            night=r.local_date("date", "day"),
            available=r.optional_integer("roomsAvailable", "available", lenient=True),
            price=price,
            closed=r.optional_boolean("blocked", "closed", lenient=True),
            closed_to_arrival=_flag(r, "closedToArrival", "closed_to_arrival"),
            closed_to_departure=_flag(r, "closedToDeparture", "closed_to_departure"),
            min_stay=_nights(r, "minLos", "min_stay"),
            max_stay=_nights(r, "maxLos", "max_stay"),
        )


def _flag(r: Reader, key: str, home: str) -> bool | None:
    return r.optional_boolean(key, home, lenient=True)


def _nights(r: Reader, key: str, home: str) -> int | None:
    """0 stands for no limit."""
    return r.optional_integer(key, home, lenient=True) or None


def _of_one_night(r: Reader, found: Sequence[Offer]) -> None:
    """getAvailableRoomTypes: the number is the stay's. Raises UnreadableField."""
    if len(found) != 1:
        expected = "one night: of a longer stay it is no night's number of rooms"
        raise UnreadableField("roomsAvailable", "ambiguous", expected)
    found[0].available = r.optional_integer("roomsAvailable", "available", lenient=True)


def _raw_nights(value: Json) -> list[Json]:
    """Each night with what identifies its rate: all that the item needs to be read again."""
    assert isinstance(value, dict)  # noqa: S101  # it was opened as one
    nights = value["roomRateDetailed"]
    head: Mapping[str, Json] = {k: v for k, v in value.items() if k != "roomRateDetailed"}
    listed = list(nights.values()) if isinstance(nights, dict) else nights
    assert isinstance(listed, list)  # noqa: S101  # its nights were read
    return [{**head, "roomRateDetailed": [night]} for night in listed]
