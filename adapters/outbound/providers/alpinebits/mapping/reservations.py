"""Reservation documents to bookings, one item per reservation.

AlpineBits' quote requests (ResStatus Requested) are not bookings: such an item has the reason
`quote_request` and is acknowledged like any other.
"""

from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Final

from adapters.outbound.provider_kit.parsing.local_time import require_time_zone
from adapters.outbound.provider_kit.parsing.mapping_report import reason_of
from adapters.outbound.provider_kit.parsing.read_items import (
    FieldTrace,
    rejected_item,
    storable_id,
    to_read_item,
    with_property,
)
from adapters.outbound.provider_kit.parsing.xml_reader import XmlReader
from adapters.outbound.provider_kit.parsing.xml_report import trace_xml
from adapters.outbound.providers.alpinebits.mapping.bookings import (
    QUOTE_REQUEST,
    AlpineBitsBookingMapper,
    OpenedReservation,
    read_external_id,
)
from adapters.outbound.providers.alpinebits.mapping.code_tables import PAYMENT_NAMES
from adapters.outbound.providers.alpinebits.mapping.message_order import order_messages
from adapters.outbound.providers.alpinebits.mapping.reservation_documents import (
    AlpineBitsEntry,
    find_reservation_id,
    split_documents,
)
from domain.messages import ItemKind
from domain.snapshots import BookingSnapshot, Snapshot
from domain.values import ABSENT, Reason
from ports.providers import HotelContext, ReadItem, SourceProperty

_PROPERTY_INFO: Final = "BasicPropertyInfo"
_SOURCES_OF: Final = {"external_id": "UniqueID/@ID", "departure": "RoomStays"}


def read_reservations(
    bodies: Sequence[bytes], context: HotelContext, *, limit: int, explain: bool
) -> Sequence[ReadItem]:
    """Raises UnreadableMessage, TooManyItems."""
    return read_entries(split_documents(bodies, limit=limit), context, explain=explain)


def read_entries(
    entries: Sequence[AlpineBitsEntry], context: HotelContext, *, explain: bool = False
) -> Sequence[ReadItem]:
    mapper = AlpineBitsBookingMapper(context, require_time_zone(context))
    listed = {id(part) for entry in entries for part in (entry.element, *entry.element.children)}
    trace = partial(_trace_fields, listed=listed) if explain else None
    return order_messages(entries, [_read(entry, mapper, trace) for entry in entries])


def is_quote_request(item: ReadItem) -> bool:
    return item.reason is not None and item.reason.code == QUOTE_REQUEST


def _read(
    entry: AlpineBitsEntry,
    mapper: AlpineBitsBookingMapper,
    field_trace: Callable[[OpenedReservation, Snapshot], FieldTrace] | None,
) -> ReadItem:
    if entry.unknown:
        return rejected_item(ItemKind.BOOKING, entry, _unknown_element(entry.path))
    found = find_reservation_id(entry.element)
    item = to_read_item(
        ItemKind.BOOKING,
        entry,
        lambda: (_open(entry), storable_id(found.value if found else None, "UniqueID/@ID")),
        lambda opened, _: mapper.snapshot(opened, read_external_id(opened.r, found)),
        reason_of=partial(reason_of, sources=_SOURCES_OF, separator="/"),
        field_trace=field_trace,
    )
    return with_property(item, _find_property(entry, mapper.context.property_id))


def _open(entry: AlpineBitsEntry) -> OpenedReservation:
    return OpenedReservation(
        entry,
        XmlReader(entry.element, secret=PAYMENT_NAMES),
        XmlReader(entry.root, entry.root_path, secret=PAYMENT_NAMES),
    )


def _find_property(entry: AlpineBitsEntry, own_code: str | None) -> SourceProperty | None:
    """By the HotelCode of the first BasicPropertyInfo that has one; by that of another hotel, if
    there are several: its rooms are not ours."""
    codes = [
        text.strip()
        for element in entry.element.walk()
        if element.name.lower() == _PROPERTY_INFO.lower()
        for name, text in element.attributes.items()
        if name.lower() == "hotelcode" and text.strip()
    ]
    if not codes:
        return None
    foreign = next((code for code in codes if code != own_code), codes[0])
    path = f"{entry.path}/{_PROPERTY_INFO}/@HotelCode".removeprefix("/")
    return SourceProperty(foreign if own_code else codes[0], path)


def _unknown_element(path: str) -> Reason:
    detail = f"{path}: expected a reservation, in the spelling and namespace of the standard"
    return Reason("unknown_element", path, detail)


def _trace_fields(
    opened: OpenedReservation, snapshot: Snapshot, *, listed: Collection[int]
) -> FieldTrace:
    """With what surrounds the reservation. `listed`: the ids of all reservations' elements."""
    entry, r, root = opened
    extras = snapshot.extras if isinstance(snapshot, BookingSnapshot) else ABSENT
    around = list(XmlReader(entry.document, entry.root_path).paths(without=listed))
    if entry.envelope is not None:
        envelope = XmlReader(entry.envelope, f"{entry.root_path}/../..".removeprefix("/"))
        around += envelope.paths(without={id(entry.document)})
    return trace_xml([r, root], around, extras if extras is not ABSENT and extras else ())
