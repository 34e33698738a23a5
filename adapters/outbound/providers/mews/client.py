"""One connection's client: test it, pull it, fetch what a webhook named."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from adapters.outbound.provider_kit import field_values as values
from adapters.outbound.provider_kit.errors import UnreadableField
from adapters.outbound.provider_kit.local_time import local_day, zone
from adapters.outbound.providers.mews import api as connector
from adapters.outbound.providers.mews.api import ConnectorApi, batches
from adapters.outbound.providers.mews.capabilities import FETCHED_AVAILABILITY_DAYS, MOST_PER_PAGE
from adapters.outbound.providers.mews.hotel import (
    Configured,
    Hotel,
    ask_configuration,
    ask_services,
    guests_of,
    ids_of,
)
from adapters.outbound.providers.mews.nights import NightWalk
from adapters.outbound.providers.mews.position import Phase, Position, position_of
from adapters.outbound.providers.mews.pulling import PHASES, Pull, since_of
from adapters.outbound.providers.mews.unplaced import Unplaced
from domain.snapshots import HotelRecords
from domain.sync import SyncKind, TransportCounts
from ports.providers import AccountReport, Page, PullRequest, ReadItem, Ref, RefKind
from ports.system import Clock


@dataclass(slots=True, kw_only=True)
class MewsClient:
    """`time_zone` and `currency` are what we believe of the hotel; the provider's own win."""

    api: ConnectorApi
    clock: Clock
    service_ids: tuple[str, ...]
    time_zone: str
    currency: str
    _hotel: Hotel | None = field(default=None, init=False)

    def check(self) -> AccountReport:
        configured = ask_configuration(self.api)
        enterprise = configured.enterprise
        return AccountReport(
            property_id=enterprise.id,
            property_name=enterprise.name,
            time_zone=enterprise.time_zone,
            currency=enterprise.currency,
            advice=tuple(self._advice(configured)),
        )

    def _advice(self, configured: Configured) -> Iterator[str]:
        enterprise = configured.enterprise
        if enterprise.time_zone != self.time_zone:
            yield f"Mews has the time zone {enterprise.time_zone}; its dates are read with that."
        if enterprise.currency not in (None, self.currency):
            yield f"Mews has the default currency {enterprise.currency}."
        if enterprise.net_prices:
            yield "The hotel has net prices; totals here include tax."
        services, _ = ask_services(self.api, self.service_ids, Unplaced())
        if not services:
            yield "No accommodation service is visible; name it in service_ids."

    def pull(self, request: PullRequest) -> Iterator[Page]:
        hotel = self._hotel = Hotel.ask(self.api, self.service_ids)
        cursor = _instant(request.cursor)
        kind = SyncKind.FULL if cursor is None and request.kind is SyncKind.DELTA else request.kind
        position = position_of(request.checkpoint)
        if position is None or position.phase not in PHASES[kind]:
            position = Position(until=hotel.configured.now, phase=Phase.RECORDS)
        since = since_of(cursor if kind is SyncKind.DELTA else None, position.until)
        pull = Pull(hotel=hotel, request=request, kind=kind, clock=self.clock, since=since)
        yield from pull.pages(position)

    def fetch(self, refs: Sequence[Ref]) -> Page:
        """A guest's bookings come along: they hold the guest's contact details. What of the hotel
        can't be read comes along too: what is not in the page could be in there."""
        observed_at = self.clock.now()
        hotel = self._hotel = self._hotel or Hotel.ask(self.api, self.service_ids)
        seen: set[str] = set()
        guests = _ids(refs, RefKind.GUEST)
        items = guests_of(self.api.by_ids(connector.CUSTOMERS, guests), seen)
        items += self._bookings(hotel, _ids(refs, RefKind.BOOKING), guests, seen)
        kinds = {ref.kind for ref in refs}
        if RefKind.AVAILABILITY in kinds:
            items += self._availability(hotel)
        records, unplaced = hotel.records() if RefKind.RECORDS in kinds else (HotelRecords(), ())
        items += [*hotel.unplaced, *unplaced]
        return Page(items=items, observed_at=observed_at, records=records)

    def _bookings(
        self,
        hotel: Hotel,
        booking_ids: Sequence[str],
        guest_ids: Sequence[str],
        seen: set[str],
    ) -> Iterator[ReadItem]:
        found = hotel.stays(booking_ids)
        known = frozenset(ids_of(found))
        found += [v for v in hotel.stays_of(guest_ids) if known.isdisjoint(ids_of([v]))]
        for part in batches(found, MOST_PER_PAGE):
            page = hotel.completed(part)
            yield from page.guests(seen)
            yield from page.bookings()

    def _availability(self, hotel: Hotel) -> Iterator[ReadItem]:
        today = local_day(hotel.configured.now, zone(hotel.configured.enterprise.time_zone))
        until = today + timedelta(days=FETCHED_AVAILABILITY_DAYS)
        for nights in NightWalk(hotel, self.clock).nights(today, until):
            yield from nights.items

    def counts(self) -> TransportCounts:
        return self.api.counts()

    def close(self) -> None:
        self.api.close()


def _ids(refs: Sequence[Ref], kind: RefKind) -> list[str]:
    return list(dict.fromkeys(ref.external_id for ref in refs if ref.kind is kind))


def _instant(cursor: str | None) -> datetime | None:
    """None where there is no cursor, or none of ours: everything is read then."""
    if cursor is None:
        return None
    try:
        return values.as_instant(cursor, "cursor")
    except UnreadableField:
        return None
