"""What a schedule can do to the world. Each action is a method; its arguments are JSON."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from adapters.outbound.provider_kit.simulation.hotel.records import (
    TICKS,
    HotelEvent,
    SimulatedRoomStay,
    StayState,
)
from adapters.outbound.provider_kit.simulation.scenario import ScenarioAction, apply_action
from adapters.outbound.provider_kit.simulation.server.fault_plan import parse_fault
from domain.errors import PmsError
from domain.messages import InboxState
from domain.sync_run import SyncKind
from ports.job_queue import Job
from tests.simulation.inbound import deliver_mail
from tests.simulation.network import Mail
from tests.simulation.schedule import Action

if TYPE_CHECKING:
    from tests.simulation.world import World


@dataclass(slots=True)
class Interrupt:
    """Happens at the `remaining`-th next passage of its point."""

    point: str
    remaining: int
    effect: str
    actions: Sequence[Action]


@dataclass(slots=True)
class Actions:
    world: "World"
    _last_job: Job | None = field(default=None, init=False)

    def perform_all(self, actions: Sequence[Action]) -> None:
        for action in actions:
            self.perform(action)

    def perform(self, action: Action) -> None:
        self.world.synchronize()
        arguments = {name: value for name, value in action.items() if name != "do"}
        getattr(self, action["do"])(**arguments)

    def hotel_events(self, count: int) -> None:
        """One at a time, so that each message shows the hotel as it was."""
        for _ in range(count):
            self.world.simulator.advance(events=1)

    def hotel_day(self) -> None:
        self.world.simulator.advance(days=1)

    def hotel_action(self, action: str) -> None:
        _, happened = apply_action(self.world.simulator.activity, ScenarioAction(action))
        self._send(happened)

    def _send(self, happened: Sequence[HotelEvent]) -> None:
        if not self.world.conditions.is_polled:
            self.world.post.send(self.world.simulator.render_events(happened))

    def hotel_reprice(self, pick: int) -> None:
        """In the same second as the last change."""
        commands = self.world.simulator.activity.commands
        if (stay := self._confirmed(pick)) is not None:
            commands.reprice(stay)
            self._send(commands.take_events())

    def hotel_hidden_update(self, pick: int) -> None:
        """Other content under the old time stamp, without a message."""
        if (stay := self._confirmed(pick)) is not None:
            self.world.simulator.activity.commands.change_without_timestamp(stay)

    def _confirmed(self, pick: int) -> SimulatedRoomStay | None:
        every = self.world.simulator.hotel.stays()
        stays = [stay for stay in every if stay.state is StayState.CONFIRMED]
        return stays[pick % len(stays)] if stays else None

    def hotel_clock(self, seconds: int) -> None:
        """Somebody sets the clock of the PMS."""
        self.world.set_hotel_clock(timedelta(seconds=seconds))

    def hotel_late_booking(self, seconds: int) -> None:
        """A new booking whose time stamp is from before its commit at the PMS."""
        hotel = self.world.simulator.hotel
        now = hotel.now
        hotel.now -= seconds * TICKS
        self.hotel_action(ScenarioAction.BOOK)
        hotel.now = max(now, hotel.now)

    def foreign(self, count: int) -> None:
        """Messages about another property, sent with our credentials."""
        other = self.world.other_property
        self.world.post.mail += [Mail([event], other) for event in other.advance(events=count)]

    def deliver(self, pick: int) -> None:
        mail = self.world.post.pick(pick)
        if mail is not None:
            deliver_mail(self.world, mail)

    def deliver_all(self) -> None:
        for mail in list(self.world.post.mail):
            deliver_mail(self.world, mail)

    def duplicate(self, pick: int) -> None:
        mail = self.world.post.pick(pick)
        if mail is not None:
            self.world.post.mail.append(Mail(mail.events, mail.simulator))

    def lose(self, pick: int) -> None:
        mail = self.world.post.pick(pick)
        if mail is not None:
            self.world.post.mail.remove(mail)

    def truncate(self, pick: int) -> None:
        mail = self.world.post.pick(pick)
        if mail is not None:
            deliver_mail(self.world, mail, is_truncated=True)

    def wait(self, minutes: int) -> None:
        self.world.pass_time(timedelta(minutes=minutes))

    def set_clock(self, process: str, seconds: int) -> None:
        """Somebody sets the clock of the machine of a process, wrong by `seconds`."""
        self.world.skews[process] = seconds

    def tick(self, process: int) -> None:
        name = f"scheduler-{process}"
        if self.world.process(name).may_take_jobs:
            self.world.run(name, self.world.process(name).container.jobs.tick)

    def work(self, process: int) -> bool:
        """The oldest job that is due. Returns whether there was one."""
        name = f"worker-{process}"
        worker = self.world.process(name)
        if worker.is_busy or not worker.may_take_jobs or (job := self.world.take_job()) is None:
            return False
        self._last_job = job
        ids = job.name.value, str(job.hotel_id), str(job.subject_id), job.correlation_id
        self.world.run(name, lambda: self.world.process(name).container.jobs.run(*ids))
        return True

    def repeat_job(self) -> None:
        """Redis gives the last job to another worker, too."""
        if self._last_job is not None:
            self.world.add_job(self._last_job)

    def relay(self, process: int) -> None:
        name = f"relay-{process}"
        with suppress(PmsError):
            self.world.run(name, self.world.process(name).container.relay_outbox)

    def request_sync(self, kind: str) -> None:
        container = self.world.process("web").container
        with suppress(PmsError):
            self.world.run(
                "web",
                lambda: container.request_sync(
                    self.world.connection.id, SyncKind(kind), correlation_id="manual"
                ),
            )

    def replay(self, pick: int) -> None:
        held = [
            row for row in self.world.ledger.inbox.values() if row.state is InboxState.QUARANTINED
        ]
        if held:
            row = held[pick % len(held)]
            container = self.world.process("web").container
            with suppress(PmsError):
                self.world.run("web", lambda: container.replay_quarantine(row.hotel_id, row.id))

    def vendor_fault(self, fault: str) -> None:
        self.world.simulator.faults.add(parse_fault(fault))

    def expire_tokens(self) -> None:
        self.world.simulator.expire_tokens()

    def redis(self, is_up: bool) -> None:
        self.world.redis_is_up = is_up

    def vendor_turns(self, is_full: bool, are_wanted: bool) -> None:
        """`is_full`: no job gets a turn at the vendor. `are_wanted`: runs pause for others."""
        self.world.vendor_is_full, self.world.turns_are_wanted = is_full, are_wanted

    def lose_jobs(self) -> None:
        self.world.jobs.clear()

    def subscriber(self, is_up: bool) -> None:
        self.world.subscriber_is_up = is_up

    def interrupt(self, point: str, nth: int, effect: str, actions: Sequence[Action] = ()) -> None:
        self.world.interrupts.append(Interrupt(point, nth, effect, actions))
