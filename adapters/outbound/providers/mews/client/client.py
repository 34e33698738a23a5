"""The client of one connection: verify it, pull from it, fetch what a webhook named."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapters.outbound.provider_kit.parsing.json_fields import text_at
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.local_time import local_day
from adapters.outbound.provider_kit.pull.client import HotelClient
from adapters.outbound.provider_kit.pull.engine import PullPlan
from adapters.outbound.provider_kit.pull.reading import batches, external_ids
from adapters.outbound.providers.mews.capabilities import FETCHED_AVAILABILITY_DAYS, MAX_PER_PAGE
from adapters.outbound.providers.mews.client import api as connector
from adapters.outbound.providers.mews.client.api import MewsConnectorApi
from adapters.outbound.providers.mews.client.availability import AvailabilityPaginator
from adapters.outbound.providers.mews.client.hotel import (
    HotelConfiguration,
    MewsHotel,
    can_read_payments,
    fetch_configuration,
    fetch_services,
    map_guests,
)
from adapters.outbound.providers.mews.client.paginator import MewsCheckpoint
from adapters.outbound.providers.mews.client.pull import MewsPull
from adapters.outbound.providers.mews.mapping.orphan_errors import OrphanErrors
from domain.snapshots import HotelRecords
from ports.providers import AccountReport, PullRequest, ReadItem, Ref, RefKind


@dataclass(slots=True, kw_only=True)
class MewsClient(HotelClient[MewsHotel]):
    api: MewsConnectorApi
    service_ids: tuple[str, ...]

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
        if not can_read_payments(self.api, configured.now):
            yield "The access token may not read payments: paid and balance stay empty."
        services, _ = fetch_services(self.api, self.service_ids, enterprise.id, OrphanErrors())
        if not services:
            yield "No accommodation service is visible; name it in service_ids."

    def _load_hotel(self) -> MewsHotel:
        return MewsHotel.fetch(self.api, self.service_ids)

    def _plan(self, hotel: MewsHotel, request: PullRequest) -> PullPlan[MewsCheckpoint]:
        return MewsPull(hotel=hotel, request=request, clock=self.clock).plan()

    def _fetch_items(self, hotel: MewsHotel, refs: Sequence[Ref]) -> list[ReadItem]:
        """With a guest's bookings, which hold contact details too, and with the orphan errors of
        the hotel: something missing from the page may be among them."""
        seen: set[str] = set()
        guests = external_ids(refs, RefKind.GUEST)
        items = map_guests(self.api.by_ids(connector.CUSTOMERS, guests), seen)
        found = hotel.fetch_reservations(external_ids(refs, RefKind.BOOKING))
        found += hotel.fetch_reservations_of_payments(external_ids(refs, RefKind.PAYMENT))
        found += hotel.fetch_reservations_of_customers(guests)
        items += self._bookings(hotel, found, seen)
        return [*items, *hotel.orphan_errors]

    def _bookings(
        self, hotel: MewsHotel, found: Sequence[Json], seen: set[str]
    ) -> Iterator[ReadItem]:
        """Each once; those without a readable id are all kept, for their mapper rejects them."""
        distinct = {text_at(value, "Id") or n: value for n, value in enumerate(found)}
        for part in batches(list(distinct.values()), MAX_PER_PAGE):
            page = hotel.fetch_referenced(part)
            yield from page.guests(seen)
            yield from page.bookings()

    def _fetch_cells(self, hotel: MewsHotel, _: datetime) -> Iterator[ReadItem]:
        today = local_day(hotel.configured.now, hotel.zone)
        until = today + timedelta(days=FETCHED_AVAILABILITY_DAYS)
        for nights in AvailabilityPaginator(hotel, self.clock).nights(today, until):
            yield from nights.items

    def _fetch_records(
        self, hotel: MewsHotel, _: datetime
    ) -> tuple[HotelRecords, Sequence[ReadItem]]:
        return hotel.records()
