"""From the outbox to the subscribers: at least once, in order per key, one failing subscriber
keeping nobody else waiting."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from domain.messages import OutboxMessage
from ports.event_bus import EventBus, Failure
from ports.system import Clock
from ports.unit_of_work import UnitOfWorkFactory

BATCH: Final = 500
FIRST_PAUSE: Final = timedelta(seconds=5)
LEAD: Final = timedelta(seconds=15)
LONGEST_PAUSE: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class RelayOutbox:
    """One process at a time runs it, the others stand by. Messages are told outside the
    transaction; a crash between telling and noting tells them again, with the same ids. The lead
    is renewed between two messages; a relay that lost it stops there."""

    unit_of_work: UnitOfWorkFactory
    bus: EventBus
    clock: Clock
    holder: str

    def __call__(self) -> int:
        """One round; how many messages were told. 0 where nothing waits or another relay leads."""
        lead = _Lead(self)
        if not lead.holds():
            return 0
        self._retry_postponed(lead)
        return self._relay(lead)

    def _relay(self, lead: "_Lead") -> int:
        with self.unit_of_work() as uow:
            messages = uow.outbox.next_batch(limit=BATCH)
            blocked = {name: uow.outbox.postponed_keys(name) for name in self.bus.subscribers}
        known = {name: set(keys) for name, keys in blocked.items()}
        told, failures = self._deliver(messages, known, lead)
        if not told:
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
            uow.outbox.delivered([message.id for message in told], now=now)
            uow.commit()
        return len(told)

    def _deliver(
        self, messages: Sequence[OutboxMessage], blocked: dict[str, set[str]], lead: "_Lead"
    ) -> tuple[list[OutboxMessage], list[tuple[OutboxMessage, Failure]]]:
        """Those that were told, and who could not take which."""
        told, failures = [], []
        for message in messages:
            if not lead.holds():
                break
            told.append(message)
            key = message.ordering_key
            willing = [name for name in self.bus.subscribers if key not in blocked[name]]
            waiting = [Failure(n, "waits") for n in self.bus.subscribers if n not in willing]
            for failure in (*waiting, *self.bus.deliver(message, to=willing)):
                blocked[failure.subscriber].add(key)
                failures.append((message, failure))
        return told, failures

    def _retry_postponed(self, lead: "_Lead") -> None:
        with self.unit_of_work() as uow:
            due = uow.outbox.due_postponed(now=self.clock.now(), limit=BATCH)
        for late in due:
            if not lead.holds():
                return
            failed = self.bus.deliver(late.message, to=[late.subscriber])
            with self.unit_of_work() as uow:
                if failed:
                    uow.outbox.postpone(
                        late.message,
                        late.subscriber,
                        error_code=failed[0].error_code,
                        retry_at=_retry_at(self.clock.now(), late.attempts),
                    )
                else:
                    uow.outbox.taken(late.message.id, late.subscriber)
                uow.commit()


@dataclass(slots=True)
class _Lead:
    """The right to tell, renewed when a third of it has passed."""

    relay: RelayOutbox
    renew_at: datetime | None = None
    lost: bool = False

    def holds(self) -> bool:
        now = self.relay.clock.now()
        if self.lost or (self.renew_at is not None and now < self.renew_at):
            return not self.lost
        with self.relay.unit_of_work() as uow:
            self.lost = not uow.outbox.lead(self.relay.holder, now=now, until=now + LEAD)
            uow.commit()
        self.renew_at = now + LEAD / 3
        return not self.lost


def _retry_at(now: datetime, attempts: int) -> datetime:
    doubled: timedelta = FIRST_PAUSE * 2 ** min(attempts, 10)
    return now + min(LONGEST_PAUSE, doubled)
