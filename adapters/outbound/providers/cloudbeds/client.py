"""One connection's client: test it, pull it, fetch what a webhook named."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from adapters.outbound.provider_kit.checkpoint import instant_in
from adapters.outbound.providers.cloudbeds.api import CloudbedsApi
from adapters.outbound.providers.cloudbeds.capabilities import (
    FETCHED_AVAILABILITY_DAYS,
    PAGE_SIZE,
    RATE_WINDOW,
)
from adapters.outbound.providers.cloudbeds.hotel import Hotel
from adapters.outbound.providers.cloudbeds.position import position_of
from adapters.outbound.providers.cloudbeds.pulling import PHASES, Pull, beginning
from domain.snapshots import HotelRecords
from domain.sync import SyncKind, TransportCounts
from ports.providers import AccountReport, Page, PullRequest, ReadItem, Ref, RefKind
from ports.system import Clock


@dataclass(slots=True, kw_only=True)
class CloudbedsClient:
    """`time_zone` and `currency` are what we believe of the hotel; the provider's own win."""

    api: CloudbedsApi
    clock: Clock
    property_id: str | None
    time_zone: str
    currency: str
    _hotel: Hotel | None = field(default=None, init=False)

    def check(self) -> AccountReport:
        hotel = self._asked()
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
        hotel = self._asked()
        cursor = instant_in(request.cursor)
        kind = SyncKind.FULL if cursor is None and request.kind is SyncKind.DELTA else request.kind
        position = position_of(request.checkpoint)
        if position is None or position.phase not in PHASES[kind]:
            after = cursor if kind is SyncKind.DELTA else None
            position = beginning(hotel, after, self.clock.now())
        yield from Pull(hotel=hotel, request=request, kind=kind, clock=self.clock).pages(position)

    def fetch(self, refs: Sequence[Ref]) -> Page:
        observed_at = self.clock.now()
        hotel = self._hotel or self._asked()
        kinds = {ref.kind for ref in refs}
        items = self._guests(hotel, _ids(refs, RefKind.GUEST))
        items += self._bookings(hotel, _ids(refs, RefKind.BOOKING))
        if RefKind.AVAILABILITY in kinds:
            items += self._cells(hotel)
        wants_records = RefKind.RECORDS in kinds
        records = hotel.records(hotel.today(observed_at)) if wants_records else HotelRecords()
        return Page(items=items, observed_at=observed_at, records=records)

    def _guests(self, hotel: Hotel, ids: Sequence[str]) -> list[ReadItem]:
        """With the reservations that they are on."""
        items: list[ReadItem] = []
        for guest_id in ids:
            now = self.clock.now()
            items += hotel.guests(hotel.guest(guest_id, now))
            items += hotel.bookings(hotel.of_guest(guest_id, now))
        return items

    def _bookings(self, hotel: Hotel, ids: Sequence[str]) -> list[ReadItem]:
        items: list[ReadItem] = []
        for start in range(0, len(ids), PAGE_SIZE):
            found = hotel.by_id(ids[start : start + PAGE_SIZE], self.clock.now())
            items += hotel.bookings(found)
        return items

    def _cells(self, hotel: Hotel) -> list[ReadItem]:
        kinds = hotel.room_type_ids()
        day = hotel.today(self.clock.now())
        end = day + timedelta(days=FETCHED_AVAILABILITY_DAYS)
        items: list[ReadItem] = []
        while day < end:
            until = min(day + RATE_WINDOW, end)
            items += hotel.cells(day, until, self.clock.now(), kinds)
            day = until
        return items

    def _asked(self) -> Hotel:
        self._hotel = Hotel.ask(self.api, self.property_id, self.time_zone)
        return self._hotel

    def counts(self) -> TransportCounts:
        return self.api.counts()

    def close(self) -> None:
        self.api.close()


def _ids(refs: Sequence[Ref], kind: RefKind) -> list[str]:
    return list(dict.fromkeys(ref.external_id for ref in refs if ref.kind is kind))
