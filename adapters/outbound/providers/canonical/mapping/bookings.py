"""A canonical booking to its snapshot."""

from typing import Final, TypeVar

from adapters.outbound.provider_kit.parsing.reader import Reader
from adapters.outbound.providers.canonical.mapping import parsing
from adapters.outbound.providers.canonical.mapping.parsing import error_path, read_if_present
from domain.errors import InvalidField
from domain.snapshots import BookingSnapshot, BookingSource, Party, PartyRole, RoomStay
from domain.status import BookingStatus
from domain.values import ABSENT, AgeClass, AgeCount, Field, NightlyPrice, Stay
from ports.providers import HotelContext

T = TypeVar("T")

_STATUSES: Final = {status.value: status for status in BookingStatus}
_SOURCES: Final = {source.value: source for source in BookingSource}
_ROLES: Final = {role.value: role for role in PartyRole}
_AGE_CLASSES: Final = {age_class.value: age_class for age_class in AgeClass}


def read_booking(reader: Reader, context: HotelContext) -> BookingSnapshot:  # noqa: ARG001 one shape for all kinds
    r = reader
    external_id, version = r.text("external_id"), parsing.source_version(r)
    status = read_if_present(r, "status", lambda key: r.choice(key, _STATUSES))
    stay = read_if_present(r, "stay", lambda key: parsing.stay(r.object(key)))
    return BookingSnapshot(
        external_id=external_id,
        version=version,
        deleted=parsing.is_deleted(r),
        status=status,
        holds_inventory=read_if_present(r, "holds_inventory", r.boolean),
        confirmation_number=r.field_text("confirmation_number"),
        group_id=r.field_text("group_id"),
        share_id=r.field_text("share_id"),
        source=read_if_present(r, "source", lambda key: r.choice(key, _SOURCES)),
        stay=stay,
        rooms=read_if_present(
            r, "rooms", lambda key: tuple(_room(room, stay, status) for room in r.objects(key))
        ),
        primary_guest=_primary_guest(r),
        further_guests=_further_guests(r),
        total=parsing.field_money(r, "total"),
        paid=parsing.field_money(r, "paid"),
        balance=parsing.field_money(r, "balance"),
        special_requests=r.field_text("special_requests"),
        notes=r.field_text("notes"),
        checked_in_at=r.field_instant("checked_in_at"),
        checked_out_at=r.field_instant("checked_out_at"),
        canceled_at=r.field_instant("canceled_at"),
        cancel_reason=r.field_text("cancel_reason"),
        extras=parsing.extras(r),
    )


def _room(room: Reader, stay: Field[Stay], status: Field[BookingStatus]) -> RoomStay:
    """Stay and status are the booking's unless the room has its own."""
    own_stay = read_if_present(room, "stay", lambda key: parsing.stay(room.object(key)))
    own_status = read_if_present(room, "status", lambda key: room.choice(key, _STATUSES))
    units = read_if_present(room, "units", room.integer)
    occupancy = tuple(map(_age_count, room.optional_objects("occupancy") or ()))
    prices = tuple(map(_nightly_price, room.optional_objects("nightly_prices") or ()))
    with error_path(room.path):
        return RoomStay(
            line_id=room.optional_text("line_id"),
            room_type_id=room.optional_text("room_type_id"),
            room_id=room.optional_text("room_id"),
            rate_plan_id=room.optional_text("rate_plan_id"),
            stay=_own_or_inherited("stay", own_stay, stay),
            status=_own_or_inherited("status", own_status, status),
            occupancy=occupancy,
            nightly_prices=prices,
            units=1 if units is ABSENT else units,
        )


def _own_or_inherited(name: str, own: Field[T], inherited: Field[T]) -> T:
    value = inherited if own is ABSENT else own
    if value is ABSENT:
        fix = f"send it here or as the booking's {name}"
        raise InvalidField(name, fix, code="missing_field")
    return value


def _age_count(reader: Reader) -> AgeCount:
    with error_path(reader.path):
        return AgeCount(
            reader.choice("age_class", _AGE_CLASSES),
            reader.integer("count"),
            parsing.optional_count(reader, "age"),
            reader.optional_text("category"),
        )


def _nightly_price(reader: Reader) -> NightlyPrice:
    return NightlyPrice(reader.local_date("night"), parsing.money(reader.object("price")))


def _primary_guest(reader: Reader) -> Field[Party | None]:
    guest = reader.field_object("primary_guest")
    return _party(guest, PartyRole.PRIMARY) if isinstance(guest, Reader) else guest


def _further_guests(reader: Reader) -> Field[tuple[Party, ...]]:
    guests = reader.field_objects("further_guests")
    if guests is ABSENT:
        return ABSENT
    return tuple(_party(guest, PartyRole.COMPANION) for guest in guests or ())


def _party(reader: Reader, default_role: PartyRole) -> Party:
    return Party(
        guest_id=reader.optional_text("guest_id"),
        role=reader.optional_choice("role", _ROLES) or default_role,
        first_name=reader.optional_text("first_name"),
        last_name=reader.optional_text("last_name"),
        email=reader.optional_text("email"),
        phone=reader.optional_text("phone"),
        country=reader.optional_text("country"),
        language=reader.optional_text("language"),
    )
