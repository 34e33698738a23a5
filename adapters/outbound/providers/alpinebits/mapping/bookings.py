"""HotelReservation elements of all supported message formats to bookings.

Fields that were not sent are absent, so that a cancellation by id leaves the rest unchanged.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.json_text import dumps
from adapters.outbound.provider_kit.parsing.xml_reader import XmlReader
from adapters.outbound.providers.alpinebits.mapping.amounts import read_total
from adapters.outbound.providers.alpinebits.mapping.code_tables import (
    PAYMENT_NAMES,
    InstantParser,
    MessageAction,
    StatusMeaning,
    as_status,
    is_day,
)
from adapters.outbound.providers.alpinebits.mapping.message_order import STEP, version_before
from adapters.outbound.providers.alpinebits.mapping.parties import ReservationParties, map_parties
from adapters.outbound.providers.alpinebits.mapping.reservation_documents import (
    CANCEL_REQUEST,
    AlpineBitsEntry,
    ReservationId,
)
from adapters.outbound.providers.alpinebits.mapping.reservation_names import check_names
from adapters.outbound.providers.alpinebits.mapping.room_stays import (
    RoomReader,
    combined_stay,
    have_days,
    read_stay,
)
from adapters.outbound.providers.alpinebits.mapping.room_totals import NO_SUM, sum_room_totals
from domain.snapshots import BookingSnapshot, BookingSource, Extras
from domain.status import BookingStatus, derive_header_status, holds_inventory_by_default
from domain.values import ABSENT, Field, SourceVersion
from ports.providers import HotelContext

QUOTE_REQUEST: Final = "quote_request"
"""The reason of an item that is not a booking; items with any other reason were rejected."""

_SOURCE_BY_CHANNEL: Final = {
    "1": BookingSource.AGENT,
    "2": BookingSource.OTA,
    "6": BookingSource.AGENT,
    "7": BookingSource.OTA,
}
"""OTA code list BCT: 1 GDS, 2 alternative distribution system, 6 tour operator, 7 internet."""

_BROKER_ID_TYPE: Final = "13"
_HOTEL_NUMBER_TYPES: Final = ("10", "14")
"""OTA code list UIT in ResID_Type: the hotel's own number, the reservation's."""

_CANCEL_TYPES: Final = frozenset({"cancel", "commit"})
"""CancelType of OTA_CancelRQ; the other ones, e.g. Initiate or Ignore, cancel nothing."""

_NEW: Final = frozenset({BookingStatus.CONFIRMED, BookingStatus.PENDING})
_GUEST_COMMENT_NAME: Final = "customer comment"


class OpenedReservation(NamedTuple):
    """`r`: of the reservation. `root`: of the document's root element."""

    entry: AlpineBitsEntry
    r: XmlReader
    root: XmlReader


@dataclass(frozen=True, slots=True)
class AlpineBitsBookingMapper:
    context: HotelContext
    zone: ZoneInfo

    def snapshot(self, opened: OpenedReservation, external_id: str) -> BookingSnapshot:
        """Raises UnreadableField, InvalidField."""
        entry, r, root = opened
        check_names(entry)
        meaning, action = _read_status(r, root)
        if meaning.status is None:
            raise r.invalid("ResStatus", QUOTE_REQUEST, "a booking, not a quote request")
        version = self._map_version(opened, meaning.status, action)
        stays = r.listed("RoomStays", "RoomStay")
        stay = read_stay(r.first("ResGlobalInfo", "TimeSpan"), "stay")
        currency = self.context.currency
        total = read_total(r.first("ResGlobalInfo", "Total"), currency, "total")
        summed = NO_SUM if total else sum_room_totals(stays, currency)
        reader = RoomReader(meaning.status, currency, stay, summed.stays, have_days(stays))
        rooms = reader.rooms(stays)
        people = map_parties(r)
        return BookingSnapshot(
            external_id=external_id,
            version=version,
            status=meaning.status,
            holds_inventory=holds_inventory_by_default(meaning.status),
            confirmation_number=_map_confirmation_number(r, external_id, has_rooms=bool(stays)),
            source=_map_source(entry, r, people),
            stay=stay or combined_stay(rooms) or ABSENT,
            rooms=rooms or ABSENT,
            primary_guest=people.primary,
            further_guests=people.further,
            total=total or summed.total or (None if rooms else ABSENT),
            special_requests=_join_texts(_read_special_requests(r)),
            notes=_join_texts(_read_notes(r)),
            extras=_collect_extras(entry, r, has_rooms=bool(stays)),
        )

    def _map_version(
        self, opened: OpenedReservation, status: BookingStatus, action: MessageAction | None
    ) -> SourceVersion:
        entry, r, root = opened
        is_first = action is MessageAction.FIRST or (action is None and status in _NEW)
        updated_at, nanoseconds = self._read_instant(r, root, is_first=is_first)
        step = StatusMeaning(status, action).step
        version = SourceVersion(updated_at, step * STEP + nanoseconds)
        return version_before(version, entry.later_messages) if entry.later_messages else version

    def _read_instant(
        self, r: XmlReader, root: XmlReader, *, is_first: bool
    ) -> tuple[datetime, int]:
        """LastModifyDateTime; else CreateDateTime (of a first message); else the time stamp of the
        document; else the time of receipt. A day and a time stamp are not before CreateDateTime: a
        change follows the creation."""
        parse = InstantParser(self.zone).parse_precise
        changed = r.optional("LastModifyDateTime", parse, "version")
        if changed is not None and not is_day(r.peek("LastModifyDateTime")):
            return changed
        if changed is None and is_first:
            created = r.optional("CreateDateTime", parse, "version, extras")
            if created is not None:
                return created
        changed = changed or root.optional("TimeStamp", parse, "version")
        if changed is None:
            return self.context.observed_at, 0
        return max(changed, r.detail("CreateDateTime", parse, "version, extras") or changed)


def read_external_id(r: XmlReader, found: ReservationId | None) -> str:
    """Raises UnreadableField without an id of the reservation."""
    if found is None:
        raise UnreadableField("UniqueID/@ID", "missing_field", "the reservation's id")
    for readers, type_name, id_name in (
        (r.children("UniqueID"), "Type", "ID"),
        (_global_ids(r), "ResID_Type", "ResID_Value"),
    ):
        for each in readers:
            if each.peek(id_name) == found.value:
                each.optional_text(type_name, "external_id")
                return each.text(id_name, "external_id")
    raise UnreadableField("UniqueID/@ID", "missing_field", "the reservation's id")


def _read_status(r: XmlReader, root: XmlReader) -> tuple[StatusMeaning, MessageAction | None]:
    """The reservation's status, else the document's (SiteConnect), else derived from its rooms'.

    HTNG sends both: the action in the document, the resulting status in the reservation. A document
    that cancels a reservation with another status is rejected.
    """
    if root.name == CANCEL_REQUEST:
        return _read_cancel_type(root), MessageAction.CANCEL
    document_status = root.optional("ResStatus", as_status, "status")
    meaning = r.optional("ResStatus", as_status, "status") or document_status
    if meaning is None:
        meaning = StatusMeaning(_derive_status(r))
    action = (document_status.action if document_status else None) or meaning.action
    if action is MessageAction.CANCEL and meaning.status is not BookingStatus.CANCELED:
        raise r.invalid("ResStatus", "contradiction", "a canceled status, as in its document")
    return meaning, action


def _read_cancel_type(root: XmlReader) -> StatusMeaning:
    sent = root.optional_text("CancelType", "status")
    if sent is not None and sent.lower() not in _CANCEL_TYPES:
        raise root.invalid("CancelType", "unknown_value", "Cancel or Commit", found=sent)
    return StatusMeaning(BookingStatus.CANCELED, MessageAction.CANCEL)


def _derive_status(r: XmlReader) -> BookingStatus:
    """From the rooms' statuses, if each room has one."""
    stays = r.listed("RoomStays", "RoomStay")
    found = [stay.optional("RoomStayStatus", as_status, "status") for stay in stays]
    statuses = [meaning.status for meaning in found if meaning and meaning.status]
    derived = derive_header_status(statuses) if len(statuses) == len(stays) else None
    if derived is None:
        raise r.invalid("ResStatus", "missing_field", "a reservation status")
    return derived


def _global_ids(r: XmlReader) -> list[XmlReader]:
    return r.listed("ResGlobalInfo", "HotelReservationIDs", "HotelReservationID")


def _map_confirmation_number(
    r: XmlReader, external_id: str, *, has_rooms: bool
) -> Field[str | None]:
    for each in _global_ids(r):
        if each.peek("ResID_Type") in _HOTEL_NUMBER_TYPES and each.peek("ResID_Value") is not None:
            unique_ids = {unique_id.peek("ID") for unique_id in r.children("UniqueID")}
            is_id = each.peek("ResID_Value") == external_id and external_id not in unique_ids
            target = "external_id, confirmation_number" if is_id else "confirmation_number"
            each.optional_text("ResID_Type", target)
            return each.text("ResID_Value", target)
    return external_id if has_rooms else ABSENT


def _map_source(
    entry: AlpineBitsEntry, r: XmlReader, people: ReservationParties
) -> Field[BookingSource]:
    """By the channel's type, else by the companies, else by the broker's id."""
    channels = _channels(entry, r)
    for channel in channels:
        known = _SOURCE_BY_CHANNEL.get(channel.peek("Type") or "")
        if known is not None:
            return known
    if people.source is not None:
        return people.source
    if any(each.peek("ResID_Type") == _BROKER_ID_TYPE for each in _global_ids(r)):
        return BookingSource.OTA
    return BookingSource.OTHER if channels else ABSENT


def _channels(entry: AlpineBitsEntry, r: XmlReader) -> list[XmlReader]:
    """The primary channel first. They are not marked as read and stay in the extras."""
    sources = (r.child("POS") or _shared_pos(entry)).children("Source")
    found = [channel for source in sources if (channel := source.first("BookingChannel"))]
    return sorted(found, key=lambda channel: channel.peek("Primary") not in ("true", "1"))


def _shared_pos(entry: AlpineBitsEntry) -> XmlReader:
    return XmlReader(entry.root, entry.root_path, secret=PAYMENT_NAMES).first("POS")


def _read_special_requests(r: XmlReader) -> Iterator[str | None]:
    """SpecialRequests, and AlpineBits' customer comment."""
    for parent in _elements_with_comments(r):
        for each in parent.listed("SpecialRequests", "SpecialRequest"):
            text = _read_text(each, "special_requests")
            name = each.optional_text("Name", "special_requests")
            yield f"{name}: {text}" if name and text else text or name
        for each in parent.listed("Comments", "Comment"):
            if each.peek("Name") == _GUEST_COMMENT_NAME:
                yield _read_text(each, "special_requests")


def _read_notes(r: XmlReader) -> Iterator[str | None]:
    for parent in _elements_with_comments(r):
        for each in parent.listed("Comments", "Comment"):
            if each.peek("Name") != _GUEST_COMMENT_NAME:
                yield _read_text(each, "notes")


def _elements_with_comments(r: XmlReader) -> list[XmlReader]:
    return [r.first("ResGlobalInfo"), *r.listed("RoomStays", "RoomStay")]


def _read_text(r: XmlReader, target: str) -> str | None:
    """Its texts, list items and own text, one line each, without duplicates."""
    texts = [each.content(target) for name in ("Text", "ListItem") for each in r.children(name)]
    texts.append(r.content(target))
    lines = [_strip_lines(text) for text in texts if text]
    return "\n".join(dict.fromkeys(lines)) or None


def _strip_lines(text: str) -> str:
    """Removes the indentation of the document."""
    return "\n".join(line.strip() for line in text.strip().splitlines())


def _join_texts(found: Iterator[str | None]) -> Field[str | None]:
    """Absent without any element, None if all are empty."""
    texts = list(found)
    if not texts:
        return ABSENT
    return "\n".join(dict.fromkeys(text for text in texts if text)) or None


def _collect_extras(entry: AlpineBitsEntry, r: XmlReader, *, has_rooms: bool) -> Field[Extras]:
    """With the channel, of which only the type is mapped, and the time of creation. ABSENT for a
    cancellation by id alone."""
    found = r.unread()
    booked = r.peek("CreateDateTime")
    if booked is not None:
        found["@CreateDateTime"] = dumps(booked)
    if "POS" not in r:
        found.update(_shared_pos(entry).unread())
    extras = tuple(sorted(found.items()))
    return extras if extras or has_rooms else ABSENT
