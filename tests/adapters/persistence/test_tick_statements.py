"""What a tick costs PostgreSQL and Redis does not grow with what is due, but by chunks."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from adapters.outbound.jobs.rq_queue import INBOX_QUEUE, SYNC_QUEUE, RqJobQueue, open_queue
from adapters.outbound.memory.clock import FrozenClock, ScriptedRandomness
from adapters.outbound.memory.providers import FixedProviders, ScriptedProvider
from adapters.outbound.persistence.store import Store, open_store
from adapters.outbound.system import Uuid7Generator
from application.audit.audit_trail import AuditTrail
from application.sync.schedule_syncs import STUCK_AFTER, ScheduleSyncs, TickResult
from domain.connection import Connection, ConnectionState
from ports.system import Sealer
from tests import builders
from tests.servers import PostgresServer
from tests.traffic_counts import CountedRedis, StatementLog, logged_statements

MANY = 400
CHUNK_STATEMENTS = 5
"""BEGIN, SELECT, INSERT, UPDATE, COMMIT."""


@dataclass(frozen=True, slots=True)
class Counts:
    result: TickResult
    statements: int
    messages: int


@dataclass
class TickHarness:
    store: Store
    log: StatementLog
    redis: CountedRedis

    def __post_init__(self) -> None:
        self.clock, ids = FrozenClock(), Uuid7Generator()
        self.tick = ScheduleSyncs(
            self.store.unit_of_work,
            FixedProviders(ScriptedProvider(self.clock)),
            RqJobQueue(self.redis.client),
            self.clock,
            ids,
            ScriptedRandomness(),
            AuditTrail(self.clock, ids),
        )

    def add_due(self, number: int) -> Sequence[Connection]:
        """Each of a hotel of its own."""
        due = {"state": ConnectionState.ACTIVE, "next_sync_at": self.clock.now()}
        hotels = [builders.hotel() for _ in range(number)]
        connections = [builders.connection(hotel, **due) for hotel in hotels]
        with self.store.unit_of_work() as uow:
            for hotel, connection in zip(hotels, connections, strict=True):
                uow.hotels.add(hotel)
                uow.connections.add(connection, {})
            uow.commit()
        return connections

    def receive_for(self, connections: Sequence[Connection]) -> None:
        items = [
            builders.inbox_item(each, received_at=self.clock.now() - timedelta(hours=1))
            for each in connections
        ]
        with self.store.unit_of_work() as uow:
            uow.inbox.add(items)
            uow.commit()

    def count(self, tick: ScheduleSyncs) -> Counts:
        results: list[TickResult] = []
        before = self.redis.messages
        statements = self.log.count(lambda: results.append(tick()))
        return Counts(results[0], statements, self.redis.messages - before)

    def line(self, queue: str) -> int:
        return open_queue(queue, self.redis.client).count


@pytest.fixture
def harness(
    postgres_server: PostgresServer, upgraded_postgres_url: str, redis_url: str, sealer: Sealer
) -> Iterator[TickHarness]:
    with (
        logged_statements(postgres_server, upgraded_postgres_url) as log,
        closing(open_store(upgraded_postgres_url, sealer=sealer)) as store,
    ):
        yield TickHarness(store, log, CountedRedis(redis_url))


class TestTick:
    def test_costs_the_same_whatever_is_due(self, harness: TickHarness) -> None:
        counts, waiting = [], 0
        for number in (1, 10, MANY):
            waiting += number
            harness.receive_for(harness.add_due(number))
            counts.append(harness.count(harness.tick))
            result = counts[-1].result
            assert (result.queued_runs, result.retried_inboxes) == (number, waiting)
            assert (harness.line(SYNC_QUEUE), harness.line(INBOX_QUEUE)) == (number, waiting)
            harness.redis.client.flushdb()
        one, ten, many = counts
        assert one.statements == ten.statements == many.statements <= 17
        assert ten.messages == many.messages <= 4

    def test_grows_by_chunks(self, harness: TickHarness) -> None:
        harness.add_due(10)
        ten = harness.count(replace(harness.tick, chunk=150))
        harness.add_due(MANY)
        many = harness.count(replace(harness.tick, chunk=150))
        assert (ten.result.queued_runs, many.result.queued_runs) == (10, MANY)
        assert many.statements == ten.statements + 2 * CHUNK_STATEMENTS

    def test_costs_the_same_whatever_is_stuck(self, harness: TickHarness) -> None:
        """The queue was lost, or its jobs wait longer than a minute: both look alike."""
        harness.add_due(MANY)
        idle = harness.count(replace(harness.tick, chunk=MANY + 1))
        for lost in (True, False):
            harness.clock.advance(2 * STUCK_AFTER)
            if lost:
                harness.redis.client.flushdb()
            stuck = harness.count(harness.tick)
            assert (stuck.result.queued_runs, stuck.result.retried_runs) == (0, MANY)
            assert harness.line(SYNC_QUEUE) == MANY
            assert stuck.statements < idle.statements
            assert stuck.messages <= 4
