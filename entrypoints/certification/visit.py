"""A simulated hotel and the adapter's own client of it, with nothing of ours in between."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final, Protocol, Self, runtime_checkable
from uuid import UUID

from adapters.outbound.provider_kit.rate_window import SlidingWindow
from adapters.outbound.provider_kit.simulation.fault_plan import Fault
from adapters.outbound.provider_kit.simulation.options import SimulatorOptions
from adapters.outbound.provider_kit.simulation.stage import Act, StagedSimulator, TrueBooking
from domain.errors import PmsError
from domain.messages import ItemKind
from domain.snapshots import BookingSnapshot
from domain.status import BookingStatus
from domain.sync import SyncKind
from domain.values import Absent, Field, Money, Stay
from entrypoints.certification.candidate import Candidate
from entrypoints.certification.surroundings import HalfWay, PacingClock
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
_WHOLE: Final = timedelta(days=-120), timedelta(days=210)
"""Around the first day; all that a simulated hotel has lies in the whole."""
_SHOWN: Final = 3
_FIRST: Final[Mapping[Act, tuple[Act, ...]]] = {
    Act.REVERT_CHECK_IN: (Act.BOOK, Act.CHECK_IN),
    Act.CHECK_OUT: (Act.BOOK, Act.CHECK_IN),
    Act.REINSTATE: (Act.BOOK, Act.CANCEL),
}
"""What makes sure that there is a booking to do it to; for the others a new one will do."""


@runtime_checkable
class Timed(Protocol):
    """`now` is an ISO 8601 instant with its offset."""

    def state(self) -> Mapping[str, object]: ...


@dataclass(frozen=True, slots=True)
class Pulled:
    pages: Sequence[Page]

    @property
    def items(self) -> list[ReadItem]:
        return [item for page in self.pages for item in page.items]

    @property
    def bookings(self) -> dict[str, BookingSnapshot]:
        """What each was last said to be."""
        said = [item.snapshot for item in self.items]
        return {s.external_id: s for s in said if isinstance(s, BookingSnapshot) and not s.deleted}

    @property
    def refused(self) -> list[ReadItem]:
        return [i for i in self.items if i.reason is not None and i.kind is ItemKind.BOOKING]

    @property
    def cursor(self) -> str | None:
        return next((page.cursor for page in reversed(self.pages) if page.cursor), None)


@dataclass(slots=True)
class Visit:
    """`values`: by which a connection reaches the simulator, settings and secrets together.
    `window`: the stays that are pulled, and that have to come, unless a check says otherwise; not
    the whole hotel's, which would take most of the time for days that nothing happens on."""

    simulator: StagedSimulator
    provider: Provider
    clock: PacingClock
    options: SimulatorOptions
    values: dict[str, str] = field(repr=False)
    window: Stay

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

    def believe(self, *, time_zone: str) -> None:
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
        self.keep_up()
        with self.client_now(values) as client:
            yield client

    @contextmanager
    def client_now(self, values: Mapping[str, str] | None = None) -> Iterator[ProviderClient]:
        """By our clock as it is, be it behind the hotel's."""
        client = self.provider.open(self.account(values))
        try:
            yield client
        finally:
            client.close()

    def keep_up(self) -> None:
        """Our clock is never behind the hotel's."""
        if isinstance(self.simulator, Timed):
            there = datetime.fromisoformat(str(self.simulator.state()["now"]))
            self.clock.keep_up_with(there.astimezone(UTC))

    def request(
        self,
        kind: SyncKind = SyncKind.FULL,
        *,
        cursor: str | None = None,
        checkpoint: str | None = None,
        window: Stay | None = None,
    ) -> PullRequest:
        asked = window or self.window
        return PullRequest(
            kind=kind,
            cursor=cursor,
            checkpoint=checkpoint,
            stay_from=asked.arrival,
            stay_to=asked.departure,
        )

    def pull(
        self,
        kind: SyncKind = SyncKind.FULL,
        *,
        cursor: str | None = None,
        checkpoint: str | None = None,
        window: Stay | None = None,
    ) -> Pulled:
        """One run of a client of its own. Raises what the client raises."""
        asked = self.request(kind, cursor=cursor, checkpoint=checkpoint, window=window)
        with self.client() as client:
            pages = list(client.pull(asked))
            return Pulled([*pages, *self._named(client, pages)])

    def _named(self, client: ProviderClient, pages: Sequence[Page]) -> Iterator[Page]:
        """What the notifications that came with the pages name: a pull that hands them over is
        whole with that."""
        said = [
            self.provider.read_notification(body, self.context)
            for page in pages
            for body in page.notifications
        ]
        refs = dict.fromkeys(ref for one in said for ref in one.refs)
        if refs:
            yield client.fetch(list(refs))

    def fetch(self, *external_ids: str) -> Pulled:
        with self.client() as client:
            refs = [Ref(RefKind.BOOKING, external_id) for external_id in external_ids]
            return Pulled([client.fetch(refs)])

    def strike(self, fault: Fault, *, anywhere: bool = False) -> None:
        """On the call that lists bookings."""
        path = "" if anywhere else self.simulator.bookings_path
        self.simulator.faults.add(replace(fault, path=path))

    @property
    def struck(self) -> int:
        return sum(self.simulator.faults.struck.values())

    def prepare(self, act: Act) -> None:
        """So that there is a booking to do it to."""
        for before in _FIRST.get(act, (Act.BOOK,)):
            self.simulator.act(before)

    def truth(self) -> dict[str, TrueBooking]:
        return {true.external_id: true for true in self.simulator.truth()}

    def whole(self) -> Self:
        """From now on all that the hotel has is pulled."""
        self.window = _around(self.options, _WHOLE)
        return self

    def unlike(self, bookings: Mapping[str, BookingSnapshot]) -> str:
        """Between what the window has to bring and what came; empty where there is nothing."""
        return differences(self.truth(), seen_in(bookings), self.window)


def _around(options: SimulatorOptions, days: tuple[timedelta, timedelta]) -> Stay:
    today = options.start_date or START
    return Stay(today + days[0], today + days[1])


@contextmanager
def visiting(candidate: Candidate, asked: SimulatorOptions) -> Iterator[Visit]:
    options = replace(asked, start_date=asked.start_date or START)
    clock = PacingClock(datetime.combine(options.start_date or START, datetime.min.time(), UTC))
    tools = ProviderTools(
        clock=clock,
        randomness=HalfWay(),
        budget=SlidingWindow(clock),
        allowed_hosts=LOOPBACK,
        plain_http=True,
    )
    provider = candidate.make(tools)
    simulator = candidate.start(options)
    try:
        values = dict(simulator.connection_values())
        window = _around(options, _WINDOW)
        yield Visit(simulator, provider, clock, options, values, window)
    finally:
        simulator.stop()


@dataclass(frozen=True, slots=True)
class Seen:
    """The part of a booking that the truth tells of."""

    status: Field[BookingStatus]
    stay: Field[Stay]
    total: Field[Money | None]


def seen_in(bookings: Mapping[str, BookingSnapshot]) -> dict[str, Seen]:
    return {id_: Seen(said.status, said.stay, said.total) for id_, said in bookings.items()}


def differences(
    truth: Mapping[str, TrueBooking], seen: Mapping[str, Seen], window: Stay | None = None
) -> str:
    """In words, the first few; empty where there is none. Only stays of the window have to be
    there; whatever is there has to be true."""
    wanted = {id_ for id_, true in truth.items() if window is None or _is_in(true, window)}
    found = [f"{id_} is missing" for id_ in sorted(wanted - seen.keys())]
    found += [f"{id_} is not at the source" for id_ in sorted(seen.keys() - truth.keys())]
    for id_ in sorted(truth.keys() & seen.keys()):
        found += [f"{id_}: {what}" for what in _unlike(truth[id_], seen[id_])]
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return "; ".join(found[:_SHOWN]) + more


def _is_in(true: TrueBooking, window: Stay) -> bool:
    return Stay(true.arrival, true.departure).overlaps(window)


def _unlike(true: TrueBooking, seen: Seen) -> Iterator[str]:
    stay = Stay(true.arrival, true.departure)
    if seen.status is not true.status:
        yield f"status {seen.status}, truly {true.status}"
    if seen.stay != stay:
        yield f"stay {_dates(seen.stay)}, truly {_dates(stay)}"
    if true.total is not None and seen.total != true.total:
        yield f"total {_amount(seen.total)}, truly {_amount(true.total)}"


def _dates(stay: Field[Stay]) -> str:
    return "not told" if isinstance(stay, Absent) else f"{stay.arrival} to {stay.departure}"


def _amount(money: Field[Money | None]) -> str:
    return f"{money.minor} {money.currency}" if isinstance(money, Money) else "not told"


def met(do: Callable[[], object]) -> PmsError | None:
    """The error of ours that it ended with; None where it came through."""
    try:
        do()
    except PmsError as error:
        return error
    return None


def named(error: PmsError | None) -> str:
    return "no error" if error is None else f"{type(error).__name__} ({error.message})"
