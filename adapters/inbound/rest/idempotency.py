"""One answer per Idempotency-Key. An answer that asks to try again is not kept."""

from collections.abc import Callable
from typing import Final

import orjson
from flask import Response, request

from adapters.inbound.rest.bodies import JSON
from adapters.inbound.rest.problems import MEDIA_TYPE, problem_of
from application.authenticate import Principal
from application.idempotent_requests import Answer, IdempotentRequests
from domain.errors import PmsError

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"


def once(
    requests: IdempotentRequests, principal: Principal, body: bytes, work: Callable[[], Response]
) -> Response:
    """Raises BadKey, KeyInFlight, KeyReused, and what `work` raises where there is no key."""
    key = request.headers.get(HEADER)
    if key is None:
        return work()
    kept = requests.begin(principal.token_id, key, request=_identity(principal, body))
    if kept is not None:
        return _replayed(kept)
    is_kept = False
    try:
        response = _answered(work)
        if is_kept := response.status_code < 500 and response.status_code != 409:
            final = Answer(response.status_code, response.get_data())
            requests.finish(principal.token_id, key, final)
    finally:
        if not is_kept:
            requests.give_up(principal.token_id, key)
    return response


def _answered(work: Callable[[], Response]) -> Response:
    try:
        return work()
    except PmsError as error:
        return problem_of(error).response()


def _identity(principal: Principal, body: bytes) -> bytes:
    prefer = request.headers.get("Prefer", "")
    head = (request.method, request.path, str(principal.hotel_id), prefer)
    return "\0".join(head).encode() + b"\0" + body


def _replayed(kept: Answer) -> Response:
    content_type = MEDIA_TYPE if kept.status >= 400 else JSON
    response = Response(kept.body, kept.status, content_type=content_type)
    response.headers[REPLAYED] = "true"
    if kept.status == 202:
        response.headers["Location"] = orjson.loads(kept.body)["status_url"]
    return response
