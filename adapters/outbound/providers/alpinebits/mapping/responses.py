"""Responses per the OTA standard (Success, Warnings, Errors), valid for its XSDs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from adapters.outbound.provider_kit.parsing.xml_text import XmlElement, write_xml
from adapters.outbound.providers.alpinebits.mapping.documents import NAMESPACE, element
from domain.values import Reason
from ports.document_exchange import DocumentReply

XML: Final = "text/xml; charset=utf-8"
TEXT: Final = "text/plain; charset=utf-8"
SOAP_1_1: Final = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_1_2: Final = "http://www.w3.org/2003/05/soap-envelope"

APPLICATION_ERROR: Final = "13"
"""OTA code list EWT: the message is valid but cannot be processed."""

BUSINESS_RULE: Final = "3"
ADVISORY: Final = "11"

_UNABLE: Final = "450"
_CODES: Final = {
    "missing_field": "321",
    "bad_date": "15",
    "bad_period": "404",
    "overlap": "404",
    "closing_season": "404",
    "unknown_value": "320",
    "bad_count": "320",
    "bad_text": "320",
    "duplicate": "320",
    "wrong_hotel": "392",
}
"""OTA code list ERR by reason code: 321 required field missing, 15 invalid date, 404 invalid
start/end date combination, 320 invalid value, 392 invalid hotel code; others 450, unable to
process."""


@dataclass(frozen=True, slots=True)
class ReplyBuilder:
    """Builds the response to a request with this root and envelope."""

    root: XmlElement
    envelope: XmlElement | None
    now: datetime

    def answer(
        self, *content: XmlElement, headers: Mapping[str, str] | None = None
    ) -> DocumentReply:
        root = XmlElement(
            name=self.root.name.removesuffix("RQ") + "RS",
            namespace=NAMESPACE,
            attributes=self._attributes(),
            children=content,
        )
        return DocumentReply(
            body=write_xml(
                root if self.envelope is None else wrap_in_envelope(self.envelope, root)
            ),
            content_type=content_type(self.envelope),
            headers=headers or {},
        )

    def _attributes(self) -> dict[str, str]:
        """EchoToken is repeated only if it was sent: AlpineBits' XSD does not have it."""
        attributes = {"Version": self.root.get("Version") or "1.0"}
        if token := self.root.get("EchoToken"):
            attributes["EchoToken"] = token[:128]
        return {**attributes, "TimeStamp": self.now.strftime("%Y-%m-%dT%H:%M:%SZ")}


def success(*content: XmlElement, warnings: Sequence[XmlElement] = ()) -> tuple[XmlElement, ...]:
    listed = (element("Warnings", *warnings),) if warnings else ()
    return (element("Success"), *listed, *content)


def errors(*reasons: Reason) -> tuple[XmlElement, ...]:
    return (element("Errors", *(_error(reason) for reason in reasons)),)


def warning(kind: str, text: str, **attributes: str) -> XmlElement:
    return element("Warning", text=text, Type=kind, **attributes)


def item_warning(reason: Reason, record_id: str) -> XmlElement:
    """For one rejected item, beside others that were accepted."""
    code = _CODES.get(reason.code, _UNABLE)
    return warning(BUSINESS_RULE, reason.detail, Code=code, RecordID=record_id)


def _error(reason: Reason) -> XmlElement:
    code = _CODES.get(reason.code, _UNABLE)
    return element("Error", text=reason.detail, Type=APPLICATION_ERROR, Code=code)


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
