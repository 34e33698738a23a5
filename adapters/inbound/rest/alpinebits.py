"""AlpineBits has one address, which takes OTA XML too; answers are in the sender's words."""

from dataclasses import replace
from typing import Final

from flask import Response, request
from flask_smorest import Blueprint
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from adapters.inbound.rest.bodies import body_maybe_compressed
from adapters.inbound.rest.openapi import BASIC, Description, answers, route
from adapters.inbound.rest.problems import (
    BodyTooLarge,
    UnsupportedMediaType,
    problem_of,
    status_for_sender,
)
from adapters.inbound.rest.use_cases import PREFIX, UseCases
from application import log_context
from application.converse import Document
from application.errors import InvalidRequest
from domain.errors import PmsError

NAME: Final = "alpinebits"
FORM: Final = "multipart/form-data"
XML: Final = ("text/xml", "application/xml", "application/soap+xml")
_FIELDS: Final = frozenset({"action", "request"})
_MOST_PARTS: Final = 10


class UnreadableForm(InvalidRequest):
    """The body is not the multipart/form-data that its Content-Type says."""

    code = "unreadable_form"


def blueprint(use_cases: UseCases) -> Blueprint:
    alpinebits = Blueprint(
        NAME, __name__, url_prefix=PREFIX, description="AlpineBits and OTA XML from the PMS itself"
    )

    @route(
        alpinebits,
        f"/{NAME}",
        method="POST",
        summary="An AlpineBits action, or an OTA document",
        operationId="converse_in_alpinebits",
        description=_DESCRIPTION,
        security=BASIC,
        parameters=[_VERSION],
        requestBody=_REQUEST,
        responses=_RESPONSES,
    )
    def receive() -> Response:
        log_context.provider.set(NAME)
        document = Document(
            provider=NAME,
            headers={name.lower(): value for name, value in request.headers.items()},
            body=b"",
            correlation_id=log_context.correlation_id.get() or "",
            is_form=request.mimetype == FORM,
        )
        try:
            document = _filled(document)
            said = use_cases.converse(document)
        except PmsError as error:
            return _refused(use_cases, document, error)
        response = Response(said.body, 200, content_type=said.content_type)
        response.headers.update(said.headers)
        return response

    return alpinebits


def _refused(use_cases: UseCases, document: Document, error: PmsError) -> Response:
    said = use_cases.converse.refusal(document, error)
    if said is None:
        return problem_of(error).response()
    status, headers = status_for_sender(error)
    response = Response(said.body, status, content_type=said.content_type)
    response.headers.update({**said.headers, **headers})
    return response


def _filled(document: Document) -> Document:
    """Raises UnsupportedMediaType, BodyTooLarge, UnreadableForm."""
    if not document.is_form and request.mimetype not in XML:
        raise UnsupportedMediaType(f"send {FORM} or one of {', '.join(XML)}")
    body = body_maybe_compressed()
    if not document.is_form:
        return replace(document, body=body)
    fields = _fields(body, request.mimetype_params.get("boundary", ""))
    action = fields.get("action", b"").decode("utf-8", "replace").strip()
    return replace(document, action=action, body=fields.get("request", b""))


def _fields(body: bytes, boundary: str) -> dict[str, bytes]:
    """The form's two parameters to the byte; it does not matter whether as fields or as files."""
    if not boundary.isascii() or not 0 < len(boundary) <= 200:
        raise UnreadableForm
    decoder = MultipartDecoder(boundary.encode(), max_parts=_MOST_PARTS)
    found: dict[str, bytearray] = {}
    try:
        decoder.receive_data(body)
        decoder.receive_data(None)
        part = bytearray()
        while not isinstance(event := decoder.next_event(), Epilogue | NeedData):
            if isinstance(event, Field | File):
                part = _begun(event.name, found)
            elif isinstance(event, Data):
                part += event.data
    except RequestEntityTooLarge as error:
        raise BodyTooLarge from error
    except ValueError as error:
        raise UnreadableForm from error
    return {name: bytes(value) for name, value in found.items()}


def _begun(name: str, found: dict[str, bytearray]) -> bytearray:
    if name in found:
        raise UnreadableForm("a parameter came twice")
    if name in _FIELDS:
        found[name] = bytearray()
    return found.get(name, bytearray())


_DESCRIPTION: Final = (
    "Three ways in: AlpineBits as multipart/form-data with `action` and `request` (2015-07b to "
    "2022-10: handshake, housekeeping, FreeRooms, GuestRequests pushed to us); an OTA document as "
    "it is; the same in a SOAP envelope. Credentials: HTTP basic auth or a WSSE UsernameToken; the "
    "user name is the connection's key. What is understood but refused is status 200 with the "
    "standard's error document; what is no message is one line `ERROR:…` or a SOAP Fault. Sending "
    "again is harmless."
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
_SAID: Final[Description] = {"text/xml": _TEXT, "application/soap+xml": _TEXT, "text/plain": _TEXT}
_MEANINGS: Final = {
    200: "Stored and applied, or the standard's error document",
    400: "No message, no such action, no such version",
    401: "No credentials, or wrong ones",
    403: "The adapter layer is switched off for this hotel",
    413: "More than one message may hold",
    415: "Another content type, or a compression that is not gzip",
    503: "It could not be stored; send it again",
}
_RESPONSES: Final[Description] = {
    **{str(code): {"description": said, "content": _SAID} for code, said in _MEANINGS.items()},
    **answers({}, 404),
}
