"""The client of one connection: verify it, pull from it, fetch what a webhook named."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import quote

from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.pull.engine import full_without_cursor, run_pull
from adapters.outbound.provider_kit.pull.reading import external_ids
from adapters.outbound.providers.apaleo.capabilities import FETCHED_AVAILABILITY_DAYS
from adapters.outbound.providers.apaleo.client.api import ApaleoApi
from adapters.outbound.providers.apaleo.client.hotel import ApaleoHotel
from adapters.outbound.providers.apaleo.client.pull import ApaleoPull
from domain.snapshots import HotelRecords
from domain.sync_run import TransportCounts
from ports.providers import AccountReport, Page, PullRequest, ReadItem, Ref, RefKind
from ports.system import Clock


@dataclass(slots=True, kw_only=True)
class ApaleoClient:
    """`time_zone` and `currency`: as configured here; the provider's own take precedence."""

    api: ApaleoApi
    clock: Clock
    property_id: str | None
    time_zone: str
    currency: str
    _hotel: ApaleoHotel | None = field(default=None, init=False)

    def check(self) -> AccountReport:
        found = ApaleoHotel.fetch(self.api, self.property_id).property
        return AccountReport(
            property_id=found.id,
            property_name=found.name,
            time_zone=found.time_zone,
            currency=found.currency,
            advice=tuple(self._advice(found.time_zone, found.currency)),
        )

    def _advice(self, time_zone: str, currency: str) -> Iterator[str]:
        if time_zone != self.time_zone:
            yield f"Apaleo has the time zone {time_zone}; its dates are read with that."
        if currency != self.currency:
            yield f"Apaleo has the currency {currency}."
        yield "Guests come with their bookings: Apaleo has no guests of their own."

    def pull(self, request: PullRequest) -> Iterator[Page]:
        hotel = self._hotel = ApaleoHotel.fetch(self.api, self.property_id)
        pull = ApaleoPull(hotel=hotel, request=full_without_cursor(request), clock=self.clock)
        yield from run_pull(pull.plan(), pull.request, self.clock)

    def fetch(self, refs: Sequence[Ref]) -> Page:
        observed_at = self.clock.now()
        hotel = self._hotel = self._hotel or ApaleoHotel.fetch(self.api, self.property_id)
        kinds = {ref.kind for ref in refs}
        items: list[ReadItem] = []
        if RefKind.BOOKING in kinds:
            items += hotel.bookings(self._reservations(hotel, refs))
        if RefKind.AVAILABILITY in kinds:
            today = hotel.today(observed_at)
            until = today + timedelta(days=FETCHED_AVAILABILITY_DAYS)
            items += hotel.cells(today, until, observed_at)
        records = hotel.records() if RefKind.RECORDS in kinds else HotelRecords()
        return Page(items=items, observed_at=observed_at, records=records)

    def _reservations(self, hotel: ApaleoHotel, refs: Sequence[Ref]) -> list[Json]:
        """A webhook may name a booking: it stands for its reservations, `BOOKING-1` and so on."""
        found: dict[str, Json] = {}
        for reservation_id in external_ids(refs, RefKind.BOOKING):
            if "-" in reservation_id:
                values = hotel.reservation(quote(reservation_id, safe=""))
            else:
                values = hotel.fetch_reservations_of_booking(reservation_id)
            for value in values:
                found[_reservation_id(value)] = value
        return list(found.values())

    def counts(self) -> TransportCounts:
        return self.api.counts()

    def close(self) -> None:
        self.api.close()


def _reservation_id(value: Json) -> str:
    reservation_id = value.get("id") if isinstance(value, dict) else None
    return reservation_id if isinstance(reservation_id, str) else ""
