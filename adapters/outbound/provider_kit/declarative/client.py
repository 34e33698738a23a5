"""The client of one connection: verify it, pull from it, fetch what a webhook named."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from adapters.outbound.provider_kit.declarative.api import DeclarativeApi
from adapters.outbound.provider_kit.declarative.pull import DeclarativePull
from adapters.outbound.provider_kit.declarative.vendor import VendorDeclaration
from adapters.outbound.provider_kit.parsing.errors import parsing_answer
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.local_time import zone
from adapters.outbound.provider_kit.parsing.reader import Reader
from adapters.outbound.provider_kit.pull.checkpoint import ChangesCheckpoint
from adapters.outbound.provider_kit.pull.client import HotelClient
from adapters.outbound.provider_kit.pull.engine import PullPlan, run_pull
from adapters.outbound.provider_kit.pull.reading import day_windows, external_ids
from domain.messages import ItemKind
from domain.snapshots import HotelRecords
from ports.providers import AccountReport, HotelContext, Page, PullRequest, ReadItem, Ref, RefKind

FETCHED_DAYS: Final = timedelta(days=365)


@dataclass(slots=True, kw_only=True)
class DeclarativeClient(HotelClient[HotelContext]):
    vendor: VendorDeclaration
    api: DeclarativeApi

    def check(self) -> AccountReport:
        return self._with_advice(self._account())

    def pull(self, request: PullRequest) -> Iterator[Page]:
        """A delta without a cursor reads all changes, without a window."""
        context = self._hotel = self._hotel or self._load_hotel()
        yield from run_pull(self._plan(context, request), request, self.clock)

    def _load_hotel(self) -> HotelContext:
        report = self._account()
        self.api.property_id = report.property_id
        return HotelContext(
            time_zone=report.time_zone or self.time_zone,
            currency=report.currency or self.currency,
            observed_at=self.clock.now(),
        )

    def _plan(self, hotel: HotelContext, request: PullRequest) -> PullPlan[ChangesCheckpoint]:
        return self._pull_run(hotel).plan(request)

    def _pull_run(self, context: HotelContext) -> DeclarativePull:
        return DeclarativePull(vendor=self.vendor, api=self.api, clock=self.clock, context=context)

    def _fetch_items(self, hotel: HotelContext, refs: Sequence[Ref]) -> list[ReadItem]:
        observed_at = self.clock.now()
        bookings = self._bookings(refs)
        return self._pull_run(hotel).items(ItemKind.BOOKING, bookings, observed_at)

    def _fetch_cells(self, hotel: HotelContext, _: datetime) -> Iterator[ReadItem]:
        pull_run, cells = self._pull_run(hotel), self.vendor.availability
        if cells is None:
            return
        today = pull_run.today()
        for first, until in day_windows(today, today + FETCHED_DAYS, timedelta(days=cells.days)):
            yield from pull_run.cells(cells, first, until).items

    def _fetch_records(
        self, hotel: HotelContext, _: datetime
    ) -> tuple[HotelRecords, Sequence[ReadItem]]:
        return self._pull_run(hotel).records(), ()

    def _bookings(self, refs: Sequence[Ref]) -> list[Json]:
        bookings = self.vendor.bookings
        found: list[Json] = []
        is_account_reachable = False
        for external_id in external_ids(refs, RefKind.BOOKING):
            value = self.api.find(bookings, external_id)
            if value is not None:
                found.append(value)
            elif not is_account_reachable:
                # A booking counts as deleted only if the account itself is still reachable.
                self.api.get(self.vendor.account.path)
                is_account_reachable = True
        return found

    def _account(self) -> AccountReport:
        call = self.vendor.account
        with parsing_answer():
            report = call.read(Reader(self.api.get(call.path)))
            zone(report.time_zone or self.time_zone)
        return report

    def _with_advice(self, report: AccountReport) -> AccountReport:
        advice = list(report.advice)
        if report.time_zone not in (None, self.time_zone):
            notice = f"{self.vendor.title} has the time zone {report.time_zone}"
            advice.append(f"{notice}; its bookings are read with that.")
        if report.currency not in (None, self.currency):
            advice.append(f"{self.vendor.title} has the currency {report.currency}.")
        return replace(report, advice=tuple(advice))
