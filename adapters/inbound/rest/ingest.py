"""Pushes of bookings, guests and availability, and the outcomes of deferred pushes."""

from collections.abc import Callable
from typing import Final

from flask import Response, request
from flask_smorest import Blueprint

from adapters.inbound.rest import schemas
from adapters.inbound.rest.admission import Admission
from adapters.inbound.rest.canonical_schemas import schema_of
from adapters.inbound.rest.idempotency import run_once_per_key
from adapters.inbound.rest.openapi import (
    IDEMPOTENCY_KEY,
    PREFER,
    request_body_spec,
    responses_spec,
    route,
)
from adapters.inbound.rest.request_bodies import json_response, parse_id, read_json_body
from adapters.inbound.rest.response_documents import batch_document, push_document
from adapters.inbound.rest.use_cases import PREFIX, RestUseCases
from application import log_context
from application.access.authenticate import Principal
from application.ingest.ingest_items import Push
from domain.access import Scope
from domain.canonical_format import SHAPES
from domain.messages import ItemKind

_PATHS: Final = {
    "bookings": ItemKind.BOOKING,
    "guests": ItemKind.GUEST,
    "availability": ItemKind.AVAILABILITY,
}
_PUSHED: Final = responses_spec(
    {
        200: ("All items are valid", schemas.PushResponseSchema),
        202: ("Stored; the outcome will be at Location", schemas.PushResponseSchema),
        207: ("Some items are quarantined, each with its reason", schemas.PushResponseSchema),
    },
    *(400, 401, 403, 404, 409, 413, 415, 422, 429, 503),
)
_SHOWN: Final = responses_spec(
    {200: ("The items and their outcomes", schemas.BatchResponseSchema)},
    *(400, 401, 403, 404, 429, 503),
)


def blueprint(use_cases: RestUseCases, admit: Admission) -> Blueprint:
    push = _PushViews(use_cases, admit)
    ingest = Blueprint("ingest", __name__, url_prefix=PREFIX, description="Data pushed by partners")
    for path, kind in _PATHS.items():
        add_view = route(
            ingest,
            f"POST /<provider>/{path}",
            f"Push {path}",
            _PUSHED,
            parameters=[IDEMPOTENCY_KEY, PREFER],
            requestBody=request_body_spec(schema_of(SHAPES[kind]), many=True),
        )
        add_view(push.view_for(kind, name=f"push_{path}"))

    @route(ingest, "/ingests/<batch_id>", "Outcome of a push", _SHOWN)
    def show_ingest(batch_id: str) -> Response:
        principal = admit()
        principal.require(Scope.INGEST)
        batch = parse_id(batch_id, "batch_id")
        return json_response(batch_document(batch, use_cases.find_batch(principal, batch)))

    return ingest


class _PushViews:
    def __init__(self, use_cases: RestUseCases, admit: Admission) -> None:
        self._use_cases = use_cases
        self._admit = admit

    def view_for(self, kind: ItemKind, *, name: str) -> Callable[[str], Response]:
        def push(provider: str) -> Response:
            self._use_cases.find_provider(provider)
            principal = self._admit(changes=True)
            principal.require_provider(provider)
            principal.require(Scope.INGEST)
            body = read_json_body()
            push_request = Push(
                provider=provider,
                kind=kind,
                body=body,
                correlation_id=log_context.correlation_id.get() or "",
                deferred=_wants_async(),
            )
            return run_once_per_key(
                self._use_cases.idempotent_requests,
                principal,
                body,
                lambda: self._push(principal, push_request),
            )

        push.__name__ = name
        return push

    def _push(self, principal: Principal, push_request: Push) -> Response:
        result = self._use_cases.ingest_items(principal, push_request)
        document = push_document(result)
        if push_request.deferred and result.items:
            response = json_response(document, 202, Preference_Applied="respond-async")
            response.headers["Location"] = str(document["status_url"])
            return response
        return json_response(document, 200 if result.all_understood else 207)


def _wants_async() -> bool:
    """`Prefer: respond-async` (RFC 7240)."""
    preferences = request.headers.get("Prefer", "").split(",")
    return any(p.partition(";")[0].strip().lower() == "respond-async" for p in preferences)
