"""One connection's client: test it, pull it, fetch what an event named."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from adapters.outbound.providers.ohip.capabilities import (
    FETCHED_AVAILABILITY_DAYS,
    STATISTICS_DAYS,
)
from adapters.outbound.providers.ohip.hotel import Hotel, name_of
from adapters.outbound.providers.ohip.position import cursor_of, position_of
from adapters.outbound.providers.ohip.pulling import PHASES, Pull, beginning
from domain.snapshots import HotelRecords, RoomTypeRecord
from domain.sync import SyncKind, TransportCounts
from ports.providers import AccountReport, Page, PullRequest, ReadItem, Ref, RefKind
from ports.system import Clock


@dataclass(slots=True, kw_only=True)
class OhipClient:
    hotel: Hotel
    clock: Clock
    external_system: str | None
    pulls_profiles: bool

    def check(self) -> AccountReport:
        """Takes no events: what a test takes, nobody processes."""
        hotel_id = self.hotel.api.hotel_id
        day = self.hotel.business_date().isoformat()
        found = self.hotel.reservations([("arrivalStartDate", day)], limit=1).values
        return AccountReport(
            property_id=hotel_id,
            property_name=name_of(found) or hotel_id,
            time_zone=None,
            currency=None,
            advice=tuple(self._advice()),
        )

    def _advice(self) -> Iterator[str]:
        yield "OPERA Cloud tells no time zone: its time stamps are read with the hotel's."
        if self.external_system is None:
            yield "No external_system is set: changes show at the next reconcile, not by event."

    def pull(self, request: PullRequest) -> Iterator[Page]:
        cursor = cursor_of(request.cursor)
        kind = SyncKind.FULL if cursor is None and request.kind is SyncKind.DELTA else request.kind
        position = position_of(request.checkpoint)
        if position is None or position.phase not in PHASES[kind]:
            position = beginning(kind, cursor, self.hotel.business_date())
        pull = Pull(
            hotel=self.hotel,
            request=request,
            kind=kind,
            clock=self.clock,
            external_system=self.external_system,
            pulls_profiles=self.pulls_profiles,
        )
        yield from pull.pages(position)

    def fetch(self, refs: Sequence[Ref]) -> Page:
        observed_at = self.clock.now()
        kinds = {ref.kind for ref in refs}
        items = self.hotel.by_id(_ids(refs, RefKind.BOOKING), observed_at)
        items += self.hotel.guests(_ids(refs, RefKind.GUEST), observed_at)
        records = HotelRecords()
        if kinds & {RefKind.AVAILABILITY, RefKind.RECORDS}:
            cells, records = self._inventory()
            items += cells if RefKind.AVAILABILITY in kinds else []
        return Page(items=items, observed_at=observed_at, records=records)

    def _inventory(self) -> tuple[list[ReadItem], HotelRecords]:
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


def _ids(refs: Sequence[Ref], kind: RefKind) -> list[str]:
    return list(dict.fromkeys(ref.external_id for ref in refs if ref.kind is kind))
