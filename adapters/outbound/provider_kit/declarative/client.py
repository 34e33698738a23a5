"""One connection's client: test it, pull it, fetch what a webhook named."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from adapters.outbound.provider_kit.declarative.api import DeclarativeApi
from adapters.outbound.provider_kit.declarative.pull import DeclarativePull
from adapters.outbound.provider_kit.declarative.vendor import VendorDeclaration
from adapters.outbound.provider_kit.parsing.errors import UnknownZone, UnreadableField
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.local_time import zone
from adapters.outbound.provider_kit.parsing.reader import Reader
from domain.messages import ItemKind
from domain.snapshots import HotelRecords
from domain.sync_run import TransportCounts
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
class DeclarativeClient:
    """`time_zone` and `currency` are what we believe of the hotel; the provider's own win."""

    vendor: VendorDeclaration
    api: DeclarativeApi
    clock: Clock
    time_zone: str
    currency: str
    _context: HotelContext | None = field(default=None, init=False)

    def check(self) -> AccountReport:
        return self._with_advice(self._account())

    def pull(self, request: PullRequest) -> Iterator[Page]:
        yield from self._pull_run().pages(request)

    def fetch(self, refs: Sequence[Ref]) -> Page:
        pull_run, observed_at = self._pull_run(), self.clock.now()
        kinds = {ref.kind for ref in refs}
        items: list[ReadItem] = []
        if RefKind.BOOKING in kinds:
            items += pull_run.items(ItemKind.BOOKING, self._bookings(refs), observed_at)
        if RefKind.AVAILABILITY in kinds:
            items += self._cells(pull_run)
        records = pull_run.records() if RefKind.RECORDS in kinds else HotelRecords()
        return Page(items=items, observed_at=observed_at, records=records)

    def counts(self) -> TransportCounts:
        return self.api.counts()

    def close(self) -> None:
        self.api.close()

    def _bookings(self, refs: Sequence[Ref]) -> list[Json]:
        bookings = self.vendor.bookings
        ids = dict.fromkeys(ref.external_id for ref in refs if ref.kind is RefKind.BOOKING)
        found: list[Json] = []
        is_account_reachable = False
        for external_id in ids:
            value = self.api.find(bookings.one, external_id, bookings.item)
            if value is not None:
                found.append(value)
            elif not is_account_reachable:
                # That it is gone is believed only of an account that is there itself.
                self.api.get(self.vendor.account.path)
                is_account_reachable = True
        return found

    def _cells(self, pull_run: DeclarativePull) -> Iterator[ReadItem]:
        cells = self.vendor.availability
        if cells is None:
            return
        first = pull_run.today()
        end = first + FETCHED_DAYS
        while first < end:
            until = min(first + timedelta(days=cells.days), end)
            yield from pull_run.cells(cells, first, until).items
            first = until

    def _pull_run(self) -> DeclarativePull:
        context = self._context = self._context or self._load_context()
        return DeclarativePull(vendor=self.vendor, api=self.api, clock=self.clock, context=context)

    def _load_context(self) -> HotelContext:
        report = self._account()
        return HotelContext(
            time_zone=report.time_zone or self.time_zone,
            currency=report.currency or self.currency,
            observed_at=self.clock.now(),
        )

    def _account(self) -> AccountReport:
        call = self.vendor.account
        try:
            report = call.read(Reader(self.api.get(call.path)))
            zone(report.time_zone or self.time_zone)
        except UnreadableField as fault:
            raise UnreadableAnswer(fault.message, path=fault.path) from fault
        except UnknownZone as fault:
            raise UnreadableAnswer("the time zone is not an IANA name") from fault
        return report

    def _with_advice(self, report: AccountReport) -> AccountReport:
        advice = list(report.advice)
        if report.time_zone not in (None, self.time_zone):
            notice = f"{self.vendor.title} has the time zone {report.time_zone}"
            advice.append(f"{notice}; its bookings are read with that.")
        if report.currency not in (None, self.currency):
            advice.append(f"{self.vendor.title} has the currency {report.currency}.")
        return AccountReport(
            property_id=report.property_id,
            property_name=report.property_name,
            time_zone=report.time_zone,
            currency=report.currency,
            advice=tuple(advice),
        )
