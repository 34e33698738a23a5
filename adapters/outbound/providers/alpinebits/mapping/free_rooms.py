"""Messages of free rooms to availability: one item for each message, which holds as a whole.

A line names a category (InvTypeCode) or one room of it (InvCode). Rooms are counted together under
their category: in a CompleteSet those that it names, in a delta together with those that we hold. A
CompleteSet replaces everything: what it does not name is sold out from today on, and an empty one
empties the hotel.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from adapters.outbound.provider_kit.parsing.errors import UnknownZone, UnreadableField
from adapters.outbound.provider_kit.parsing.local_time import local_day, zone
from adapters.outbound.provider_kit.parsing.xml_reader import XmlReader
from adapters.outbound.provider_kit.parsing.xml_text import XmlElement, parse_xml, write_xml
from adapters.outbound.providers.alpinebits.mapping.code_tables import InstantParser
from adapters.outbound.providers.alpinebits.mapping.free_room_lines import (
    CONTROL,
    FreeRoomLine,
    FreeRoomLineReader,
    RoomCounts,
)
from adapters.outbound.providers.alpinebits.mapping.free_room_rules import check_lines
from adapters.outbound.providers.alpinebits.mapping.reservation_documents import unwrap_envelope
from domain.errors import InvalidField
from domain.messages import ItemKind
from domain.snapshots import AvailabilitySet, AvailabilitySnapshot, RoomCount
from domain.values import ABSENT, Field, Reason, SourceVersion
from ports.errors import TooManyItems, UnreadableMessage
from ports.providers import HotelContext, ReadItem

MESSAGE_LAYOUTS: Final = {
    "OTA_HotelInvCountNotifRQ": ("Inventories", "Inventory"),
    "OTA_HotelAvailNotifRQ": ("AvailStatusMessages", "AvailStatusMessage"),
}
HORIZON: Final = timedelta(days=800)
"""Nights beyond it, from today, are not kept; the sender is warned."""

MAX_CELLS: Final = 50_000
_COMPLETE: Final = {"CompleteSet": True}
_ID_TYPES: Final = {"16": True, "35": True}


def read_free_rooms(
    bodies: Sequence[bytes], context: HotelContext, *, limit: int, explain: bool
) -> list[ReadItem]:
    """Raises UnreadableMessage, TooManyItems."""
    if len(bodies) > limit:
        raise TooManyItems(limit=limit)
    return [read_message(parse_xml(body), context, explain=explain) for body in bodies]


def read_message(root: XmlElement, context: HotelContext, *, explain: bool = False) -> ReadItem:
    """`root` may be an envelope, of which the header, with its password, is not kept."""
    message = unwrap_envelope(root)
    if message.name not in MESSAGE_LAYOUTS:
        raise UnreadableMessage("no document of free rooms", path=message.name[:60])
    try:
        hotel_zone = zone(context.time_zone)
    except UnknownZone as fault:
        raise UnreadableMessage("the time zone is not an IANA name") from fault
    r = XmlReader(message)
    item = ReadItem(kind=ItemKind.AVAILABILITY, raw=_days_within_horizon(root))
    try:
        read = _FreeRoomsReader(message, r, hotel_zone, context, lenient=root is not message).read()
    except UnreadableField as fault:
        return replace(item, reason=Reason(fault.code, fault.path, fault.message))
    except InvalidField as fault:
        return replace(item, reason=Reason(fault.code, fault.path, f"{fault.path}: {fault.fix}"))
    field_trace = tuple(sorted(r.field_trace().items())) if explain else ()
    return replace(item, external_id=read.external_id, snapshot=read, field_trace=field_trace)


def hotel_code_of(message: XmlElement) -> str | None:
    """Of a message of free rooms."""
    container_element = (
        message.child(MESSAGE_LAYOUTS[message.name][0]) if message.name in MESSAGE_LAYOUTS else None
    )
    return container_element.get("HotelCode") if container_element is not None else None


def is_beyond_horizon(message: XmlElement, context: HotelContext) -> bool:
    """Whether some nights of a message of free rooms are too far away to be kept."""
    last = (local_day(context.observed_at, zone(context.time_zone)) + HORIZON).isoformat()
    container, line = MESSAGE_LAYOUTS[message.name]
    controls = (
        control
        for container_element in message.all(container)
        for element_reader in container_element.all(line)
        for control in element_reader.all("StatusApplicationControl")
    )
    return any((control.get("End") or "") > last for control in controls)


class _FreeRoomsReader:
    def __init__(
        self,
        message: XmlElement,
        r: XmlReader,
        hotel_zone: ZoneInfo,
        context: HotelContext,
        *,
        lenient: bool,
    ) -> None:
        self._message = message
        self._r = r
        self._zone = hotel_zone
        self._context = context
        self._lenient = lenient
        self._today = local_day(context.observed_at, hotel_zone)

    def read(self) -> AvailabilitySet:
        self._r.optional_text("Version")
        is_complete = self._is_complete()
        lines = self._read_lines(is_complete=is_complete)
        check_lines(lines, is_complete=is_complete)
        version, is_receipt_time = self._read_version()
        closed = frozenset(
            day for line in lines if line.is_closing for day in self._days_within_horizon(line)
        )
        cells = _CellCollector(
            version, is_receipt_time=is_receipt_time, closed=closed if is_complete else None
        )
        for line in lines:
            if not line.is_closing:
                cells.add(line, self._days_within_horizon(line))
        return AvailabilitySet(
            version=version,
            version_is_ours=is_receipt_time,
            cells=cells.snapshots(),
            complete_from=self._today if is_complete else None,
            closed_days=closed,
        )

    def _is_complete(self) -> bool:
        elements = self._r.children("UniqueID")
        if len(elements) > 1:
            raise UnreadableField(
                elements[1].path, "duplicate", "one UniqueID, or none for a delta"
            )
        for element_reader in elements:
            element_reader.text("Type")
            element_reader.choice("Type", _ID_TYPES)
            element_reader.text("ID")
            element_reader.text("Instance")
            element_reader.choice("Instance", _COMPLETE)
        return bool(elements)

    def _read_lines(self, *, is_complete: bool) -> list[FreeRoomLine]:
        """None for the message that empties the hotel."""
        container, name = MESSAGE_LAYOUTS[self._r.name]
        container_element = self._r.children(container)
        if len(container_element) != 1:
            raise UnreadableField(container, "missing_field", "exactly one, of one hotel")
        self._check_hotel(container_element[0])
        reader = FreeRoomLineReader(self._lenient)
        read = reader.read_inventory if name == "Inventory" else reader.read_status_message
        found = container_element[0].children(name)
        if not self._lenient:
            _reject_blank_attributes(self._message)
        if not found:
            raise UnreadableField(
                f"{container_element[0].path}/{name}", "missing_field", "at least one"
            )
        lines = [read(element_reader) for element_reader in found]
        empty = [
            element_reader.path
            for element_reader, line in zip(found, lines, strict=True)
            if line is None
        ]
        if empty and (len(found) > 1 or not is_complete):
            raise UnreadableField(empty[0], "reset", "rooms; empty only alone in a CompleteSet")
        return [line for line in lines if line is not None]

    def _check_hotel(self, container_element: XmlReader) -> None:
        elements = [container_element.optional_text(name) for name in ("HotelCode", "HotelName")]
        if not any(elements) and not self._lenient:
            raise UnreadableField(
                container_element.path_of("HotelCode"), "missing_field", "the hotel's code"
            )

    def _read_version(self) -> tuple[SourceVersion, bool]:
        """When the message was written, else when it came."""
        parse = InstantParser(self._zone).parse_precise
        elements = self._r.optional("TimeStamp", parse, "source_version")
        if elements is None:
            return SourceVersion(self._context.observed_at), True
        return SourceVersion(*elements), False

    def _days_within_horizon(self, line: FreeRoomLine) -> list[date]:
        last = self._today + HORIZON
        return [day for day in line.days() if day <= last]


class _CellCollector:
    """Lines added up by category and night. `closed` is None where that is not said."""

    def __init__(
        self, version: SourceVersion, *, is_receipt_time: bool, closed: frozenset[date] | None
    ) -> None:
        self._read_version = version
        self._is_receipt_time = is_receipt_time
        self._closed = closed
        self._counts: dict[tuple[str, date], RoomCounts] = {}
        self._rooms: defaultdict[tuple[str, date], list[RoomCount]] = defaultdict(list)

    def add(self, line: FreeRoomLine, days: Sequence[date]) -> None:
        for day in days:
            key = (line.category, day)
            if line.room:
                self._rooms[key].append(_room_count(line))
            container_element = self._counts.get(key)
            self._counts[key] = (
                line.counts
                if container_element is None
                else _add_counts(container_element, line.counts)
            )
        if len(self._counts) > MAX_CELLS:
            raise UnreadableField(line.path, "too_many", f"at most {MAX_CELLS} nights in all")

    def snapshots(self) -> tuple[AvailabilitySnapshot, ...]:
        return tuple(
            AvailabilitySnapshot(
                room_type_id=category,
                day=day,
                version=self._read_version,
                version_is_ours=self._is_receipt_time,
                total=counts.total,
                available=counts.available,
                occupied=counts.occupied,
                blocked=counts.blocked,
                closed=ABSENT if self._closed is None else day in self._closed,
                counted_rooms=tuple(self._rooms.get((category, day), ())) or ABSENT,
                rooms_are_all=self._closed is not None,
            )
            for (category, day), counts in sorted(self._counts.items())
        )


def _reject_blank_attributes(message: XmlElement) -> None:
    """A blank InvCode is not the same as none: one is a mistake, the other a category."""
    container, name = MESSAGE_LAYOUTS[message.name]
    lines = [
        line for container_element in message.all(container) for line in container_element.all(name)
    ]
    for number, line in enumerate(lines):
        for attribute, text in _attributes_of(line.child(CONTROL)):
            if not text.strip():
                path = f"{container}[0]/{name}[{number}]/{CONTROL}/@{attribute}"
                raise UnreadableField(path, "bad_text", "a value, or no attribute")


def _attributes_of(element: XmlElement | None) -> Iterable[tuple[str, str]]:
    return element.attributes.items() if element is not None else ()


def _room_count(line: FreeRoomLine) -> RoomCount:
    counts = line.counts
    available = counts.available if isinstance(counts.available, int) else 0
    blocked = counts.blocked if isinstance(counts.blocked, int) else 0
    return RoomCount(room_id=line.room, available=available, blocked=blocked)


def _add_counts(one: RoomCounts, other: RoomCounts) -> RoomCounts:
    return RoomCounts(
        available=_add_fields(one.available, other.available),
        blocked=_add_fields(one.blocked, other.blocked),
        total=_add_fields(one.total, other.total),
        occupied=_add_fields(one.occupied, other.occupied),
    )


def _add_fields(one: Field[int | None], other: Field[int | None]) -> Field[int | None]:
    if isinstance(one, int) and isinstance(other, int):
        return one + other
    return ABSENT


def _days_within_horizon(root: XmlElement) -> bytes:
    if root.name != "Envelope":
        return write_xml(root)
    return write_xml(replace(root, children=root.all("Body")))
