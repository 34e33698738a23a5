"""Delivers outbox messages to the subscribers: at least once, in order per key. A subscriber that
fails or hangs does not delay the others."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from application.clock_check import require_right_clock
from application.errors import ApplicationError
from application.events.delivery_log import log_batch, log_delivered
from domain.errors import ErrorKind
from domain.messages import OutboxMessage
from ports.event_bus import DELIVERY_TIMEOUT, EventBus, Failure
from ports.messages import PostponedDelivery
from ports.system import SharedClock
from ports.unit_of_work import UnitOfWorkFactory

BATCH: Final = 500
FIRST_PAUSE: Final = timedelta(seconds=5)
LEADER_LEASE_TTL: Final = timedelta(seconds=15)
LONGEST_PAUSE: Final = timedelta(minutes=15)


class SubscriberHangs(ApplicationError, code="subscriber_hangs", kind=ErrorKind.UNAVAILABLE):
    """A subscriber did not return from an event in time."""


@dataclass(frozen=True, slots=True)
class RelayOutbox:
    """Active in the process that holds the leader lease, on standby in the others. Messages are
    delivered outside a transaction: a crash before they are marked delivers them again, with the
    same ids. The lease is renewed between messages; a relay that lost it stops."""

    unit_of_work: UnitOfWorkFactory
    bus: EventBus
    clock: SharedClock
    holder: str

    def __call__(self, is_stopping: Callable[[], bool] = lambda: False) -> int:
        """One round, ended early between two messages if `is_stopping`. Returns the number of
        delivered messages, 0 on standby. Of the postponed messages of one key and subscriber a
        round delivers the oldest. Raises SubscriberHangs once per hanging call, after giving up
        the lease: in another process the subscriber may work. Raises ClockWrong."""
        require_right_clock(self.clock)
        lease = _LeaderLease(self, is_stopping)
        if not lease.holds():
            return 0
        return self._retry_postponed(lease) + self._relay(lease)

    def give_up_lease(self) -> None:
        """Another relay may lead at once."""
        now = self.clock.now()
        with self.unit_of_work() as uow:
            uow.outbox.acquire_leader_lease(self.holder, now=now, until=now)
            uow.commit()

    def _refuse_hanging(self, failures: Sequence[Failure]) -> None:
        hanging = {each.subscriber for each in failures if each.error_code == DELIVERY_TIMEOUT}
        if hanging:
            self.give_up_lease()
            raise SubscriberHangs(subscriber=", ".join(sorted(hanging)))

    def _relay(self, lease: "_LeaderLease") -> int:
        with self.unit_of_work() as uow:
            messages = uow.outbox.next_batch(limit=BATCH)
            blocked = {name: set(uow.outbox.postponed_keys(name)) for name in self.bus.subscribers}
        sent, failures = self._deliver(messages, blocked, lease)
        if not sent:
            return 0
        now = self.clock.now()
        with self.unit_of_work() as uow:
            for message, failure in failures:
                uow.outbox.postpone(
                    message,
                    failure.subscriber,
                    error_code=failure.error_code,
                    retry_at=now + FIRST_PAUSE,
                )
            uow.outbox.mark_delivered([message.id for message in sent], now=now)
            uow.commit()
        log_delivered(sent, failures, to=self.bus.subscribers, now=now)
        self._refuse_hanging([failure for _, failure in failures])
        return len(sent)

    def _deliver(
        self, messages: Sequence[OutboxMessage], blocked: dict[str, set[str]], lease: "_LeaderLease"
    ) -> tuple[list[OutboxMessage], list[tuple[OutboxMessage, Failure]]]:
        """Delivered messages, and failures per subscriber."""
        sent, failures = [], []
        for message in messages:
            if not lease.holds():
                break
            sent.append(message)
            key = message.ordering_key
            ready = [name for name in self.bus.subscribers if key not in blocked[name]]
            waiting = [Failure(n, "waits") for n in self.bus.subscribers if n not in ready]
            for failure in (*waiting, *self.bus.deliver(message, to=ready)):
                blocked[failure.subscriber].add(key)
                failures.append((message, failure))
        return sent, failures

    def _retry_postponed(self, lease: "_LeaderLease") -> int:
        with self.unit_of_work() as uow:
            due = uow.outbox.due_postponed(now=self.clock.now(), limit=BATCH)
            uow.commit()
        taken: defaultdict[str, list[OutboxMessage]] = defaultdict(list)
        try:
            for postponed in due:
                if not lease.holds():
                    break
                if self._retry(postponed):
                    taken[postponed.subscriber].append(postponed.message)
        finally:
            for subscriber, messages in taken.items():
                log_batch(subscriber, messages, now=self.clock.now())
        return sum(map(len, taken.values()))

    def _retry(self, postponed: PostponedDelivery) -> bool:
        """Whether the subscriber took it."""
        failed = self.bus.deliver(postponed.message, to=[postponed.subscriber])
        with self.unit_of_work() as uow:
            if failed:
                uow.outbox.postpone(
                    postponed.message,
                    postponed.subscriber,
                    error_code=failed[0].error_code,
                    retry_at=_retry_at(self.clock.now(), postponed.attempts),
                )
            else:
                uow.outbox.mark_postponed_delivered(postponed.message.id, postponed.subscriber)
            uow.commit()
        self._refuse_hanging(failed)
        return not failed


@dataclass(slots=True)
class _LeaderLease:
    """The leader lease, renewed after a third of its duration."""

    relay: RelayOutbox
    is_stopping: Callable[[], bool]
    renew_at: datetime | None = None
    lost: bool = False

    def holds(self) -> bool:
        if self.is_stopping():
            return False
        now = self.relay.clock.now()
        if self.lost or (self.renew_at is not None and now < self.renew_at):
            return not self.lost
        with self.relay.unit_of_work() as uow:
            self.lost = not uow.outbox.acquire_leader_lease(
                self.relay.holder, now=now, until=now + LEADER_LEASE_TTL
            )
            uow.commit()
        self.renew_at = now + LEADER_LEASE_TTL / 3
        return not self.lost


def _retry_at(now: datetime, attempts: int) -> datetime:
    doubled: timedelta = FIRST_PAUSE * 2 ** min(attempts, 10)
    return now + min(LONGEST_PAUSE, doubled)
