"""Free rooms messages to availability: one item per message, accepted or rejected as one.

A line names a category (InvTypeCode) or one room of it (InvCode). Rooms are added up to their
category: in a CompleteSet those of the message, in a delta together with the stored rooms. A
CompleteSet replaces everything: categories it does not name are sold out from today on, and an
empty one sets the hotel to sold out.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.field_values import as_choice
from adapters.outbound.provider_kit.parsing.local_time import local_day, require_time_zone, zone
from adapters.outbound.provider_kit.parsing.read_items import FieldTrace
from adapters.outbound.provider_kit.parsing.xml_reader import XmlReader
from adapters.outbound.provider_kit.parsing.xml_report import trace_xml
from adapters.outbound.provider_kit.parsing.xml_text import XmlElement, parse_xml, write_xml
from adapters.outbound.providers.alpinebits.mapping.code_tables import InstantParser
from adapters.outbound.providers.alpinebits.mapping.documents import ROOT_PATH
from adapters.outbound.providers.alpinebits.mapping.free_room_elements import check_elements
from adapters.outbound.providers.alpinebits.mapping.free_room_lines import (
    CONTROL,
    FreeRoomLine,
    FreeRoomLineReader,
    RoomCounts,
)
from adapters.outbound.providers.alpinebits.mapping.free_room_restrictions import (
    UNRESTRICTED,
    Restrictions,
)
from adapters.outbound.providers.alpinebits.mapping.free_room_rules import check_lines
from adapters.outbound.providers.alpinebits.mapping.reservation_documents import unwrap_envelope
from domain.errors import InvalidField
from domain.messages import ItemKind
from domain.snapshots import AvailabilitySet, AvailabilitySnapshot, RoomCount
from domain.values import ABSENT, Field, Reason, SourceVersion
from ports.errors import TooManyItems, UnreadableMessage
from ports.providers import HotelContext, ReadItem, SourceProperty

MESSAGE_LAYOUTS: Final = {
    "OTA_HotelInvCountNotifRQ": ("Inventories", "Inventory"),
    "OTA_HotelAvailNotifRQ": ("AvailStatusMessages", "AvailStatusMessage"),
}
HORIZON: Final = timedelta(days=800)
"""Later nights, counted from today, are not stored; the sender gets a warning."""

MAX_CELLS: Final = 50_000
_NOT_COUNTED: Final = RoomCounts(available=ABSENT, blocked=ABSENT)
_COMPLETE: Final = {"CompleteSet": True}
_ID_TYPES: Final = {"16": True, "35": True}


def read_free_rooms(
    bodies: Sequence[bytes], context: HotelContext, *, limit: int, explain: bool
) -> list[ReadItem]:
    """Raises UnreadableMessage, TooManyItems."""
    if len(bodies) > limit:
        raise TooManyItems(limit=limit)
    return [
        item
        for body in bodies
        for item in read_messages(parse_xml(body), context, limit=limit, explain=explain)
    ]


def read_messages(
    root: XmlElement, context: HotelContext, *, limit: int, explain: bool = False
) -> list[ReadItem]:
    """One item for each hotel in the document. `root` may be an envelope, whose header (with a
    password) is not stored. Raises UnreadableMessage, TooManyItems."""
    message = unwrap_envelope(root)
    if message.name not in MESSAGE_LAYOUTS:
        raise UnreadableMessage("not a document of free rooms", path=ROOT_PATH)
    parts = _split_hotels(message, limit) if context.property_id else [message]
    if len(parts) == 1:
        return [_read_message(root, message, context, explain=explain)]
    roots = [part if root is message else _with_body(root, part) for part in parts]
    return [
        _read_message(each, part, context, explain=explain)
        for each, part in zip(roots, parts, strict=True)
    ]


def _split_hotels(message: XmlElement, limit: int) -> list[XmlElement]:
    """The message for each hotel, or as it is if there is a single one, or one without a code.
    Raises TooManyItems."""
    container, _ = MESSAGE_LAYOUTS[message.name]
    by_hotel: dict[str, list[int]] = {}
    shared: list[int] = []
    for n, child in enumerate(message.children):
        is_hotel = child.name == container
        (by_hotel.setdefault(_hotel_code(child), []) if is_hotel else shared).append(n)
    if len(by_hotel) < 2 or "" in by_hotel:
        return [message]
    if len(by_hotel) > limit:
        raise TooManyItems(limit=limit)
    return [
        replace(message, children=tuple(message.children[n] for n in sorted(shared + own)))
        for own in by_hotel.values()
    ]


def _hotel_code(container: XmlElement) -> str:
    return (container.get("HotelCode") or "").strip()


def _with_body(envelope: XmlElement, message: XmlElement) -> XmlElement:
    bodies = {id(body): replace(body, children=(message,)) for body in envelope.all("Body")}
    return replace(envelope, children=tuple(bodies.get(id(c), c) for c in envelope.children))


def _read_message(
    root: XmlElement, message: XmlElement, context: HotelContext, *, explain: bool
) -> ReadItem:
    hotel_zone = require_time_zone(context)
    r = XmlReader(message)
    item = ReadItem(
        kind=ItemKind.AVAILABILITY,
        raw=_text_without_header(root),
        source_property=_find_property(message),
    )
    try:
        read = _FreeRoomsReader(message, r, hotel_zone, context, root is not message).read()
    except (UnreadableField, InvalidField) as error:
        return replace(item, reason=Reason(error.code, error.path, error.message))
    field_trace = _trace_fields(r, root, message) if explain else ()
    return replace(item, external_id=read.external_id, snapshot=read, field_trace=field_trace)


def _trace_fields(r: XmlReader, root: XmlElement, message: XmlElement) -> FieldTrace:
    """With the envelope around the message, if any."""
    around = XmlReader(root, "../..").paths(without={id(message)}) if root is not message else ()
    return trace_xml([r], around)


def _find_property(message: XmlElement) -> SourceProperty | None:
    container, _ = MESSAGE_LAYOUTS[message.name]
    found = message.child(container)
    code = _hotel_code(found) if found is not None else ""
    return SourceProperty(code, f"{container}/@HotelCode") if code else None


def is_beyond_horizon(message: XmlElement, context: HotelContext) -> bool:
    """True if the message has nights that are too far ahead to be stored."""
    last = (local_day(context.observed_at, zone(context.time_zone)) + HORIZON).isoformat()
    controls = (control for line in _lines_of(message) for control in line.all(CONTROL))
    return any((control.get("End") or "") > last for control in controls)


def _lines_of(message: XmlElement) -> Iterator[XmlElement]:
    container, line = MESSAGE_LAYOUTS[message.name]
    for parent in message.all(container):
        yield from parent.all(line)


@dataclass(frozen=True, slots=True)
class _FreeRoomsReader:
    _message: XmlElement
    _r: XmlReader
    _zone: ZoneInfo
    _context: HotelContext
    _lenient: bool

    @property
    def _today(self) -> date:
        return local_day(self._context.observed_at, self._zone)

    def read(self) -> AvailabilitySet:
        check_elements(self._message, MESSAGE_LAYOUTS[self._r.name][0])
        is_complete = self._is_complete()
        lines = self._read_lines(is_complete=is_complete)
        check_lines(lines, is_complete=is_complete)
        version, is_receipt_time = self._read_version()
        closed = frozenset(
            day for line in lines if line.is_closing for day in self._days_within_horizon(line)
        )
        cells = _CellCollector(version, is_receipt_time, closed if is_complete else None)
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
        """A UniqueID marks a CompleteSet."""
        unique_ids = self._r.children("UniqueID")
        if len(unique_ids) > 1:
            expected = "one UniqueID, or none for a delta"
            raise UnreadableField(unique_ids[1].path, "duplicate", expected)
        for unique_id in unique_ids:
            unique_id.required("Type", as_choice(_ID_TYPES))
            unique_id.text("ID")
            unique_id.required("Instance", as_choice(_COMPLETE), "complete_from")
        return bool(unique_ids)

    def _read_lines(self, *, is_complete: bool) -> list[FreeRoomLine]:
        """Empty for a CompleteSet without rooms."""
        elements = self._line_elements()
        reader = FreeRoomLineReader(self._lenient)
        lines: list[FreeRoomLine] = []
        for element in elements:
            line = reader.read_line(element)
            if line is not None:
                lines.append(line)
            elif len(elements) > 1 or not is_complete:
                expected = "rooms; empty only alone in a CompleteSet"
                raise UnreadableField(element.path, "reset", expected)
        return lines

    def _line_elements(self) -> list[XmlReader]:
        container, name = MESSAGE_LAYOUTS[self._r.name]
        containers = self._r.children(container)
        if len(containers) != 1:
            raise UnreadableField(container, "missing_field", "exactly one, of one hotel")
        self._check_hotel(containers[0])
        found = containers[0].children(name)
        if not self._lenient:
            _reject_blank_attributes(self._message)
        if not found:
            path = f"{containers[0].path}/{name}"
            raise UnreadableField(path, "missing_field", "at least one")
        return found

    def _check_hotel(self, container: XmlReader) -> None:
        names = [container.optional_text(name) for name in ("HotelCode", "HotelName")]
        if not any(names) and not self._lenient:
            raise container.invalid("HotelCode", "missing_field", "the hotel's code")

    def _read_version(self) -> tuple[SourceVersion, bool]:
        """The time stamp of the message, else the time of receipt; True for the latter."""
        parse = InstantParser(self._zone).parse_precise
        sent = self._r.optional("TimeStamp", parse, "source_version")
        if sent is None:
            return SourceVersion(self._context.observed_at), True
        return SourceVersion(*sent), False

    def _days_within_horizon(self, line: FreeRoomLine) -> list[date]:
        last = self._today + HORIZON
        return [day for day in line.days() if day <= last]


@dataclass(slots=True)
class _CellCollector:
    """Adds up lines by category and night. `closed`: None if unknown."""

    _version: SourceVersion
    _is_receipt_time: bool
    _closed: frozenset[date] | None
    _counts: dict[tuple[str, date], RoomCounts] = field(default_factory=dict)
    _restrictions: dict[tuple[str, date], Restrictions] = field(default_factory=dict)
    _rooms: defaultdict[tuple[str, date], list[RoomCount]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(self, line: FreeRoomLine, days: Sequence[date]) -> None:
        is_restricted = line.restrictions != UNRESTRICTED
        for day in days:
            key = (line.category, day)
            if line.room and line.counts is not None:
                self._rooms[key].append(_room_count(line.room, line.counts))
            counted = self._counts.get(key, _NOT_COUNTED)
            if line.counts is not None:
                counted = line.counts if counted is _NOT_COUNTED else counted + line.counts
            self._counts[key] = counted
            if is_restricted:
                earlier = self._restrictions.get(key, UNRESTRICTED)
                self._restrictions[key] = earlier | line.restrictions
        if len(self._counts) > MAX_CELLS:
            raise UnreadableField(line.path, "too_many", f"at most {MAX_CELLS} nights in total")

    def snapshots(self) -> tuple[AvailabilitySnapshot, ...]:
        return tuple(self._snapshot(*key, self._counts[key]) for key in sorted(self._counts))

    def _snapshot(self, category: str, day: date, counts: RoomCounts) -> AvailabilitySnapshot:
        """In a complete set nights without counts have no rooms."""
        if self._closed is not None and counts is _NOT_COUNTED:
            counts = RoomCounts()
        restrictions = self._restrictions.get((category, day), UNRESTRICTED)
        return AvailabilitySnapshot(
            room_type_id=category,
            day=day,
            version=self._version,
            version_is_ours=self._is_receipt_time,
            total=counts.total,
            available=counts.available,
            occupied=counts.occupied,
            blocked=counts.blocked,
            closed=self._is_closed(day, restrictions),
            closed_to_arrival=restrictions.closed_to_arrival,
            closed_to_departure=restrictions.closed_to_departure,
            min_stay=restrictions.min_stay,
            max_stay=restrictions.max_stay,
            counted_rooms=tuple(self._rooms.get((category, day), ())) or ABSENT,
            rooms_are_all=self._closed is not None,
        )

    def _is_closed(self, day: date, restrictions: Restrictions) -> Field[bool]:
        if self._closed is None:
            return restrictions.closed
        return day in self._closed or restrictions.closed is True


def _reject_blank_attributes(message: XmlElement) -> None:
    """A blank InvCode is a mistake; a missing one means the category."""
    container, name = MESSAGE_LAYOUTS[message.name]
    for number, line in enumerate(_lines_of(message)):
        control = line.child(CONTROL)
        for attribute, text in control.attributes.items() if control is not None else ():
            if not text.strip():
                path = f"{container}[0]/{name}[{number}]/{CONTROL}/@{attribute}"
                raise UnreadableField(path, "bad_text", "a value, or no attribute")


def _room_count(room_id: str, counts: RoomCounts) -> RoomCount:
    available = counts.available if isinstance(counts.available, int) else 0
    blocked = counts.blocked if isinstance(counts.blocked, int) else 0
    return RoomCount(room_id=room_id, available=available, blocked=blocked)


def _text_without_header(root: XmlElement) -> bytes:
    if root.name != "Envelope":
        return write_xml(root)
    return write_xml(replace(root, children=root.all("Body")))
