"""The whole application on a store in memory: real Flask app, real use cases, real canonical
provider, and a scripted one that can be pulled."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from adapters.inbound.graphql.use_cases import GraphQLOptions, GraphQLUseCases
from adapters.inbound.graphql.view import graphql_registrar
from adapters.inbound.rest.app import build_app
from adapters.inbound.rest.use_cases import Options, UseCases
from adapters.outbound.memory.clock import FrozenClock, ScriptedRandomness
from adapters.outbound.memory.jobs import RecordingJobQueue
from adapters.outbound.memory.providers import ScriptedProvider
from adapters.outbound.memory.store import InMemoryStore
from adapters.outbound.provider_kit.card_scrubber import scrub_bytes
from adapters.outbound.providers.canonical.provider import CanonicalProvider
from adapters.outbound.system import Uuid7Generator
from application.access.authenticate import Authenticate
from application.access.issue_token import IssueToken, TokenRequest
from application.access.rotate_token import RevokeToken
from application.check_health import CheckHealth
from application.connections.add_connection import AddConnection, NewConnection
from application.connections.find_connections import FindConnections
from application.connections.verify_connection import VerifyConnection
from application.hotels.add_hotel import AddHotel
from application.hotels.find_hotel import FindHotel
from application.inbox.find_quarantine import FindQuarantine
from application.inbox.process_inbox import ProcessInbox
from application.inbox.receive_webhook import ReceiveWebhook
from application.inbox.replay_quarantine import ReplayQuarantine
from application.ingest.exchange_document import ExchangeDocument
from application.ingest.find_batch import FindBatch
from application.ingest.idempotent_requests import IdempotentRequests
from application.ingest.ingest_items import IngestItems
from application.queries.find_booking import FindBooking, FindStatusHistory
from application.queries.find_bookings import FindAvailability, FindBookings, FindGuests
from application.queries.find_providers import FindProvider
from application.sync.find_sync_runs import FindSyncRuns
from application.sync.request_sync import RequestSync
from domain.access import Scope
from domain.connection import Connection
from domain.hotel import Hotel
from domain.schedule import Schedule
from ports.errors import UnknownProvider

ALL_SCOPES = frozenset({Scope.INGEST, Scope.READ, Scope.SYNC})
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class HookedProvider(CanonicalProvider):
    """Canonical; `on_read` is called while a request is being processed."""

    def __init__(self) -> None:
        self.on_read: Callable[[], object] | None = None

    def read_items(self, *args: Any, **named: Any) -> Any:
        called, self.on_read = self.on_read, None
        if called is not None:
            called()
        return super().read_items(*args, **named)


class HarnessProviders:
    """Canonical and scripted, and such as a test brings."""

    def __init__(
        self,
        canonical: HookedProvider,
        scripted: ScriptedProvider,
        further: Mapping[str, Any],
    ) -> None:
        self._named: dict[str, Any] = {"canonical": canonical, "scripted": scripted, **further}

    def get(self, name: str) -> Any:
        if name not in self._named:
            raise UnknownProvider(provider=name)
        return self._named[name]

    def all(self) -> list[Any]:
        return list(self._named.values())


@dataclass
class Caller:
    """A partner with its credentials."""

    client: FlaskClient
    token: str
    key: str
    token_id: UUID
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def headers(self) -> dict[str, str]:
        return {
            "X-PMS-Provider-Key": self.key,
            "Authorization": f"Bearer {self.token}",
            **self.extra,
        }

    def post(self, path: str, body: object, **headers: str) -> TestResponse:
        return self.send(path, json.dumps(body).encode(), **headers)

    def send(self, path: str, body: bytes, **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"Content-Type": "application/json", **self.headers, **named}
        return self.client.post(path, data=body, headers=sent)

    def get(self, path: str, **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.get(path, headers={**self.headers, **named})


class HttpHarness:
    def __init__(
        self,
        *,
        options: Options | None = None,
        graphql_options: GraphQLOptions | None = None,
        store: Any = None,
        further_providers: Mapping[str, Any] | None = None,
    ) -> None:
        self.store = store or InMemoryStore()
        self.clock = FrozenClock(NOON)
        self.ids = Uuid7Generator()
        self.randomness = ScriptedRandomness()
        self.queue = RecordingJobQueue(self.store if store is None else None)
        self.scripted = ScriptedProvider(self.clock)
        self.canonical = HookedProvider()
        self.providers = HarnessProviders(self.canonical, self.scripted, further_providers or {})
        self.authenticate = Authenticate(self.store.directory, self.store.unit_of_work, self.clock)
        self.keys: dict[tuple[str, str], str] = {}
        self.use_cases = self._use_cases()
        self.graphql = self._graphql_use_cases()
        registrar = graphql_registrar(self.graphql, graphql_options)
        self.app = build_app(self.use_cases, options, [registrar])
        self.client = self.app.test_client()

    def _use_cases(self) -> UseCases:
        store, clock, ids = self.store, self.clock, self.ids
        uow, directory = store.unit_of_work, store.directory
        outside = {
            "unit_of_work": uow,
            "directory": directory,
            "providers": self.providers,
            "queue": self.queue,
            "mask_cards": scrub_bytes,
            "clock": clock,
            "ids": ids,
        }
        connections = FindConnections(directory)
        self.process_inbox = ProcessInbox(uow, self.providers, self.queue, clock, ids)
        return UseCases(
            authenticate=self.authenticate,
            ingest_items=IngestItems(**outside),
            find_batch=FindBatch(uow),
            receive_webhook=ReceiveWebhook(**outside),
            exchange_document=ExchangeDocument(**outside),
            request_sync=RequestSync(uow, self.providers, self.queue, clock, ids),
            find_sync_runs=FindSyncRuns(store.queries),
            find_connections=connections,
            find_quarantine=FindQuarantine(store.queries),
            replay_quarantine=ReplayQuarantine(uow, self.process_inbox),
            find_provider=FindProvider(self.providers),
            idempotent_requests=IdempotentRequests(uow, clock),
            check_health=CheckHealth(store.queries, self.queue),
            now=clock.now,
            new_id=ids.new,
        )

    def _graphql_use_cases(self) -> GraphQLUseCases:
        queries = self.store.queries
        return GraphQLUseCases(
            authenticate=self.authenticate,
            find_bookings=FindBookings(queries),
            find_booking=FindBooking(queries),
            find_status_history=FindStatusHistory(queries),
            find_guests=FindGuests(queries),
            find_availability=FindAvailability(queries),
            find_hotel=FindHotel(self.store.directory, queries),
            find_sync_runs=self.use_cases.find_sync_runs,
        )

    def hotel(self, slug: str, **values: str) -> Hotel:
        add = AddHotel(self.store.unit_of_work, self.clock, self.ids)
        known = {"name": slug.title(), "time_zone": "Europe/Vienna", "currency": "EUR", **values}
        return add(slug=slug, **known)

    def connection(
        self, hotel: str, provider: str = "canonical", name: str = "main", **values: str
    ) -> tuple[Connection, str]:
        """The connection and the secret part of its webhook URL."""
        add = AddConnection(
            self.store.unit_of_work, self.providers, self.clock, self.ids, self.randomness
        )
        wanted = NewConnection(
            hotel=hotel, provider=provider, name=name, values=values, schedule=Schedule()
        )
        added = add(wanted)
        if provider == "scripted":
            test = VerifyConnection(self.store.unit_of_work, self.providers, self.clock)
            return test(added.connection.id, correlation_id="setup").connection, added.key
        return added.connection, added.key

    def caller(
        self,
        *hotels: str,
        provider: str = "canonical",
        scopes: frozenset[Scope] = ALL_SCOPES,
        partner: str = "partner",
        lifetime: timedelta = timedelta(days=30),
    ) -> Caller:
        issue = IssueToken(
            self.store.unit_of_work, self.providers, self.clock, self.ids, self.randomness
        )
        request = TokenRequest(
            provider=provider, partner=partner, hotels=hotels, scopes=scopes, lifetime=lifetime
        )
        issued = issue(request)
        if issued.provider_key_text:
            self.keys[provider, partner] = issued.provider_key_text
        key = self.keys[provider, partner]
        return Caller(self.client, issued.secret_text, key, issued.token.id)

    def revoke(self, token_id: UUID) -> None:
        RevokeToken(self.store.unit_of_work, self.clock)(token_id)


def booking(external_id: str = "B1", **values: object) -> dict[str, Any]:
    """A canonical booking of two nights; a value of None in `values` is sent as null."""
    return {
        "external_id": external_id,
        "source_version": {"updated_at": "2026-03-01T10:00:00Z"},
        "status": "CONFIRMED",
        "stay": {"arrival": "2026-03-10", "departure": "2026-03-12"},
        "confirmation_number": f"C-{external_id}",
        "primary_guest": {"guest_id": "G1", "first_name": "Ada", "email": "ada@example.com"},
        "total": {"amount": "240.00", "currency": "EUR"},
        **values,
    }


def cell(day: str, room_type: str = "DBL", **values: object) -> dict[str, Any]:
    return {
        "room_type_id": room_type,
        "date": day,
        "source_version": {"updated_at": "2026-03-01T10:00:00Z"},
        "total": 10,
        "available": 4,
        **values,
    }


def guest(external_id: str = "G1", **values: object) -> dict[str, Any]:
    return {
        "external_id": external_id,
        "source_version": {"updated_at": "2026-03-01T10:00:00Z"},
        "first_name": "Ada",
        "last_name": "Byron",
        "email": "ada@example.com",
        **values,
    }


def is_problem(response: TestResponse, status: int, code: str) -> Mapping[str, Any]:
    """The problem document, checked to be one."""
    assert (response.status_code, response.content_type) == (status, "application/problem+json"), (
        response.get_data(as_text=True)
    )
    problem: Mapping[str, Any] = response.get_json()
    assert problem["code"] == code, problem
    assert problem["status"] == status
    assert {"type", "title", "detail", "instance", "correlation_id"} <= problem.keys()
    assert problem["correlation_id"] == response.headers["X-Correlation-ID"]
    return problem
