"""Reservations to bookings: one reservation is one booking of one or more rooms.

Three responses have them: getReservationsWithRateDetails (`rooms` with status and rates, UTC times,
deletion), getReservations (`rooms` with status) and getReservation (`assigned` and `unassigned`,
without statuses). All give the reservation's own status.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from adapters.outbound.provider_kit.parsing.cancellations import is_cancellation_without
from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.field_values import as_id, as_lenient_boolean, as_text
from adapters.outbound.provider_kit.parsing.mapping_report import EXTRAS, unread_extras
from adapters.outbound.provider_kit.parsing.read_items import BookingMapper
from adapters.outbound.provider_kit.parsing.reader import Reader, as_rounded_money, null_if_complete
from adapters.outbound.providers.cloudbeds.mapping.parsing import (
    CloudbedsMapper,
    ExtraFields,
    children,
    format_source_value,
    keep_rounded_amount,
    read_day,
    read_time,
)
from adapters.outbound.providers.cloudbeds.mapping.parties import map_parties
from adapters.outbound.providers.cloudbeds.mapping.room_stays import map_rooms
from domain.snapshots import BookingSnapshot, BookingSource, Extras
from domain.status import BookingStatus, holds_inventory_by_default
from domain.values import ABSENT, Absent, Field, Money, SourceVersion, Stay

_STATUSES: Final = {
    "not_confirmed": BookingStatus.PENDING,
    "confirmed": BookingStatus.CONFIRMED,
    "checked_in": BookingStatus.CHECKED_IN,
    "checked_out": BookingStatus.CHECKED_OUT,
    "canceled": BookingStatus.CANCELED,
    "no_show": BookingStatus.NO_SHOW,
}
_SOURCE_BY_CATEGORY: Final = {
    "ota": BookingSource.OTA,
    "direct": BookingSource.DIRECT,
    "travel_agent": BookingSource.AGENT,
    "wholesaler": BookingSource.AGENT,
    "wholesale": BookingSource.AGENT,
    "corporate": BookingSource.CORPORATE,
    "corporate_client": BookingSource.CORPORATE,
}
_SOURCE_BY_NAME: Final = {
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
"""In lower case. Any other source is OTHER; the extras keep every source's text. Cloudbeds does not
document the categories."""

_DAY_KEYS: Final = ("reservationCheckIn", "reservationCheckOut", "startDate", "endDate")
_SOURCES_OF: Final = {
    "external_id": "reservationID",
    "departure": "the reservation's check-out",
    "count": "rooms",
    "rooms": "rooms",
}


@dataclass(frozen=True, slots=True)
class CloudbedsBookingMapper(CloudbedsMapper, BookingMapper):
    """`currency`: of the hotel, if a response has none. `is_complete`: missing fields are null."""

    source_names = _SOURCES_OF
    zone: ZoneInfo
    currency: str
    is_complete: bool

    def read_id(self, r: Reader) -> str:
        return r.required("reservationID", as_id, "external_id")

    def map_snapshot(self, r: Reader, external_id: str) -> BookingSnapshot:
        kept: ExtraFields = {}
        is_deleted = r.decisive("isDeleted", as_lenient_boolean, "deleted") is True
        if is_deleted and "status" not in r:
            version = self._map_version(r, kept)
            return BookingSnapshot(external_id=external_id, version=version, deleted=True)
        currency = r.decisive("propertyCurrency", as_text, "total, paid, balance") or self.currency
        status = r.choice("status", _STATUSES, "status")
        primary, further = map_parties(r, is_complete=self.is_complete)
        amounts = _AmountReader(currency, kept, is_complete=self.is_complete)
        rooms = map_rooms(r, status, currency, kept)
        return BookingSnapshot(
            external_id=external_id,
            version=self._map_version(r, kept),
            deleted=is_deleted,
            status=status,
            holds_inventory=holds_inventory_by_default(status),
            confirmation_number=external_id,
            group_id=r.field("groupCode", as_id, "group_id"),
            source=_map_source(r, kept),
            stay=_map_stay(r, status, is_deleted=is_deleted),
            rooms=rooms or ABSENT,
            primary_guest=primary,
            further_guests=further,
            total=amounts.of(r, "total"),
            paid=amounts.paid(r),
            balance=amounts.of(r, "balance"),
            canceled_at=self._canceled_at(r),
            extras=_collect_extras(r, kept),
        )

    def _map_version(self, r: Reader, kept: ExtraFields) -> SourceVersion:
        if modified := read_time(r.decisive, "dateModified", self.zone, "version"):
            return SourceVersion(modified[1])
        if created := read_time(r.decisive, "dateCreated", self.zone, "version"):
            key, instant = created
            kept[key] = format_source_value(r, key, "version")
            return SourceVersion(instant)
        raise UnreadableField("dateModified", "missing_field", "a value")

    def _canceled_at(self, r: Reader) -> Field[datetime | None]:
        """Sent only while the reservation is canceled; an empty value clears ours."""
        if canceled := read_time(r.optional, "dateCancelled", self.zone, "canceled_at"):
            return canceled[1]
        is_present = "dateCancelled" in r or "dateCancelledUTC" in r
        return None if is_present or self.is_complete else ABSENT


class _AmountReader:
    """Amounts in the property's currency. `kept` receives the source text of rounded ones."""

    def __init__(self, currency: str, kept: ExtraFields, *, is_complete: bool) -> None:
        self._parse = as_rounded_money(currency)
        self._kept = kept
        self._is_complete = is_complete

    def of(self, r: Reader, key: str) -> Field[Money | None]:
        amount: Money | Absent | None = null_if_complete(
            r.decisive_field(key, self._parse, key), is_complete=self._is_complete
        )
        if isinstance(amount, Money):
            keep_rounded_amount(r, key, amount, self._kept, key)
        return amount

    def paid(self, r: Reader) -> Field[Money | None]:
        """`balanceDetailed` is an object, or a list of one object."""
        if not r.peek("balanceDetailed"):
            r.raw("balanceDetailed", "paid")
            return None if self._is_complete else ABSENT
        if isinstance(r.peek("balanceDetailed"), list):
            found = next(iter(r.optional_objects("balanceDetailed") or ()), None)
        else:
            found = r.optional_object("balanceDetailed")
        return ABSENT if found is None else self.of(found, "paid")


def _map_stay(r: Reader, status: BookingStatus, *, is_deleted: bool) -> Field[Stay]:
    """From the first check-in to the last check-out of all rooms."""
    if is_cancellation_without(r, status, *_DAY_KEYS, is_deleted=is_deleted):
        return ABSENT
    if "reservationCheckIn" in r or "reservationCheckOut" in r:
        return Stay(
            read_day(r, "reservationCheckIn", "stay.arrival"),
            read_day(r, "reservationCheckOut", "stay.departure"),
        )
    return Stay(read_day(r, "startDate", "stay.arrival"), read_day(r, "endDate", "stay.departure"))


def _map_source(r: Reader, kept: ExtraFields) -> Field[BookingSource]:
    """By name before category: a walk-in has the category of a direct booking."""
    source_texts = [source_text.strip().lower() for source_text in _read_source_texts(r, kept)]
    for source_text in source_texts:
        found = _SOURCE_BY_NAME.get(source_text) or _SOURCE_BY_CATEGORY.get(source_text)
        if found is not None:
            return found
    return BookingSource.OTHER if source_texts else ABSENT


def _read_source_texts(r: Reader, kept: ExtraFields) -> Iterator[str]:
    for holder, keys in ((r, ("sourceName", "sourceCategory")), *_source_object(r)):
        for key in keys:
            source_text = holder.optional_text(key, "source")
            if source_text:
                kept[holder.path_of(key)] = format_source_value(holder, key, "source")
                yield source_text


def _source_object(r: Reader) -> Iterator[tuple[Reader, tuple[str, ...]]]:
    """A text in getReservation, an object in the other responses."""
    value = r.raw("source", "source")
    if isinstance(value, dict):
        yield r.object("source"), ("name", "category")
    elif value:
        yield r, ("source",)


def _collect_extras(r: Reader, kept: ExtraFields) -> Extras:
    for card in children(r, "cardsOnFile", EXTRAS) or ():
        card.drop("cardNumber", "a means of payment")
    return unread_extras(r, kept)
