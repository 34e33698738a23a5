"""Requests to an AlpineBits server: one address, multipart in, XML out, basic auth."""

from dataclasses import dataclass, field
from typing import Final

from adapters.outbound.provider_kit.http.authentication import basic_authorization
from adapters.outbound.provider_kit.http.messages import HttpRequest, HttpResponse
from adapters.outbound.provider_kit.http.transport import Transport
from adapters.outbound.provider_kit.http.vendor_api import VendorApi
from adapters.outbound.provider_kit.http.vendor_errors import (
    build_vendor_error,
    read_vendor_error,
)
from adapters.outbound.provider_kit.parsing.errors import UnreadableXml
from adapters.outbound.provider_kit.parsing.xml_reader import XmlReader
from adapters.outbound.provider_kit.parsing.xml_text import XmlElement, parse_xml
from adapters.outbound.providers.alpinebits.mapping import documents
from adapters.outbound.providers.alpinebits.mapping.reservation_documents import unwrap_envelope
from ports.errors import ProviderRejected, UnreadableAnswer, UnreadableMessage

_CLIENT_ID: Final = "PMS adapter layer"
_ERROR: Final = b"ERROR"
"""The response to a request that is no AlpineBits message, often with status 200."""

_PHRASES_BY_CODE: Final = {
    "15": "validation failed",
    "320": "validation failed",
    "321": "validation failed",
    "404": "validation failed",
    "392": "not found",
    "448": "internal error",
    "450": "unable to process",
    "497": "permission missing",
}
"""OTA code list ERR."""
_PHRASES_BY_TYPE: Final = {
    "4": "authentication",
    "5": "authentication",
    "6": "permission",
    "7": "malformed",
    "10": "required",
}
"""OTA code list EWT, in words of the known phrases."""

MAX_ANSWER_BYTES: Final = 32 * 1024 * 1024
MAX_ANSWER_ELEMENTS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class ServerAddress:
    url: str
    username: str
    password: str = field(repr=False)
    version: str


class AlpineBitsApi(VendorApi):
    def __init__(self, transport: Transport, server: ServerAddress, correlation_id: str) -> None:
        super().__init__(transport, base_url=server.url, correlation_id=correlation_id)
        self.server = server

    def request(self, action: str, document: bytes, *, expected: str) -> XmlElement:
        """The root of the response. All our requests are idempotent, acknowledgements included."""
        call = HttpRequest(
            method="POST",
            url=self.server.url,
            headers=self._headers(),
            body=documents.form(action, document),
            is_idempotent=True,
        )
        root = _parse_response(self._send(call))
        if root.name != expected:
            raise UnreadableAnswer(
                "the response is another document than requested", reason=root.name[:60]
            )
        if root.child("Errors") is not None:
            raise _error_of(root)
        return root

    def _headers(self) -> dict[str, str]:
        return {
            **basic_authorization(self.server.username, self.server.password),
            "Content-Type": documents.CONTENT_TYPE,
            "Accept": "text/xml, application/xml",
            "X-AlpineBits-ClientProtocolVersion": self.server.version,
            "X-AlpineBits-ClientID": _CLIENT_ID,
        }


def _parse_response(answer: HttpResponse) -> XmlElement:
    if answer.body.lstrip()[:5].upper() == _ERROR:
        refusal = ProviderRejected("the server responds ERROR", status=answer.status)
        refusal.vendor_error = read_vendor_error(answer.body, status=answer.status)
        raise refusal
    try:
        root = parse_xml(answer.body, max_bytes=MAX_ANSWER_BYTES, max_elements=MAX_ANSWER_ELEMENTS)
        return unwrap_envelope(root)
    except UnreadableMessage as fault:
        reason = fault.reason if isinstance(fault, UnreadableXml) else fault.code
        raise UnreadableAnswer(
            f"the provider's response is unreadable: {reason}", reason=reason, status=answer.status
        ) from None


def _error_of(root: XmlElement) -> ProviderRejected:
    """With type and code of the first error, by OTA's lists."""
    error = XmlReader(root).first("Errors", "Error")
    sent = {name: error.peek(name) or "" for name in ("Type", "Code")}
    codes = {name: code for name, code in sent.items() if code.isdecimal()}
    kind, code = codes.get("Type"), codes.get("Code")
    refusal = ProviderRejected("the server rejects the request", type=kind, code=code)
    text = _text_of(root)
    refusal.vendor_error = build_vendor_error(
        text,
        message=_PHRASES_BY_TYPE.get(kind or "", text),
        code=code,
        phrases=_PHRASES_BY_CODE,
    )
    return refusal


def _text_of(root: XmlElement) -> str:
    """Of all its errors."""
    errors = root.child("Errors")
    texts = [each.value or each.get("ShortText") for each in errors.children] if errors else []
    return "\n".join(filter(None, texts))
