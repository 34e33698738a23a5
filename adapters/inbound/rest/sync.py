"""Asking for a sync, and the outcomes of those that were."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from flask import Response
from flask_smorest import Blueprint

from adapters.inbound.rest import schemas
from adapters.inbound.rest.admission import Admission
from adapters.inbound.rest.bodies import answer, as_id, json_body, json_object, query_integer
from adapters.inbound.rest.documents import run_document
from adapters.inbound.rest.idempotency import once
from adapters.inbound.rest.openapi import IDEMPOTENCY_KEY, LIMIT, OFFSET, answers, route, sends
from adapters.inbound.rest.use_cases import PREFIX, UseCases
from application import log_context
from application.authenticate import Principal
from application.errors import InvalidRequest
from domain.access import Scope
from domain.sync import SyncKind

_FIELDS: Final = frozenset({"provider", "connection_id", "kind"})
_KINDS: Final = {kind.value: kind for kind in SyncKind}


def blueprint(use_cases: UseCases, admit: Admission) -> Blueprint:
    sync = Blueprint(
        "sync", __name__, url_prefix=f"{PREFIX}/sync", description="Pulls from the PMS"
    )

    @route(
        sync,
        "",
        method="POST",
        summary="Ask for a sync now",
        operationId="request_sync",
        parameters=[IDEMPOTENCY_KEY],
        requestBody=sends(schemas.SyncRequest),
        responses=answers(
            {202: ("Queued; its outcome will be at Location", schemas.SyncRunAnswer)},
            *(400, 401, 403, 404, 409, 413, 415, 422, 429, 503),
        ),
    )
    def request_sync() -> Response:
        principal = admit(changes=True)
        principal.require(Scope.SYNC)
        body = json_body()
        return once(
            use_cases.idempotent_requests,
            principal,
            body,
            lambda: _queue(use_cases, principal, body),
        )

    @route(
        sync,
        "/runs",
        summary="Outcomes, newest first",
        operationId="list_sync_runs",
        parameters=[LIMIT, OFFSET],
        responses=answers(
            {200: ("Some of them and how many there are", schemas.SyncRunList)},
            *(400, 401, 403, 422, 429, 503),
        ),
    )
    def runs() -> Response:
        principal = admit()
        _may_look(principal)
        limit, offset = query_integer("limit", 50), query_integer("offset", 0)
        found = use_cases.find_sync_runs(principal, limit=limit, offset=offset)
        return answer(
            {
                "runs": [run_document(run) for run in found.runs],
                "total": found.total,
                "limit": limit,
                "offset": offset,
            }
        )

    @route(
        sync,
        "/runs/<run_id>",
        summary="One outcome",
        operationId="show_sync_run",
        responses=answers(
            {200: ("The run", schemas.SyncRunAnswer)}, *(400, 401, 403, 404, 429, 503)
        ),
    )
    def run(run_id: str) -> Response:
        principal = admit()
        _may_look(principal)
        wanted = as_id(run_id, "run_id")
        return answer(run_document(use_cases.find_sync_runs.one(principal, wanted)))

    return sync


def _queue(use_cases: UseCases, principal: Principal, body: bytes) -> Response:
    wanted = json_object(body)
    kind, connection_id = _checked(use_cases, principal, wanted)
    connection = use_cases.find_connections.one(principal, connection_id)
    log_context.connection.set(str(connection.id))
    queued = use_cases.request_sync(
        connection.id,
        kind,
        correlation_id=log_context.correlation_id.get() or "",
        hotel_id=principal.hotel_id,
    )
    document = run_document(queued)
    return answer(document, 202, Location=str(document["status_url"]))


def _checked(
    use_cases: UseCases, principal: Principal, wanted: Mapping[str, object]
) -> tuple[SyncKind, UUID | None]:
    """Raises InvalidRequest, UnknownProvider, Forbidden."""
    for name in wanted:
        if name not in _FIELDS:
            raise InvalidRequest(f"send only {', '.join(sorted(_FIELDS))}", field=name[:40])
    provider, connection_id = wanted.get("provider"), wanted.get("connection_id")
    if provider is None and connection_id is None:
        raise InvalidRequest("provider: send it, or connection_id", field="provider")
    if provider is not None:
        if not isinstance(provider, str):
            raise InvalidRequest("provider: send a text", field="provider")
        use_cases.find_provider(provider)
        principal.require_provider(provider)
    kind = wanted.get("kind", SyncKind.DELTA.value)
    if not isinstance(kind, str) or kind not in _KINDS:
        raise InvalidRequest(f"kind: send one of {', '.join(_KINDS)}", field="kind")
    return _KINDS[kind], _connection_id(connection_id)


def _connection_id(value: object) -> UUID | None:
    if value is None:
        return None
    try:
        return UUID(value) if isinstance(value, str) else UUID("")
    except ValueError as error:
        raise InvalidRequest("connection_id: send a UUID", field="connection_id") from error


def _may_look(principal: Principal) -> None:
    """Who may ask for syncs may see what became of them."""
    if Scope.SYNC not in principal.scopes:
        principal.require(Scope.READ)
