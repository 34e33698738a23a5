"""Reservations to bookings: one reservation is one booking of one or more rooms.

Three answers tell of them: getReservationsWithRateDetails (`rooms` with state and rates, UTC times,
deletion), getReservations (`rooms` with state) and getReservation (`assigned` and `unassigned`,
without states).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from adapters.outbound.provider_kit.errors import UnreadableField
from adapters.outbound.provider_kit.reader import Reader
from adapters.outbound.provider_kit.told_items import EXTRAS, all_homes, reason_of
from adapters.outbound.providers.cloudbeds.people import people_of
from adapters.outbound.providers.cloudbeds.reading import (
    Entry,
    Kept,
    as_id,
    as_instant,
    as_money,
    children,
    day,
    exactly,
    keep_inexact,
    opened,
    told,
)
from adapters.outbound.providers.cloudbeds.rooms import rooms_of
from domain.errors import InvalidField
from domain.messages import ItemKind
from domain.snapshots import BookingSnapshot, BookingSource, Extras
from domain.status import BookingStatus, holds_inventory_by_default
from domain.values import ABSENT, Absent, Field, Money, SourceVersion, Stay
from ports.providers import ReadItem

_UTC: Final = ZoneInfo("UTC")
_STATES: Final = {
    "not_confirmed": BookingStatus.PENDING,
    "confirmed": BookingStatus.CONFIRMED,
    "checked_in": BookingStatus.CHECKED_IN,
    "checked_out": BookingStatus.CHECKED_OUT,
    "canceled": BookingStatus.CANCELED,
    "no_show": BookingStatus.NO_SHOW,
}
_CATEGORIES: Final = {
    "ota": BookingSource.OTA,
    "direct": BookingSource.DIRECT,
    "travel_agent": BookingSource.AGENT,
    "wholesaler": BookingSource.AGENT,
    "wholesale": BookingSource.AGENT,
    "corporate": BookingSource.CORPORATE,
    "corporate_client": BookingSource.CORPORATE,
}
_NAMES: Final = {
    "walk-in": BookingSource.WALK_IN,
    "website": BookingSource.DIRECT,
    "website/booking engine": BookingSource.DIRECT,
    "phone": BookingSource.DIRECT,
    "email": BookingSource.DIRECT,
    "booking.com": BookingSource.OTA,
    "expedia": BookingSource.OTA,
    "airbnb": BookingSource.OTA,
    "hostelworld": BookingSource.OTA,
    "agoda": BookingSource.OTA,
}
"""In lower case. A source that is not here is OTHER; its words are in the extras, as every
source's. No page of the vendor lists the categories."""

_SOURCES_OF: Final = {
    "external_id": "reservationID",
    "departure": "the reservation's check-out",
    "count": "rooms",
    "rooms": "rooms",
}


@dataclass(frozen=True, slots=True)
class BookingMapper:
    """`currency`: the hotel's, for answers that name none. `whole`: what is missing is empty."""

    zone: ZoneInfo
    currency: str
    whole: bool

    def map(self, entry: Entry, *, explain: bool = False) -> ReadItem:
        raw, external_id = entry.text(), None
        try:
            r = opened(entry.value)
            external_id = r.required("reservationID", as_id, "external_id")
            snapshot = self._snapshot(r, external_id)
        except (UnreadableField, InvalidField) as fault:
            reason = reason_of(fault, entry.path, _SOURCES_OF)
            return ReadItem(kind=ItemKind.BOOKING, raw=raw, external_id=external_id, reason=reason)
        extras = snapshot.extras if isinstance(snapshot.extras, tuple) else ()
        homes = all_homes(r, extras) if explain else ()
        return ReadItem(
            kind=ItemKind.BOOKING, raw=raw, external_id=external_id, snapshot=snapshot, homes=homes
        )

    def _snapshot(self, r: Reader, external_id: str) -> BookingSnapshot:
        kept: Kept = {}
        currency = r.optional_text("propertyCurrency", "total, paid, balance") or self.currency
        status = r.choice("status", _STATES, "status")
        primary, further = people_of(r, whole=self.whole)
        amounts = _Amounts(currency, kept, whole=self.whole)
        rooms = rooms_of(r, status, currency, kept)
        return BookingSnapshot(
            external_id=external_id,
            version=self._version(r, kept),
            deleted=r.optional_boolean("isDeleted", "deleted", lenient=True) is True,
            status=status,
            holds_inventory=holds_inventory_by_default(status),
            confirmation_number=external_id,
            group_id=r.field("groupCode", as_id, "group_id"),
            source=_source(r, kept),
            stay=_stay(r),
            rooms=rooms or ABSENT,
            primary_guest=primary,
            further_guests=further,
            total=amounts.of(r, "total"),
            paid=amounts.paid(r),
            balance=amounts.of(r, "balance"),
            canceled_at=self._canceled_at(r),
            extras=_extras(r, kept),
        )

    def _version(self, r: Reader, kept: Kept) -> SourceVersion:
        """The UTC twin where it is told: of a wall time in the night when the clocks go back
        nobody knows which it was."""
        for key, zone in (("dateModifiedUTC", _UTC), ("dateModified", self.zone)):
            found = r.optional(key, as_instant(zone), "version")
            if found is not None:
                return SourceVersion(found)
        for key, zone in (("dateCreatedUTC", _UTC), ("dateCreated", self.zone)):
            found = r.optional(key, as_instant(zone), "version")
            if found is not None:
                kept[key] = exactly(r, key, "version")
                return SourceVersion(found)
        raise UnreadableField("dateModified", "missing_field", "a value")

    def _canceled_at(self, r: Reader) -> Field[datetime | None]:
        """Told while the reservation is canceled only, so that its absence then clears ours."""
        for key, zone in (("dateCancelledUTC", _UTC), ("dateCancelled", self.zone)):
            found = r.optional(key, as_instant(zone), "canceled_at")
            if found is not None:
                return found
        is_told = "dateCancelled" in r or "dateCancelledUTC" in r
        return None if is_told or self.whole else ABSENT


class _Amounts:
    """In the property's currency. `kept` gets the texts of those that had to be rounded."""

    def __init__(self, currency: str, kept: Kept, *, whole: bool) -> None:
        self._parse = as_money(currency)
        self._kept = kept
        self._whole = whole

    def of(self, r: Reader, key: str) -> Field[Money | None]:
        said: Money | Absent | None = told(r.field(key, self._parse, key), whole=self._whole)
        if isinstance(said, Money):
            keep_inexact(r, key, said, self._kept, key)
        return said

    def paid(self, r: Reader) -> Field[Money | None]:
        """`balanceDetailed` is an object, or a list of one."""
        value = r.raw("balanceDetailed", "paid")
        if not value:
            return None if self._whole else ABSENT
        is_list = isinstance(value, list)
        found = r.objects("balanceDetailed")[0] if is_list else r.object("balanceDetailed")
        return self.of(found, "paid")


def _stay(r: Reader) -> Stay:
    """The first and the last day over all rooms. Check-out is no night."""
    if "reservationCheckIn" in r or "reservationCheckOut" in r:
        return Stay(
            day(r, "reservationCheckIn", "stay.arrival"),
            day(r, "reservationCheckOut", "stay.departure"),
        )
    return Stay(day(r, "startDate", "stay.arrival"), day(r, "endDate", "stay.departure"))


def _source(r: Reader, kept: Kept) -> Field[BookingSource]:
    """The name goes first: a walk-in's category is that of every direct booking."""
    words = [word.strip().lower() for word in _source_words(r, kept)]
    for word in words:
        found = _NAMES.get(word) or _CATEGORIES.get(word)
        if found is not None:
            return found
    return BookingSource.OTHER if words else ABSENT


def _source_words(r: Reader, kept: Kept) -> Iterator[str]:
    for holder, keys in ((r, ("sourceName", "sourceCategory")), *_source_object(r)):
        for key in keys:
            word = holder.optional_text(key, "source")
            if word:
                kept[holder.path_of(key)] = exactly(holder, key, "source")
                yield word


def _source_object(r: Reader) -> Iterator[tuple[Reader, tuple[str, ...]]]:
    """A text in getReservation, an object elsewhere."""
    value = r.raw("source", "source")
    if isinstance(value, dict):
        yield r.object("source"), ("name", "category")
    elif value:
        yield r, ("source",)


def _extras(r: Reader, kept: Kept) -> Extras:
    for card in children(r, "cardsOnFile", EXTRAS) or ():
        card.drop("cardNumber", "a means of payment")
    return tuple(sorted({**r.unread(), **kept}.items()))
