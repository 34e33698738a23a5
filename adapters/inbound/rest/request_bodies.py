"""Request bodies: size, type and encoding are checked before parsing."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from uuid import UUID

import orjson
from flask import Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from adapters.inbound.rest.problems import BadQuery, BodyTooLarge, UnsupportedMediaType
from application.errors import InvalidRequest

JSON: Final = "application/json"


class InvalidJsonBody(InvalidRequest, code="unreadable_json"):
    """The body is not JSON."""


def read_raw_body() -> bytes:
    """Raises BodyTooLarge, for a chunked body as soon as it passes the limit."""
    if _content_encoding() != "identity":
        raise UnsupportedMediaType
    return _read_body()


class CompressedBody:
    """Accepts `Content-Encoding: gzip`; the limit holds for the decompressed body. Raises
    UnsupportedMediaType, BodyTooLarge."""

    def __init__(self) -> None:
        self._is_compressed = _content_encoding() == "gzip"
        if _content_encoding() not in ("identity", "gzip"):
            raise UnsupportedMediaType
        self._start = b""

    def start(self, length: int) -> bytes:
        """At most the first `length` bytes; not all of them where they are compressed badly."""
        try:
            self._start = request.stream.read(length)
        except RequestEntityTooLarge as error:
            raise BodyTooLarge(limit=request.max_content_length) from error
        if not self._is_compressed:
            return self._start
        with _valid_gzip():
            return _decompressor().decompress(self._start, length)

    def read(self) -> bytes:
        body = self._start + _read_body()
        return _decompress(body, request.max_content_length) if self._is_compressed else body


def _content_encoding() -> str:
    return request.headers.get("Content-Encoding", "identity").strip().lower()


def _decompressor() -> "zlib._Decompress":
    return zlib.decompressobj(16 + zlib.MAX_WBITS)


@contextmanager
def _valid_gzip() -> Iterator[None]:
    try:
        yield
    except zlib.error as error:
        raise UnsupportedMediaType("the body is not valid gzip") from error


def _decompress(body: bytes, limit: int | None) -> bytes:
    """Decompresses at most one byte beyond the limit."""
    decompressor = _decompressor()
    with _valid_gzip():
        decompressed = decompressor.decompress(body, limit + 1 if limit is not None else 0)
    if limit is not None and len(decompressed) > limit:
        raise BodyTooLarge(limit=limit)
    if not decompressor.eof or decompressor.unused_data:
        raise UnsupportedMediaType("the body is not valid gzip")
    return decompressed


def _read_body() -> bytes:
    limit = request.max_content_length
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge as error:
        raise BodyTooLarge(limit=limit) from error
    # Werkzeug truncates a chunked body at the limit without an error.
    if request.content_length is None and limit is not None and len(body) >= limit:
        raise BodyTooLarge(limit=limit)
    return body


def read_json_body() -> bytes:
    """Raises UnsupportedMediaType, BodyTooLarge."""
    mimetype = request.mimetype
    if mimetype != JSON and not (
        mimetype.startswith("application/") and mimetype.endswith("+json")
    ):
        raise UnsupportedMediaType
    if request.mimetype_params.get("charset", "utf-8").lower().replace("-", "") != "utf8":
        raise UnsupportedMediaType
    return read_raw_body()


def parse_json_object(body: bytes) -> dict[str, object]:
    """For small bodies without amounts. Raises InvalidJsonBody, InvalidRequest."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidJsonBody(
            f"unreadable JSON at character {error.pos}", position=error.pos
        ) from error
    if not isinstance(value, dict):
        raise InvalidRequest("send a JSON object")
    return value


def json_response(document: object, status: int = 200, **headers: str) -> Response:
    response = Response(orjson.dumps(document), status, content_type=JSON)
    for name, value in headers.items():
        response.headers[name.replace("_", "-")] = value
    return response


def parse_query_integer(name: str, default: int) -> int:
    """Raises BadQuery."""
    text = request.args.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise BadQuery(f"{name}: send an integer", field=name)
    return int(text)


def parse_id(text: object, name: str) -> UUID:
    """Raises BadQuery."""
    if isinstance(text, str) and len(text) == 36:
        try:
            return UUID(text)
        except ValueError:
            pass
    raise BadQuery(f"{name}: send a UUID", field=name)
