"""Responses per the OTA standard (Success, Warnings, Errors), valid for its XSDs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from adapters.outbound.provider_kit.parsing.xml_text import XmlElement, write_xml
from adapters.outbound.providers.alpinebits.mapping.documents import NAMESPACE, element
from adapters.outbound.providers.alpinebits.mapping.protocol_versions import ACCEPTED_ENCODING
from adapters.outbound.providers.alpinebits.mapping.reservation_documents import RETRIEVE_RESPONSE
from domain.values import Reason
from ports.document_exchange import DocumentReply

XML: Final = "text/xml; charset=utf-8"
TEXT: Final = "text/plain; charset=utf-8"
SOAP_1_1: Final = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_1_2: Final = "http://www.w3.org/2003/05/soap-envelope"

_REASONS: Final = {
    "321": ("missing_field",),
    "15": ("bad_date",),
    "404": ("bad_period", "overlap", "closing_season"),
    "320": (
        *("unknown_value", "unknown_element", "unknown_attribute"),
        *("bad_count", "bad_text", "duplicate"),
    ),
    "392": ("foreign_property",),
}
"""Our reason codes by OTA code list ERR: 321 required field missing, 15 invalid date, 404 invalid
start/end date combination, 320 invalid value, 392 invalid hotel code."""

_RESPONSES: Final = {RETRIEVE_RESPONSE: "OTA_HotelResNotifRS"}
"""By document, where it is not named after the request: one that is a response itself, pushed."""

_UNABLE: Final = "450"
"""Unable to process, for all other reasons."""

_CODES: Final = {reason: code for code, reasons in _REASONS.items() for reason in reasons}


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderRequest:
    """`envelope`: None unless it is SOAP. `is_form`: from an AlpineBits client."""

    message: XmlElement
    envelope: XmlElement | None
    is_form: bool

    def reply_to_cancellation(
        self, content: Sequence[XmlElement], *, now: datetime
    ) -> DocumentReply:
        """OTA_CancelRS has the UniqueID directly, and a status if the reservation is canceled."""
        found = [each for child in content for each in child.walk() if each.name == "UniqueID"]
        if not found:
            return self.reply(content, now=now)
        return self.reply(success(*found), now=now, Status="Cancelled")

    def reply(
        self, content: Sequence[XmlElement], *, now: datetime, **attributes: str
    ) -> DocumentReply:
        """Named after the request, in its envelope, with its version."""
        root = XmlElement(
            name=_RESPONSES.get(self.message.name) or f"{self.message.name.removesuffix('RQ')}RS",
            namespace=NAMESPACE,
            attributes={**self._attributes(now), **attributes},
            children=tuple(content),
        )
        return DocumentReply(
            body=write_xml(wrap_in_envelope(self.envelope, root) if self.envelope else root),
            content_type=content_type(self.envelope),
            headers=ACCEPTED_ENCODING if self.is_form else {},
        )

    def _attributes(self, now: datetime) -> dict[str, str]:
        """EchoToken is repeated only if it was sent: AlpineBits' XSD does not have it."""
        attributes = {"Version": self.message.get("Version") or "1.0"}
        if token := self.message.get("EchoToken"):
            attributes["EchoToken"] = token[:128]
        return {**attributes, "TimeStamp": now.strftime("%Y-%m-%dT%H:%M:%SZ")}


def plain_reply(text: str, *, is_form: bool = True) -> DocumentReply:
    headers = ACCEPTED_ENCODING if is_form else {}
    return DocumentReply(body=text.encode(), content_type=TEXT, headers=headers)


def success(*content: XmlElement, warnings: Sequence[XmlElement] = ()) -> Sequence[XmlElement]:
    listed = (element("Warnings", *warnings),) if warnings else ()
    return (element("Success"), *listed, *content)


def errors(*reasons: Reason) -> Sequence[XmlElement]:
    """Of type 13 in OTA code list EWT: the message is valid but cannot be processed."""
    listed = [element("Error", text=r.detail, Type="13", Code=_error_code(r)) for r in reasons]
    return (element("Errors", *listed),)


def advice(text: str, *, status: str) -> XmlElement:
    """Of type 11 in OTA code list EWT: advisory."""
    return element("Warning", text=text, Type="11", Status=status)


def business_warning(text: str, **attributes: str) -> XmlElement:
    """Of type 3 in OTA code list EWT: a business rule."""
    return element("Warning", text=text, Type="3", **attributes)


def item_warning(reason: Reason, record_id: str) -> XmlElement:
    """For one rejected item, beside others that were accepted."""
    return business_warning(reason.detail, Code=_error_code(reason), RecordID=record_id)


def _error_code(reason: Reason) -> str:
    return _CODES.get(reason.code, _UNABLE)


def soap_fault(envelope: XmlElement, text: str) -> DocumentReply:
    """SOAP 1.1 or 1.2, with the sender as the cause."""
    space = envelope.namespace or SOAP_1_1
    if space == SOAP_1_2:
        code = _soap_element("Code", space, _qualified_element("Value", space, space, "Sender"))
        language = {"{http://www.w3.org/XML/1998/namespace}lang": "en"}
        reason = replace(_soap_element("Text", space, text=text), attributes=language)
        content = (code, _soap_element("Reason", space, reason))
    else:
        code = _qualified_element("faultcode", "", space, "Client")
        content = (code, _soap_element("faultstring", "", text=text))
    body = write_xml(wrap_in_envelope(envelope, _soap_element("Fault", space, *content)))
    return DocumentReply(body=body, content_type=content_type(envelope))


def _qualified_element(name: str, space: str, of: str, local: str) -> XmlElement:
    """An element whose text is a qualified name in the namespace `of`."""
    return replace(_soap_element(name, space, text=f"soap:{local}"), attributes={"xmlns:soap": of})


def wrap_in_envelope(envelope: XmlElement, content: XmlElement) -> XmlElement:
    """With an empty header, which SiteMinder and HTNG senders expect."""
    space = envelope.namespace or SOAP_1_1
    return _soap_element(
        "Envelope", space, _soap_element("Header", space), _soap_element("Body", space, content)
    )


def content_type(envelope: XmlElement | None) -> str:
    is_newer = envelope is not None and envelope.namespace == SOAP_1_2
    return "application/soap+xml; charset=utf-8" if is_newer else XML


def _soap_element(name: str, space: str, *children: XmlElement, text: str = "") -> XmlElement:
    return XmlElement(name=name, namespace=space, children=children, text=text)
