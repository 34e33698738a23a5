"""Reservations (Booking v1, ReservationItemModel) to bookings: one reservation is one room.

An Apaleo booking, e.g. XPGMSXGF, groups the reservations XPGMSXGF-1, -2, …; it becomes our group.
A reservation inside a BookingModel has no time stamp of its own and is rejected.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from adapters.outbound.provider_kit.parsing.cancellations import is_cancellation_without
from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.field_values import as_person_count
from adapters.outbound.provider_kit.parsing.json_text import dumps
from adapters.outbound.provider_kit.parsing.local_time import local_day
from adapters.outbound.provider_kit.parsing.mapping_report import EXTRAS, unread_extras
from adapters.outbound.provider_kit.parsing.read_items import BookingMapper
from adapters.outbound.provider_kit.parsing.reader import Reader, null_if_complete
from adapters.outbound.provider_kit.parsing.tracked_object import as_raw
from adapters.outbound.providers.apaleo.mapping.parsing import (
    ApaleoMapper,
    as_precise_instant_or_unset,
    field_instant,
)
from adapters.outbound.providers.apaleo.mapping.parties import map_further_guests, map_primary_guest
from domain.snapshots import BookingSnapshot, BookingSource, Extras, RoomStay
from domain.status import BookingStatus
from domain.values import (
    ABSENT,
    AgeClass,
    AgeCount,
    Field,
    Money,
    NightlyPrice,
    PriceBasis,
    SourceVersion,
    Stay,
)

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
"""Any other channel is OTHER; the extras keep every channel's code."""

_PAYMENT_FIELDS: Final = (
    "accountNumber",
    "accountHolder",
    "expiryMonth",
    "expiryYear",
    "payerEmail",
    "payerReference",
)
_SINGLE_ONLY: Final = ("payableAmount", "taxDetails", "actions")
"""Sent for a single reservation only (`actions` on demand), not in lists. Dropped, so that the
stored booking does not depend on the kind of request."""

_ALSO_IN_EXTRAS: Final = {"channelCode": "source", "balance": "balance"}


@dataclass(frozen=True, slots=True)
class ApaleoBookingMapper(ApaleoMapper, BookingMapper):
    """`is_complete`: missing fields are null (see parsing.py)."""

    zone: ZoneInfo
    is_complete: bool

    def read_id(self, r: Reader) -> str:
        return r.text("id", "external_id")

    def map_snapshot(self, r: Reader, external_id: str) -> BookingSnapshot:
        is_complete = self.is_complete
        version = _map_version(r)
        status = r.choice("status", _STATES, "status")
        stay = self._map_stay(r, status)
        return BookingSnapshot(
            external_id=external_id,
            version=version,
            status=status,
            holds_inventory=status in _HOLDING,
            confirmation_number=external_id,
            group_id=r.field_text("bookingId", "group_id"),
            source=_map_source(r),
            stay=stay,
            rooms=ABSENT if stay is ABSENT else (_map_room(r, stay, status),),
            primary_guest=map_primary_guest(r, is_complete=is_complete),
            further_guests=map_further_guests(r, is_complete=is_complete),
            total=_map_total(r, is_complete=is_complete),
            balance=_map_balance(r, is_complete=is_complete),
            special_requests=null_if_complete(
                r.field_text("guestComment", "special_requests"), is_complete=is_complete
            ),
            notes=null_if_complete(r.field_text("comment", "notes"), is_complete=is_complete),
            checked_in_at=field_instant(r, "checkInTime", "checked_in_at", is_complete=is_complete),
            checked_out_at=field_instant(
                r, "checkOutTime", "checked_out_at", is_complete=is_complete
            ),
            canceled_at=field_instant(
                r, "cancellationTime", "canceled_at", is_complete=is_complete
            ),
            extras=_collect_extras(r),
        )

    def _map_stay(self, r: Reader, status: BookingStatus) -> Field[Stay]:
        if is_cancellation_without(r, status, "arrival", "departure"):
            return ABSENT
        return Stay(
            self._read_day(r, "arrival", "stay.arrival"),
            self._read_day(r, "departure", "stay.departure"),
        )

    def _read_day(self, r: Reader, key: str, target: str) -> date:
        """The hotel's date; Apaleo's offset may be the property's or UTC."""
        return local_day(r.instant(key, target), self.zone)


def _map_version(r: Reader) -> SourceVersion:
    """`created` where `modified` is unset, which means never modified."""
    changed = r.required("modified", as_precise_instant_or_unset, "version")
    if changed is None:
        changed = r.required("created", as_precise_instant_or_unset, f"version, {EXTRAS}")
    if changed is None:
        raise UnreadableField("modified", "bad_instant", "an instant that is set")
    return SourceVersion(*changed)


def _map_source(r: Reader) -> Field[BookingSource]:
    """A direct booking with a company is CORPORATE."""
    has_company = r.optional_object("company") is not None
    channel = r.optional_text("channelCode", f"source, {EXTRAS}")
    if channel is None:
        return ABSENT
    source = _CHANNELS.get(channel, BookingSource.OTHER)
    if source is BookingSource.DIRECT and has_company:
        return BookingSource.CORPORATE
    return source


def _map_room(r: Reader, stay: Stay, status: BookingStatus) -> RoomStay:
    return RoomStay(
        room_type_id=_read_id(r, "unitGroup", f"{_ROOM}.room_type_id"),
        room_id=_read_id(r, "unit", f"{_ROOM}.room_id"),
        rate_plan_id=_read_id(r, "ratePlan", f"{_ROOM}.rate_plan_id"),
        stay=stay,
        status=status,
        occupancy=tuple(_occupancy(r)),
        nightly_prices=_nightly_prices(r),
    )


def _read_id(r: Reader, key: str, target: str) -> str | None:
    named = r.optional_object(key)
    return named.optional_text("id", target) if named else None


def _occupancy(r: Reader) -> Iterator[AgeCount]:
    target = f"{_ROOM}.occupancy"
    adults = r.optional("adults", as_person_count, target)
    if adults:
        yield AgeCount(AgeClass.ADULT, adults)
    ages = r.optional("childrenAges", _as_ages, target) or []
    for age in sorted(set(ages)):
        yield AgeCount(AgeClass.CHILD, ages.count(age), age=age)


def _as_ages(value: object, path: str) -> list[int]:
    if isinstance(value, list) and all(type(age) is int and 0 <= age <= 120 for age in value):
        return value
    raise UnreadableField(path, "wrong_type", "a list of ages in years")


def _nightly_prices(r: Reader) -> tuple[NightlyPrice, ...]:
    """Gross, including the services of the rate; several slices of a day are added up."""
    prices: dict[date, Money] = {}
    for time_slice in r.optional_objects("timeSlices") or ():
        priced = time_slice.attempt(_read_night)
        if priced is None:
            continue
        night, price = priced
        earlier = prices.get(night)
        if earlier is not None and earlier.currency == price.currency:
            price = Money(earlier.minor + price.minor, price.currency)
        prices[night] = price
    return tuple(
        NightlyPrice(night, price, PriceBasis.GROSS) for night, price in sorted(prices.items())
    )


def _read_night(time_slice: Reader) -> tuple[date, Money]:
    target = f"{_ROOM}.nightly_prices"
    amount = time_slice.object("totalGrossAmount")
    return time_slice.local_date("serviceDate", target), _read_money(amount, target)


def _map_total(r: Reader, *, is_complete: bool) -> Field[Money | None]:
    found = null_if_complete(r.field_object("totalGrossAmount"), is_complete=is_complete)
    return _read_money(found, "total") if isinstance(found, Reader) else found


def _read_money(r: Reader, target: str) -> Money:
    return r.money("amount", "currency", target)


def _map_balance(r: Reader, *, is_complete: bool) -> Field[Money | None]:
    """Our balance is the amount owed. Apaleo's is negative then ("the guest owes", as in its
    folios); its documents do not confirm the sign, so the extras keep its own amount. The field is
    required by the schema and missing in the published sample."""
    reader = null_if_complete(r.field_object("balance"), is_complete=is_complete)
    if not isinstance(reader, Reader):
        return reader
    vendor_balance = _read_money(reader, f"balance, {EXTRAS}")
    return Money(-vendor_balance.minor, vendor_balance.currency)


def _collect_extras(r: Reader) -> Extras:
    for key in _SINGLE_ONLY:
        r.drop(key, "not sent in lists")
    account = r.optional_object("paymentAccount")
    if account is not None:
        for key in _PAYMENT_FIELDS:
            account.drop(key, "a means of payment")
    kept = {
        key: dumps(r.required(key, as_raw, f"{target}, {EXTRAS}"))
        for key, target in _ALSO_IN_EXTRAS.items()
        if key in r
    }
    return unread_extras(r, kept)
