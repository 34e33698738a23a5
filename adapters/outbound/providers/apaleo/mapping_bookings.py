"""Reservations (Booking v1, ReservationItemModel) to bookings: one reservation is one room.

The vendor's booking, e.g. XPGMSXGF, groups its reservations XPGMSXGF-1, -2, …: it is our group.
A reservation inside of a BookingModel has no time stamp of its own and is refused for that.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from adapters.outbound.provider_kit import told_items
from adapters.outbound.provider_kit.errors import UnreadableField
from adapters.outbound.provider_kit.json_text import dumps
from adapters.outbound.provider_kit.local_time import local_day
from adapters.outbound.provider_kit.reader import Reader
from adapters.outbound.provider_kit.told_items import EXTRAS, all_homes
from adapters.outbound.provider_kit.tracked_object import as_given
from adapters.outbound.providers.apaleo.people import further_of, primary_of
from adapters.outbound.providers.apaleo.reading import (
    Entry,
    as_set_precise,
    field_instant,
    opened,
    told,
)
from domain.errors import InvalidField
from domain.messages import ItemKind
from domain.snapshots import BookingSnapshot, BookingSource, Extras, RoomStay
from domain.status import BookingStatus
from domain.values import (
    AgeClass,
    AgeCount,
    Field,
    Money,
    NightlyPrice,
    Reason,
    SourceVersion,
    Stay,
)
from ports.providers import ReadItem

_ROOM: Final = "rooms[0]"
_STATES: Final = {
    "Confirmed": BookingStatus.CONFIRMED,
    "InHouse": BookingStatus.CHECKED_IN,
    "CheckedOut": BookingStatus.CHECKED_OUT,
    "Canceled": BookingStatus.CANCELED,
    "NoShow": BookingStatus.NO_SHOW,
}
_HOLDING: Final = frozenset({BookingStatus.CONFIRMED, BookingStatus.CHECKED_IN})
_CHANNELS: Final = {
    "Direct": BookingSource.DIRECT,
    "Ibe": BookingSource.DIRECT,
    "BookingCom": BookingSource.OTA,
    "ChannelManager": BookingSource.OTA,
    "Expedia": BookingSource.OTA,
    "Homelike": BookingSource.OTA,
    "Hrs": BookingSource.OTA,
}
"""A channel that came later is OTHER; its code is in the extras, as every channel's."""

_PAYMENT_MEANS: Final = (
    "accountNumber",
    "accountHolder",
    "expiryMonth",
    "expiryYear",
    "payerEmail",
    "payerReference",
)
_SINGLE_ONLY: Final = ("payableAmount", "taxDetails", "actions")
"""Told of one reservation that is asked for alone (or, actions, on demand), not in lists: what we
hold must not depend on how it was asked."""


@dataclass(frozen=True, slots=True)
class BookingMapper:
    """`whole`: what is missing is empty (reading.py)."""

    zone: ZoneInfo
    whole: bool

    def map(self, entry: Entry, *, explain: bool = False) -> ReadItem:
        raw, external_id = entry.text(), None
        try:
            r = opened(entry.value)
            external_id = r.text("id", "external_id")
            snapshot = self._snapshot(r, external_id)
        except (UnreadableField, InvalidField) as fault:
            reason = reason_of(fault, entry.path)
            return ReadItem(kind=ItemKind.BOOKING, raw=raw, external_id=external_id, reason=reason)
        extras = snapshot.extras if isinstance(snapshot.extras, tuple) else ()
        homes = all_homes(r, extras) if explain else ()
        return ReadItem(
            kind=ItemKind.BOOKING, raw=raw, external_id=external_id, snapshot=snapshot, homes=homes
        )

    def _snapshot(self, r: Reader, external_id: str) -> BookingSnapshot:
        whole = self.whole
        version = _version(r)
        status = r.choice("status", _STATES, "status")
        stay = Stay(
            self._day(r, "arrival", "stay.arrival"), self._day(r, "departure", "stay.departure")
        )
        company_owns = r.optional_object("company") is not None
        return BookingSnapshot(
            external_id=external_id,
            version=version,
            status=status,
            holds_inventory=status in _HOLDING,
            confirmation_number=external_id,
            group_id=r.text("bookingId", "group_id"),
            source=_source(r, company_owns=company_owns),
            stay=stay,
            rooms=(_room(r, stay, status),),
            primary_guest=primary_of(r, whole=whole),
            further_guests=further_of(r, whole=whole),
            total=_money(r.object("totalGrossAmount"), "total"),
            balance=_balance(r, whole=whole),
            special_requests=told(r.field_text("guestComment", "special_requests"), whole=whole),
            notes=told(r.field_text("comment", "notes"), whole=whole),
            checked_in_at=field_instant(r, "checkInTime", "checked_in_at", whole=whole),
            checked_out_at=field_instant(r, "checkOutTime", "checked_out_at", whole=whole),
            canceled_at=field_instant(r, "cancellationTime", "canceled_at", whole=whole),
            extras=_extras(r),
        )

    def _day(self, r: Reader, key: str, home: str) -> date:
        """The hotel's day; the vendor's offset may be the property's or UTC."""
        return local_day(r.instant(key, home), self.zone)


def _version(r: Reader) -> SourceVersion:
    """An unset `modified` was never changed since `created`."""
    changed = r.required("modified", as_set_precise, "version")
    if changed is None:
        changed = r.required("created", as_set_precise, f"version, {EXTRAS}")
    if changed is None:
        raise UnreadableField("modified", "bad_instant", "an instant that is set")
    return SourceVersion(*changed)


def _source(r: Reader, *, company_owns: bool) -> BookingSource:
    """A company's booking that came directly is the company's."""
    code = r.text("channelCode", f"source, {EXTRAS}")
    source = _CHANNELS.get(code, BookingSource.OTHER)
    if source is BookingSource.DIRECT and company_owns:
        return BookingSource.CORPORATE
    return source


def _room(r: Reader, stay: Stay, status: BookingStatus) -> RoomStay:
    unit = r.optional_object("unit")
    return RoomStay(
        room_type_id=r.object("unitGroup").text("id", f"{_ROOM}.room_type_id"),
        room_id=unit.text("id", f"{_ROOM}.room_id") if unit else None,
        rate_plan_id=r.object("ratePlan").text("id", f"{_ROOM}.rate_plan_id"),
        stay=stay,
        status=status,
        occupancy=tuple(_occupancy(r)),
        nightly_prices=_nightly(r),
    )


def _occupancy(r: Reader) -> Iterator[AgeCount]:
    home = f"{_ROOM}.occupancy"
    adults = r.integer("adults", home)
    if adults:
        yield AgeCount(AgeClass.ADULT, adults)
    ages = r.optional("childrenAges", _ages, home) or []
    for age in sorted(set(ages)):
        yield AgeCount(AgeClass.CHILD, ages.count(age), age=age)


def _ages(value: object, path: str) -> list[int]:
    if isinstance(value, list) and all(type(age) is int and 0 <= age <= 120 for age in value):
        return value
    raise UnreadableField(path, "wrong_type", "a list of ages in years")


def _nightly(r: Reader) -> tuple[NightlyPrice, ...]:
    """Gross, with what the rate includes. Two slices of one day are one price."""
    prices: dict[date, Money] = {}
    for piece in r.optional_objects("timeSlices") or ():
        night = piece.local_date("serviceDate", f"{_ROOM}.nightly_prices")
        price = _money(piece.object("totalGrossAmount"), f"{_ROOM}.nightly_prices")
        held = prices.get(night)
        if held is not None and held.currency == price.currency:
            price = Money(held.minor + price.minor, price.currency)
        prices[night] = price
    return tuple(NightlyPrice(night, price) for night, price in sorted(prices.items()))


def _money(r: Reader, home: str) -> Money:
    return r.money("amount", "currency", home)


def _balance(r: Reader, *, whole: bool) -> Field[Money | None]:
    """Ours is what is owed. The vendor's is below zero then: "the guest owes", as its folios have
    it; no page of the vendor confirms the sign, so its own amount is kept in the extras. Required
    by its description, and missing in its own sample."""
    said = told(r.field_object("balance"), whole=whole)
    if not isinstance(said, Reader):
        return said
    theirs = _money(said, f"balance, {EXTRAS}")
    return Money(-theirs.minor, theirs.currency)


def _extras(r: Reader) -> Extras:
    for key in _SINGLE_ONLY:
        r.drop(key, "not told in lists")
    account = r.optional_object("paymentAccount")
    if account is not None:
        for key in _PAYMENT_MEANS:
            account.drop(key, "a means of payment")
    found = r.unread()
    for key, home in _KEPT_AS_WELL.items():
        if key not in r:
            continue
        found[key] = dumps(r.required(key, as_given, f"{home}, {EXTRAS}"))
    return tuple(sorted(found.items()))


_KEPT_AS_WELL: Final = {"channelCode": "source", "balance": "balance"}


_SOURCES_OF: Final = {
    "external_id": "id",
    "departure": "departure",
    "count": "adults",
    "room_type_id": "unitGroup.id",
}


def reason_of(fault: UnreadableField | InvalidField, prefix: str) -> Reason:
    return told_items.reason_of(fault, prefix, _SOURCES_OF)
