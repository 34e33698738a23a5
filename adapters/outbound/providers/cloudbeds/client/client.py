"""The client of one connection: verify it, pull from it, fetch what a webhook named."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapters.outbound.provider_kit.pull.checkpoint import PagedCheckpoint
from adapters.outbound.provider_kit.pull.engine import PullPlan
from adapters.outbound.provider_kit.pull.properties import PropertyClient
from adapters.outbound.provider_kit.pull.reading import batches, day_windows, external_ids
from adapters.outbound.providers.cloudbeds.capabilities import (
    FETCHED_AVAILABILITY_DAYS,
    PAGE_SIZE,
    RATE_WINDOW,
)
from adapters.outbound.providers.cloudbeds.client.api import CloudbedsApi
from adapters.outbound.providers.cloudbeds.client.hotel import CloudbedsHotel
from adapters.outbound.providers.cloudbeds.client.pull import CloudbedsPull
from ports.providers import AccountReport, PullRequest, ReadItem, Ref, RefKind


@dataclass(slots=True, kw_only=True)
class CloudbedsClient(PropertyClient[CloudbedsHotel]):
    api: CloudbedsApi

    def check(self) -> AccountReport:
        hotel = self._load_hotel()
        hotel.newest_change(self.clock.now())
        found = hotel.property
        return found.report(self._advice(found.time_zone, found.currency))

    def _advice(self, time_zone: str, currency: str) -> Iterator[str]:
        if time_zone != self.time_zone:
            yield f"Cloudbeds has the time zone {time_zone}; its wall times are read with that."
        if currency != self.currency:
            yield f"Cloudbeds has the currency {currency}; its amounts are read with that."
        yield "Not every change moves a modification time: keep the reconcile on."

    def _load_hotel(self) -> CloudbedsHotel:
        return CloudbedsHotel.fetch(self.api, self.property_id, self.time_zone)

    def _plan(self, hotel: CloudbedsHotel, request: PullRequest) -> PullPlan[PagedCheckpoint]:
        return CloudbedsPull(hotel=hotel, request=request, clock=self.clock).plan()

    def _fetch_items(self, hotel: CloudbedsHotel, refs: Sequence[Ref]) -> list[ReadItem]:
        items = self._fetch_guests(hotel, external_ids(refs, RefKind.GUEST))
        return items + self._fetch_bookings(hotel, external_ids(refs, RefKind.BOOKING))

    def _fetch_guests(self, hotel: CloudbedsHotel, ids: Sequence[str]) -> list[ReadItem]:
        """With the reservations that they belong to."""
        items: list[ReadItem] = []
        for guest_id in ids:
            now = self.clock.now()
            items += hotel.guests(hotel.guest(guest_id, now))
            items += hotel.bookings(hotel.fetch_reservations_of_guest(guest_id, now))
        return items

    def _fetch_bookings(self, hotel: CloudbedsHotel, ids: Sequence[str]) -> list[ReadItem]:
        items: list[ReadItem] = []
        for chunk in batches(ids, PAGE_SIZE):
            items += hotel.bookings(hotel.fetch_reservations(chunk, self.clock.now()))
        return items

    def _fetch_cells(self, hotel: CloudbedsHotel, _: datetime) -> list[ReadItem]:
        room_types = hotel.room_type_ids()
        today = hotel.today(self.clock.now())
        end = today + timedelta(days=FETCHED_AVAILABILITY_DAYS)
        return [
            item
            for first, until in day_windows(today, end, RATE_WINDOW)
            for item in hotel.cells(first, until, self.clock.now(), room_types)
        ]
