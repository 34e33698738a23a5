from datetime import date, timedelta
from uuid import UUID

import pytest

from adapters.outbound.memory.clock import START, FrozenClock
from adapters.outbound.memory.jobs import InMemoryRateBudget, RecordingJobQueue
from adapters.outbound.memory.providers import (
    NOT_IN_SCRIPT,
    SCRIPTED,
    TRUST_HEADER,
    FixedProviders,
    Pull,
    ScriptedProvider,
    ScriptedProviderClient,
)
from adapters.outbound.memory.store import InMemoryStore, IoInsideTransaction
from domain.messages import ItemKind
from domain.snapshots import GuestSnapshot
from domain.sync_run import SyncKind
from domain.values import DateRange, SourceVersion
from ports.errors import (
    ProviderUnavailable,
    QueueUnavailable,
    StoreUnavailable,
    TooManyItems,
    UnknownProvider,
    UnreadableMessage,
)
from ports.job_queue import Job, JobName
from ports.providers import (
    Account,
    HotelContext,
    Notification,
    Page,
    PullRequest,
    Ref,
    RefKind,
)

A, B = UUID(int=1), UUID(int=2)
GUEST = GuestSnapshot(external_id="G1", version=SourceVersion(START), email="a@example.org")
HERE = HotelContext(time_zone="Europe/Vienna", currency="EUR", observed_at=START)


def client(provider: ScriptedProvider) -> ScriptedProviderClient:
    return provider.open(
        Account(
            connection_id=A,
            time_zone="Europe/Vienna",
            currency="EUR",
            settings={},
            secrets={},
            correlation_id="c",
        )
    )


def request(checkpoint: str | None = None) -> PullRequest:
    return PullRequest(
        kind=SyncKind.DELTA,
        cursor="c0",
        checkpoint=checkpoint,
        window=DateRange(date(2026, 1, 1), date(2026, 2, 1)),
    )


class TestScriptedProvider:
    def test_raises_while_a_unit_of_work_is_open(self) -> None:
        store = InMemoryStore()
        provider = ScriptedProvider(FrozenClock(), guard=store.forbid_io)
        asked = client(provider)
        with store.unit_of_work():
            with pytest.raises(IoInsideTransaction):
                asked.check()
            with pytest.raises(IoInsideTransaction):
                next(asked.pull(request()))
            with pytest.raises(IoInsideTransaction):
                asked.fetch([])
        assert asked.check().property_id == "P1"

    def test_reads_its_own_lines_and_rejects_others(self) -> None:
        provider = ScriptedProvider(FrozenClock())
        body = provider.line(GUEST) + b"\nnever seen"
        good, bad = provider.read_items(ItemKind.GUEST, [body], HERE, limit=2)
        assert (good.snapshot, good.reason) == (GUEST, None)
        assert (bad.snapshot, bad.reason, bad.raw) == (None, NOT_IN_SCRIPT, b"never seen")
        provider.set_snapshot(b"never seen", GUEST)
        assert provider.read_items(ItemKind.GUEST, [bad.raw], HERE, limit=1)[0].snapshot == GUEST

    def test_rejects_unreadable_and_oversized_payloads(self) -> None:
        provider = ScriptedProvider(FrozenClock())
        with pytest.raises(UnreadableMessage):
            provider.read_items(ItemKind.GUEST, [b""], HERE, limit=1)
        with pytest.raises(TooManyItems):
            provider.read_items(ItemKind.GUEST, [b"a\nb"], HERE, limit=1)
        with pytest.raises(UnreadableMessage):
            provider.read_notification(b"?", HERE)

    def test_reads_its_notifications_and_checks_their_sender(self) -> None:
        provider = ScriptedProvider(FrozenClock())
        notification = Notification(refs=(Ref(RefKind.BOOKING, "B1"),))
        assert provider.read_notification(provider.notification(notification), HERE) == notification
        assert provider.authentic({TRUST_HEADER: "t"}, {"trust": "t"})
        assert not provider.authentic({}, {"trust": "t"})

    def test_pulls_the_script_from_the_checkpoint_on_and_raises_in_its_place(self) -> None:
        provider = ScriptedProvider(FrozenClock())
        pages = [Page(items=(), observed_at=START, checkpoint=mark) for mark in "ab"]
        script: Pull = [*pages, ProviderUnavailable()]
        provider.pulls.extend([script, script])
        pulled = client(provider).pull(request())
        assert [next(pulled), next(pulled)] == pages
        with pytest.raises(ProviderUnavailable):
            next(pulled)
        assert next(client(provider).pull(request("a"))) == pages[1]

    def test_without_a_script_pulls_one_empty_page(self) -> None:
        asked = client(ScriptedProvider(FrozenClock()))
        assert [(p.items, p.cursor) for p in asked.pull(request())] == [((), "c0")]
        assert asked.counts().calls == 1

    def test_fetches_only_its_items(self) -> None:
        provider = ScriptedProvider(FrozenClock())
        provider.holds(GUEST)
        refs = [Ref(RefKind.GUEST, "G1"), Ref(RefKind.GUEST, "G2")]
        assert [i.snapshot for i in client(provider).fetch(refs).items] == [GUEST]
        assert client(provider).fetch([Ref(RefKind.BOOKING, "G1")]).items == []

    def test_raises_the_scripted_error(self) -> None:
        provider = ScriptedProvider(FrozenClock())
        provider.refusal = ProviderUnavailable()
        with pytest.raises(ProviderUnavailable):
            client(provider).check()

    def test_is_found_by_name(self) -> None:
        provider = ScriptedProvider(FrozenClock())
        providers = FixedProviders(provider)
        assert providers.get(SCRIPTED.name) is provider
        assert providers.all() == [provider]
        with pytest.raises(UnknownProvider):
            providers.get("other")


class TestRecordingJobQueue:
    def test_adds_no_waiting_job_twice(self) -> None:
        queue = RecordingJobQueue()
        job = Job(name=JobName.SYNC, hotel_id=A, subject_id=B, correlation_id="c")
        queue.enqueue([job, job])
        queue.enqueue([job])
        assert queue.take() == [job]
        queue.enqueue([job])
        assert queue.take() == [job]

    def test_raises_while_a_unit_of_work_is_open_or_it_is_down(self) -> None:
        store = InMemoryStore()
        queue = RecordingJobQueue(store)
        with store.unit_of_work(), pytest.raises(IoInsideTransaction):
            queue.enqueue([])
        queue.is_up = False
        with pytest.raises(QueueUnavailable):
            queue.ping()


class TestInMemoryRateBudget:
    def test_grants_requests_within_the_window_only(self) -> None:
        clock = FrozenClock()
        budget = InMemoryRateBudget(clock)

        def reserve(connection: UUID) -> float:
            return budget.reserve(connection, limit=2, window_seconds=10)

        assert reserve(A) == 0.0
        clock.advance(timedelta(seconds=4))
        assert [reserve(A), reserve(A), reserve(A), reserve(B)] == [0.0, 6.0, 6.0, 0.0]
        clock.sleep(6)
        assert [reserve(A), reserve(A)] == [0.0, 4.0]

    @pytest.mark.parametrize("milliseconds", range(1, 400, 7))
    def test_grants_no_more_when_a_wait_ends_between_two_floats(self, milliseconds: int) -> None:
        """0.005 + 1 - 1.005 is 0.0, and 1.005 - 1 is below 0.005."""
        clock = FrozenClock()
        budget = InMemoryRateBudget(clock)
        clock.advance(timedelta(milliseconds=milliseconds))
        assert budget.reserve(A, limit=1, window_seconds=1.0) == 0.0
        clock.advance(timedelta(seconds=1))
        granted = [budget.reserve(A, limit=1, window_seconds=1.0) == 0.0 for _ in range(3)]
        assert granted.count(True) <= 1


class TestInMemoryStore:
    def test_refuses_a_second_unit_of_work_in_one_thread(self) -> None:
        store = InMemoryStore()
        with store.unit_of_work(), pytest.raises(StoreUnavailable), store.unit_of_work():
            pass
        with store.unit_of_work() as uow:
            uow.commit()

    def test_rolls_back_a_failed_commit_and_stays_usable(self) -> None:
        store = InMemoryStore()
        store.fail_next_commit(StoreUnavailable())
        with store.unit_of_work() as uow:
            uow.idempotency.begin(A, "k", fingerprint="f", now=START, expires_at=START)
            with pytest.raises(StoreUnavailable):
                uow.commit()
        with store.unit_of_work() as uow:
            assert uow.idempotency.purge(now=START, limit=9) == 0
            uow.commit()
