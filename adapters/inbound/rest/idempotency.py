"""One stored response per Idempotency-Key; responses that ask for a retry are not stored."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

import orjson
from flask import Response, request

from adapters.inbound.rest.problems import MEDIA_TYPE, problem_from_error
from adapters.inbound.rest.request_bodies import JSON
from application.access.authenticate import Principal
from application.ingest.idempotent_requests import IdempotentRequests, StoredResponse
from domain.errors import PmsError

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
_NOT_STORED: Final = (HTTPStatus.MULTI_STATUS, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
"""A repeat may succeed: an item was quarantined, the hotel was not connected, a key in flight."""


def run_once_per_key(
    requests: IdempotentRequests, principal: Principal, body: bytes, handler: Callable[[], Response]
) -> Response:
    """Raises BadKey, KeyInFlight, KeyReused; without a key, what `handler` raises."""
    key = request.headers.get(HEADER)
    if key is None:
        return handler()
    stored_response = requests.begin(
        principal.token_id, key, request=_request_identity(principal, body)
    )
    if stored_response is not None:
        return _replay_response(stored_response)
    is_stored = False
    try:
        response = _run_handler(handler)
        if is_stored := response.status_code < 500 and response.status_code not in _NOT_STORED:
            final = StoredResponse(response.status_code, response.get_data())
            requests.finish(principal.token_id, key, final)
    finally:
        if not is_stored:
            requests.release_key(principal.token_id, key)
    return response


def _run_handler(handler: Callable[[], Response]) -> Response:
    try:
        return handler()
    except PmsError as error:
        return problem_from_error(error).response()


def _request_identity(principal: Principal, body: bytes) -> bytes:
    prefer = request.headers.get("Prefer", "")
    head = (request.method, request.path, str(principal.hotel_id), prefer)
    return "\0".join(head).encode() + b"\0" + body


def _replay_response(stored_response: StoredResponse) -> Response:
    content_type = MEDIA_TYPE if stored_response.status >= 400 else JSON
    response = Response(stored_response.body, stored_response.status, content_type=content_type)
    response.headers[REPLAYED] = "true"
    if stored_response.status == 202:
        response.headers["Location"] = orjson.loads(stored_response.body)["status_url"]
    return response
