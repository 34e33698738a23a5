"""The client of one connection: verify it, pull from it, fetch what a webhook named."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from adapters.outbound.provider_kit.parsing.json_fields import text_at
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.pull.checkpoint import PagedCheckpoint
from adapters.outbound.provider_kit.pull.engine import PullPlan
from adapters.outbound.provider_kit.pull.properties import PropertyClient
from adapters.outbound.provider_kit.pull.reading import external_ids
from adapters.outbound.providers.apaleo.capabilities import FETCHED_AVAILABILITY_DAYS
from adapters.outbound.providers.apaleo.client.api import ApaleoApi
from adapters.outbound.providers.apaleo.client.hotel import FOLIOS, ApaleoHotel
from adapters.outbound.providers.apaleo.client.pull import ApaleoPull
from ports.errors import AccessForbidden
from ports.providers import AccountReport, PullRequest, ReadItem, Ref, RefKind


@dataclass(slots=True, kw_only=True)
class ApaleoClient(PropertyClient[ApaleoHotel]):
    api: ApaleoApi

    def check(self) -> AccountReport:
        found = self._load_hotel().property
        return found.report(self._advice(found.time_zone, found.currency))

    def _advice(self, time_zone: str, currency: str) -> Iterator[str]:
        if time_zone != self.time_zone:
            yield f"Apaleo has the time zone {time_zone}; its dates are read with that."
        if currency != self.currency:
            yield f"Apaleo has the currency {currency}."
        yield "Guests come with their bookings: Apaleo has no guests of their own."

    def _load_hotel(self) -> ApaleoHotel:
        return ApaleoHotel.fetch(self.api, self.property_id)

    def _plan(self, hotel: ApaleoHotel, request: PullRequest) -> PullPlan[PagedCheckpoint]:
        return ApaleoPull(hotel=hotel, request=request, clock=self.clock).plan()

    def _fetch_items(self, hotel: ApaleoHotel, refs: Sequence[Ref]) -> list[ReadItem]:
        return hotel.bookings(self._reservations(hotel, refs))

    def _fetch_cells(self, hotel: ApaleoHotel, observed_at: datetime) -> list[ReadItem]:
        today = hotel.today(observed_at)
        until = today + timedelta(days=FETCHED_AVAILABILITY_DAYS)
        return hotel.cells(today, until, observed_at)

    def _reservations(self, hotel: ApaleoHotel, refs: Sequence[Ref]) -> list[Json]:
        """A webhook may name a booking: it stands for its reservations, `BOOKING-1` and so on."""
        found: dict[str, Json] = {}
        of_folios = map(self._folio_owner, external_ids(refs, RefKind.PAYMENT))
        named = (*external_ids(refs, RefKind.BOOKING), *filter(None, of_folios))
        for reservation_id in dict.fromkeys(named):
            if "-" in reservation_id:
                values = hotel.reservation(quote(reservation_id, safe=""))
            else:
                values = hotel.fetch_reservations_of_booking(reservation_id)
            for value in values:
                found[text_at(value, "id") or ""] = value
        return list(found.values())

    def _folio_owner(self, folio_id: str) -> str | None:
        """The folio's reservation, or the booking of a folio that several reservations share. None
        for a folio of no booking, or without the scope `folios.read`."""
        try:
            folio = self.api.find(f"{FOLIOS}/{quote(folio_id, safe='')}", {})
        except AccessForbidden:
            return None
        return text_at(folio, "reservation", "id") or text_at(folio, "booking", "id")
