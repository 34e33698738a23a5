"""One run over the API: its phases in order, each page completed and with its checkpoint."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from adapters.outbound.provider_kit.checkpoint import utc_text
from adapters.outbound.provider_kit.json_text import Json
from adapters.outbound.provider_kit.local_time import local_day, midnight_utc, zone
from adapters.outbound.providers.mews import api as connector
from adapters.outbound.providers.mews.api import Listing
from adapters.outbound.providers.mews.capabilities import MOST_PER_PAGE, OVERLAP
from adapters.outbound.providers.mews.hotel import Hotel, ask_configuration, guests_of, ids_of
from adapters.outbound.providers.mews.messages import Messages
from adapters.outbound.providers.mews.nights import NightWalk
from adapters.outbound.providers.mews.position import Phase, Position
from adapters.outbound.providers.mews.references import order_of
from adapters.outbound.providers.mews.unplaced import Unplaced
from adapters.outbound.providers.mews.walking import COLLIDING, UPDATED, Step, Walk
from domain.sync import SyncKind
from ports.providers import Page, PullRequest, ReadItem
from ports.system import Clock

_AROUND_STAYS: Final = (Phase.RECORDS, Phase.STAYS, Phase.CHANGES, Phase.AVAILABILITY)
PHASES: Final[Mapping[SyncKind, tuple[Phase, ...]]] = {
    SyncKind.DELTA: (
        Phase.RECORDS,
        Phase.CHANGES,
        Phase.CUSTOMERS,
        Phase.CHARGES,
        Phase.AVAILABILITY,
    ),
    # A stay that is changed while the windows are read moves to a page that was read already: what
    # changed since the run began is read once more.
    SyncKind.FULL: _AROUND_STAYS,
    SyncKind.RECONCILE: _AROUND_STAYS,
}


@dataclass(slots=True, kw_only=True)
class Pull:
    """`since`: where the changes begin. `kind` is FULL for a delta that has no cursor yet."""

    hotel: Hotel
    request: PullRequest
    kind: SyncKind
    clock: Clock
    since: datetime
    seen_bookings: set[str] = field(default_factory=set)
    seen_guests: set[str] = field(default_factory=set)

    def pages(self, position: Position) -> Iterator[Page]:
        phases = PHASES[self.kind]
        for phase in phases[phases.index(position.phase) :]:
            yield from self._phase(position if phase is position.phase else position.at(phase))
        # A reconcile looked at its window only: the next delta starts where it would have.
        cursor = None if self.kind is SyncKind.RECONCILE else utc_text(position.until)
        yield Page(items=(), observed_at=self.clock.now(), cursor=cursor)

    def _phase(self, begin: Position) -> Iterator[Page]:
        phases: dict[Phase, Callable[[Position], Iterator[Page]]] = {
            Phase.RECORDS: self._records,
            Phase.STAYS: self._stays,
            Phase.CHANGES: self._changes,
            Phase.CUSTOMERS: self._customers,
            Phase.CHARGES: self._charges,
            Phase.AVAILABILITY: self._availability,
        }
        return phases[begin.phase](begin)

    def _records(self, begin: Position) -> Iterator[Page]:
        phases = PHASES[self.kind]
        after = begin.at(phases[phases.index(begin.phase) + 1])
        observed_at = self.clock.now()
        records, unplaced = self.hotel.records()
        items = [*self.hotel.unplaced, *unplaced]
        yield Page(items=items, observed_at=observed_at, records=records, checkpoint=after.text())

    def _stays(self, begin: Position) -> Iterator[Page]:
        hotel_zone = zone(self.hotel.configured.enterprise.time_zone)
        first = midnight_utc(self.request.stay_from, hotel_zone)
        last = midnight_utc(self.request.stay_to, hotel_zone)
        walk = replace(
            self._walk(connector.RESERVATIONS, self.hotel.in_services()),
            interval=COLLIDING,
            seen=self.seen_bookings,
        )
        for step in walk.steps(begin, first, last):
            yield self._bookings(self._unseen(step.values), step.observed_at, step.after)

    def _changes(self, begin: Position) -> Iterator[Page]:
        """Seen ones too: what was read before the change is old."""
        is_delta = self.kind is SyncKind.DELTA
        last = begin.until if is_delta else ask_configuration(self.hotel.api).now
        walk = self._walk(connector.RESERVATIONS, self.hotel.in_services())
        for step in walk.steps(begin, self.since, last):
            yield self._bookings(step.values, step.observed_at, step.after)

    def _customers(self, begin: Position) -> Iterator[Page]:
        """Contact details stand in bookings too, so those of changed people are read again."""
        before = begin
        for step in self._walk(connector.CUSTOMERS, {}).steps(begin, self.since, begin.until):
            items = guests_of(step.values, self.seen_guests)
            yield Page(items=items, observed_at=step.observed_at, checkpoint=before.text())
            yield from self._again(step, before, lambda step: self._stays_of(step.values))
            before = step.after

    def _charges(self, begin: Position) -> Iterator[Page]:
        """Prices change without the reservation: it is read again."""
        before = begin
        walk = self._walk(connector.CHARGES, self.hotel.in_services())
        for step in walk.steps(begin, self.since, begin.until):
            if items := _unlinked(step.values):
                yield Page(items=items, observed_at=step.observed_at, checkpoint=before.text())
            yield from self._again(step, before, lambda step: self._charged(step.values))
            before = step.after

    def _stays_of(self, customers: Sequence[Json]) -> list[Json]:
        return self.hotel.stays_of(ids_of(customers))

    def _charged(self, charges: Sequence[Json]) -> list[Json]:
        orders = ids_of(charges, "ServiceOrderId")
        return self.hotel.stays([order for order in orders if order not in self.seen_bookings])

    def _again(
        self, step: Step, before: Position, ask: Callable[[Step], list[Json]]
    ) -> Iterator[Page]:
        """The step counts as done when the last of its bookings is stored."""
        observed_at = self.clock.now()
        fresh = self._unseen(ask(step))
        while len(fresh) > MOST_PER_PAGE:
            yield self._bookings(fresh[:MOST_PER_PAGE], observed_at, before)
            fresh = fresh[MOST_PER_PAGE:]
        yield self._bookings(fresh, observed_at, step.after)

    def _availability(self, begin: Position) -> Iterator[Page]:
        hotel_zone = zone(self.hotel.configured.enterprise.time_zone)
        first = local_day(begin.start or begin.until, hotel_zone)
        first = max(first, self.request.stay_from)
        for nights in NightWalk(self.hotel, self.clock).nights(first, self.request.stay_to):
            after = begin.opened(midnight_utc(nights.until, hotel_zone), None)
            yield Page(items=nights.items, observed_at=nights.observed_at, checkpoint=after.text())

    def _bookings(self, values: Sequence[Json], observed_at: datetime, after: Position) -> Page:
        page = self.hotel.completed(values)
        self.seen_bookings.update(ids_of(values))
        items = [*page.guests(self.seen_guests), *page.bookings()]
        return Page(items=items, observed_at=observed_at, checkpoint=after.text())

    def _unseen(self, values: Sequence[Json]) -> list[Json]:
        return [v for v in values if not self.seen_bookings.issuperset(ids_of([v]) or ("",))]

    def _walk(self, listing: Listing, parameters: dict[str, Json]) -> Walk:
        return Walk(
            api=self.hotel.api,
            clock=self.clock,
            listing=listing,
            interval=UPDATED,
            parameters=parameters,
        )


def _unlinked(charges: Sequence[Json]) -> list[ReadItem]:
    messages = Messages()
    messages.add("OrderItems", charges)
    unplaced = Unplaced()
    unplaced.readable(messages.of("OrderItems"), order_of)
    return unplaced.items


def since_of(cursor: datetime | None, until: datetime) -> datetime:
    """The overlap before the cursor, or before `until` where the provider's clock went back."""
    return min(cursor or until, until) - OVERLAP
