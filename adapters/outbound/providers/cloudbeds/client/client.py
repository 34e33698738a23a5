"""The client of one connection: verify it, pull from it, fetch what a webhook named."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from adapters.outbound.provider_kit.pull.engine import full_without_cursor, run_pull
from adapters.outbound.provider_kit.pull.reading import day_windows, external_ids
from adapters.outbound.providers.cloudbeds.capabilities import (
    FETCHED_AVAILABILITY_DAYS,
    PAGE_SIZE,
    RATE_WINDOW,
)
from adapters.outbound.providers.cloudbeds.client.api import CloudbedsApi
from adapters.outbound.providers.cloudbeds.client.hotel import CloudbedsHotel
from adapters.outbound.providers.cloudbeds.client.pull import CloudbedsPull
from domain.snapshots import HotelRecords
from domain.sync_run import TransportCounts
from ports.providers import AccountReport, Page, PullRequest, ReadItem, Ref, RefKind
from ports.system import Clock


@dataclass(slots=True, kw_only=True)
class CloudbedsClient:
    """`time_zone` and `currency`: as configured here; the provider's own take precedence."""

    api: CloudbedsApi
    clock: Clock
    property_id: str | None
    time_zone: str
    currency: str
    _hotel: CloudbedsHotel | None = field(default=None, init=False)

    def check(self) -> AccountReport:
        hotel = self._fetch_hotel()
        hotel.newest_change(self.clock.now())
        found = hotel.property
        return AccountReport(
            property_id=found.id,
            property_name=found.name,
            time_zone=found.time_zone,
            currency=found.currency,
            advice=tuple(self._advice(found.time_zone, found.currency)),
        )

    def _advice(self, time_zone: str, currency: str) -> Iterator[str]:
        if time_zone != self.time_zone:
            yield f"Cloudbeds has the time zone {time_zone}; its wall times are read with that."
        if currency != self.currency:
            yield f"Cloudbeds has the currency {currency}; its amounts are read with that."
        yield "Not every change moves a modification time: keep the reconcile on."

    def pull(self, request: PullRequest) -> Iterator[Page]:
        hotel = self._fetch_hotel()
        pull = CloudbedsPull(hotel=hotel, request=full_without_cursor(request), clock=self.clock)
        yield from run_pull(pull.plan(), pull.request, self.clock)

    def fetch(self, refs: Sequence[Ref]) -> Page:
        observed_at = self.clock.now()
        hotel = self._hotel or self._fetch_hotel()
        ref_kinds = {ref.kind for ref in refs}
        items = self._fetch_guests(hotel, external_ids(refs, RefKind.GUEST))
        items += self._fetch_bookings(hotel, external_ids(refs, RefKind.BOOKING))
        if RefKind.AVAILABILITY in ref_kinds:
            items += self._fetch_cells(hotel)
        wants_records = RefKind.RECORDS in ref_kinds
        records = hotel.records(hotel.today(observed_at)) if wants_records else HotelRecords()
        return Page(items=items, observed_at=observed_at, records=records)

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
        for start in range(0, len(ids), PAGE_SIZE):
            found = hotel.fetch_reservations(ids[start : start + PAGE_SIZE], self.clock.now())
            items += hotel.bookings(found)
        return items

    def _fetch_cells(self, hotel: CloudbedsHotel) -> list[ReadItem]:
        room_types = hotel.room_type_ids()
        today = hotel.today(self.clock.now())
        end = today + timedelta(days=FETCHED_AVAILABILITY_DAYS)
        return [
            item
            for first, until in day_windows(today, end, RATE_WINDOW)
            for item in hotel.cells(first, until, self.clock.now(), room_types)
        ]

    def _fetch_hotel(self) -> CloudbedsHotel:
        self._hotel = CloudbedsHotel.fetch(self.api, self.property_id, self.time_zone)
        return self._hotel

    def counts(self) -> TransportCounts:
        return self.api.counts()

    def close(self) -> None:
        self.api.close()
