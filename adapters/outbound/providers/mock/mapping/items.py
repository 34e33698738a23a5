"""The simulated hotel's payloads to snapshots."""

from collections.abc import Callable
from typing import Final

from adapters.outbound.provider_kit.parsing.cancellations import is_cancellation_without
from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.field_values import as_person_count
from adapters.outbound.provider_kit.parsing.mapping_report import trace_cell, trace_every_field
from adapters.outbound.provider_kit.parsing.reader import Reader
from adapters.outbound.provider_kit.parsing.standalone_items import StandaloneItems
from domain.errors import InvalidField
from domain.messages import ItemKind
from domain.snapshots import (
    AvailabilitySnapshot,
    BookingSnapshot,
    BookingSource,
    Extras,
    GuestSnapshot,
    Party,
    RoomStay,
    Snapshot,
)
from domain.status import BookingStatus
from domain.values import ABSENT, AgeClass, AgeCount, Field, Money, SourceVersion, Stay
from ports.providers import HotelContext

_STATUSES: Final = {
    "Option": BookingStatus.PENDING,
    "Confirmed": BookingStatus.CONFIRMED,
    "InHouse": BookingStatus.CHECKED_IN,
    "Departed": BookingStatus.CHECKED_OUT,
    "Canceled": BookingStatus.CANCELED,
    "NoShow": BookingStatus.NO_SHOW,
}
_SOURCES: Final = {
    "web": BookingSource.DIRECT,
    "portal": BookingSource.OTA,
    "desk": BookingSource.WALK_IN,
    "company": BookingSource.CORPORATE,
    "agency": BookingSource.AGENT,
}


def read_booking(reader: Reader, context: HotelContext) -> BookingSnapshot:  # noqa: ARG001 one shape for all kinds
    r = reader
    external_id, version = r.text("id", "external_id"), _map_version(r)
    if r.optional_boolean("deleted", "deleted"):
        return BookingSnapshot(external_id=external_id, version=version, deleted=True)
    status = r.choice("state", _STATUSES, "status")
    if is_cancellation_without(r, status, "arrives", "leaves"):
        return _cancellation(r, external_id, version)
    stay = _map_stay(r)
    total = r.money("total", "currency", "total")
    paid = r.money("paid", "currency", "paid")
    return BookingSnapshot(
        external_id=external_id,
        version=version,
        status=status,
        confirmation_number=external_id,
        source=r.optional_choice("origin", _SOURCES, "source") or BookingSource.OTHER,
        stay=stay,
        rooms=(_map_room(r, stay, status),),
        primary_guest=_guest_on_booking(r.optional_object("guest")),
        total=total,
        paid=paid,
        balance=_subtract(total, paid),
        special_requests=r.field_text("request", "special_requests"),
        checked_in_at=r.field_instant("came", "checked_in_at"),
        checked_out_at=r.field_instant("left", "checked_out_at"),
        canceled_at=r.field_instant("canceled", "canceled_at"),
        cancel_reason=r.field_text("cancel_reason", "cancel_reason"),
        extras=_collect_extras(r),
    )


def _cancellation(r: Reader, external_id: str, version: SourceVersion) -> BookingSnapshot:
    """Without a stay: whatever else is left out is absent, too."""
    return BookingSnapshot(
        external_id=external_id,
        version=version,
        status=BookingStatus.CANCELED,
        canceled_at=r.field_instant("canceled", "canceled_at"),
        cancel_reason=r.field_text("cancel_reason", "cancel_reason"),
        extras=_collect_extras(r),
    )


def read_guest(reader: Reader, context: HotelContext) -> GuestSnapshot:  # noqa: ARG001 one shape for all kinds
    r = reader
    return GuestSnapshot(
        external_id=r.text("id", "external_id"),
        version=SourceVersion(r.instant("changed", "version")),
        first_name=r.field_contact("first", "first_name"),
        last_name=r.field_contact("last", "last_name"),
        email=r.field_contact("mail", "email"),
        country=r.field_country("country", "country"),
        language=r.field_text("language", "language"),
        vip=r.field_boolean("vip", "vip"),
        extras=_collect_extras(r),
    )


def read_availability(reader: Reader, context: HotelContext) -> AvailabilitySnapshot:
    r = reader
    available = r.field_integer("free", "available")
    return AvailabilitySnapshot(
        room_type_id=r.text("room_type", "room_type_id"),
        day=r.local_date("day", "day"),
        version=SourceVersion(context.observed_at),
        version_is_ours=True,
        total=r.field_integer("rooms", "total"),
        available=available,
        occupied=r.field_integer("sold", "occupied"),
        blocked=ABSENT if available is ABSENT else 0,
        lowest_rate=_map_rate(r),
    )


def _map_rate(r: Reader) -> Field[Money | None]:
    if "price_from" not in r:
        return ABSENT
    return r.optional_money("price_from", "currency", "lowest_rate")


_READERS: Final[dict[ItemKind, Callable[[Reader, HotelContext], Snapshot]]] = {
    ItemKind.BOOKING: read_booking,
    ItemKind.GUEST: read_guest,
    ItemKind.AVAILABILITY: read_availability,
}
KINDS: Final = frozenset(_READERS)


def plain_items_for(
    kind: ItemKind, context: HotelContext, *, explain: bool = False
) -> StandaloneItems:
    """`kind` is one of `KINDS`."""
    read = _READERS[kind]
    trace = trace_cell if kind is ItemKind.AVAILABILITY else trace_every_field
    return StandaloneItems(
        kind=kind,
        read=lambda reader: read(reader, context),
        id_key="id",
        is_tolerant=kind is not ItemKind.AVAILABILITY,
        property_path=("hotel",),
        field_trace=trace if explain else None,
    )


def _map_version(reader: Reader) -> SourceVersion:
    return SourceVersion(
        reader.instant("changed", "version"), reader.optional_integer("revision", "version") or 0
    )


def _map_stay(reader: Reader) -> Stay:
    arrival = reader.local_date("arrives", "stay.arrival")
    departure = reader.local_date("leaves", "stay.departure")
    try:
        return Stay(arrival, departure)
    except InvalidField as fault:
        raise UnreadableField("leaves", fault.code, f"a stay that {fault.fix}") from None


def _map_room(reader: Reader, stay: Stay, status: BookingStatus) -> RoomStay:
    adults = reader.optional("adults", as_person_count, "rooms[0].occupancy")
    children = reader.optional("children", as_person_count, "rooms[0].occupancy")
    people = (AgeCount(AgeClass.ADULT, adults or 0), AgeCount(AgeClass.CHILD, children or 0))
    return RoomStay(
        room_type_id=reader.optional_text("room_type", "rooms[0].room_type_id"),
        room_id=reader.optional_text("room", "rooms[0].room_id"),
        rate_plan_id=reader.optional_text("rate", "rooms[0].rate_plan_id"),
        stay=stay,
        status=status,
        occupancy=tuple(count for count in people if count.count),
    )


def _guest_on_booking(reader: Reader | None) -> Party | None:
    """The rest of the record belongs to the guest, see `read_guest`."""
    if reader is None:
        return None
    for key in ("changed", "country", "language", "vip"):
        reader.drop(key, "a field of the guest")
    return Party(
        guest_id=reader.optional_text("id", "primary_guest.guest_id"),
        first_name=reader.optional_text("first", "primary_guest.first_name"),
        last_name=reader.optional_text("last", "primary_guest.last_name"),
        email=reader.optional_text("mail", "primary_guest.email"),
    )


def _subtract(total: Money, paid: Money) -> Money:
    return Money(total.minor - paid.minor, total.currency)


def _collect_extras(reader: Reader) -> Field[Extras]:
    unread = reader.unread()
    return tuple(sorted(unread.items())) if unread else ABSENT
