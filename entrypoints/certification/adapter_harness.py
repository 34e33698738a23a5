"""The adapter's client connected to a simulated hotel, without the application."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final, Protocol, Self, runtime_checkable
from uuid import UUID

from adapters.outbound.provider_kit.simulation.scenario import (
    ExpectedBooking,
    ScenarioAction,
    ScenarioSimulator,
    VendorMessage,
)
from adapters.outbound.provider_kit.simulation.server.fault_plan import Fault
from adapters.outbound.provider_kit.simulation.server.options import SimulatorOptions
from domain.messages import ItemKind
from domain.renamed import warn_renamed
from domain.snapshots import BookingSnapshot
from domain.sync_run import SyncKind
from domain.values import DateRange
from entrypoints.certification.booking_diff import diff_bookings, observe_snapshots
from entrypoints.certification.candidate import Candidate
from entrypoints.certification.fakes import SimulatorClock, simulator_tools
from ports.providers import (
    Account,
    HotelContext,
    Page,
    Provider,
    ProviderClient,
    PullRequest,
    ReadItem,
    Ref,
    RefKind,
)

START: Final = date(2026, 6, 1)
_CONNECTION: Final = UUID("00000000-0000-7000-8000-00000000ce27")
_WINDOW: Final = timedelta(days=-20), timedelta(days=40)
_FULL_WINDOW: Final = timedelta(days=-120), timedelta(days=210)
"""Relative to the first day; every stay of a simulated hotel overlaps the full window."""
_PREREQUISITES: Final[Mapping[ScenarioAction, tuple[ScenarioAction, ...]]] = {
    ScenarioAction.REVERT_CHECK_IN: (ScenarioAction.BOOK, ScenarioAction.CHECK_IN),
    ScenarioAction.CHECK_OUT: (ScenarioAction.BOOK, ScenarioAction.CHECK_IN),
    ScenarioAction.REINSTATE: (ScenarioAction.BOOK, ScenarioAction.CANCEL),
}
"""Actions that create a booking in the required state; by default a new booking will do."""


@runtime_checkable
class HasSimulatorState(Protocol):
    """`state()["now"]` is an ISO 8601 instant with its offset."""

    def state(self) -> Mapping[str, object]: ...


def has_bookings(page: Page) -> bool:
    return any(isinstance(item.snapshot, BookingSnapshot) for item in page.items)


@dataclass(frozen=True, slots=True)
class PullResult:
    pages: Sequence[Page]

    @property
    def items(self) -> list[ReadItem]:
        return [item for page in self.pages for item in page.items]

    @property
    def bookings(self) -> dict[str, BookingSnapshot]:
        """The last snapshot of each booking, without deleted ones."""
        snapshots = [item.snapshot for item in self.items]
        return {
            each.external_id: each
            for each in snapshots
            if isinstance(each, BookingSnapshot) and not each.deleted
        }

    @property
    def rejected(self) -> list[ReadItem]:
        return [i for i in self.items if i.reason is not None and i.kind is ItemKind.BOOKING]

    @property
    def cursor(self) -> str | None:
        return next((page.cursor for page in reversed(self.pages) if page.cursor), None)


@dataclass(slots=True)
class AdapterHarness:
    """`values`: the settings and secrets of the connection to the simulator. `options`: also of
    the stored hotel. `window`: the stays that are pulled and compared; only some weeks by default,
    since a full pull is slow."""

    simulator: ScenarioSimulator
    provider: Provider
    clock: SimulatorClock
    options: SimulatorOptions
    values: dict[str, str] = field(repr=False)
    window: DateRange

    def account(self, values: Mapping[str, str] | None = None) -> Account:
        given = self.values if values is None else values
        secret = {spec.name for spec in self.provider.capabilities.settings if spec.secret}
        return Account(
            connection_id=_CONNECTION,
            time_zone=self.options.time_zone,
            currency=self.options.currency,
            settings={name: value for name, value in given.items() if name not in secret},
            secrets={name: value for name, value in given.items() if name in secret},
            correlation_id="certification",
        )

    @property
    def context(self) -> HotelContext:
        return HotelContext(
            time_zone=self.options.time_zone,
            currency=self.options.currency,
            observed_at=self.clock.now(),
        )

    @contextmanager
    def client(
        self, values: Mapping[str, str] | None = None, *, sync_clock: bool = True
    ) -> Iterator[ProviderClient]:
        """Without `sync_clock`, the adapter's clock may be behind the hotel's."""
        if sync_clock:
            self.sync_clock()
        with closing(self.provider.open(self.account(values))) as client:
            yield client

    def sync_clock(self) -> None:
        """Advances the adapter's clock to the hotel's if it is behind."""
        if isinstance(self.simulator, HasSimulatorState):
            hotel_time = datetime.fromisoformat(str(self.simulator.state()["now"]))
            self.clock.advance_to(hotel_time.astimezone(UTC))

    def request(self) -> PullRequest:
        """Of a full pull."""
        return PullRequest(kind=SyncKind.FULL, cursor=None, checkpoint=None, window=self.window)

    def pull(
        self,
        kind: SyncKind = SyncKind.FULL,
        *,
        cursor: str | None = None,
        checkpoint: str | None = None,
        window: DateRange | None = None,
    ) -> PullResult:
        """Pulls all pages with a new client; by default the harness' window. Raises what the client
        raises."""
        request = PullRequest(
            kind=kind, cursor=cursor, checkpoint=checkpoint, window=window or self.window
        )
        with self.client() as client:
            pages = list(client.pull(request))
            return PullResult([*pages, *self._fetch_notified(client, pages)])

    def pull_diff(self) -> str:
        """Of a full pull."""
        return self.diff(self.pull().bookings)

    def _fetch_notified(self, client: ProviderClient, pages: Sequence[Page]) -> Iterator[Page]:
        """The bookings named by notifications in the pages, which complete such a pull."""
        notifications = [
            self.provider.read_notification(body, self.context)
            for page in pages
            for body in page.notifications
        ]
        refs = dict.fromkeys(ref for each in notifications for ref in each.refs)
        if refs:
            yield client.fetch(list(refs))

    def fetch(self, *external_ids: str) -> PullResult:
        with self.client() as client:
            refs = [Ref(RefKind.BOOKING, external_id) for external_id in external_ids]
            return PullResult([client.fetch(refs)])

    def inject(self, fault: Fault, *, anywhere: bool = False) -> None:
        """Into the call that lists bookings, or into every call."""
        path = "" if anywhere else self.simulator.bookings_path
        self.simulator.faults.add(replace(fault, path=path))

    @property
    def injected(self) -> int:
        return sum(self.simulator.faults.injected.values())

    @property
    def requests_served(self) -> int:
        return sum(self.simulator.requests_served.values())

    def perform(self, *actions: ScenarioAction) -> list[str]:
        """The external ids of the bookings that changed; an action that fits no booking or that
        the vendor does not have changes none."""
        changed = [self.simulator.act(action) for action in actions]
        return [external_id for external_id in changed if external_id is not None]

    def book_and_collect(self) -> list[VendorMessage]:
        """The notifications of a new booking, and those not yet collected."""
        self.perform(ScenarioAction.BOOK)
        return list(self.simulator.messages())

    def prepare(self, action: ScenarioAction) -> None:
        """Creates a booking that `action` can be performed on."""
        self.perform(*_PREREQUISITES.get(action, (ScenarioAction.BOOK,)))

    def expected_bookings(self) -> dict[str, ExpectedBooking]:
        return {booking.external_id: booking for booking in self.simulator.expected_bookings()}

    def with_full_window(self) -> Self:
        """Pulls and compares every booking from now on."""
        self.window = _days_around_start(self.options, _FULL_WINDOW)
        return self

    def diff(self, bookings: Mapping[str, BookingSnapshot]) -> str:
        """Against the expected bookings of the window; empty if there is no difference."""
        return diff_bookings(self.expected_bookings(), observe_snapshots(bookings), self.window)

    def diff_of(self, ids: Iterable[str], bookings: Mapping[str, BookingSnapshot]) -> str:
        """Like `diff`, against the expected bookings with these ids, in any window."""
        expected = self.expected_bookings()
        chosen = {id_: expected[id_] for id_ in ids if id_ in expected}
        return diff_bookings(chosen, observe_snapshots(bookings))


_METHODS_OF_VERSION_0_1: Final = {"truth": "expected_bookings", "given_tokens": "issued_tokens"}


def _add_new_method_names(simulator: object) -> None:
    """To a simulator whose class was written for version 0.1."""
    cls = type(simulator)
    for old, new in _METHODS_OF_VERSION_0_1.items():
        if hasattr(cls, old) and not hasattr(cls, new):
            warn_renamed(f"{cls.__name__}.{old}", new, stacklevel=2)
            setattr(cls, new, getattr(cls, old))


def _days_around_start(options: SimulatorOptions, days: tuple[timedelta, timedelta]) -> DateRange:
    today = options.start_date or START
    return DateRange(today + days[0], today + days[1])


@contextmanager
def open_adapter_harness(
    candidate: Candidate, requested: SimulatorOptions
) -> Iterator[AdapterHarness]:
    start = requested.start_date or START
    options = replace(requested, start_date=start)
    clock = SimulatorClock(datetime.combine(start, datetime.min.time(), UTC))
    provider = candidate.make(simulator_tools(clock))
    simulator = candidate.start(options)
    _add_new_method_names(simulator)
    try:
        values = dict(simulator.connection_values())
        window = _days_around_start(options, _WINDOW)
        yield AdapterHarness(simulator, provider, clock, options, values, window)
    finally:
        simulator.stop()
