"""A simulated hotel and the adapter's own client of it, with nothing of ours in between."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final, Protocol, Self, runtime_checkable
from uuid import UUID

from adapters.outbound.provider_kit.http.rate_budget import InProcessRateBudget
from adapters.outbound.provider_kit.simulation.scenario import (
    ExpectedBooking,
    ScenarioAction,
    ScenarioSimulator,
)
from adapters.outbound.provider_kit.simulation.server.fault_plan import Fault
from adapters.outbound.provider_kit.simulation.server.options import SimulatorOptions
from domain.errors import PmsError
from domain.messages import ItemKind
from domain.snapshots import BookingSnapshot
from domain.status import BookingStatus
from domain.sync_run import SyncKind
from domain.values import Absent, DateRange, Field, Money, Stay
from entrypoints.certification.candidate import Candidate
from entrypoints.certification.fakes import FixedJitter, SimulatorClock
from ports.providers import (
    Account,
    HotelContext,
    Page,
    Provider,
    ProviderClient,
    ProviderTools,
    PullRequest,
    ReadItem,
    Ref,
    RefKind,
)

START: Final = date(2026, 6, 1)
LOOPBACK: Final = frozenset({"127.0.0.1"})
_CONNECTION: Final = UUID("00000000-0000-7000-8000-00000000ce27")
_WINDOW: Final = timedelta(days=-20), timedelta(days=40)
_FULL_WINDOW: Final = timedelta(days=-120), timedelta(days=210)
"""Around the first day; all that a simulated hotel has lies in the whole."""
_MAX_SHOWN: Final = 3
_PREREQUISITES: Final[Mapping[ScenarioAction, tuple[ScenarioAction, ...]]] = {
    ScenarioAction.REVERT_CHECK_IN: (ScenarioAction.BOOK, ScenarioAction.CHECK_IN),
    ScenarioAction.CHECK_OUT: (ScenarioAction.BOOK, ScenarioAction.CHECK_IN),
    ScenarioAction.REINSTATE: (ScenarioAction.BOOK, ScenarioAction.CANCEL),
}
"""What makes sure that there is a booking to do it to; for the others a new one will do."""


@runtime_checkable
class HasSimulatorState(Protocol):
    """`now` is an ISO 8601 instant with its offset."""

    def state(self) -> Mapping[str, object]: ...


@dataclass(frozen=True, slots=True)
class PullResult:
    pages: Sequence[Page]

    @property
    def items(self) -> list[ReadItem]:
        return [item for page in self.pages for item in page.items]

    @property
    def bookings(self) -> dict[str, BookingSnapshot]:
        """What each was last said to be."""
        received = [item.snapshot for item in self.items]
        return {
            s.external_id: s for s in received if isinstance(s, BookingSnapshot) and not s.deleted
        }

    @property
    def refused(self) -> list[ReadItem]:
        return [i for i in self.items if i.reason is not None and i.kind is ItemKind.BOOKING]

    @property
    def cursor(self) -> str | None:
        return next((page.cursor for page in reversed(self.pages) if page.cursor), None)


@dataclass(slots=True)
class AdapterHarness:
    """`values`: by which a connection reaches the simulator, settings and secrets together.
    `window`: the stays that are pulled, and that have to come, unless a check says otherwise; not
    the whole hotel's, which would take most of the time for days that nothing happens on."""

    simulator: ScenarioSimulator
    provider: Provider
    clock: SimulatorClock
    options: SimulatorOptions
    values: dict[str, str] = field(repr=False)
    window: DateRange

    def account(self, values: Mapping[str, str] | None = None) -> Account:
        given = self.values if values is None else values
        secret = {s.name for s in self.provider.capabilities.settings if s.secret}
        return Account(
            connection_id=_CONNECTION,
            time_zone=self.options.time_zone,
            currency=self.options.currency,
            settings={name: value for name, value in given.items() if name not in secret},
            secrets={name: value for name, value in given.items() if name in secret},
            correlation_id="certification",
        )

    def override_hotel(self, *, time_zone: str) -> None:
        """What our own hotel is said to be, whatever the provider tells."""
        self.options = replace(self.options, time_zone=time_zone)

    @property
    def context(self) -> HotelContext:
        return HotelContext(
            time_zone=self.options.time_zone,
            currency=self.options.currency,
            observed_at=self.clock.now(),
        )

    @contextmanager
    def client(self, values: Mapping[str, str] | None = None) -> Iterator[ProviderClient]:
        self.sync_clock()
        with self.client_without_clock_sync(values) as client:
            yield client

    @contextmanager
    def client_without_clock_sync(
        self, values: Mapping[str, str] | None = None
    ) -> Iterator[ProviderClient]:
        """By our clock as it is, be it behind the hotel's."""
        client = self.provider.open(self.account(values))
        try:
            yield client
        finally:
            client.close()

    def sync_clock(self) -> None:
        """Our clock is never behind the hotel's."""
        if isinstance(self.simulator, HasSimulatorState):
            hotel_time = datetime.fromisoformat(str(self.simulator.state()["now"]))
            self.clock.advance_to(hotel_time.astimezone(UTC))

    def request(
        self,
        kind: SyncKind = SyncKind.FULL,
        *,
        cursor: str | None = None,
        checkpoint: str | None = None,
        window: DateRange | None = None,
    ) -> PullRequest:
        pull_window = window or self.window
        return PullRequest(
            kind=kind,
            cursor=cursor,
            checkpoint=checkpoint,
            window=pull_window,
        )

    def pull(
        self,
        kind: SyncKind = SyncKind.FULL,
        *,
        cursor: str | None = None,
        checkpoint: str | None = None,
        window: DateRange | None = None,
    ) -> PullResult:
        """One run of a client of its own. Raises what the client raises."""
        pull_window = self.request(kind, cursor=cursor, checkpoint=checkpoint, window=window)
        with self.client() as client:
            pages = list(client.pull(pull_window))
            return PullResult([*pages, *self._fetch_notified(client, pages)])

    def _fetch_notified(self, client: ProviderClient, pages: Sequence[Page]) -> Iterator[Page]:
        """What the notifications that came with the pages name: a pull that hands them over is
        whole with that."""
        received = [
            self.provider.read_notification(body, self.context)
            for page in pages
            for body in page.notifications
        ]
        refs = dict.fromkeys(ref for one in received for ref in one.refs)
        if refs:
            yield client.fetch(list(refs))

    def fetch(self, *external_ids: str) -> PullResult:
        with self.client() as client:
            refs = [Ref(RefKind.BOOKING, external_id) for external_id in external_ids]
            return PullResult([client.fetch(refs)])

    def inject(self, fault: Fault, *, anywhere: bool = False) -> None:
        """On the call that lists bookings."""
        path = "" if anywhere else self.simulator.bookings_path
        self.simulator.faults.add(replace(fault, path=path))

    @property
    def injected(self) -> int:
        return sum(self.simulator.faults.injected.values())

    def prepare(self, act: ScenarioAction) -> None:
        """So that there is a booking to do it to."""
        for before in _PREREQUISITES.get(act, (ScenarioAction.BOOK,)):
            self.simulator.act(before)

    def expected_bookings(self) -> dict[str, ExpectedBooking]:
        return {
            expected_booking.external_id: expected_booking
            for expected_booking in self.simulator.expected_bookings()
        }

    def with_full_window(self) -> Self:
        """From now on all that the hotel has is pulled."""
        self.window = _around(self.options, _FULL_WINDOW)
        return self

    def diff(self, bookings: Mapping[str, BookingSnapshot]) -> str:
        """Between what the window has to bring and what came; empty where there is nothing."""
        return diff_bookings(self.expected_bookings(), observe_bookings(bookings), self.window)


def _around(options: SimulatorOptions, days: tuple[timedelta, timedelta]) -> DateRange:
    today = options.start_date or START
    return DateRange(today + days[0], today + days[1])


@contextmanager
def open_adapter_harness(
    candidate: Candidate, pull_window: SimulatorOptions
) -> Iterator[AdapterHarness]:
    options = replace(pull_window, start_date=pull_window.start_date or START)
    clock = SimulatorClock(datetime.combine(options.start_date or START, datetime.min.time(), UTC))
    tools = ProviderTools(
        clock=clock,
        randomness=FixedJitter(),
        budget=InProcessRateBudget(clock),
        allowed_hosts=LOOPBACK,
        plain_http=True,
    )
    provider = candidate.make(tools)
    simulator = candidate.start(options)
    try:
        values = dict(simulator.connection_values())
        window = _around(options, _WINDOW)
        yield AdapterHarness(simulator, provider, clock, options, values, window)
    finally:
        simulator.stop()


@dataclass(frozen=True, slots=True)
class ObservedBooking:
    """The part of a booking that the truth tells of."""

    status: Field[BookingStatus]
    stay: Field[Stay]
    total: Field[Money | None]


def observe_bookings(bookings: Mapping[str, BookingSnapshot]) -> dict[str, ObservedBooking]:
    return {
        id_: ObservedBooking(received.status, received.stay, received.total)
        for id_, received in bookings.items()
    }


def diff_bookings(
    expected_bookings: Mapping[str, ExpectedBooking],
    observed: Mapping[str, ObservedBooking],
    window: DateRange | None = None,
) -> str:
    """In words, the first few; empty where there is none. Only stays of the window have to be
    there; whatever is there has to be true."""
    wanted = {
        id_
        for id_, expected_booking in expected_bookings.items()
        if window is None or _is_in(expected_booking, window)
    }
    found = [f"{id_} is missing" for id_ in sorted(wanted - observed.keys())]
    found += [
        f"{id_} is not at the source" for id_ in sorted(observed.keys() - expected_bookings.keys())
    ]
    for id_ in sorted(expected_bookings.keys() & observed.keys()):
        found += [f"{id_}: {what}" for what in _diff_booking(expected_bookings[id_], observed[id_])]
    more = f" and {len(found) - _MAX_SHOWN} more" if len(found) > _MAX_SHOWN else ""
    return "; ".join(found[:_MAX_SHOWN]) + more


def _is_in(expected_booking: ExpectedBooking, window: DateRange) -> bool:
    return Stay(expected_booking.arrival, expected_booking.departure).dates.overlaps(window)


def _diff_booking(expected_booking: ExpectedBooking, observed: ObservedBooking) -> Iterator[str]:
    stay = Stay(expected_booking.arrival, expected_booking.departure)
    if observed.status is not expected_booking.status:
        yield f"status {observed.status}, truly {expected_booking.status}"
    if observed.stay != stay:
        yield f"stay {_dates(observed.stay)}, truly {_dates(stay)}"
    if expected_booking.total is not None and observed.total != expected_booking.total:
        yield f"total {_amount(observed.total)}, truly {_amount(expected_booking.total)}"


def _dates(stay: Field[Stay]) -> str:
    return "not told" if isinstance(stay, Absent) else f"{stay.arrival} to {stay.departure}"


def _amount(money: Field[Money | None]) -> str:
    return f"{money.minor} {money.currency}" if isinstance(money, Money) else "not told"


def catch_error(do: Callable[[], object]) -> PmsError | None:
    """The error of ours that it ended with; None where it came through."""
    try:
        do()
    except PmsError as error:
        return error
    return None


def describe_error(error: PmsError | None) -> str:
    return "no error" if error is None else f"{type(error).__name__} ({error.message})"
