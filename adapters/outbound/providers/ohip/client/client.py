"""The client of one connection: verify it, pull from it, fetch what an event named."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from adapters.outbound.provider_kit.pull.client import ApiClient
from adapters.outbound.provider_kit.pull.engine import full_without_cursor, run_pull
from adapters.outbound.provider_kit.pull.reading import day_windows, external_ids
from adapters.outbound.providers.ohip.capabilities import FETCHED_AVAILABILITY_DAYS, STATISTICS_DAYS
from adapters.outbound.providers.ohip.client.hotel import OhipHotel, find_hotel_name
from adapters.outbound.providers.ohip.client.lists import ONE_DAY
from adapters.outbound.providers.ohip.client.pull import OhipPull, parse_cursor
from domain.snapshots import HotelRecords, RoomTypeRecord
from ports.providers import AccountReport, Page, PullRequest, ReadItem, Ref, RefKind


@dataclass(slots=True, kw_only=True)
class OhipClient(ApiClient):
    hotel: OhipHotel
    external_system: str | None
    pulls_profiles: bool

    def check(self) -> AccountReport:
        """Takes no events: none is processed here, and each is handed out once."""
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
        yield "OPERA Cloud reports no time zone: its timestamps are read in the hotel's."
        if self.external_system is None:
            yield "No external_system is set: changes arrive with the next reconcile, not by event."

    def pull(self, request: PullRequest) -> Iterator[Page]:
        pull = OhipPull(
            hotel=self.hotel,
            request=full_without_cursor(request, parse_cursor),
            clock=self.clock,
            external_system=self.external_system,
            pulls_profiles=self.pulls_profiles,
        )
        yield from run_pull(pull.plan(), pull.request, self.clock)

    def fetch(self, refs: Sequence[Ref]) -> Page:
        observed_at = self.clock.now()
        ref_kinds = {ref.kind for ref in refs}
        items = self.hotel.fetch_bookings(external_ids(refs, RefKind.BOOKING), observed_at)
        items += self.hotel.guests(external_ids(refs, RefKind.GUEST), observed_at)
        records = HotelRecords()
        if ref_kinds & {RefKind.AVAILABILITY, RefKind.RECORDS}:
            cells, records = self._fetch_inventory()
            items += cells if RefKind.AVAILABILITY in ref_kinds else []
        return Page(items=items, observed_at=observed_at, records=records)

    def _fetch_inventory(self) -> tuple[list[ReadItem], HotelRecords]:
        today = self.hotel.business_date()
        end = today + timedelta(days=FETCHED_AVAILABILITY_DAYS)
        items: list[ReadItem] = []
        names: dict[str, RoomTypeRecord] = {}
        for first, until in day_windows(today, end, timedelta(days=STATISTICS_DAYS)):
            found, records = self.hotel.inventory(first, until - ONE_DAY, self.clock.now())
            items += found
            names |= {one.external_id: one for one in records.room_types}
        return items, HotelRecords(room_types=list(names.values()))
