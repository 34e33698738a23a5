"""Documents of reservations to bookings, one item for each reservation.

AlpineBits' quote requests (ResStatus Requested) are no bookings: such an item has the reason
`quote_request`: whoever answers its sender acknowledges it like any other.
"""

from collections.abc import Sequence
from typing import Final

from adapters.outbound.provider_kit.parsing.errors import UnknownZone, UnreadableField
from adapters.outbound.provider_kit.parsing.local_time import zone
from adapters.outbound.provider_kit.parsing.tracked_object import READ
from adapters.outbound.provider_kit.parsing.xml_reader import XmlReader
from adapters.outbound.providers.alpinebits.mapping.bookings import (
    EXTRAS,
    AlpineBitsBookingMapper,
    read_external_id,
)
from adapters.outbound.providers.alpinebits.mapping.code_tables import PAYMENT_NAMES
from adapters.outbound.providers.alpinebits.mapping.reservation_documents import (
    AlpineBitsEntry,
    find_unique_id,
    split_documents,
)
from domain.errors import InvalidField
from domain.messages import ItemKind
from domain.snapshots import BookingSnapshot, require_id
from domain.values import Reason
from ports.errors import UnreadableMessage
from ports.providers import HotelContext, ReadItem

QUOTE_REQUEST: Final = "quote_request"
"""The reason's code of what is no booking; everything else that has a reason was refused."""

_SOURCES_OF: Final = {"external_id": "UniqueID/@ID", "departure": "RoomStays"}


def read_reservations(
    bodies: Sequence[bytes], context: HotelContext, *, limit: int, explain: bool
) -> Sequence[ReadItem]:
    """Raises UnreadableMessage, TooManyItems."""
    return read_entries(split_documents(bodies, limit=limit), context, explain=explain)


def read_entries(
    entries: Sequence[AlpineBitsEntry], context: HotelContext, *, explain: bool = False
) -> list[ReadItem]:
    try:
        mapper = AlpineBitsBookingMapper(context, zone(context.time_zone))
    except UnknownZone as fault:
        raise UnreadableMessage("the time zone is not an IANA name") from fault
    return [_read(entry, mapper, explain=explain) for entry in entries]


def _read(entry: AlpineBitsEntry, mapper: AlpineBitsBookingMapper, *, explain: bool) -> ReadItem:
    r = XmlReader(entry.element, secret=PAYMENT_NAMES)
    root = XmlReader(entry.root, "../..", secret=PAYMENT_NAMES)
    raw, identifier = entry.text(), find_unique_id(entry.element)
    external_id = _storable_id(identifier[0]) if identifier else None
    try:
        name = read_external_id(r, identifier[0] if identifier else None)
        snapshot = mapper.snapshot(entry, r, root, external_id=name)
    except (UnreadableField, InvalidField) as fault:
        reason = _reason_with_path(fault, entry.path)
        return ReadItem(kind=ItemKind.BOOKING, raw=raw, external_id=external_id, reason=reason)
    return ReadItem(
        kind=ItemKind.BOOKING,
        raw=raw,
        external_id=snapshot.external_id,
        snapshot=snapshot,
        field_trace=_field_trace((r, root), snapshot) if explain else (),
    )


def _storable_id(name: str) -> str | None:
    try:
        require_id(name, "UniqueID/@ID")
    except InvalidField:
        return None
    return name


def _field_trace(
    readers: Sequence[XmlReader], snapshot: BookingSnapshot
) -> tuple[tuple[str, str], ...]:
    """For each attribute and text that was sent: the field of ours, or `extras`."""
    extras = snapshot.extras if isinstance(snapshot.extras, tuple) else ()
    kept = dict.fromkeys((path for path, _ in extras), EXTRAS)
    for r in readers:
        kept.update((path, target) for path, target in r.field_trace().items() if target != READ)
    return tuple(sorted(kept.items()))


def _reason_with_path(fault: UnreadableField | InvalidField, place: str) -> Reason:
    """With the path in the sender's own names, e.g. `HotelReservations/HotelReservation[0]/…`."""
    if isinstance(fault, InvalidField):
        path = f"{place}/{_SOURCES_OF.get(fault.path, fault.path)}"
        return Reason(fault.code, path, f"{path}: {fault.fix}")
    path = f"{place}/{fault.path}"
    return Reason(fault.code, path, f"{path}{fault.message.removeprefix(fault.path)}")
