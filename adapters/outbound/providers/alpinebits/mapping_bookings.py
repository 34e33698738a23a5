"""A HotelReservation to a booking, whichever the dialect.

What is not sent is absent, so that a cancellation by its id alone leaves the rest as it was.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from adapters.outbound.provider_kit.card_scrubber import scrub
from adapters.outbound.provider_kit.errors import UnreadableField
from adapters.outbound.provider_kit.json_text import dumps
from adapters.outbound.provider_kit.xml_reader import XmlReader
from adapters.outbound.providers.alpinebits.mapping_rooms import (
    RoomReader,
    around,
    stay_in,
    total_of_rooms,
)
from adapters.outbound.providers.alpinebits.ota_money import total_in
from adapters.outbound.providers.alpinebits.ota_words import (
    MEANS_OF_PAYMENT,
    Action,
    Instants,
    Word,
    as_word,
)
from adapters.outbound.providers.alpinebits.people import People, people_of
from adapters.outbound.providers.alpinebits.reservation_messages import Entry
from domain.snapshots import BookingSnapshot, BookingSource, Extras, RoomStay
from domain.status import BookingStatus, holds_inventory_by_default
from domain.values import ABSENT, Field, Money, SourceVersion, Stay
from ports.providers import HotelContext

EXTRAS: Final = "extras"
_QUOTE: Final = "quote_request"
_CHANNELS: Final = {
    "1": BookingSource.AGENT,
    "2": BookingSource.OTA,
    "6": BookingSource.AGENT,
    "7": BookingSource.OTA,
}
"""OTA's BCT: 1 a GDS, 2 an alternative distribution system, 6 a tour operator, 7 the internet."""

_BROKER: Final = "13"
_HOTEL_NUMBERS: Final = ("10", "14")
"""OTA's UIT in ResID_Type: the hotel's own number, the reservation's."""

_FROM_GUEST: Final = "customer comment"


@dataclass(frozen=True, slots=True)
class BookingMapper:
    context: HotelContext
    zone: ZoneInfo

    def snapshot(
        self, entry: Entry, r: XmlReader, root: XmlReader, *, external_id: str
    ) -> BookingSnapshot:
        """Raises UnreadableField, InvalidField."""
        word, action = _state(r, root)
        if word.status is None:
            raise UnreadableField(r.path_of("ResStatus"), _QUOTE, "a booking, not a quote request")
        version = self._version(r, root, word, action)
        stays = r.listed("RoomStays", "RoomStay")
        info = r.child("ResGlobalInfo")
        rooms = self._rooms(stays, info, word.status)
        people = people_of(r)
        return BookingSnapshot(
            external_id=external_id,
            version=version,
            status=word.status,
            holds_inventory=holds_inventory_by_default(word.status),
            confirmation_number=_confirmation(info, external_id, is_whole=bool(stays)),
            source=_source(entry, r, info, people),
            stay=_stay(info, rooms),
            rooms=rooms or ABSENT,
            primary_guest=people.primary,
            further_guests=people.further,
            total=self._total(stays, info),
            special_requests=_joined(_wishes(r)),
            notes=_joined(_notes(r)),
            extras=_extras(entry, r),
        )

    def _version(
        self, r: XmlReader, root: XmlReader, word: Word, action: Action | None
    ) -> SourceVersion:
        """LastModifyDateTime; else, of a first message, CreateDateTime; else when the message was
        made; else when it came."""
        instants = Instants(self.zone)
        changed = r.optional("LastModifyDateTime", instants.precise, "version")
        made = r.optional("CreateDateTime", instants.precise, f"version, {EXTRAS}")
        sent = root.optional("TimeStamp", instants.precise)
        is_first = action is Action.FIRST or (action is None and _is_new(word))
        if changed is None and is_first:
            changed = made
        if changed is None:
            changed = sent or (self.context.observed_at, 0)
        return SourceVersion(*changed)

    def _rooms(
        self, stays: Sequence[XmlReader], info: XmlReader | None, status: BookingStatus
    ) -> tuple[RoomStay, ...]:
        time_span = info.child("TimeSpan") if info is not None else None
        whole = stay_in(time_span, "stay") if time_span is not None else None
        return RoomReader(status, self.context.currency, whole).rooms(stays)

    def _total(self, stays: Sequence[XmlReader], info: XmlReader | None) -> Field[Money | None]:
        """Of the reservation, or the sum of its rooms' where it has none itself."""
        told = info.child("Total") if info is not None else None
        total = total_in(told, self.context.currency, "total") if told is not None else None
        if total is None:
            total = total_of_rooms(stays, self.context.currency)
        return ABSENT if total is None else total


def external_id_of(r: XmlReader, entry_id: str | None) -> str:
    """Raises UnreadableField where no UniqueID names the reservation."""
    for told in r.children("UniqueID"):
        if entry_id is not None and told.peek("ID") == entry_id:
            told.optional_text("Type", "external_id")
            return told.text("ID", "external_id")
    raise UnreadableField("UniqueID/@ID", "missing_field", "the reservation's id")


def _state(r: XmlReader, root: XmlReader) -> tuple[Word, Action | None]:
    """Of the reservation, or of the document (SiteConnect). HTNG tells both: what is done, and the
    state it leads to. A document that cancels what is still reserved contradicts itself."""
    own = r.optional("ResStatus", as_word, "status")
    done = root.optional("ResStatus", as_word, "status")
    word = own or done
    if word is None:
        raise UnreadableField(r.path_of("ResStatus"), "missing_field", "a reservation status")
    action = done.action if done is not None and done.action is not None else word.action
    if action is Action.CANCEL and word.status is not BookingStatus.CANCELED:
        path = r.path_of("ResStatus")
        raise UnreadableField(path, "contradiction", "a canceled state, as its document says")
    return word, action


def _is_new(word: Word) -> bool:
    return word.status in (BookingStatus.CONFIRMED, BookingStatus.PENDING)


def _stay(info: XmlReader | None, rooms: Sequence[RoomStay]) -> Field[Stay]:
    time_span = info.child("TimeSpan") if info is not None else None
    stay = stay_in(time_span, "stay") if time_span is not None else None
    return stay or around(rooms) or ABSENT


def _confirmation(info: XmlReader | None, external_id: str, *, is_whole: bool) -> Field[str | None]:
    for r in info.listed("HotelReservationIDs", "HotelReservationID") if info is not None else ():
        if r.peek("ResID_Type") in _HOTEL_NUMBERS and r.peek("ResID_Value") is not None:
            r.optional_text("ResID_Type", "confirmation_number")
            return r.text("ResID_Value", "confirmation_number")
    return external_id if is_whole else ABSENT


def _source(
    entry: Entry, r: XmlReader, info: XmlReader | None, people: People
) -> Field[BookingSource]:
    """By the channel's type, else by the companies that are named, else by the broker."""
    channels = list(_channels(entry, r))
    for channel in channels:
        known = _CHANNELS.get(channel.peek("Type") or "")
        if known is not None:
            return known
    if people.corporate:
        return BookingSource.CORPORATE
    if people.agent:
        return BookingSource.AGENT
    ids = info.listed("HotelReservationIDs", "HotelReservationID") if info is not None else []
    if any(each.peek("ResID_Type") == _BROKER for each in ids):
        return BookingSource.OTA
    return BookingSource.OTHER if channels else ABSENT


def _channels(entry: Entry, r: XmlReader) -> Iterator[XmlReader]:
    """The primary one first. Only looked at: they stay in the extras."""
    own = r.child("POS")
    pos = own if own is not None else _shared_pos(entry)
    sources = pos.children("Source") if pos is not None else []
    found = [
        channel for source in sources if (channel := source.child("BookingChannel")) is not None
    ]
    yield from sorted(found, key=lambda channel: channel.peek("Primary") not in ("true", "1"))


def _shared_pos(entry: Entry) -> XmlReader | None:
    if entry.source is None:
        return None
    return XmlReader(entry.source, "../../POS", secret=MEANS_OF_PAYMENT)


def _wishes(r: XmlReader) -> Iterator[str | None]:
    """SpecialRequests, and AlpineBits' comment of the customer."""
    for place in _commented(r):
        for each in place.listed("SpecialRequests", "SpecialRequest"):
            said = _text(each, "special_requests")
            name = each.optional_text("Name", "special_requests")
            yield f"{name}: {said}" if name and said else said or name
        for each in place.listed("Comments", "Comment"):
            if each.peek("Name") == _FROM_GUEST:
                yield _text(each, "special_requests")


def _notes(r: XmlReader) -> Iterator[str | None]:
    for place in _commented(r):
        for each in place.listed("Comments", "Comment"):
            if each.peek("Name") != _FROM_GUEST:
                yield _text(each, "notes")


def _commented(r: XmlReader) -> Iterator[XmlReader]:
    info = r.child("ResGlobalInfo")
    if info is not None:
        yield info
    yield from r.listed("RoomStays", "RoomStay")


def _text(r: XmlReader, home: str) -> str | None:
    """Its texts, list items and own words, a line each; equal lines once."""
    pieces = [each.content(home) for name in ("Text", "ListItem") for each in r.children(name)]
    pieces.append(r.content(home))
    lines = [_trimmed(piece) for piece in pieces if piece]
    return "\n".join(dict.fromkeys(lines)) or None


def _trimmed(text: str) -> str:
    """Without the indentation of the document."""
    return "\n".join(line.strip() for line in text.strip().splitlines())


def _joined(said: Iterator[str | None]) -> Field[str | None]:
    """Absent where there is nothing of the kind, empty where its text is."""
    pieces = list(said)
    if not pieces:
        return ABSENT
    return "\n".join(dict.fromkeys(piece for piece in pieces if piece)) or None


def _extras(entry: Entry, r: XmlReader) -> Extras:
    """With the channel, which is understood only roughly, and the day on which it was booked."""
    found = r.unread()
    booked = r.peek("CreateDateTime")
    if booked is not None:
        found["@CreateDateTime"] = dumps(booked)
    pos = _shared_pos(entry) if "POS" not in r else None
    if pos is not None:
        found.update(pos.unread())
    return tuple((path, scrub(text)) for path, text in sorted(found.items()))
