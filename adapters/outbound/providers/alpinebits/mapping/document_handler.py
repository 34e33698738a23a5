"""Handles a sender's request (free rooms, reservations, ping, housekeeping) and its response."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from adapters.outbound.provider_kit.parsing.errors import UnreadableXml
from adapters.outbound.provider_kit.parsing.xml_text import (
    XmlElement,
    parse_xml,
    parse_xml_start,
    write_xml,
)
from adapters.outbound.providers.alpinebits.mapping import free_rooms, responses
from adapters.outbound.providers.alpinebits.mapping.documents import ROOT_PATH, element
from adapters.outbound.providers.alpinebits.mapping.errors import (
    NoDocument,
    UnknownAction,
    UnknownProtocolVersion,
)
from adapters.outbound.providers.alpinebits.mapping.handshake import (
    housekeeping_reply,
    ping_content,
)
from adapters.outbound.providers.alpinebits.mapping.protocol_versions import (
    GET_CAPABILITIES,
    GET_VERSION,
    PING,
    VERSION_HEADER,
    VERSIONS,
)
from adapters.outbound.providers.alpinebits.mapping.reservation_documents import (
    CANCEL_REQUEST,
    RETRIEVE_RESPONSE,
    AlpineBitsEntry,
    find_reservation_id,
    remove_payment,
    split_document,
    unwrap_envelope,
)
from adapters.outbound.providers.alpinebits.mapping.reservations import (
    is_quote_request,
    read_entries,
)
from adapters.outbound.providers.alpinebits.mapping.responses import SenderRequest
from domain.errors import PmsError
from domain.messages import ItemKind, ItemOutcome
from domain.snapshots import AvailabilitySet
from domain.values import Reason
from ports.document_exchange import (
    DocumentHandler,
    DocumentItemResult,
    DocumentReply,
    DocumentScope,
    InboundDocument,
)
from ports.errors import TooManyItems, UnreadableMessage
from ports.providers import ReadItem

_BEYOND_LIMIT: Final = "nights more than 800 days ahead are not stored"
_SEND_ALL: Final = "send a complete set: none was received yet"
_NO_RESERVATION: Final = Reason(
    "missing_field", "HotelReservation", "HotelReservation: expected one"
)
_NOT_APPLIED: Final = Reason("unable", None, "it could not be applied")

Results: TypeAlias = Sequence[DocumentItemResult]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlpineBitsHandler:
    """ports.document_exchange.DocumentHandler. `render`: from the results and the time."""

    render: Callable[[Results, datetime], DocumentReply]
    items: Sequence[ReadItem] = ()
    ignored_items: Sequence[ReadItem] = ()

    def answer(self, results: Results, *, now: datetime) -> DocumentReply:
        return self.render(results, now)


def read_document(inbound_document: InboundDocument, scope: DocumentScope) -> DocumentHandler:
    """Raises UnreadableMessage, TooManyItems."""
    if not inbound_document.is_form:
        return _read_message(_parse_request(inbound_document), scope)
    action = (inbound_document.action or "").strip()
    if not action:
        return _read_without_action(inbound_document, scope)
    version = _requested_version(inbound_document)
    if action in (GET_VERSION, GET_CAPABILITIES):
        reply = housekeeping_reply(action, version)
        return AlpineBitsHandler(render=lambda _results, _now: reply)
    expected = VERSIONS[version].documents.get(action)
    if expected is None:
        raise UnknownAction
    request = _parse_request(inbound_document)
    if request.message.name != expected:
        detail = f"the action {action} is for a document {expected}"
        return _refuse(request, Reason("wrong_root", ROOT_PATH, detail))
    return _read_message(request, scope)


def _read_without_action(
    inbound_document: InboundDocument, scope: DocumentScope
) -> DocumentHandler:
    """The root element names the action. Raises as `read_document` does."""
    if not inbound_document.document.strip():
        raise UnknownAction
    if inbound_document.headers.get(VERSION_HEADER):
        _requested_version(inbound_document)
    return _read_message(_parse_request(inbound_document), scope)


def _requested_version(inbound_document: InboundDocument) -> str:
    """A handshake may name any version, since it negotiates them. Raises
    UnknownProtocolVersion."""
    value = inbound_document.headers.get(VERSION_HEADER, "").strip()
    if value in VERSIONS:
        return value
    if value and inbound_document.action == PING:
        return next(iter(VERSIONS))
    raise UnknownProtocolVersion


def _parse_request(inbound_document: InboundDocument) -> SenderRequest:
    """Raises NoDocument, UnreadableXml."""
    if not inbound_document.document.strip():
        raise NoDocument
    root = parse_xml(inbound_document.document)
    message = unwrap_envelope(root)
    envelope = root if root is not message else None
    return SenderRequest(message=message, envelope=envelope, is_form=inbound_document.is_form)


def _fixed_reply(
    request: SenderRequest, content: Sequence[XmlElement], items: Sequence[ReadItem] = ()
) -> DocumentHandler:
    """A response that does not depend on the stored data."""
    return AlpineBitsHandler(
        render=lambda _results, now: request.reply(content, now=now), items=items
    )


def _refuse(request: SenderRequest, reason: Reason) -> DocumentHandler:
    """Stores the document in quarantine and answers with the reason."""
    message = request.message
    is_free_rooms = message.name in free_rooms.MESSAGE_LAYOUTS
    item = ReadItem(
        kind=ItemKind.AVAILABILITY if is_free_rooms else ItemKind.BOOKING,
        raw=write_xml(remove_payment(message)),
        reason=reason,
    )
    return _fixed_reply(request, responses.errors(reason), [item])


def _read_message(request: SenderRequest, scope: DocumentScope) -> DocumentHandler:
    message = request.message
    if message.name == "OTA_PingRQ":
        return _fixed_reply(request, ping_content(message, is_handshake=request.is_form))
    if message.name not in _READERS:
        raise UnknownAction
    return _READERS[message.name](request, scope)


def _read_free_rooms(request: SenderRequest, scope: DocumentScope) -> DocumentHandler:
    root = request.envelope or request.message
    items = free_rooms.read_messages(root, scope.context, limit=scope.limit)
    is_beyond_limit = free_rooms.is_beyond_horizon(request.message, scope.context)

    def content(results: Results) -> Sequence[XmlElement]:
        """An AlpineBits client whose first message is a delta is asked for a complete set."""
        rejected = [(reason, r) for r in results if (reason := _rejection(r))]
        if rejected and len(rejected) == len(results):
            return responses.errors(*(reason for reason, _ in rejected))
        warnings = [responses.business_warning(_BEYOND_LIMIT)] if is_beyond_limit else []
        warnings += [responses.item_warning(reason, _hotel_of(r)) for reason, r in rejected]
        if request.is_form and any(map(_is_first_delta, results)):
            warnings.append(responses.advice(_SEND_ALL, status="ALPINEBITS_SEND_FREEROOMS"))
        return responses.success(warnings=warnings)

    return AlpineBitsHandler(
        render=lambda results, now: request.reply(content(results), now=now), items=items
    )


def _read_reservations(request: SenderRequest, scope: DocumentScope) -> DocumentHandler:
    try:
        entries = split_document(request.message)
    except UnreadableMessage:
        return _refuse(request, _NO_RESERVATION)
    if len(entries) > scope.limit:
        raise TooManyItems(limit=scope.limit)
    if not entries and request.message.name == RETRIEVE_RESPONSE:
        return _fixed_reply(request, responses.success())
    if not entries:
        return _refuse(request, _NO_RESERVATION)
    read = read_entries(entries, scope.context)

    def render(results: Results, now: datetime) -> DocumentReply:
        content = _acknowledge(entries, read, results)
        if request.message.name == CANCEL_REQUEST:
            return request.reply_to_cancellation(content, now=now)
        return request.reply(content, now=now)

    return AlpineBitsHandler(
        render=render,
        items=[item for item in read if not is_quote_request(item)],
        ignored_items=[item for item in read if is_quote_request(item)],
    )


_READERS: Final[dict[str, Callable[[SenderRequest, DocumentScope], DocumentHandler]]] = {
    "OTA_HotelResNotifRQ": _read_reservations,
    "OTA_HotelResModifyNotifRQ": _read_reservations,
    RETRIEVE_RESPONSE: _read_reservations,
    CANCEL_REQUEST: _read_reservations,
    **dict.fromkeys(free_rooms.MESSAGE_LAYOUTS, _read_free_rooms),
}


def _acknowledge(
    entries: Sequence[AlpineBitsEntry], read: Sequence[ReadItem], results: Results
) -> Sequence[XmlElement]:
    """Lists the accepted reservations, with a warning for each rejected one. If all are rejected,
    the response is an error, so that the sender does not count it as delivered. `read`: the item
    of each of `entries`."""
    rejected = {id(result.item): reason for result in results if (reason := _rejection(result))}
    if rejected and len(rejected) == len(read):
        return responses.errors(*rejected.values())
    accepted: list[XmlElement] = []
    warnings: list[XmlElement] = []
    for entry, item in zip(entries, read, strict=True):
        if reason := rejected.get(id(item)):
            warnings.append(responses.item_warning(reason, item.external_id or entry.path))
        elif found := find_reservation_id(entry.element):
            unique_id = element("UniqueID", Type=found.type, ID=found.value)
            accepted.append(element("HotelReservation", unique_id))
    listed = (element("HotelReservations", *accepted),) if accepted else ()
    return responses.success(*listed, warnings=warnings)


def _rejection(result: DocumentItemResult) -> Reason | None:
    if result.outcome is not ItemOutcome.QUARANTINED:
        return None
    return result.reason or _NOT_APPLIED


def _hotel_of(result: DocumentItemResult) -> str:
    named = result.item.source_property
    return named.id if named else ""


def _is_first_delta(result: DocumentItemResult) -> bool:
    value = result.item.snapshot
    is_delta = isinstance(value, AvailabilitySet) and value.complete_from is None
    return is_delta and result.is_first_availability


def parse_envelope(inbound_document: InboundDocument) -> XmlElement | None:
    """The SOAP envelope with its header alone, for a sender who may not be authenticated. None
    unless it is SOAP. Raises UnreadableXml."""
    if inbound_document.is_form or not inbound_document.document.strip():
        return None
    root = parse_xml_start(inbound_document.document, "Header")
    return root if root is not None and root.name == "Envelope" else None


def error_reply(inbound_document: InboundDocument, error: PmsError) -> DocumentReply:
    """A Fault for a SOAP request, else the standard's line of plain text."""
    try:
        envelope = parse_envelope(inbound_document)
    except UnreadableXml:
        envelope = None
    if envelope is None and _is_soap(inbound_document):
        envelope = XmlElement(name="Envelope")
    if envelope is not None:
        return responses.soap_fault(envelope, error.message)
    return responses.plain_reply(f"ERROR:{error.message}", is_form=inbound_document.is_form)


def _is_soap(inbound_document: InboundDocument) -> bool:
    """SOAP 1.1 requests have a SOAPAction header, which may be empty."""
    kind = inbound_document.headers.get("content-type", "")
    return "soapaction" in inbound_document.headers or kind.startswith("application/soap+xml")
