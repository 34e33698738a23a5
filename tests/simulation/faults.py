"""Faults planted in the product, one at a time, to prove that the simulation finds them.

Each replaces one place for as long as its context lasts, and names the invariants of which one must
catch it.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

import pytest

from adapters.outbound.memory.administration import InMemoryConnections, InMemorySyncRuns
from adapters.outbound.memory.credentials import InMemoryIdempotencyKeys
from adapters.outbound.memory.jobs import InMemoryRateBudget
from adapters.outbound.memory.messages import InMemoryOutbox
from adapters.outbound.memory.tables import LeaseRow, delete
from adapters.outbound.provider_kit import card_scrubber
from adapters.outbound.provider_kit.pull.properties import PropertyPull
from adapters.outbound.providers.mews.client import pull as mews_pull
from adapters.outbound.system import DatabaseClock
from application import retrying
from application.inbox import receive_webhook, replay_quarantine
from application.ingest import apply_items
from application.ingest.page_tombstones import PageTombstones
from application.sync import sync_connection
from domain import merge
from domain.breaker import Breaker, BreakerState
from domain.connection import Connection
from domain.precedence import Resolution
from domain.precedence import resolve as guarded
from domain.sync_run import Lease, SyncCounts, SyncKind
from ports.administration import KeyCheck, KeyState
from ports.errors import ProviderError, StoreUnavailable
from ports.providers import ReadItem
from tests.simulation.ledger import SHARED_TIME
from tests.simulation.schedule import Conditions
from tests.simulation.world import SharedBudget, World


@dataclass(frozen=True, slots=True)
class PlantedFault:
    """`invariants`: one of them is broken. `shows_in`: the worlds in which it can show."""

    name: str
    plant: Callable[[], Any]
    invariants: frozenset[str]
    shows_in: Callable[[Conditions], bool]


FAULTS: Final[dict[str, PlantedFault]] = {}


def planted(
    *invariants: str, shows_in: Callable[[Conditions], bool] = lambda _: True
) -> Callable[[Callable[[], Iterator[None]]], Callable[[], Any]]:
    def register(plant: Callable[[], Iterator[None]]) -> Callable[[], Any]:
        name = plant.__name__.replace("_", "-")
        context = contextmanager(plant)
        FAULTS[name] = PlantedFault(name, context, frozenset(invariants), shows_in)
        return context

    return register


@contextmanager
def patched(owner: Any, name: str, value: Any) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, value)
        yield


@planted("no booking goes back")
def version_guard_dropped() -> Iterator[None]:
    def resolve(*arguments: Any, same_content: bool) -> Resolution:
        return Resolution.UNCHANGED if same_content else Resolution.APPLY

    with patched(merge, "resolve", resolve):
        yield


@planted("no arrival decides a tie", shows_in=lambda of: of.is_push_only)
def tie_decided_by_arrival() -> Iterator[None]:
    def resolve(held: Any, version: Any, receipt: Any, *, same_content: bool) -> Resolution:
        if version == held.version and not same_content:
            return Resolution.APPLY
        return guarded(held, version, receipt, same_content=same_content)

    with patched(merge, "resolve", resolve):
        yield


@planted("the replica equals the PMS", shows_in=lambda of: of.is_polled)
def checkpoint_before_the_page() -> Iterator[None]:
    store = sync_connection.SyncConnection._store

    def store_late(self: Any, session: Any, page: Any) -> None:
        ahead = session.run.page_stored(page.checkpoint, SyncCounts())
        self._in_transaction(session, lambda uow: uow.sync_runs.save(ahead))
        store(self, session, page)

    with patched(sync_connection.SyncConnection, "_store", store_late):
        yield


@planted("acknowledged means durable")
def acknowledgement_before_the_commit() -> Iterator[None]:
    def forgetful(unit_of_work: Any, work: Any) -> Any:
        with suppress(StoreUnavailable):
            return retrying.in_transaction(unit_of_work, work)

    with patched(receive_webhook, "in_transaction", forgetful):
        yield


@planted(
    "the replica equals the PMS",
    shows_in=lambda of: of.is_polled and of.provider in ("apaleo", "cloudbeds"),
)
def strict_cursor() -> Iterator[None]:
    initial = PropertyPull._initial_checkpoint

    def after_the_cursor(self: Any, phase: str) -> Any:
        checkpoint = initial(self, phase)
        return replace(checkpoint, since=checkpoint.newest + timedelta(seconds=1))

    with patched(PropertyPull, "_initial_checkpoint", after_the_cursor):
        yield


@planted("the replica equals the PMS", shows_in=lambda of: of.is_polled and of.provider == "mews")
def overlap_0() -> Iterator[None]:
    with patched(mews_pull, "OVERLAP", timedelta(0)):
        yield


@planted("no lease overlaps", SHARED_TIME)
def lease_by_the_local_clock() -> Iterator[None]:
    def own_now(self: Any) -> Any:
        return self._own.now()

    def unseen(self: Any) -> timedelta:
        return timedelta(0)

    with patched(DatabaseClock, "now", own_now), patched(DatabaseClock, "skew", unseen):
        yield


@planted("no lease overlaps", "a superseded worker writes nothing")
def no_lease() -> Iterator[None]:
    def acquire(self: Any, connection_id: Any, holder: str, *, now: Any, until: Any) -> Lease:
        row = self._tables.leases.get(connection_id, LeaseRow(0, None))
        lease = Lease(connection_id, holder, row.fencing_number + 1, until)
        self._tables.leases[connection_id] = LeaseRow(lease.fencing_number, lease)
        return lease

    with patched(InMemoryConnections, "acquire_lease", acquire):
        yield


@planted("a superseded worker writes nothing")
def no_fencing() -> Iterator[None]:
    def renew(self: Any, lease: Lease, *, until: Any) -> Lease:
        return replace(lease, expires_at=until)

    def save(self: Any, run: Any) -> None:
        self._tables.sync_runs[run.id] = run

    with (
        patched(InMemoryConnections, "renew_lease", renew),
        patched(InMemorySyncRuns, "save", save),
    ):
        yield


@planted("each change has its event")
def event_outside_the_transaction() -> Iterator[None]:
    waiting: list[Any] = []
    in_transaction = retrying.in_transaction
    save = apply_items._PageBatch.save

    def save_without_events(self: Any, uow: Any) -> None:
        new_id = self._ids.new
        waiting.extend(apply_items.outbox_message(event, new_id()) for event in self._events)
        self._events = []
        save(self, uow)

    def then_publish(unit_of_work: Any, work: Any) -> Any:
        result = in_transaction(unit_of_work, work)
        messages, waiting[:] = list(waiting), []
        if messages:
            in_transaction(unit_of_work, lambda uow: uow.outbox.add(messages))
        return result

    with patched(apply_items._PageBatch, "save", save_without_events), ExitStack() as stack:
        for module in list(sys.modules.values()):
            if getattr(module, "in_transaction", None) is retrying.in_transaction:
                stack.enter_context(patched(module, "in_transaction", then_publish))
        yield


@planted("deletions are true")
def deletion_on_a_partial_scan() -> Iterator[None]:
    pull = sync_connection.SyncConnection._pull

    def pull_what_there_is(self: Any, session: Any, capabilities: Any, client: Any) -> bool:
        if session.run.kind is not SyncKind.RECONCILE:
            return pull(self, session, capabilities, client)
        with suppress(ProviderError):
            return pull(self, session, capabilities, client)
        window = session.connection.schedule.window(SyncKind.RECONCILE, self.clock.now().date())
        self._detect_deletions(session, window, capabilities, client)
        return True

    def all_unseen(_page: Any, refs: Any) -> list[str]:
        return [ref.external_id for ref in refs]

    with (
        patched(sync_connection.SyncConnection, "_pull", pull_what_there_is),
        patched(sync_connection, "detect_deletions", all_unseen),
    ):
        yield


@planted("absent is not null", shows_in=lambda of: of.provider == "canonical")
def absent_as_null() -> Iterator[None]:
    fields_of = merge.present_fields

    def all_fields(snapshot: Any, details: Any) -> dict[str, object]:
        return {"notes": None, **fields_of(snapshot, details)}

    with patched(merge, "present_fields", all_fields):
        yield


@planted("what is valid is understood", shows_in=lambda of: of.provider == "canonical")
def masked_id() -> Iterator[None]:
    with patched(card_scrubber, "is_id_field", lambda keys, declared: False):
        yield


@planted("a repeated request is answered once", shows_in=lambda of: of.provider == "canonical")
def retry_without_idempotency() -> Iterator[None]:
    def always_fresh(self: Any, token_id: Any, key: str, **named: Any) -> KeyCheck:
        return KeyCheck(KeyState.FRESH)

    with patched(InMemoryIdempotencyKeys, "begin", always_fresh):
        yield


@planted("the replica equals the PMS", "no booking goes back", shows_in=lambda of: of.is_push_only)
def tombstone_forgotten() -> Iterator[None]:
    with patched(PageTombstones, "save", lambda self, store: None):
        yield


@planted("the replica equals the PMS", shows_in=lambda of: of.is_push_only)
def foreign_property_accepted() -> Iterator[None]:
    with patched(ReadItem, "is_foreign", lambda self, property_id: False):
        yield


@planted("no lease overlaps", "events are delivered in order")
def two_relays_at_once() -> Iterator[None]:
    def acquire(self: Any, holder: str, *, now: Any, until: Any) -> bool:
        return True

    with patched(InMemoryOutbox, "acquire_leader_lease", acquire):
        yield


@planted("each event is delivered", "everything ends")
def purge_of_an_undelivered_event() -> Iterator[None]:
    def purge(self: Any, *, delivered_before: Any, limit: int) -> int:
        waiting = {message_id for message_id, _ in self._tables.postponed}
        every = [each for each in self._tables.outbox if each not in waiting]
        return delete(self._tables.outbox, every[:limit])

    with patched(InMemoryOutbox, "purge", purge):
        yield


@planted("a healthy connection is synced", "everything ends")
def breaker_that_never_closes() -> Iterator[None]:
    synced = Connection.synced

    def state(self: Breaker, now: Any) -> BreakerState:
        return BreakerState.CLOSED if self.retry_at is None else BreakerState.OPEN

    def stay_open(self: Connection, run: Any, **named: Any) -> Connection:
        return replace(synced(self, run, **named), breaker=self.breaker)

    with patched(Breaker, "state", state), patched(Connection, "synced", stay_open):
        yield


@planted("all workers share one rate budget")
def rate_budget_not_shared() -> Iterator[None]:
    def own_budget(self: World, process: Any) -> SharedBudget:
        own = InMemoryRateBudget(process.container.clock)
        return SharedBudget(self, own, process.container.patience)

    with patched(World, "budget_of", own_budget):
        yield


@planted("no booking goes back", "no arrival decides a tie", shows_in=lambda of: of.is_push_only)
def replay_that_skips_the_version_guard() -> Iterator[None]:
    replaying: list[bool] = []
    replay = replay_quarantine.ReplayQuarantine.__call__

    def unguarded_replay(self: Any, *arguments: Any, **named: Any) -> Any:
        replaying.append(True)
        try:
            return replay(self, *arguments, **named)
        finally:
            replaying.pop()

    def resolve(*arguments: Any, same_content: bool) -> Resolution:
        found = guarded(*arguments, same_content=same_content)
        is_refused = found in (Resolution.STALE, Resolution.CONFLICT)
        return Resolution.APPLY if replaying and is_refused else found

    with (
        patched(replay_quarantine.ReplayQuarantine, "__call__", unguarded_replay),
        patched(merge, "resolve", resolve),
    ):
        yield
