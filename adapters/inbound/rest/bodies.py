"""Request bodies: their size, type and text, before anybody parses them."""

import zlib
from typing import Final
from uuid import UUID

import orjson
from flask import Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from adapters.inbound.rest.problems import BadQuery, BodyTooLarge, UnsupportedMediaType
from application.errors import InvalidRequest

JSON: Final = "application/json"


class NotJson(InvalidRequest):
    """The body is not JSON."""

    code = "unreadable_json"


def raw_body() -> bytes:
    """Raises BodyTooLarge, also for a chunked body as soon as it passes the limit."""
    if _encoding() != "identity":
        raise UnsupportedMediaType
    return _body()


def body_maybe_compressed() -> bytes:
    """`Content-Encoding: gzip` is undone, and bounded like any other body. Raises
    UnsupportedMediaType, BodyTooLarge."""
    if _encoding() not in ("identity", "gzip"):
        raise UnsupportedMediaType
    body = _body()
    return body if _encoding() == "identity" else _inflated(body, request.max_content_length)


def _encoding() -> str:
    return request.headers.get("Content-Encoding", "identity").strip().lower()


def _inflated(body: bytes, limit: int | None) -> bytes:
    """No more than one byte beyond the limit is ever unpacked."""
    unpacking = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        clear = unpacking.decompress(body, limit + 1 if limit is not None else 0)
    except zlib.error as error:
        raise UnsupportedMediaType("the body is not the gzip that it says it is") from error
    if limit is not None and len(clear) > limit:
        raise BodyTooLarge(limit=limit)
    if not unpacking.eof or unpacking.unused_data:
        raise UnsupportedMediaType("the body is not the gzip that it says it is")
    return clear


def _body() -> bytes:
    limit = request.max_content_length
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge as error:
        raise BodyTooLarge(limit=limit) from error
    # Werkzeug cuts a chunked body off at the limit without a word.
    if request.content_length is None and limit is not None and len(body) >= limit:
        raise BodyTooLarge(limit=limit)
    return body


def json_body() -> bytes:
    """Raises UnsupportedMediaType, BodyTooLarge."""
    mimetype = request.mimetype
    if mimetype != JSON and not (
        mimetype.startswith("application/") and mimetype.endswith("+json")
    ):
        raise UnsupportedMediaType
    if request.mimetype_params.get("charset", "utf-8").lower().replace("-", "") != "utf8":
        raise UnsupportedMediaType
    return raw_body()


def json_object(body: bytes) -> dict[str, object]:
    """For small commands without amounts. Raises NotJson, InvalidRequest."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise NotJson(f"unreadable JSON at character {error.pos}", position=error.pos) from error
    if not isinstance(value, dict):
        raise InvalidRequest("send a JSON object")
    return value


def answer(document: object, status: int = 200, **headers: str) -> Response:
    response = Response(orjson.dumps(document), status, content_type=JSON)
    for name, value in headers.items():
        response.headers[name.replace("_", "-")] = value
    return response


def query_integer(name: str, default: int) -> int:
    """Raises BadQuery."""
    text = request.args.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise BadQuery(f"{name}: send a whole number", field=name)
    return int(text)


def as_id(text: object, name: str) -> UUID:
    """Raises BadQuery."""
    if isinstance(text, str) and len(text) == 36:
        try:
            return UUID(text)
        except ValueError:
            pass
    raise BadQuery(f"{name}: send a UUID", field=name)
