"""Pushes of bookings, guests and availability, and what became of the deferred ones."""

from collections.abc import Callable
from typing import Final

from flask import Response, request
from flask_smorest import Blueprint

from adapters.inbound.rest import schemas
from adapters.inbound.rest.admission import Admission
from adapters.inbound.rest.bodies import answer, as_id, json_body
from adapters.inbound.rest.documents import batch_document, push_document
from adapters.inbound.rest.idempotency import once
from adapters.inbound.rest.openapi import IDEMPOTENCY_KEY, PREFER, answers, route, sends
from adapters.inbound.rest.use_cases import PREFIX, UseCases
from application import log_context
from application.authenticate import Principal
from application.ingest_items import Push
from domain.access import Scope
from domain.messages import ItemKind

_PATHS: Final = {
    "bookings": (ItemKind.BOOKING, schemas.CanonicalBooking),
    "guests": (ItemKind.GUEST, schemas.CanonicalGuest),
    "availability": (ItemKind.AVAILABILITY, schemas.CanonicalAvailability),
}


def blueprint(use_cases: UseCases, admit: Admission) -> Blueprint:
    push = _Pushing(use_cases, admit)
    ingest = Blueprint("ingest", __name__, url_prefix=PREFIX, description="Data from partners")
    for path, (kind, schema) in _PATHS.items():
        documented = route(
            ingest,
            f"/<provider>/{path}",
            method="POST",
            endpoint=path,
            summary=f"Push {path}",
            operationId=f"push_{path}",
            parameters=[IDEMPOTENCY_KEY, PREFER],
            requestBody=sends(schema, many=True),
            responses=answers(
                {
                    200: ("Every item was understood", schemas.PushAnswer),
                    202: ("Stored; the status is at Location", schemas.PushAnswer),
                    207: ("Some items are quarantined, with the reason", schemas.PushAnswer),
                },
                *(400, 401, 403, 404, 409, 413, 415, 422, 429, 503),
            ),
        )
        documented(push.of_kind(kind))

    @route(
        ingest,
        "/ingests/<batch_id>",
        summary="What became of a push",
        operationId="show_ingest",
        responses=answers(
            {200: ("The items with their outcomes", schemas.BatchAnswer)},
            *(400, 401, 403, 404, 429, 503),
        ),
    )
    def status(batch_id: str) -> Response:
        principal = admit()
        principal.require(Scope.INGEST)
        wanted = as_id(batch_id, "batch_id")
        return answer(batch_document(wanted, use_cases.find_batch(principal, wanted)))

    return ingest


class _Pushing:
    def __init__(self, use_cases: UseCases, admit: Admission) -> None:
        self._use_cases = use_cases
        self._admit = admit

    def of_kind(self, kind: ItemKind) -> Callable[[str], Response]:
        def push(provider: str) -> Response:
            self._use_cases.find_provider(provider)
            principal = self._admit(changes=True)
            principal.require_provider(provider)
            principal.require(Scope.INGEST)
            body = json_body()
            pushed = Push(
                provider=provider,
                kind=kind,
                body=body,
                correlation_id=log_context.correlation_id.get() or "",
                deferred=_wants_async(),
            )
            return once(
                self._use_cases.idempotent_requests,
                principal,
                body,
                lambda: self._push(principal, pushed),
            )

        return push

    def _push(self, principal: Principal, pushed: Push) -> Response:
        result = self._use_cases.ingest_items(principal, pushed)
        document = push_document(result)
        if pushed.deferred and result.items:
            response = answer(document, 202, Preference_Applied="respond-async")
            response.headers["Location"] = str(document["status_url"])
            return response
        return answer(document, 200 if result.understood else 207)


def _wants_async() -> bool:
    """`Prefer: respond-async` (RFC 7240)."""
    preferences = request.headers.get("Prefer", "").split(",")
    return any(p.partition(";")[0].strip().lower() == "respond-async" for p in preferences)
