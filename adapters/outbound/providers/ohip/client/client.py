"""One connection's client: test it, pull it, fetch what an event named."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from adapters.outbound.providers.ohip.capabilities import (
    FETCHED_AVAILABILITY_DAYS,
    STATISTICS_DAYS,
)
from adapters.outbound.providers.ohip.client.checkpoint import parse_checkpoint, parse_cursor
from adapters.outbound.providers.ohip.client.hotel import OhipHotel, find_hotel_name
from adapters.outbound.providers.ohip.client.pull import PHASES, OhipPull, initial_checkpoint
from domain.snapshots import HotelRecords, RoomTypeRecord
from domain.sync_run import SyncKind, TransportCounts
from ports.providers import AccountReport, Page, PullRequest, ReadItem, Ref, RefKind
from ports.system import Clock


@dataclass(slots=True, kw_only=True)
class OhipClient:
    hotel: OhipHotel
    clock: Clock
    external_system: str | None
    pulls_profiles: bool

    def check(self) -> AccountReport:
        """Takes no events: what a test takes, nobody processes."""
        hotel_id = self.hotel.api.hotel_id
        day = self.hotel.business_date().isoformat()
        found = self.hotel.fetch_reservations([("arrivalStartDate", day)], limit=1).values
        return AccountReport(
            property_id=hotel_id,
            property_name=find_hotel_name(found) or hotel_id,
            time_zone=None,
            currency=None,
            advice=tuple(self._advice()),
        )

    def _advice(self) -> Iterator[str]:
        yield "OPERA Cloud tells no time zone: its time stamps are read with the hotel's."
        if self.external_system is None:
            yield "No external_system is set: changes show at the next reconcile, not by event."

    def pull(self, request: PullRequest) -> Iterator[Page]:
        cursor = parse_cursor(request.cursor)
        kind = SyncKind.FULL if cursor is None and request.kind is SyncKind.DELTA else request.kind
        checkpoint = parse_checkpoint(request.checkpoint)
        if checkpoint is None or checkpoint.phase not in PHASES[kind]:
            checkpoint = initial_checkpoint(kind, cursor, self.hotel.business_date())
        pull = OhipPull(
            hotel=self.hotel,
            request=request,
            kind=kind,
            clock=self.clock,
            external_system=self.external_system,
            pulls_profiles=self.pulls_profiles,
        )
        yield from pull.pages(checkpoint)

    def fetch(self, refs: Sequence[Ref]) -> Page:
        observed_at = self.clock.now()
        ref_kinds = {ref.kind for ref in refs}
        items = self.hotel.fetch_bookings(_external_ids(refs, RefKind.BOOKING), observed_at)
        items += self.hotel.guests(_external_ids(refs, RefKind.GUEST), observed_at)
        records = HotelRecords()
        if ref_kinds & {RefKind.AVAILABILITY, RefKind.RECORDS}:
            cells, records = self._fetch_inventory()
            items += cells if RefKind.AVAILABILITY in ref_kinds else []
        return Page(items=items, observed_at=observed_at, records=records)

    def _fetch_inventory(self) -> tuple[list[ReadItem], HotelRecords]:
        day = self.hotel.business_date()
        until = day + timedelta(days=FETCHED_AVAILABILITY_DAYS)
        items: list[ReadItem] = []
        names: dict[str, RoomTypeRecord] = {}
        while day < until:
            last = min(day + timedelta(days=STATISTICS_DAYS), until) - timedelta(days=1)
            found, records = self.hotel.inventory(day, last, self.clock.now())
            items += found
            names |= {one.external_id: one for one in records.room_types}
            day = last + timedelta(days=1)
        return items, HotelRecords(room_types=list(names.values()))

    def counts(self) -> TransportCounts:
        return self.hotel.api.counts()

    def close(self) -> None:
        self.hotel.api.close()


def _external_ids(refs: Sequence[Ref], kind: RefKind) -> list[str]:
    return list(dict.fromkeys(ref.external_id for ref in refs if ref.kind is kind))
