"""Requests for syncs, and sync runs."""

from collections.abc import Mapping
from functools import partial
from typing import Final
from uuid import UUID

from flask import Response, request
from flask_smorest import Blueprint

from adapters.inbound.rest import schemas
from adapters.inbound.rest.admission import Admission
from adapters.inbound.rest.idempotency import run_once_per_key
from adapters.inbound.rest.openapi import (
    CURSOR,
    IDEMPOTENCY_KEY,
    LIMIT,
    any_field_of,
    request_body_spec,
    responses_spec,
    route,
)
from adapters.inbound.rest.problems import BadQuery
from adapters.inbound.rest.request_bodies import (
    json_response,
    parse_id,
    parse_json_object,
    parse_query_integer,
    read_json_body,
)
from adapters.inbound.rest.response_documents import run_document
from adapters.inbound.rest.use_cases import PREFIX, RestUseCases
from application import log_context
from application.access.authenticate import Principal
from application.connections.find_connections import connection_health
from application.errors import InvalidRequest, require_in_range
from application.queries.result_pages import MAX_FIRST
from domain.access import Scope
from domain.sync_run import SyncKind

_FIELDS: Final = frozenset({"provider", "connection_id", "kind"})
_KINDS: Final = {kind.value: kind for kind in SyncKind}
_QUEUED: Final = responses_spec(
    {202: ("Queued; the run is at Location", schemas.SyncRunResponseSchema)},
    *(400, 401, 403, 404, 409, 413, 415, 422, 429, 503),
)
_LISTED: Final = responses_spec(
    {200: ("A page of runs", schemas.SyncRunListSchema)},
    *(400, 401, 403, 422, 429, 503),
)
_CONNECTIONS: Final = responses_spec(
    {200: ("The caller's connections and their health", schemas.ConnectionListSchema)},
    *(400, 401, 403, 429, 503),
)
_SHOWN: Final = responses_spec(
    {200: ("The run", schemas.SyncRunResponseSchema)}, *(400, 401, 403, 404, 429, 503)
)


def blueprint(use_cases: RestUseCases, admit: Admission) -> Blueprint:
    sync = Blueprint("sync", __name__, url_prefix=PREFIX, description="Syncs from the PMS")
    body_spec = request_body_spec(
        any_field_of(schemas.SyncRequestSchema, "provider", "connection_id")
    )
    key = [IDEMPOTENCY_KEY]

    @route(sync, "POST /sync", "Request a sync", _QUEUED, parameters=key, requestBody=body_spec)
    def request_sync() -> Response:
        principal = admit(changes=True)
        principal.require(Scope.SYNC)
        body = read_json_body()
        queue = partial(_queue_sync, use_cases, principal, body)
        return run_once_per_key(use_cases.idempotent_requests, principal, body, queue)

    @route(sync, "/connections", "Connections, in order of creation", _CONNECTIONS)
    def list_connections() -> Response:
        principal = admit()
        _require_read_or_sync(principal)
        found = use_cases.find_connections(principal)
        return json_response({"connections": [connection_health(each) for each in found]})

    @route(sync, "/sync/runs", "Sync runs, newest first", _LISTED, parameters=[LIMIT, CURSOR])
    def list_sync_runs() -> Response:
        principal = admit()
        _require_read_or_sync(principal)
        limit = parse_query_integer("limit", 50)
        require_in_range("limit", limit, 1, MAX_FIRST)
        page = use_cases.find_sync_runs(principal, first=limit, after=request.args.get("after"))
        runs = [run_document(run) for run in page.rows]
        return json_response({"runs": runs, "next_after": page.next_cursor})

    @route(sync, "/sync/runs/<run_id>", "One sync run", _SHOWN)
    def show_sync_run(run_id: str) -> Response:
        principal = admit()
        _require_read_or_sync(principal)
        requested = parse_id(run_id, "run_id")
        return json_response(run_document(use_cases.find_sync_runs.one(principal, requested)))

    return sync


def _queue_sync(use_cases: RestUseCases, principal: Principal, body: bytes) -> Response:
    requested = parse_json_object(body)
    kind, connection_id = _parse_request(use_cases, principal, requested)
    connection = use_cases.find_connections.one(principal, connection_id)
    log_context.connection.set(str(connection.id))
    queued = use_cases.request_sync(
        connection.id,
        kind,
        correlation_id=log_context.correlation_id.get() or "",
        hotel_id=principal.hotel_id,
    )
    document = run_document(queued)
    return json_response(document, 202, Location=str(document["status_url"]))


def _parse_request(
    use_cases: RestUseCases, principal: Principal, requested: Mapping[str, object]
) -> tuple[SyncKind, UUID | None]:
    """Raises InvalidRequest, UnknownProvider, Forbidden."""
    for name in requested:
        if name not in _FIELDS:
            raise InvalidRequest(f"send only {', '.join(sorted(_FIELDS))}", field=name[:40])
    provider, connection_id = requested.get("provider"), requested.get("connection_id")
    if provider is None and connection_id is None:
        raise InvalidRequest("provider: send provider or connection_id", field="provider")
    if provider is not None:
        if not isinstance(provider, str):
            raise InvalidRequest("provider: send a text", field="provider")
        use_cases.find_provider(provider)
        principal.require_provider(provider)
    kind = requested.get("kind", SyncKind.DELTA.value)
    if not isinstance(kind, str) or kind not in _KINDS:
        raise InvalidRequest(f"kind: send one of {', '.join(_KINDS)}", field="kind")
    return _KINDS[kind], _parse_connection_id(connection_id)


def _parse_connection_id(value: object) -> UUID | None:
    if value is None:
        return None
    try:
        return parse_id(value, "connection_id")
    except BadQuery as error:
        raise InvalidRequest("connection_id: send a UUID", field="connection_id") from error


def _require_read_or_sync(principal: Principal) -> None:
    """Either scope allows reading sync runs."""
    if Scope.SYNC not in principal.scopes:
        principal.require(Scope.READ)
