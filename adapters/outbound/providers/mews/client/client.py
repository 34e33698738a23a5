"""The client of one connection: verify it, pull from it, fetch what a webhook named."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from adapters.outbound.provider_kit.parsing.local_time import local_day, zone
from adapters.outbound.provider_kit.pull.engine import full_without_cursor, run_pull
from adapters.outbound.provider_kit.pull.reading import external_ids
from adapters.outbound.providers.mews.capabilities import FETCHED_AVAILABILITY_DAYS, MAX_PER_PAGE
from adapters.outbound.providers.mews.client import api as connector
from adapters.outbound.providers.mews.client.api import MewsConnectorApi, batches
from adapters.outbound.providers.mews.client.availability import AvailabilityPaginator
from adapters.outbound.providers.mews.client.hotel import (
    HotelConfiguration,
    MewsHotel,
    fetch_configuration,
    fetch_services,
    ids_of,
    map_guests,
)
from adapters.outbound.providers.mews.client.pull import MewsPull
from adapters.outbound.providers.mews.mapping.orphan_errors import OrphanErrors
from domain.snapshots import HotelRecords
from domain.sync_run import TransportCounts
from ports.providers import AccountReport, Page, PullRequest, ReadItem, Ref, RefKind
from ports.system import Clock


@dataclass(slots=True, kw_only=True)
class MewsClient:
    """`time_zone` and `currency`: as configured here; the provider's own take precedence."""

    api: MewsConnectorApi
    clock: Clock
    service_ids: tuple[str, ...]
    time_zone: str
    currency: str
    _hotel: MewsHotel | None = field(default=None, init=False)

    def check(self) -> AccountReport:
        configured = fetch_configuration(self.api)
        enterprise = configured.enterprise
        return AccountReport(
            property_id=enterprise.id,
            property_name=enterprise.name,
            time_zone=enterprise.time_zone,
            currency=enterprise.currency,
            advice=tuple(self._advice(configured)),
        )

    def _advice(self, configured: HotelConfiguration) -> Iterator[str]:
        enterprise = configured.enterprise
        if enterprise.time_zone != self.time_zone:
            yield f"Mews has the time zone {enterprise.time_zone}; its dates are read with that."
        if enterprise.currency not in (None, self.currency):
            yield f"Mews has the default currency {enterprise.currency}."
        if enterprise.net_prices:
            yield "The hotel has net prices; totals here include tax."
        services, _ = fetch_services(self.api, self.service_ids, OrphanErrors())
        if not services:
            yield "No accommodation service is visible; name it in service_ids."

    def pull(self, request: PullRequest) -> Iterator[Page]:
        hotel = self._hotel = MewsHotel.fetch(self.api, self.service_ids)
        pull = MewsPull(hotel=hotel, request=full_without_cursor(request), clock=self.clock)
        yield from run_pull(pull.plan(), pull.request, self.clock)

    def fetch(self, refs: Sequence[Ref]) -> Page:
        """With a guest's bookings, which hold contact details too, and with the orphan errors of
        the hotel: something missing from the page may be among them."""
        observed_at = self.clock.now()
        hotel = self._hotel = self._hotel or MewsHotel.fetch(self.api, self.service_ids)
        seen: set[str] = set()
        guests = external_ids(refs, RefKind.GUEST)
        items = map_guests(self.api.by_ids(connector.CUSTOMERS, guests), seen)
        items += self._bookings(hotel, external_ids(refs, RefKind.BOOKING), guests, seen)
        kinds = {ref.kind for ref in refs}
        if RefKind.AVAILABILITY in kinds:
            items += self._availability(hotel)
        records, orphan_errors = (
            hotel.records() if RefKind.RECORDS in kinds else (HotelRecords(), ())
        )
        items += [*hotel.orphan_errors, *orphan_errors]
        return Page(items=items, observed_at=observed_at, records=records)

    def _bookings(
        self,
        hotel: MewsHotel,
        booking_ids: Sequence[str],
        guest_ids: Sequence[str],
        seen: set[str],
    ) -> Iterator[ReadItem]:
        found = hotel.fetch_reservations(booking_ids)
        known = frozenset(ids_of(found))
        found += [
            v
            for v in hotel.fetch_reservations_of_customers(guest_ids)
            if known.isdisjoint(ids_of([v]))
        ]
        for part in batches(found, MAX_PER_PAGE):
            page = hotel.fetch_referenced(part)
            yield from page.guests(seen)
            yield from page.bookings()

    def _availability(self, hotel: MewsHotel) -> Iterator[ReadItem]:
        today = local_day(hotel.configured.now, zone(hotel.configured.enterprise.time_zone))
        until = today + timedelta(days=FETCHED_AVAILABILITY_DAYS)
        for nights in AvailabilityPaginator(hotel, self.clock).nights(today, until):
            yield from nights.items

    def counts(self) -> TransportCounts:
        return self.api.counts()

    def close(self) -> None:
        self.api.close()
