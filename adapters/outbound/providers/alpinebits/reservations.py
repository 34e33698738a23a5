"""Documents of reservations to bookings, one item for each reservation.

AlpineBits' quote requests (ResStatus Requested) are no bookings: such an item has the reason
`quote_request`: whoever answers its sender acknowledges it like any other.
"""

from collections.abc import Sequence
from typing import Final

from adapters.outbound.provider_kit.errors import UnknownZone, UnreadableField
from adapters.outbound.provider_kit.local_time import zone
from adapters.outbound.provider_kit.tracked_object import READ
from adapters.outbound.provider_kit.xml_reader import XmlReader
from adapters.outbound.providers.alpinebits.mapping_bookings import (
    EXTRAS,
    BookingMapper,
    external_id_of,
)
from adapters.outbound.providers.alpinebits.ota_words import MEANS_OF_PAYMENT
from adapters.outbound.providers.alpinebits.reservation_messages import (
    Entry,
    entries_of,
    unique_id,
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
    return read_entries(entries_of(bodies, limit=limit), context, explain=explain)


def read_entries(
    entries: Sequence[Entry], context: HotelContext, *, explain: bool = False
) -> list[ReadItem]:
    try:
        mapper = BookingMapper(context, zone(context.time_zone))
    except UnknownZone as fault:
        raise UnreadableMessage("the time zone is not an IANA name") from fault
    return [_read(entry, mapper, explain=explain) for entry in entries]


def _read(entry: Entry, mapper: BookingMapper, *, explain: bool) -> ReadItem:
    r = XmlReader(entry.element, secret=MEANS_OF_PAYMENT)
    root = XmlReader(entry.root, "../..", secret=MEANS_OF_PAYMENT)
    raw, known = entry.text(), unique_id(entry.element)
    external_id = _storable(known[0]) if known else None
    try:
        name = external_id_of(r, known[0] if known else None)
        snapshot = mapper.snapshot(entry, r, root, external_id=name)
    except (UnreadableField, InvalidField) as fault:
        reason = _reason(fault, entry.path)
        return ReadItem(kind=ItemKind.BOOKING, raw=raw, external_id=external_id, reason=reason)
    return ReadItem(
        kind=ItemKind.BOOKING,
        raw=raw,
        external_id=snapshot.external_id,
        snapshot=snapshot,
        homes=_homes((r, root), snapshot) if explain else (),
    )


def _storable(name: str) -> str | None:
    try:
        require_id(name, "UniqueID/@ID")
    except InvalidField:
        return None
    return name


def _homes(readers: Sequence[XmlReader], snapshot: BookingSnapshot) -> tuple[tuple[str, str], ...]:
    """For each attribute and text that was sent: the field of ours, or `extras`."""
    extras = snapshot.extras if isinstance(snapshot.extras, tuple) else ()
    kept = dict.fromkeys((path for path, _ in extras), EXTRAS)
    for r in readers:
        kept.update((path, home) for path, home in r.homes().items() if home != READ)
    return tuple(sorted(kept.items()))


def _reason(fault: UnreadableField | InvalidField, place: str) -> Reason:
    """With the path in the sender's own names, e.g. `HotelReservations/HotelReservation[0]/…`."""
    if isinstance(fault, InvalidField):
        path = f"{place}/{_SOURCES_OF.get(fault.path, fault.path)}"
        return Reason(fault.code, path, f"{path}: {fault.fix}")
    path = f"{place}/{fault.path}"
    return Reason(fault.code, path, f"{path}{fault.message.removeprefix(fault.path)}")
