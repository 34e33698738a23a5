"""What one tenant or one slow vendor costs the others, with real workers on PostgreSQL and Valkey.

Prints one line of JSON per figure (`make campaign ARGS="-s -k fairness"`); compare the figures of
two versions on the same machine. What must hold whatever the machine is asserted without times, in
the tests of the use cases.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.providers.mews.simulator.server import MewsSimulator
from application.access.authenticate import Principal
from application.connections.add_connection import NewConnection
from application.inbox.receive_webhook import Webhook
from application.ingest.ingest_items import Push
from domain.access import Scope
from domain.messages import ItemKind
from domain.schedule import Schedule
from domain.sync_run import SyncKind
from tests import raw_sql
from tests.faults.process_installation import InstalledApp, Simulate, booking, installed
from tests.faults.slow_proxy import slow_proxy
from tests.processes import wait_until

pytestmark = pytest.mark.slow

NEVER = timedelta(days=3_650)
UNSCHEDULED = Schedule(delta_every=NEVER, reconcile_every=NEVER)
WORKERS = 2
ITEMS = 500


@pytest.fixture
def pms(postgres_url: str, redis_url: str, tmp_path: Path) -> Iterator[InstalledApp]:
    with installed(postgres_url, redis_url, tmp_path) as app:
        yield app


@pytest.fixture(autouse=True)
def figures(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    yield
    with capsys.disabled():
        for name, value in request.node.user_properties:
            sys.stdout.write("\n" + json.dumps({"figure": name, "value": value}))


Report = Callable[[str, object], None]


def start_workers(pms: InstalledApp) -> None:
    """Returns once both take jobs."""
    for _ in range(WORKERS):
        pms.processes.start("worker")
    pms.processes.start("scheduler")
    principal = add_partner(pms, f"warm-{time.monotonic_ns()}")
    pushed = time.monotonic()
    await_batch(pms, principal, push(pms, principal, 1), seconds=60)
    while time.monotonic() - pushed < 6:
        time.sleep(0.2)


def add_partner(pms: InstalledApp, slug: str) -> Principal:
    hotel = pms.add_hotel(slug)
    pms.container.add_connection(
        NewConnection(hotel=slug, provider="canonical", name="c", values={}, schedule=UNSCHEDULED)
    )
    return Principal(
        token_id=hotel.id,
        partner="campaign",
        provider="canonical",
        hotel_id=hotel.id,
        scopes=frozenset({Scope.INGEST}),
    )


def push(pms: InstalledApp, principal: Principal, items: int, first: int = 0) -> UUID:
    """The batch of a deferred push."""
    body = json.dumps([booking(f"B-{first + n}") for n in range(items)])
    wanted = Push(
        provider="canonical",
        kind=ItemKind.BOOKING,
        body=body.encode(),
        correlation_id="campaign",
        deferred=True,
    )
    return pms.container.ingest_items(principal, wanted).batch_id


def waiting(pms: InstalledApp, condition: str = "TRUE") -> int:
    statement = f"SELECT COUNT(*) FROM inbox WHERE state = 'received' AND {condition}"
    return int(raw_sql.one(pms.container.settings.database, statement))


def await_done(pms: InstalledApp, condition: str, *, seconds: float) -> float:
    """Seconds until no row of the condition waits, at most `seconds`."""
    started = time.monotonic()
    while time.monotonic() - started < seconds and waiting(pms, condition):
        time.sleep(0.02)
    return round(time.monotonic() - started, 2)


def await_batch(pms: InstalledApp, principal: Principal, batch: UUID, *, seconds: float) -> float:
    return await_done(
        pms, f"hotel_id = '{principal.hotel_id}' AND batch_id = '{batch}'", seconds=seconds
    )


def connect_mews(
    pms: InstalledApp, slug: str, simulator: MewsSimulator, url: str
) -> tuple[UUID, str]:
    """The verified connection's id and webhook key, of a hotel of its own."""
    pms.add_hotel(slug)
    connection_id, path = pms.connect(simulator, UNSCHEDULED, hotel=slug, base_url=url)
    return connection_id, path.rpartition("/")[2]


def notify(pms: InstalledApp, key: str, simulator: MewsSimulator, reservation: str) -> None:
    body: Mapping[str, Json] = {
        "EnterpriseId": simulator.catalog.enterprise_id,
        "Events": [{"Discriminator": "ServiceOrderUpdated", "Value": {"Id": reservation}}],
    }
    pms.container.receive_webhook(
        Webhook(
            provider="mews",
            connection_key=key,
            headers={},
            read_body=json.dumps(body).encode,
            correlation_id="campaign",
        )
    )


def reservation_ids(pms: InstalledApp, connection_id: UUID) -> list[str]:
    """Of a hotel that was synced here, without a worker."""
    run = pms.container.request_sync(connection_id, SyncKind.FULL, correlation_id="setup")
    while not pms.container.sync_connection(run.id, holder="setup").status.is_final:
        pass
    statement = f"SELECT external_id FROM bookings WHERE hotel_id = '{run.hotel_id}'"
    return [row[0] for row in raw_sql.read(pms.container.settings.database, statement)]


def test_batches_of_another_hotel(pms: InstalledApp, record_property: Report) -> None:
    """One batch alone, and behind 40 batches of another hotel."""
    noisy, quiet = add_partner(pms, "noisy"), add_partner(pms, "quiet")
    start_workers(pms)
    alone = await_batch(pms, quiet, push(pms, quiet, ITEMS), seconds=60)
    for number in range(40):
        push(pms, noisy, ITEMS, first=number * ITEMS)
    behind = await_batch(pms, quiet, push(pms, quiet, ITEMS, first=ITEMS), seconds=240)
    record_property("batch_alone_seconds", alone)
    record_property("batch_behind_40_batches_seconds", behind)


def test_webhook_flood(pms: InstalledApp, simulate: Simulate, record_property: Report) -> None:
    """5,000 webhooks for 50 bookings while workers run; one of another hotel in between."""
    simulator = simulate(60, start_date=pms.today)
    with slow_proxy(simulator.base_url) as flooded, slow_proxy(simulator.base_url) as other:
        flooded_id, flooded_key = connect_mews(pms, "flooded", simulator, flooded.base_url)
        other_id, other_key = connect_mews(pms, "other", simulator, other.base_url)
        ids = reservation_ids(pms, flooded_id)[:50]
        start_workers(pms)
        flooded.calls = other.calls = 0
        for number in range(5_000):
            notify(pms, flooded_key, simulator, ids[number % len(ids)])
            if number == 2_500:
                notify(pms, other_key, simulator, ids[0])
                between = await_done(pms, f"connection_id = '{other_id}'", seconds=60)
        condition = f"connection_id = '{flooded_id}'"
        flood = await_done(pms, condition, seconds=150)
        record_property("flood_bookings", len(ids))
        record_property("flood_seconds_after_the_last", flood)
        record_property("flood_vendor_calls", flooded.calls)
        record_property("flood_left", waiting(pms, condition))
        record_property("webhook_of_another_hotel_seconds", between)


def test_flood_after_a_loss_of_redis(
    pms: InstalledApp, simulate: Simulate, record_property: Report
) -> None:
    """5,000 webhooks for 50 bookings that only the database knows; one of another hotel behind."""
    simulator = simulate(60, start_date=pms.today)
    with slow_proxy(simulator.base_url) as flooded:
        flooded_id, flooded_key = connect_mews(pms, "flooded", simulator, flooded.base_url)
        _, other_key = connect_mews(pms, "other", simulator, simulator.base_url)
        ids = reservation_ids(pms, flooded_id)[:50]
        for number in range(5_000):
            notify(pms, flooded_key, simulator, ids[number % len(ids)])
        notify(pms, other_key, simulator, ids[0])
        raw_sql.write(
            pms.container.settings.database, "UPDATE inbox SET received_at = received_at - 60000000"
        )
        pms.container.queue._redis.flushall()  # type: ignore[attr-defined]
        start_workers(pms)
        other = await_done(pms, f"connection_id <> '{flooded_id}'", seconds=60)
        flood = await_done(pms, f"connection_id = '{flooded_id}'", seconds=120)
        record_property("lost_redis_other_hotel_seconds", other)
        record_property("lost_redis_flood_seconds", flood)
        record_property("lost_redis_flood_left", waiting(pms))


def test_deferred_pushes(pms: InstalledApp, record_property: Report) -> None:
    """3,000 single pushes of 20 hotels, from the first to the last that two workers settle."""
    partners = [add_partner(pms, f"h{number}") for number in range(20)]
    for number in range(3_000):
        push(pms, partners[number % 20], 1, first=number)
    for _ in range(WORKERS):
        pms.processes.start("worker")
    wait_until(lambda: waiting(pms) < 3_000, seconds=60, description="a settled push")
    left = waiting(pms)
    seconds = await_done(pms, "TRUE", seconds=120)
    settled = left - waiting(pms)
    record_property("deferred_pushes_settled_per_second", round(settled / max(seconds, 0.1)))


def test_slow_vendor(pms: InstalledApp, simulate: Simulate, record_property: Report) -> None:
    """Deltas of quick hotels, alone and beside 20 connections that answer after 28 s."""
    simulator = simulate(60, start_date=pms.today)
    with slow_proxy(simulator.base_url) as slow, slow_proxy(simulator.base_url) as quick:
        quick_ids = [connect_mews(pms, f"q{n}", simulator, quick.base_url)[0] for n in range(4)]
        slow_ids = [connect_mews(pms, f"s{n}", simulator, slow.base_url)[0] for n in range(20)]
        start_workers(pms)
        await_no_run(pms)
        alone = [delta_seconds(pms, each) for _ in range(5) for each in quick_ids]
        slow.seconds = 28
        for each in slow_ids:
            pms.container.request_sync(each, SyncKind.DELTA, correlation_id="slow")
        beside = []
        until = time.monotonic() + 150
        while time.monotonic() < until:
            left = (each for each in quick_ids if time.monotonic() < until)
            beside += [delta_seconds(pms, each, until=until) for each in left]
        record_property("delta_alone_p95_seconds", p95(alone))
        record_property("delta_beside_slow_vendor_p95_seconds", p95(beside))
        record_property("delta_beside_slow_vendor_count", len(beside))
        record_property("slow_vendor_calls", slow.calls)


def await_no_run(pms: InstalledApp) -> None:
    """Until the first syncs, which the tick queues, have ended."""
    statement = "SELECT COUNT(*) FROM sync_runs WHERE finished_at IS NOT NULL"
    connections = "SELECT COUNT(*) FROM connections WHERE provider = 'mews'"
    url = pms.container.settings.database
    wait_until(
        lambda: raw_sql.one(url, statement) >= raw_sql.one(url, connections),
        seconds=240,
        description="the first syncs",
    )


def delta_seconds(pms: InstalledApp, connection_id: UUID, until: float | None = None) -> float:
    """From the request to the run's end, or to `until`."""
    started = time.monotonic()
    run = pms.container.request_sync(connection_id, SyncKind.DELTA, correlation_id="quick")
    statement = f"SELECT COUNT(*) FROM sync_runs WHERE id = '{run.id}' AND finished_at IS NULL"
    while raw_sql.one(pms.container.settings.database, statement):
        if time.monotonic() > (until or started + 60):
            break
        time.sleep(0.02)
    return time.monotonic() - started


def p95(seconds: list[float]) -> float:
    return round(sorted(seconds)[int(len(seconds) * 0.95)], 2)
