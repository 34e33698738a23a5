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

from adapters.outbound.provider_kit.errors import UnknownZone, UnreadableField
from adapters.outbound.provider_kit.local_time import local_day, zone
from adapters.outbound.provider_kit.xml_reader import XmlReader
from adapters.outbound.provider_kit.xml_text import XmlElement, parse_xml, write_xml
from adapters.outbound.providers.alpinebits.free_room_lines import CONTROL, Counts, Line, LineReader
from adapters.outbound.providers.alpinebits.free_room_rules import check
from adapters.outbound.providers.alpinebits.ota_words import Instants
from adapters.outbound.providers.alpinebits.reservation_messages import message_in
from domain.errors import InvalidField
from domain.messages import ItemKind
from domain.snapshots import AvailabilitySet, AvailabilitySnapshot, RoomCount
from domain.values import ABSENT, Field, Reason, SourceVersion
from ports.errors import TooManyItems, UnreadableMessage
from ports.providers import HotelContext, ReadItem

FORMS: Final = {
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
    message = message_in(root)
    if message.name not in FORMS:
        raise UnreadableMessage("no document of free rooms", path=message.name[:60])
    try:
        hotel_zone = zone(context.time_zone)
    except UnknownZone as fault:
        raise UnreadableMessage("the time zone is not an IANA name") from fault
    r = XmlReader(message)
    item = ReadItem(kind=ItemKind.AVAILABILITY, raw=_kept(root))
    try:
        read = _Message(message, r, hotel_zone, context, lenient=root is not message).read()
    except UnreadableField as fault:
        return replace(item, reason=Reason(fault.code, fault.path, fault.message))
    except InvalidField as fault:
        return replace(item, reason=Reason(fault.code, fault.path, f"{fault.path}: {fault.fix}"))
    homes = tuple(sorted(r.homes().items())) if explain else ()
    return replace(item, external_id=read.external_id, snapshot=read, homes=homes)


def hotel_code_of(message: XmlElement) -> str | None:
    """Of a message of free rooms."""
    held = message.child(FORMS[message.name][0]) if message.name in FORMS else None
    return held.get("HotelCode") if held is not None else None


def is_beyond_horizon(message: XmlElement, context: HotelContext) -> bool:
    """Whether some nights of a message of free rooms are too far away to be kept."""
    last = (local_day(context.observed_at, zone(context.time_zone)) + HORIZON).isoformat()
    container, line = FORMS[message.name]
    controls = (
        control
        for held in message.all(container)
        for each in held.all(line)
        for control in each.all("StatusApplicationControl")
    )
    return any((control.get("End") or "") > last for control in controls)


class _Message:
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
        lines = self._lines(is_complete=is_complete)
        check(lines, is_complete=is_complete)
        version, is_ours = self._version()
        closed = frozenset(day for line in lines if line.is_closing for day in self._kept(line))
        cells = _Cells(version, is_ours=is_ours, closed=closed if is_complete else None)
        for line in lines:
            if not line.is_closing:
                cells.add(line, self._kept(line))
        return AvailabilitySet(
            version=version,
            version_is_ours=is_ours,
            cells=cells.snapshots(),
            complete_from=self._today if is_complete else None,
            closed_days=closed,
        )

    def _is_complete(self) -> bool:
        told = self._r.children("UniqueID")
        if len(told) > 1:
            raise UnreadableField(told[1].path, "duplicate", "one UniqueID, or none for a delta")
        for each in told:
            each.text("Type")
            each.choice("Type", _ID_TYPES)
            each.text("ID")
            each.text("Instance")
            each.choice("Instance", _COMPLETE)
        return bool(told)

    def _lines(self, *, is_complete: bool) -> list[Line]:
        """None for the message that empties the hotel."""
        container, name = FORMS[self._r.name]
        held = self._r.children(container)
        if len(held) != 1:
            raise UnreadableField(container, "missing_field", "exactly one, of one hotel")
        self._check_hotel(held[0])
        reader = LineReader(self._lenient)
        read = reader.counted if name == "Inventory" else reader.limited
        found = held[0].children(name)
        if not self._lenient:
            _refuse_blanks(self._message)
        if not found:
            raise UnreadableField(f"{held[0].path}/{name}", "missing_field", "at least one")
        lines = [read(each) for each in found]
        empty = [each.path for each, line in zip(found, lines, strict=True) if line is None]
        if empty and (len(found) > 1 or not is_complete):
            raise UnreadableField(empty[0], "reset", "rooms; empty only alone in a CompleteSet")
        return [line for line in lines if line is not None]

    def _check_hotel(self, held: XmlReader) -> None:
        told = [held.optional_text(name) for name in ("HotelCode", "HotelName")]
        if not any(told) and not self._lenient:
            raise UnreadableField(held.path_of("HotelCode"), "missing_field", "the hotel's code")

    def _version(self) -> tuple[SourceVersion, bool]:
        """When the message was written, else when it came."""
        parse = Instants(self._zone).precise
        told = self._r.optional("TimeStamp", parse, "source_version")
        if told is None:
            return SourceVersion(self._context.observed_at), True
        return SourceVersion(*told), False

    def _kept(self, line: Line) -> list[date]:
        last = self._today + HORIZON
        return [day for day in line.days() if day <= last]


class _Cells:
    """Lines added up by category and night. `closed` is None where that is not said."""

    def __init__(
        self, version: SourceVersion, *, is_ours: bool, closed: frozenset[date] | None
    ) -> None:
        self._version = version
        self._is_ours = is_ours
        self._closed = closed
        self._counts: dict[tuple[str, date], Counts] = {}
        self._rooms: defaultdict[tuple[str, date], list[RoomCount]] = defaultdict(list)

    def add(self, line: Line, days: Sequence[date]) -> None:
        for day in days:
            key = (line.category, day)
            if line.room:
                self._rooms[key].append(_room_count(line))
            held = self._counts.get(key)
            self._counts[key] = line.counts if held is None else _sum(held, line.counts)
        if len(self._counts) > MAX_CELLS:
            raise UnreadableField(line.path, "too_many", f"at most {MAX_CELLS} nights in all")

    def snapshots(self) -> tuple[AvailabilitySnapshot, ...]:
        return tuple(
            AvailabilitySnapshot(
                room_type_id=category,
                day=day,
                version=self._version,
                version_is_ours=self._is_ours,
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


def _refuse_blanks(message: XmlElement) -> None:
    """A blank InvCode is not the same as none: one is a mistake, the other a category."""
    container, name = FORMS[message.name]
    lines = [line for held in message.all(container) for line in held.all(name)]
    for number, line in enumerate(lines):
        for attribute, text in _said(line.child(CONTROL)):
            if not text.strip():
                path = f"{container}[0]/{name}[{number}]/{CONTROL}/@{attribute}"
                raise UnreadableField(path, "bad_text", "a value, or no attribute")


def _said(element: XmlElement | None) -> Iterable[tuple[str, str]]:
    return element.attributes.items() if element is not None else ()


def _room_count(line: Line) -> RoomCount:
    said = line.counts
    available = said.available if isinstance(said.available, int) else 0
    blocked = said.blocked if isinstance(said.blocked, int) else 0
    return RoomCount(room_id=line.room, available=available, blocked=blocked)


def _sum(one: Counts, other: Counts) -> Counts:
    return Counts(
        available=_added(one.available, other.available),
        blocked=_added(one.blocked, other.blocked),
        total=_added(one.total, other.total),
        occupied=_added(one.occupied, other.occupied),
    )


def _added(one: Field[int | None], other: Field[int | None]) -> Field[int | None]:
    if isinstance(one, int) and isinstance(other, int):
        return one + other
    return ABSENT


def _kept(root: XmlElement) -> bytes:
    if root.name != "Envelope":
        return write_xml(root)
    return write_xml(replace(root, children=root.all("Body")))
