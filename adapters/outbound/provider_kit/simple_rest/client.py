"""One connection's client: test it, pull it, fetch what a webhook named."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from adapters.outbound.provider_kit.errors import UnknownZone, UnreadableField
from adapters.outbound.provider_kit.json_text import Json
from adapters.outbound.provider_kit.local_time import zone
from adapters.outbound.provider_kit.reader import Reader
from adapters.outbound.provider_kit.simple_rest.api import SimpleApi
from adapters.outbound.provider_kit.simple_rest.vendor import SimpleVendor
from adapters.outbound.provider_kit.simple_rest.walk import Walk
from domain.messages import ItemKind
from domain.snapshots import HotelRecords
from domain.sync import TransportCounts
from ports.errors import UnreadableAnswer
from ports.providers import (
    AccountReport,
    HotelContext,
    Page,
    PullRequest,
    ReadItem,
    Ref,
    RefKind,
)
from ports.system import Clock

FETCHED_DAYS: Final = timedelta(days=365)


@dataclass(slots=True, kw_only=True)
class SimpleClient:
    """`time_zone` and `currency` are what we believe of the hotel; the provider's own win."""

    vendor: SimpleVendor
    api: SimpleApi
    clock: Clock
    time_zone: str
    currency: str
    _context: HotelContext | None = field(default=None, init=False)

    def check(self) -> AccountReport:
        return self._advised(self._account())

    def pull(self, request: PullRequest) -> Iterator[Page]:
        yield from self._walk().pages(request)

    def fetch(self, refs: Sequence[Ref]) -> Page:
        walk, observed_at = self._walk(), self.clock.now()
        kinds = {ref.kind for ref in refs}
        items: list[ReadItem] = []
        if RefKind.BOOKING in kinds:
            items += walk.items(ItemKind.BOOKING, self._bookings(refs), observed_at)
        if RefKind.AVAILABILITY in kinds:
            items += self._cells(walk)
        records = walk.records() if RefKind.RECORDS in kinds else HotelRecords()
        return Page(items=items, observed_at=observed_at, records=records)

    def counts(self) -> TransportCounts:
        return self.api.counts()

    def close(self) -> None:
        self.api.close()

    def _bookings(self, refs: Sequence[Ref]) -> list[Json]:
        bookings = self.vendor.bookings
        ids = dict.fromkeys(ref.external_id for ref in refs if ref.kind is RefKind.BOOKING)
        found: list[Json] = []
        proven = False
        for external_id in ids:
            value = self.api.find(bookings.one, external_id, bookings.item)
            if value is not None:
                found.append(value)
            elif not proven:
                # That it is gone is believed only of an account that is there itself.
                self.api.get(self.vendor.account.path)
                proven = True
        return found

    def _cells(self, walk: Walk) -> Iterator[ReadItem]:
        cells = self.vendor.availability
        if cells is None:
            return
        first = walk.today()
        end = first + FETCHED_DAYS
        while first < end:
            until = min(first + timedelta(days=cells.days), end)
            yield from walk.cells(cells, first, until).items
            first = until

    def _walk(self) -> Walk:
        context = self._context = self._context or self._asked()
        return Walk(vendor=self.vendor, api=self.api, clock=self.clock, context=context)

    def _asked(self) -> HotelContext:
        said = self._account()
        return HotelContext(
            time_zone=said.time_zone or self.time_zone,
            currency=said.currency or self.currency,
            observed_at=self.clock.now(),
        )

    def _account(self) -> AccountReport:
        call = self.vendor.account
        try:
            said = call.read(Reader(self.api.get(call.path)))
            zone(said.time_zone or self.time_zone)
        except UnreadableField as fault:
            raise UnreadableAnswer(fault.message, path=fault.path) from fault
        except UnknownZone as fault:
            raise UnreadableAnswer("the time zone is not an IANA name") from fault
        return said

    def _advised(self, said: AccountReport) -> AccountReport:
        advice = list(said.advice)
        if said.time_zone not in (None, self.time_zone):
            told = f"{self.vendor.title} has the time zone {said.time_zone}"
            advice.append(f"{told}; its bookings are read with that.")
        if said.currency not in (None, self.currency):
            advice.append(f"{self.vendor.title} has the currency {said.currency}.")
        return AccountReport(
            property_id=said.property_id,
            property_name=said.property_name,
            time_zone=said.time_zone,
            currency=said.currency,
            advice=tuple(advice),
        )
