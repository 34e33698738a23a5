"""The client of one connection: verify it, pull from it, fetch what a webhook named."""

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
from adapters.outbound.provider_kit.pull.engine import run_pull
from adapters.outbound.provider_kit.pull.reading import day_windows, external_ids
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
    """`time_zone` and `currency`: as configured here; the provider's own take precedence."""

    vendor: VendorDeclaration
    api: DeclarativeApi
    clock: Clock
    time_zone: str
    currency: str
    _context: HotelContext | None = field(default=None, init=False)

    def check(self) -> AccountReport:
        return self._with_advice(self._account())

    def pull(self, request: PullRequest) -> Iterator[Page]:
        yield from run_pull(self._pull_run().plan(request), request, self.clock)

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
        found: list[Json] = []
        is_account_reachable = False
        for external_id in external_ids(refs, RefKind.BOOKING):
            value = self.api.find(bookings.one, external_id, bookings.item)
            if value is not None:
                found.append(value)
            elif not is_account_reachable:
                # A booking counts as deleted only if the account itself is still reachable.
                self.api.get(self.vendor.account.path)
                is_account_reachable = True
        return found

    def _cells(self, pull_run: DeclarativePull) -> Iterator[ReadItem]:
        cells = self.vendor.availability
        if cells is None:
            return
        today = pull_run.today()
        for first, until in day_windows(today, today + FETCHED_DAYS, timedelta(days=cells.days)):
            yield from pull_run.cells(cells, first, until).items

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
