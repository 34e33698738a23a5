"""Handles a sender's request (free rooms, reservations, ping, housekeeping) and its response."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from adapters.outbound.provider_kit.parsing.errors import UnreadableXml
from adapters.outbound.provider_kit.parsing.xml_text import XmlElement, parse_xml
from adapters.outbound.providers.alpinebits.mapping import free_rooms, protocol_versions
from adapters.outbound.providers.alpinebits.mapping.documents import element
from adapters.outbound.providers.alpinebits.mapping.errors import (
    NoDocument,
    UnknownAction,
    UnknownProtocolVersion,
)
from adapters.outbound.providers.alpinebits.mapping.handshake import housekeeping_reply, ping_reply
from adapters.outbound.providers.alpinebits.mapping.reservation_documents import (
    AlpineBitsEntry,
    find_unique_id,
    split_document,
    unwrap_envelope,
)
from adapters.outbound.providers.alpinebits.mapping.reservations import QUOTE_REQUEST, read_entries
from adapters.outbound.providers.alpinebits.mapping.responses import (
    ADVISORY,
    BUSINESS_RULE,
    TEXT,
    ReplyBuilder,
    errors,
    item_warning,
    soap_fault,
    success,
    warning,
)
from domain.errors import PmsError
from domain.messages import ItemOutcome
from domain.snapshots import AvailabilitySet
from domain.values import Reason
from ports.document_exchange import (
    DocumentHandler,
    DocumentItemResult,
    DocumentReply,
    InboundDocument,
)
from ports.errors import TooManyItems
from ports.providers import HotelContext, ReadItem

_RESERVATIONS: Final = frozenset({"OTA_HotelResNotifRQ", "OTA_HotelResModifyNotifRQ"})
_BEYOND_LIMIT: Final = "nights more than 800 days ahead are not stored"
_SEND_ALL: Final = "send a complete set: none was received yet"
_WRONG_HOTEL: Final = Reason(
    "wrong_hotel", "HotelCode", "HotelCode: not the hotel of these credentials"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _SenderRequest:
    """`headers`: of the response."""

    message: XmlElement
    envelope: XmlElement | None
    headers: Mapping[str, str]
    is_form: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HousekeepingReply:
    value: DocumentReply
    items: Sequence[ReadItem] = ()
    ignored_items: Sequence[ReadItem] = ()

    def answer(self, results: Sequence[DocumentItemResult], *, now: datetime) -> DocumentReply:  # noqa: ARG002 the port's shape
        return self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class _DocumentReply:
    sender_request: _SenderRequest
    items: Sequence[ReadItem] = ()
    ignored_items: Sequence[ReadItem] = ()

    def answer(self, results: Sequence[DocumentItemResult], *, now: datetime) -> DocumentReply:
        request = self.sender_request
        builder = ReplyBuilder(request.message, request.envelope, now)
        return builder.answer(*self.content(results), headers=request.headers)

    def content(self, results: Sequence[DocumentItemResult]) -> tuple[XmlElement, ...]:
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedReply(_DocumentReply):
    """A response that does not depend on the stored data."""

    prepared: tuple[XmlElement, ...]

    def content(self, results: Sequence[DocumentItemResult]) -> tuple[XmlElement, ...]:  # noqa: ARG002 the base's shape
        return self.prepared


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeRoomsReply(_DocumentReply):
    is_beyond_limit: bool

    def content(self, results: Sequence[DocumentItemResult]) -> tuple[XmlElement, ...]:
        """An AlpineBits client whose first message is a delta is asked for a complete set."""
        if reasons := [result.reason for result in results if _is_rejected(result)]:
            return errors(*(_reason_or_default(reason) for reason in reasons))
        warnings = [warning(BUSINESS_RULE, _BEYOND_LIMIT)] if self.is_beyond_limit else []
        if self.sender_request.is_form and any(map(_is_first_delta, results)):
            warnings.append(warning(ADVISORY, _SEND_ALL, Status="ALPINEBITS_SEND_FREEROOMS"))
        return success(warnings=warnings)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestRequestsReply(_DocumentReply):
    """`read`: the item of each of `entries`, in the order of the document."""

    entries: Sequence[AlpineBitsEntry]
    read: Sequence[ReadItem]

    def content(self, results: Sequence[DocumentItemResult]) -> tuple[XmlElement, ...]:
        """Lists the accepted reservations, with a warning for each rejected one. If all are
        rejected, the response is an error, so that the sender does not count it as delivered."""
        rejected = {
            id(result.item): _reason_or_default(result.reason)
            for result in results
            if _is_rejected(result)
        }
        if rejected and len(rejected) == len(self.read):
            return errors(*rejected.values())
        accepted: list[XmlElement] = []
        warnings: list[XmlElement] = []
        for entry, item in zip(self.entries, self.read, strict=True):
            if reason := rejected.get(id(item)):
                warnings.append(item_warning(reason, item.external_id or entry.path))
            else:
                accepted += _acknowledgement(entry)
        listed = (element("HotelReservations", *accepted),) if accepted else ()
        return success(*listed, warnings=warnings)


@dataclass(frozen=True, slots=True)
class DocumentReader:
    """Reads one document for one connection. `limit`: of reservations in it."""

    inbound_document: InboundDocument
    context: HotelContext
    settings: Mapping[str, str]
    limit: int
    headers: Mapping[str, str] = field(default_factory=dict)

    def read_document(self) -> DocumentHandler:
        """Raises UnreadableMessage, TooManyItems."""
        action = self.inbound_document.action
        version = self._version() if self.inbound_document.is_form else None
        if version and action in (
            protocol_versions.GET_VERSION,
            protocol_versions.GET_CAPABILITIES,
        ):
            return HousekeepingReply(value=housekeeping_reply(action, version))
        expected = (
            protocol_versions.VERSIONS[version].documents.get(action or "") if version else None
        )
        if version and expected is None:
            raise UnknownAction
        sender_request = self._build_request(parse_document(self.inbound_document.document))
        if expected is not None and sender_request.message.name != expected:
            detail = f"the action {action} is for a document {expected}"
            return PreparedReply(
                sender_request=sender_request, prepared=errors(Reason("wrong_root", None, detail))
            )
        return self._handle(sender_request)

    def _version(self) -> str:
        """A handshake may name any version, since it negotiates them. Raises
        UnknownProtocolVersion."""
        value = self.inbound_document.headers.get(protocol_versions.VERSION_HEADER, "").strip()
        if value in protocol_versions.VERSIONS:
            return value
        if value and self.inbound_document.action == protocol_versions.PING:
            return next(iter(protocol_versions.VERSIONS))
        raise UnknownProtocolVersion

    def _build_request(self, root: XmlElement) -> _SenderRequest:
        message = unwrap_envelope(root)
        return _SenderRequest(
            message=message,
            envelope=root if root is not message else None,
            headers=protocol_versions.ACCEPTED_ENCODING if self.inbound_document.is_form else {},
            is_form=self.inbound_document.is_form,
        )

    def _handle(self, sender_request: _SenderRequest) -> DocumentHandler:
        message = sender_request.message
        if message.name == "OTA_PingRQ":
            content = ping_reply(message, is_handshake=self.inbound_document.is_form)
            return PreparedReply(sender_request=sender_request, prepared=content)
        if message.name not in _RESERVATIONS and message.name not in free_rooms.MESSAGE_LAYOUTS:
            raise UnknownAction(document=message.name[:60])
        if self._names_other_hotel(message):
            return PreparedReply(sender_request=sender_request, prepared=errors(_WRONG_HOTEL))
        if message.name in _RESERVATIONS:
            return self._read_reservations(sender_request)
        return self._read_free_rooms(sender_request)

    def _read_free_rooms(self, sender_request: _SenderRequest) -> FreeRoomsReply:
        root = sender_request.envelope or sender_request.message
        return FreeRoomsReply(
            sender_request=sender_request,
            items=[free_rooms.read_message(root, self.context)],
            is_beyond_limit=free_rooms.is_beyond_horizon(sender_request.message, self.context),
        )

    def _read_reservations(self, sender_request: _SenderRequest) -> DocumentHandler:
        entries = split_document(sender_request.message)
        if len(entries) > self.limit:
            raise TooManyItems(limit=self.limit)
        if not entries:
            reason = Reason("missing_field", "HotelReservation", "HotelReservation: expected one")
            return PreparedReply(sender_request=sender_request, prepared=errors(reason))
        read = read_entries(entries, self.context)
        return GuestRequestsReply(
            sender_request=sender_request,
            items=[item for item in read if not _is_quote(item)],
            ignored_items=[item for item in read if _is_quote(item)],
            entries=entries,
            read=read,
        )

    def _names_other_hotel(self, message: XmlElement) -> bool:
        """True if the connection has a hotel code and the message has another."""
        expected = self.settings.get("hotel_code")
        return bool(expected) and bool(_hotel_codes(message) - {expected})


def parse_document(document: bytes) -> XmlElement:
    """Raises NoDocument, UnreadableXml."""
    if not document.strip():
        raise NoDocument
    return parse_xml(document)


def parse_envelope(inbound_document: InboundDocument) -> XmlElement | None:
    """None unless it is SOAP. Raises UnreadableXml."""
    if inbound_document.is_form or not inbound_document.document.strip():
        return None
    root = parse_xml(inbound_document.document)
    return root if root.name == "Envelope" else None


def error_reply(inbound_document: InboundDocument, error: PmsError) -> DocumentReply:
    """A Fault for a SOAP request, else the standard's line of plain text."""
    try:
        envelope = parse_envelope(inbound_document)
    except UnreadableXml:
        envelope = _ENVELOPE if _is_soap(inbound_document) else None
    if envelope is not None:
        return soap_fault(envelope, error.message)
    headers = protocol_versions.ACCEPTED_ENCODING if inbound_document.is_form else {}
    return DocumentReply(body=f"ERROR:{error.message}".encode(), content_type=TEXT, headers=headers)


_ENVELOPE: Final = XmlElement(name="Envelope")


def _is_soap(inbound_document: InboundDocument) -> bool:
    """SOAP 1.1 requests have a SOAPAction header, which may be empty."""
    kind = inbound_document.headers.get("content-type", "")
    return "soapaction" in inbound_document.headers or kind.startswith("application/soap+xml")


def _hotel_codes(message: XmlElement) -> set[str]:
    found = free_rooms.hotel_code_of(message)
    codes = {found} if found else set()
    pending = [message] if message.name in _RESERVATIONS else []
    while pending:
        current = pending.pop()
        pending += current.children
        if current.name == "BasicPropertyInfo" and (code := current.get("HotelCode")):
            codes.add(code)
    return codes


def _acknowledgement(entry: AlpineBitsEntry) -> list[XmlElement]:
    found = find_unique_id(entry.element)
    if found is None:
        return []
    name, source = found
    unique_id = element("UniqueID", Type=source.get("Type") or "14", ID=name)
    return [element("HotelReservation", unique_id)]


def _is_quote(item: ReadItem) -> bool:
    return item.reason is not None and item.reason.code == QUOTE_REQUEST


def _is_first_delta(result: DocumentItemResult) -> bool:
    value = result.item.snapshot
    is_delta = isinstance(value, AvailabilitySet) and value.complete_from is None
    return is_delta and result.is_first_availability


def _is_rejected(result: DocumentItemResult) -> bool:
    return result.outcome is ItemOutcome.QUARANTINED


def _reason_or_default(reason: Reason | None) -> Reason:
    return reason or Reason("unable", None, "it could not be applied")
