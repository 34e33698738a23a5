"""A sender's request, read: free rooms, reservations, a ping or housekeeping, and its answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from adapters.outbound.provider_kit.errors import UnreadableXml
from adapters.outbound.provider_kit.xml_text import XmlElement, parse_xml
from adapters.outbound.providers.alpinebits import free_rooms, standard
from adapters.outbound.providers.alpinebits.documents import element
from adapters.outbound.providers.alpinebits.errors import (
    NoDocument,
    UnknownAction,
    UnknownProtocolVersion,
)
from adapters.outbound.providers.alpinebits.handshake import housekeeping, ping_content
from adapters.outbound.providers.alpinebits.replies import (
    ADVISORY,
    BUSINESS_RULE,
    TEXT,
    Frame,
    errors,
    fault,
    refused,
    success,
    warning,
)
from adapters.outbound.providers.alpinebits.reservation_messages import (
    Entry,
    entries_in,
    message_in,
    unique_id,
)
from adapters.outbound.providers.alpinebits.reservations import QUOTE_REQUEST, read_entries
from domain.errors import PmsError
from domain.snapshots import AvailabilitySet
from domain.sync import ItemOutcome
from domain.values import Reason
from ports.conversations import Answer, Conversation, Letter, Told
from ports.errors import TooManyItems
from ports.providers import HotelContext, ReadItem

_RESERVATIONS: Final = frozenset({"OTA_HotelResNotifRQ", "OTA_HotelResModifyNotifRQ"})
_TOO_FAR: Final = "nights more than 800 days ahead are not kept"
_SEND_ALL: Final = "no complete set came yet, only this change is known"
_FOREIGN: Final = Reason("foreign_hotel", "HotelCode", "HotelCode: not the hotel that signs in")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """`headers` go with the answer."""

    message: XmlElement
    envelope: XmlElement | None
    headers: Mapping[str, str]
    is_form: bool

    def frame(self, now: datetime) -> Frame:
        return Frame(self.message, self.envelope, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Needs no store."""

    question: _Question
    content: tuple[XmlElement, ...]
    items: Sequence[ReadItem] = ()
    passed_over: Sequence[ReadItem] = ()

    def answer(self, told: Sequence[Told], *, now: datetime) -> Answer:  # noqa: ARG002 the port's shape
        return self.question.frame(now).answer(*self.content, headers=self.question.headers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Housekept:
    said: Answer
    items: Sequence[ReadItem] = ()
    passed_over: Sequence[ReadItem] = ()

    def answer(self, told: Sequence[Told], *, now: datetime) -> Answer:  # noqa: ARG002 the port's shape
        return self.said


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeRooms:
    question: _Question
    items: Sequence[ReadItem]
    is_too_far: bool
    passed_over: Sequence[ReadItem] = ()

    def answer(self, told: Sequence[Told], *, now: datetime) -> Answer:
        return self.question.frame(now).answer(*self._content(told), headers=self.question.headers)

    def _content(self, told: Sequence[Told]) -> tuple[XmlElement, ...]:
        """A client of AlpineBits that begins with a delta is asked for everything: we know only
        what it tells."""
        if reasons := [one.reason for one in told if _is_refused(one)]:
            return errors(*(_told(reason) for reason in reasons))
        warnings = [warning(BUSINESS_RULE, _TOO_FAR)] if self.is_too_far else []
        if self.question.is_form and any(one.is_news and _is_delta(one) for one in told):
            warnings.append(warning(ADVISORY, _SEND_ALL, Status="ALPINEBITS_SEND_FREEROOMS"))
        return success(warnings=warnings)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestRequests:
    """`entries` go with `read`, in the document's order."""

    question: _Question
    entries: Sequence[Entry]
    read: Sequence[ReadItem]

    @property
    def items(self) -> Sequence[ReadItem]:
        return [item for item in self.read if not _is_quote(item)]

    @property
    def passed_over(self) -> Sequence[ReadItem]:
        return [item for item in self.read if _is_quote(item)]

    def answer(self, told: Sequence[Told], *, now: datetime) -> Answer:
        content = self._content(told)
        return self.question.frame(now).answer(*content, headers=self.question.headers)

    def _content(self, told: Sequence[Told]) -> tuple[XmlElement, ...]:
        """What was taken is listed, what was not is warned of; where nothing was, the message as
        a whole is in error, so that the sender does not take it for delivered."""
        bad = {id(one.item): _told(one.reason) for one in told if _is_refused(one)}
        if bad and len(bad) == len(self.read):
            return errors(*bad.values())
        taken = [entry for entry, item in self._pairs() if id(item) not in bad]
        warnings = [
            refused(bad[id(item)], item.external_id or entry.path)
            for entry, item in self._pairs()
            if id(item) in bad
        ]
        named = [listed for entry in taken for listed in _listed(entry)]
        further = (element("HotelReservations", *named),) if named else ()
        return success(*further, warnings=warnings)

    def _pairs(self) -> list[tuple[Entry, ReadItem]]:
        return list(zip(self.entries, self.read, strict=True))


@dataclass(frozen=True, slots=True)
class Listener:
    """Reads one letter for one connection."""

    letter: Letter
    context: HotelContext
    settings: Mapping[str, str]
    limit: int
    headers: Mapping[str, str] = field(default_factory=dict)

    def hear(self) -> Conversation:
        """Raises UnreadableMessage, TooManyItems."""
        action = self.letter.action
        version = self._version() if self.letter.is_form else None
        if version and action in (standard.GET_VERSION, standard.GET_CAPABILITIES):
            return Housekept(said=housekeeping(action, version))
        expected = standard.VERSIONS[version].documents.get(action or "") if version else None
        if version and expected is None:
            raise UnknownAction
        question = self._question(opened(self.letter.document))
        if expected is not None and question.message.name != expected:
            detail = f"the action {action} is for a document {expected}"
            return Prepared(question=question, content=errors(Reason("wrong_root", None, detail)))
        return self._heard(question)

    def _version(self) -> str:
        """The handshake finds out which versions both know: it may begin with any. Raises
        UnknownProtocolVersion."""
        said = self.letter.headers.get(standard.VERSION_HEADER, "").strip()
        if said in standard.VERSIONS:
            return said
        if said and self.letter.action == standard.PING:
            return next(iter(standard.VERSIONS))
        raise UnknownProtocolVersion

    def _question(self, root: XmlElement) -> _Question:
        message = message_in(root)
        return _Question(
            message=message,
            envelope=root if root is not message else None,
            headers=standard.ACCEPTED_ENCODING if self.letter.is_form else {},
            is_form=self.letter.is_form,
        )

    def _heard(self, question: _Question) -> Conversation:
        message = question.message
        if message.name == "OTA_PingRQ":
            content = ping_content(message, is_handshake=self.letter.is_form)
            return Prepared(question=question, content=content)
        if message.name not in _RESERVATIONS and message.name not in free_rooms.FORMS:
            raise UnknownAction(document=message.name[:60])
        if self._is_foreign(message):
            return Prepared(question=question, content=errors(_FOREIGN))
        if message.name in _RESERVATIONS:
            return self._reservations(question)
        return self._free_rooms(question)

    def _free_rooms(self, question: _Question) -> FreeRooms:
        root = question.envelope or question.message
        return FreeRooms(
            question=question,
            items=[free_rooms.read_message(root, self.context)],
            is_too_far=free_rooms.is_beyond_horizon(question.message, self.context),
        )

    def _reservations(self, question: _Question) -> Conversation:
        entries = entries_in(question.message)
        if len(entries) > self.limit:
            raise TooManyItems(limit=self.limit)
        if not entries:
            reason = Reason("missing_field", "HotelReservation", "HotelReservation: expected one")
            return Prepared(question=question, content=errors(reason))
        read = read_entries(entries, self.context)
        return GuestRequests(question=question, entries=entries, read=read)

    def _is_foreign(self, message: XmlElement) -> bool:
        """Whether it names another hotel than the connection's, where that is known."""
        expected = self.settings.get("hotel_code")
        return bool(expected) and bool(_hotel_codes(message) - {expected})


def opened(document: bytes) -> XmlElement:
    """Raises NoDocument, UnreadableXml."""
    if not document.strip():
        raise NoDocument
    return parse_xml(document)


def envelope_of(letter: Letter) -> XmlElement | None:
    """None for what is no SOAP. Raises UnreadableXml."""
    if letter.is_form or not letter.document.strip():
        return None
    root = parse_xml(letter.document)
    return root if root.name == "Envelope" else None


def refusal(letter: Letter, error: PmsError) -> Answer:
    """A Fault to those who send SOAP, else the standard's one line."""
    try:
        envelope = envelope_of(letter)
    except UnreadableXml:
        envelope = _ENVELOPE if _speaks_soap(letter) else None
    if envelope is not None:
        return fault(envelope, error.message)
    headers = standard.ACCEPTED_ENCODING if letter.is_form else {}
    return Answer(body=f"ERROR:{error.message}".encode(), content_type=TEXT, headers=headers)


_ENVELOPE: Final = XmlElement(name="Envelope")


def _speaks_soap(letter: Letter) -> bool:
    """A SOAP 1.1 request has a SOAPAction, if an empty one."""
    kind = letter.headers.get("content-type", "")
    return "soapaction" in letter.headers or kind.startswith("application/soap+xml")


def _hotel_codes(message: XmlElement) -> set[str]:
    found = free_rooms.hotel_code_of(message)
    codes = {found} if found else set()
    pending = [message] if message.name in _RESERVATIONS else []
    while pending:
        each = pending.pop()
        pending += each.children
        if each.name == "BasicPropertyInfo" and (code := each.get("HotelCode")):
            codes.add(code)
    return codes


def _listed(entry: Entry) -> list[XmlElement]:
    found = unique_id(entry.element)
    if found is None:
        return []
    name, told = found
    named = element("UniqueID", Type=told.get("Type") or "14", ID=name)
    return [element("HotelReservation", named)]


def _is_quote(item: ReadItem) -> bool:
    return item.reason is not None and item.reason.code == QUOTE_REQUEST


def _is_delta(told: Told) -> bool:
    said = told.item.snapshot
    return isinstance(said, AvailabilitySet) and said.complete_from is None


def _is_refused(told: Told) -> bool:
    return told.outcome is ItemOutcome.QUARANTINED


def _told(reason: Reason | None) -> Reason:
    return reason or Reason("unable", None, "it could not be applied")
