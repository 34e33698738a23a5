"""The AlpineBits endpoint, which accepts OTA XML too; responses use the sender's format."""

from dataclasses import replace
from typing import Final

from flask import Response, request
from flask_smorest import Blueprint
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from adapters.inbound.rest.openapi import BASIC, Description, responses_spec, route
from adapters.inbound.rest.problems import (
    BodyTooLarge,
    UnsupportedMediaType,
    document_error_status,
    problem_from_error,
)
from adapters.inbound.rest.request_bodies import CompressedBody
from adapters.inbound.rest.sign_in_throttle import SignInThrottle
from adapters.inbound.rest.use_cases import PREFIX, RestUseCases
from application import log_context
from application.errors import InvalidRequest
from application.ingest.exchange_document import START_BYTES, DocumentRequest
from domain.errors import PmsError

NAME: Final = "alpinebits"
FORM: Final = "multipart/form-data"
XML: Final = ("text/xml", "application/xml", "application/soap+xml")
_FIELDS: Final = frozenset({"action", "request"})
_MAX_PARTS: Final = 10


class UnreadableForm(InvalidRequest, code="unreadable_form"):
    """The body is not valid multipart/form-data."""


def blueprint(use_cases: RestUseCases, throttle: SignInThrottle) -> Blueprint:
    alpinebits = Blueprint(
        NAME, __name__, url_prefix=PREFIX, description="AlpineBits and OTA XML, sent by the PMS"
    )

    @route(
        alpinebits,
        f"POST /{NAME}",
        "An AlpineBits action, or an OTA document",
        _RESPONSES,
        description=_DESCRIPTION,
        security=BASIC,
        parameters=[_VERSION],
        requestBody=_REQUEST,
    )
    def exchange_alpinebits_document() -> Response:
        log_context.provider.set(NAME)
        document = DocumentRequest(
            provider=NAME,
            headers={name.lower(): value for name, value in request.headers.items()},
            document=b"",
            correlation_id=log_context.correlation_id.get() or "",
            is_form=request.mimetype == FORM,
        )
        try:
            body = _Body(document)
            document = body.start()
            with throttle.attempt(key=_user_name()):
                response_document = use_cases.exchange_document(document)
        except PmsError as error:
            return _error_response(use_cases, document, error)
        response = Response(
            response_document.body, 200, content_type=response_document.content_type
        )
        response.headers.update(response_document.headers)
        return response

    return alpinebits


def _user_name() -> str | None:
    """Of HTTP basic auth: the connection's key."""
    return request.authorization.username if request.authorization else None


def _error_response(
    use_cases: RestUseCases, document: DocumentRequest, error: PmsError
) -> Response:
    response_document = use_cases.exchange_document.render_error(document, error)
    if response_document is None:
        return problem_from_error(error).response()
    status, headers = document_error_status(error)
    response = Response(response_document.body, status, content_type=response_document.content_type)
    response.headers.update({**response_document.headers, **headers})
    return response


class _Body:
    """Read as far as the sender is known. Raises UnsupportedMediaType, BodyTooLarge,
    UnreadableForm."""

    def __init__(self, document: DocumentRequest) -> None:
        if not document.is_form and request.mimetype not in XML:
            raise UnsupportedMediaType(f"send {FORM} or one of {', '.join(XML)}")
        self._document = document
        self._body = CompressedBody()

    def start(self) -> DocumentRequest:
        """With the beginning of the document: credentials may be in it, and an error is answered in
        its format."""
        start = b"" if self._document.is_form else self._body.start(START_BYTES)
        return replace(self._document, document=start, load=self._load)

    def _load(self) -> DocumentRequest:
        body = self._body.read()
        if not self._document.is_form:
            return replace(self._document, document=body)
        fields = _parse_form(body, request.mimetype_params.get("boundary", ""))
        action = fields.get("action", b"").decode("utf-8", "replace").strip()
        return replace(self._document, action=action, document=fields.get("request", b""))


def _parse_form(body: bytes, boundary: str) -> dict[str, bytes]:
    """The form's two parameters as bytes; each may be a field or a file."""
    if not boundary.isascii() or not 0 < len(boundary) <= 200:
        raise UnreadableForm
    decoder = MultipartDecoder(boundary.encode(), max_parts=_MAX_PARTS)
    parts: dict[str, bytearray] = {}
    try:
        decoder.receive_data(body)
        decoder.receive_data(None)
        part = bytearray()
        while not isinstance(event := decoder.next_event(), Epilogue | NeedData):
            if isinstance(event, Field | File):
                part = _start_part(event.name, parts)
            elif isinstance(event, Data):
                part += event.data
    except RequestEntityTooLarge as error:
        raise BodyTooLarge from error
    except ValueError as error:
        raise UnreadableForm from error
    return {name: bytes(value) for name, value in parts.items()}


def _start_part(name: str, parts: dict[str, bytearray]) -> bytearray:
    if name in parts:
        raise UnreadableForm("a parameter was sent twice")
    if name in _FIELDS:
        parts[name] = bytearray()
    return parts.get(name, bytearray())


_DESCRIPTION: Final = (
    "Three formats: AlpineBits as multipart/form-data with `action` and `request` (2015-07b to "
    "2022-10: handshake, housekeeping, FreeRooms, pushed GuestRequests); a plain OTA document; an "
    "OTA document in a SOAP envelope. Credentials: HTTP basic auth or a WSSE UsernameToken; the "
    "user name is the connection's key. A valid message that is rejected gets status 200 with the "
    "standard's error document; anything else gets one line `ERROR:…` or a SOAP Fault. Requests "
    "are idempotent."
)
_VERSION: Final[Description] = {
    "in": "header",
    "name": "X-AlpineBits-ClientProtocolVersion",
    "description": "Required with multipart/form-data",
    "schema": {"type": "string", "examples": ["2020-10"]},
}
_TEXT: Final[Description] = {"schema": {"type": "string"}}
_REQUEST: Final[Description] = {
    "required": True,
    "content": {
        FORM: {
            "schema": {
                "type": "object",
                "required": ["action"],
                "properties": {"action": {"type": "string"}, "request": {"type": "string"}},
            }
        },
        **dict.fromkeys(XML, _TEXT),
    },
}
_RESPONSE_CONTENT: Final[Description] = {
    "text/xml": _TEXT,
    "application/soap+xml": _TEXT,
    "text/plain": _TEXT,
}
_STATUS_DESCRIPTIONS: Final = {
    200: "Stored and applied, or the standard's error document",
    400: "Not a message, or an unknown action or version",
    401: "Credentials missing or wrong",
    403: "The hotel is disabled",
    413: "The message is too large",
    415: "Unsupported content type or encoding",
    503: "Not stored; retry later",
}
_RESPONSES: Final[Description] = {
    **{
        str(code): {"description": description, "content": _RESPONSE_CONTENT}
        for code, description in _STATUS_DESCRIPTIONS.items()
    },
    **responses_spec({}, 404),
}
