"""The Flask application with an in-memory store, the canonical and a scripted provider."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from adapters.inbound.graphql.use_cases import GraphQLOptions
from adapters.inbound.graphql.view import graphql_registrar
from adapters.inbound.rest.app import build_app
from adapters.inbound.rest.use_cases import RestOptions
from adapters.outbound.memory.clock import FrozenClock, ScriptedRandomness
from adapters.outbound.memory.jobs import RecordingJobQueue
from adapters.outbound.memory.providers import FixedProviders, ScriptedProvider
from adapters.outbound.memory.store import InMemoryStore
from adapters.outbound.persistence.store import open_store
from adapters.outbound.providers.canonical.provider import CanonicalProvider
from adapters.outbound.security.sealing import AesGcmSealer, Keyring, new_key
from adapters.outbound.system import Uuid7Generator
from application.access.issue_token import TokenRequest
from application.connections.add_connection import NewConnection
from domain.access import FULL_READ, Scope
from domain.connection import Connection
from domain.hotel import Hotel
from domain.schedule import Schedule
from domain.sync_run import RunError
from entrypoints.wiring.container import Container
from entrypoints.wiring.settings import Settings

ALL_SCOPES = FULL_READ | {Scope.INGEST, Scope.SYNC}
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class HookedProvider(CanonicalProvider):
    """The canonical provider; `on_read` is called once, while a request is processed."""

    def __init__(self) -> None:
        super().__init__()
        self.on_read: Callable[[], object] | None = None

    def read_items(self, *args: Any, **named: Any) -> Any:
        called, self.on_read = self.on_read, None
        if called is not None:
            called()
        return super().read_items(*args, **named)


class HarnessProviders(FixedProviders[Any]):
    """The canonical and the scripted provider, and those of a test."""

    def __init__(
        self,
        canonical: HookedProvider,
        scripted: ScriptedProvider,
        further: Mapping[str, Any],
    ) -> None:
        super().__init__(canonical, scripted)
        self._providers |= further


@dataclass
class Caller:
    """An HTTP client with a partner's credentials."""

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

    def _headers_with(self, named: Mapping[str, str]) -> dict[str, str]:
        return self.headers | {name.replace("_", "-"): value for name, value in named.items()}

    def post(self, path: str, body: object, **headers: str) -> TestResponse:
        return self.send(path, json.dumps(body).encode(), **headers)

    def send(self, path: str, body: bytes, **headers: str) -> TestResponse:
        sent = {"Content-Type": "application/json", **self._headers_with(headers)}
        return self.client.post(path, data=body, headers=sent)

    def delete(self, path: str, **headers: str) -> TestResponse:
        return self.client.delete(path, headers=self._headers_with(headers))

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, headers=self._headers_with(headers))


class HttpHarness:
    def __init__(
        self,
        *,
        options: RestOptions | None = None,
        graphql_options: GraphQLOptions | None = None,
        store: Any = None,
        further_providers: Mapping[str, Any] | None = None,
        settings: Settings | None = None,
    ) -> None:
        self.store = store or InMemoryStore()
        self.clock = FrozenClock(NOON)
        self.ids = Uuid7Generator()
        self.randomness = ScriptedRandomness()
        self.queue = RecordingJobQueue(self.store if store is None else None)
        self.scripted = ScriptedProvider(self.clock)
        self.canonical = HookedProvider()
        self.providers = HarnessProviders(self.canonical, self.scripted, further_providers or {})
        self.keys: dict[tuple[str | None, str], str] = {}
        self.use_cases = Container(
            settings or Settings(),
            *(self.clock, self.ids, self.randomness),
            queue_override=self.queue,
            providers_override=self.providers,
        )
        self.use_cases.__dict__.update(
            unit_of_work=self.store.unit_of_work,
            directory=self.store.directory,
            queries=self.store.queries,
        )
        registrar = graphql_registrar(self.use_cases, graphql_options)
        self.app = build_app(self.use_cases, options, [registrar])
        self.client = self.app.test_client()

    def hotel(self, slug: str, **values: str) -> Hotel:
        known = {"name": slug.title(), "time_zone": "Europe/Vienna", "currency": "EUR", **values}
        return self.use_cases.add_hotel(slug=slug, **known)

    def connection(
        self, hotel: str, provider: str = "canonical", name: str = "main", **values: str
    ) -> tuple[Connection, str]:
        """The connection and the key in its webhook URL."""
        request = NewConnection(
            hotel=hotel, provider=provider, name=name, values=values, schedule=Schedule()
        )
        added = self.use_cases.add_connection(request)
        if provider == "scripted":
            verify = self.use_cases.verify_connection
            return verify(added.connection.id, correlation_id="setup").connection, added.key
        return added.connection, added.key

    def stored_connection(self, of: str, provider: str) -> Connection:
        """The first of that provider."""
        [hotel] = [each for each in self.store.directory.hotels() if each.slug == of]
        held: Sequence[Connection] = self.store.directory.connections_of_hotel(hotel.id)
        return next(each for each in held if each.provider == provider)

    def stop_connection(self, of: str, provider: str, error: RunError) -> Connection:
        connection = self.stored_connection(of, provider)
        stopped = connection.sync_failed(error, stop=True, now=self.clock.now())
        with self.store.unit_of_work() as uow:
            saved: Connection = uow.connections.save(stopped)
            uow.commit()
        return saved

    def second_connection(self, of: str, provider: str, name: str) -> Connection:
        """Of a provider that the hotel has a connection to, as earlier versions allowed it."""
        first = self.stored_connection(of, provider)
        second_id = self.ids.new()
        second = replace(first, id=second_id, name=name, key_hash=second_id.hex * 2)
        with self.store.unit_of_work() as uow:
            uow.connections.add(second, {})
            uow.commit()
        return second

    def caller(
        self,
        *hotels: str,
        provider: str | None = "canonical",
        scopes: frozenset[Scope] = ALL_SCOPES,
        partner: str = "partner",
        lifetime: timedelta = timedelta(days=30),
    ) -> Caller:
        request = TokenRequest(
            provider=provider, partner=partner, hotels=hotels, scopes=scopes, lifetime=lifetime
        )
        issued = self.use_cases.issue_token(request)
        if issued.provider_key_text:
            self.keys[provider, partner] = issued.provider_key_text
        key = self.keys[provider, partner]
        return Caller(self.client, issued.secret_text, key, issued.token.id)

    def run_jobs(self) -> None:
        """The inbox jobs that were enqueued."""
        for job in self.queue.take():
            self.use_cases.work_off_inbox(
                job.hotel_id, job.subject_id, correlation_id=job.correlation_id
            )

    def revoke(self, token_id: UUID) -> None:
        self.use_cases.revoke_token(token_id)


def add_hotels(harness: HttpHarness) -> HttpHarness:
    """Two hotels with a canonical connection each; alpha also has one of the scripted provider."""
    for slug in ("alpha", "beta"):
        harness.hotel(slug)
        harness.connection(slug)
    harness.connection("alpha", "scripted", name="pulled")
    return harness


@contextmanager
def sql_harness(url: str, *, key: str | None = None, **settings: Any) -> Iterator[HttpHarness]:
    """The harness on an upgraded SQL store; `settings` as for HttpHarness. `key`: to open what
    another process sealed."""
    store = open_store(url, sealer=AesGcmSealer(Keyring.parse(key or new_key("1"))))
    store.upgrade()
    directory = store.directory(monotonic=lambda: 0.0, cache_seconds=0.0)
    parts = SimpleNamespace(
        unit_of_work=store.unit_of_work, queries=store.queries, directory=directory
    )
    yield HttpHarness(store=parts, **settings)
    store.close()


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
    """The problem document of the response, checked."""
    assert (response.status_code, response.content_type) == (status, "application/problem+json"), (
        response.get_data(as_text=True)
    )
    problem: Mapping[str, Any] = response.get_json()
    assert problem["code"] == code, problem
    assert problem["status"] == status
    assert {"type", "title", "detail", "instance", "correlation_id"} <= problem.keys()
    assert problem["correlation_id"] == response.headers["X-Correlation-ID"]
    return problem
