"""The phases of a pull; each page of reservations comes with all that it refers to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from adapters.outbound.provider_kit.parsing.json_fields import text_at
from adapters.outbound.provider_kit.parsing.json_messages import numbered_entries
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.local_time import local_day, midnight_utc
from adapters.outbound.provider_kit.pull.checkpoint import format_utc_seconds
from adapters.outbound.provider_kit.pull.engine import (
    DELTA_ONLY,
    WINDOW_ONLY,
    Phase,
    PullPlan,
    delta_cursor,
)
from adapters.outbound.provider_kit.pull.reading import CheckpointedPages, HotelPull
from adapters.outbound.providers.mews.capabilities import MAX_PER_PAGE, OVERLAP
from adapters.outbound.providers.mews.client import api as connector
from adapters.outbound.providers.mews.client.api import UPDATED, PagedOperation
from adapters.outbound.providers.mews.client.availability import AvailabilityPaginator
from adapters.outbound.providers.mews.client.hotel import (
    MewsHotel,
    fetch_configuration,
    ids_of,
    map_guests,
)
from adapters.outbound.providers.mews.client.paginator import (
    COLLIDING,
    MewsCheckpoint,
    WindowPaginator,
)
from adapters.outbound.providers.mews.mapping.orphan_errors import OrphanErrors
from adapters.outbound.providers.mews.mapping.references import order_id_of
from domain.sync_run import SyncKind
from ports.providers import Page, ReadItem


@dataclass(slots=True, kw_only=True)
class MewsPull(HotelPull[MewsHotel]):
    seen_bookings: set[str] = field(default_factory=set)
    seen_guests: set[str] = field(default_factory=set)

    def plan(self) -> PullPlan[MewsCheckpoint]:
        return PullPlan(
            checkpoint_type=MewsCheckpoint,
            phases=(
                Phase("records", self._records, is_single_page=True),
                Phase("stays", self._stays, WINDOW_ONLY),
                # A stay that changes while the windows are read may move to a page already read.
                Phase("changes", self._changes),
                Phase("customers", self._customers, DELTA_ONLY),
                Phase("charges", self._charges, DELTA_ONLY),
                Phase("payments", self._payments, DELTA_ONLY),
                Phase("availability", self._availability),
            ),
            initial=lambda phase: MewsCheckpoint(phase=phase, until=self.hotel.configured.now),
            cursor=lambda checkpoint: format_utc_seconds(checkpoint.until),
        )

    def _since(self, checkpoint: MewsCheckpoint) -> datetime:
        """The overlap before the cursor, or before `until` if the provider's clock went back."""
        return min(delta_cursor(self.request) or checkpoint.until, checkpoint.until) - OVERLAP

    def _records(self, resume_from: MewsCheckpoint) -> CheckpointedPages[MewsCheckpoint]:
        observed_at = self.clock.now()
        records, orphan_errors = self.hotel.records()
        items = [*self.hotel.orphan_errors, *orphan_errors]
        yield Page(items=items, observed_at=observed_at, records=records), resume_from

    def _stays(self, resume_from: MewsCheckpoint) -> CheckpointedPages[MewsCheckpoint]:
        hotel_zone = self.hotel.zone
        first = midnight_utc(self.request.stay_from, hotel_zone)
        last = midnight_utc(self.request.stay_to, hotel_zone)
        paginator = replace(
            self._paginator(connector.RESERVATIONS, self.hotel.service_filter()),
            interval=COLLIDING,
            seen=self.seen_bookings,
        )
        for values, observed_at, after in paginator.window_pages(resume_from, first, last):
            yield self._bookings(self._unseen(values), observed_at, after)

    def _changes(self, resume_from: MewsCheckpoint) -> CheckpointedPages[MewsCheckpoint]:
        """Bookings read earlier in the run too: they have changed since."""
        is_delta = self.request.kind is SyncKind.DELTA
        last = resume_from.until if is_delta else fetch_configuration(self.hotel.api).now
        paginator = self._paginator(connector.RESERVATIONS, self.hotel.service_filter())
        for window_page in paginator.window_pages(resume_from, self._since(resume_from), last):
            yield self._bookings(*window_page)

    def _customers(self, resume_from: MewsCheckpoint) -> CheckpointedPages[MewsCheckpoint]:
        """Bookings hold contact details too: those of changed customers are read again."""
        return self._reread_bookings(
            resume_from,
            self._paginator(connector.CUSTOMERS, {}),
            lambda customers: map_guests(customers, self.seen_guests),
            lambda customers: self.hotel.fetch_reservations_of_customers(ids_of(customers)),
        )

    def _charges(self, resume_from: MewsCheckpoint) -> CheckpointedPages[MewsCheckpoint]:
        """Prices change without the reservation, so it is read again."""
        return self._reread_bookings(
            resume_from,
            self._paginator(connector.CHARGES, self.hotel.service_filter()),
            _orphan_charge_errors,
            lambda charges: self._fetch_unread(ids_of(charges, "ServiceOrderId")),
        )

    def _payments(self, resume_from: MewsCheckpoint) -> CheckpointedPages[MewsCheckpoint]:
        """A payment changes what is owed, but not the reservation."""
        if not self.hotel.reads_payments:
            return iter(())
        return self._reread_bookings(
            resume_from,
            self._paginator(connector.PAYMENTS, {}),
            lambda _: [],
            lambda payments: self._fetch_unread(ids_of(payments, "ReservationId")),
        )

    def _fetch_unread(self, reservation_ids: Sequence[str]) -> list[Json]:
        return self.hotel.fetch_reservations(
            [each for each in reservation_ids if each not in self.seen_bookings]
        )

    def _reread_bookings(
        self,
        resume_from: MewsCheckpoint,
        paginator: WindowPaginator,
        to_items: Callable[[Sequence[Json]], list[ReadItem]],
        fetch: Callable[[Sequence[Json]], list[Json]],
    ) -> CheckpointedPages[MewsCheckpoint]:
        """The items of changed values, and the bookings that they belong to. A window page counts
        as read when the last of its bookings is stored."""
        before, since = resume_from, self._since(resume_from)
        for values, read_at, after in paginator.window_pages(resume_from, since, resume_from.until):
            if items := to_items(values):
                yield Page(items=items, observed_at=read_at), before
            observed_at = self.clock.now()
            unseen = self._unseen(fetch(values))
            while len(unseen) > MAX_PER_PAGE:
                yield self._bookings(unseen[:MAX_PER_PAGE], observed_at, before)
                unseen = unseen[MAX_PER_PAGE:]
            yield self._bookings(unseen, observed_at, after)
            before = after

    def _availability(self, resume_from: MewsCheckpoint) -> CheckpointedPages[MewsCheckpoint]:
        hotel_zone = self.hotel.zone
        first = local_day(resume_from.start or resume_from.until, hotel_zone)
        first = max(first, self.request.stay_from)
        for nights in AvailabilityPaginator(self.hotel, self.clock).nights(
            first, self.request.stay_to
        ):
            after = resume_from.with_window(midnight_utc(nights.until, hotel_zone), None)
            yield Page(items=nights.items, observed_at=nights.observed_at), after

    def _bookings(
        self, values: Sequence[Json], observed_at: datetime, after: MewsCheckpoint
    ) -> tuple[Page, MewsCheckpoint]:
        page = self.hotel.fetch_referenced(values)
        self.seen_bookings.update(ids_of(values))
        items = [*page.guests(self.seen_guests), *page.bookings()]
        return Page(items=items, observed_at=observed_at), after

    def _unseen(self, values: Sequence[Json]) -> list[Json]:
        return [value for value in values if text_at(value, "Id") not in self.seen_bookings]

    def _paginator(self, listing: PagedOperation, parameters: dict[str, Json]) -> WindowPaginator:
        return WindowPaginator(
            api=self.hotel.api,
            clock=self.clock,
            listing=listing,
            interval=UPDATED,
            parameters=parameters,
        )


def _orphan_charge_errors(charges: Sequence[Json]) -> list[ReadItem]:
    orphan_errors = OrphanErrors()
    orphan_errors.readable(numbered_entries("OrderItems", charges), order_id_of)
    return orphan_errors.items
