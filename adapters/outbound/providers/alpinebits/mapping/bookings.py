"""A HotelReservation to a booking, whichever the dialect.

What is not sent is absent, so that a cancellation by its id alone leaves the rest as it was.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from adapters.outbound.provider_kit.card_scrubber import scrub
from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.json_text import dumps
from adapters.outbound.provider_kit.parsing.xml_reader import XmlReader
from adapters.outbound.providers.alpinebits.mapping.code_tables import (
    PAYMENT_NAMES,
    InstantParser,
    MessageAction,
    StatusMeaning,
    as_status,
)
from adapters.outbound.providers.alpinebits.mapping.money import read_total
from adapters.outbound.providers.alpinebits.mapping.parties import ReservationParties, map_parties
from adapters.outbound.providers.alpinebits.mapping.reservation_documents import AlpineBitsEntry
from adapters.outbound.providers.alpinebits.mapping.room_stays import (
    RoomReader,
    combined_stay,
    read_stay,
    sum_room_totals,
)
from domain.snapshots import BookingSnapshot, BookingSource, Extras, RoomStay
from domain.status import BookingStatus, holds_inventory_by_default
from domain.values import ABSENT, Field, Money, SourceVersion, Stay
from ports.providers import HotelContext

EXTRAS: Final = "extras"
_QUOTE_REASON: Final = "quote_request"
_SOURCE_BY_CHANNEL: Final = {
    "1": BookingSource.AGENT,
    "2": BookingSource.OTA,
    "6": BookingSource.AGENT,
    "7": BookingSource.OTA,
}
"""OTA's BCT: 1 a GDS, 2 an alternative distribution system, 6 a tour operator, 7 the internet."""

_BROKER_ID_TYPE: Final = "13"
_HOTEL_NUMBER_TYPES: Final = ("10", "14")
"""OTA's UIT in ResID_Type: the hotel's own number, the reservation's."""

_GUEST_COMMENT_NAME: Final = "customer comment"


@dataclass(frozen=True, slots=True)
class AlpineBitsBookingMapper:
    context: HotelContext
    zone: ZoneInfo

    def snapshot(
        self, entry: AlpineBitsEntry, r: XmlReader, root: XmlReader, *, external_id: str
    ) -> BookingSnapshot:
        """Raises UnreadableField, InvalidField."""
        meaning, action = _read_status(r, root)
        if meaning.status is None:
            raise UnreadableField(
                r.path_of("ResStatus"), _QUOTE_REASON, "a booking, not a quote request"
            )
        version = self._map_version(r, root, meaning, action)
        stays = r.listed("RoomStays", "RoomStay")
        info = r.child("ResGlobalInfo")
        rooms = self._map_rooms(stays, info, meaning.status)
        people = map_parties(r)
        return BookingSnapshot(
            external_id=external_id,
            version=version,
            status=meaning.status,
            holds_inventory=holds_inventory_by_default(meaning.status),
            confirmation_number=_map_confirmation_number(info, external_id, has_rooms=bool(stays)),
            source=_map_source(entry, r, info, people),
            stay=_map_stay(info, rooms),
            rooms=rooms or ABSENT,
            primary_guest=people.primary,
            further_guests=people.further,
            total=self._map_total(stays, info),
            special_requests=_join_texts(_read_special_requests(r)),
            notes=_join_texts(_read_notes(r)),
            extras=_collect_extras(entry, r),
        )

    def _map_version(
        self, r: XmlReader, root: XmlReader, meaning: StatusMeaning, action: MessageAction | None
    ) -> SourceVersion:
        """LastModifyDateTime; else, of a first message, CreateDateTime; else when the message was
        made; else when it came."""
        instants = InstantParser(self.zone)
        changed = r.optional("LastModifyDateTime", instants.parse_precise, "version")
        created = r.optional("CreateDateTime", instants.parse_precise, f"version, {EXTRAS}")
        sent = root.optional("TimeStamp", instants.parse_precise)
        is_first = action is MessageAction.FIRST or (action is None and _is_new(meaning))
        if changed is None and is_first:
            changed = created
        if changed is None:
            changed = sent or (self.context.observed_at, 0)
        return SourceVersion(*changed)

    def _map_rooms(
        self, stays: Sequence[XmlReader], info: XmlReader | None, status: BookingStatus
    ) -> tuple[RoomStay, ...]:
        time_span = info.child("TimeSpan") if info is not None else None
        combined_stay = read_stay(time_span, "stay") if time_span is not None else None
        return RoomReader(status, self.context.currency, combined_stay).rooms(stays)

    def _map_total(self, stays: Sequence[XmlReader], info: XmlReader | None) -> Field[Money | None]:
        """Of the reservation, or the sum of its rooms' where it has none itself."""
        total_element = info.child("Total") if info is not None else None
        total = (
            read_total(total_element, self.context.currency, "total")
            if total_element is not None
            else None
        )
        if total is None:
            total = sum_room_totals(stays, self.context.currency)
        return ABSENT if total is None else total


def read_external_id(r: XmlReader, entry_id: str | None) -> str:
    """Raises UnreadableField where no UniqueID names the reservation."""
    for total_element in r.children("UniqueID"):
        if entry_id is not None and total_element.peek("ID") == entry_id:
            total_element.optional_text("Type", "external_id")
            return total_element.text("ID", "external_id")
    raise UnreadableField("UniqueID/@ID", "missing_field", "the reservation's id")


def _read_status(r: XmlReader, root: XmlReader) -> tuple[StatusMeaning, MessageAction | None]:
    """Of the reservation, or of the document (SiteConnect). HTNG tells both: what is done, and the
    state it leads to. A document that cancels what is still reserved contradicts itself."""
    reservation_status = r.optional("ResStatus", as_status, "status")
    document_status = root.optional("ResStatus", as_status, "status")
    meaning = reservation_status or document_status
    if meaning is None:
        raise UnreadableField(r.path_of("ResStatus"), "missing_field", "a reservation status")
    action = (
        document_status.action
        if document_status is not None and document_status.action is not None
        else meaning.action
    )
    if action is MessageAction.CANCEL and meaning.status is not BookingStatus.CANCELED:
        path = r.path_of("ResStatus")
        raise UnreadableField(path, "contradiction", "a canceled state, as its document says")
    return meaning, action


def _is_new(meaning: StatusMeaning) -> bool:
    return meaning.status in (BookingStatus.CONFIRMED, BookingStatus.PENDING)


def _map_stay(info: XmlReader | None, rooms: Sequence[RoomStay]) -> Field[Stay]:
    time_span = info.child("TimeSpan") if info is not None else None
    stay = read_stay(time_span, "stay") if time_span is not None else None
    return stay or combined_stay(rooms) or ABSENT


def _map_confirmation_number(
    info: XmlReader | None, external_id: str, *, has_rooms: bool
) -> Field[str | None]:
    for r in info.listed("HotelReservationIDs", "HotelReservationID") if info is not None else ():
        if r.peek("ResID_Type") in _HOTEL_NUMBER_TYPES and r.peek("ResID_Value") is not None:
            r.optional_text("ResID_Type", "confirmation_number")
            return r.text("ResID_Value", "confirmation_number")
    return external_id if has_rooms else ABSENT


def _map_source(
    entry: AlpineBitsEntry, r: XmlReader, info: XmlReader | None, people: ReservationParties
) -> Field[BookingSource]:
    """By the channel's type, else by the companies that are named, else by the broker."""
    channels = list(_channels(entry, r))
    for channel in channels:
        known = _SOURCE_BY_CHANNEL.get(channel.peek("Type") or "")
        if known is not None:
            return known
    if people.corporate:
        return BookingSource.CORPORATE
    if people.agent:
        return BookingSource.AGENT
    ids = info.listed("HotelReservationIDs", "HotelReservationID") if info is not None else []
    if any(each.peek("ResID_Type") == _BROKER_ID_TYPE for each in ids):
        return BookingSource.OTA
    return BookingSource.OTHER if channels else ABSENT


def _channels(entry: AlpineBitsEntry, r: XmlReader) -> Iterator[XmlReader]:
    """The primary one first. Only looked at: they stay in the extras."""
    reservation_status = r.child("POS")
    pos = reservation_status if reservation_status is not None else _shared_pos(entry)
    sources = pos.children("Source") if pos is not None else []
    found = [
        channel for source in sources if (channel := source.child("BookingChannel")) is not None
    ]
    yield from sorted(found, key=lambda channel: channel.peek("Primary") not in ("true", "1"))


def _shared_pos(entry: AlpineBitsEntry) -> XmlReader | None:
    if entry.source is None:
        return None
    return XmlReader(entry.source, "../../POS", secret=PAYMENT_NAMES)


def _read_special_requests(r: XmlReader) -> Iterator[str | None]:
    """SpecialRequests, and AlpineBits' comment of the customer."""
    for place in _elements_with_comments(r):
        for each in place.listed("SpecialRequests", "SpecialRequest"):
            text = _read_text(each, "special_requests")
            name = each.optional_text("Name", "special_requests")
            yield f"{name}: {text}" if name and text else text or name
        for each in place.listed("Comments", "Comment"):
            if each.peek("Name") == _GUEST_COMMENT_NAME:
                yield _read_text(each, "special_requests")


def _read_notes(r: XmlReader) -> Iterator[str | None]:
    for place in _elements_with_comments(r):
        for each in place.listed("Comments", "Comment"):
            if each.peek("Name") != _GUEST_COMMENT_NAME:
                yield _read_text(each, "notes")


def _elements_with_comments(r: XmlReader) -> Iterator[XmlReader]:
    info = r.child("ResGlobalInfo")
    if info is not None:
        yield info
    yield from r.listed("RoomStays", "RoomStay")


def _read_text(r: XmlReader, target: str) -> str | None:
    """Its texts, list items and own words, a line each; equal lines once."""
    texts = [each.content(target) for name in ("Text", "ListItem") for each in r.children(name)]
    texts.append(r.content(target))
    lines = [_strip_lines(text_part) for text_part in texts if text_part]
    return "\n".join(dict.fromkeys(lines)) or None


def _strip_lines(text: str) -> str:
    """Without the indentation of the document."""
    return "\n".join(line.strip() for line in text.strip().splitlines())


def _join_texts(text: Iterator[str | None]) -> Field[str | None]:
    """Absent where there is nothing of the kind, empty where its text is."""
    texts = list(text)
    if not texts:
        return ABSENT
    return "\n".join(dict.fromkeys(text_part for text_part in texts if text_part)) or None


def _collect_extras(entry: AlpineBitsEntry, r: XmlReader) -> Extras:
    """With the channel, which is understood only roughly, and the day on which it was booked."""
    found = r.unread()
    booked = r.peek("CreateDateTime")
    if booked is not None:
        found["@CreateDateTime"] = dumps(booked)
    pos = _shared_pos(entry) if "POS" not in r else None
    if pos is not None:
        found.update(pos.unread())
    return tuple((path, scrub(text)) for path, text in sorted(found.items()))
