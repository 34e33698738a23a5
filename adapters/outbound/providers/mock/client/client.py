"""Asks the simulated hotel as a client asks an API: by pages, from a cursor, by id."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from adapters.outbound.provider_kit.parsing.json_text import Json, RawItem, dumps
from adapters.outbound.providers.mock.mapping.items import plain_items_for
from adapters.outbound.providers.mock.simulator.booking_lifecycle import BookingTimeline
from adapters.outbound.providers.mock.simulator.hotel import MockHotel
from adapters.outbound.providers.mock.simulator.records import (
    availability_records,
    booking_record,
    guest_id,
    guest_record,
    hotel_records,
)
from domain.messages import ItemKind
from domain.snapshots import HotelRecords
from domain.sync_run import SyncKind, TransportCounts
from ports.errors import ProviderRejected
from ports.providers import (
    Account,
    AccountReport,
    HotelContext,
    Page,
    PullRequest,
    ReadItem,
    Ref,
    RefKind,
)
from ports.system import Clock

PAGE_SIZE: Final = 200
_FETCHED_DAYS: Final = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class _SimulatedItem:
    kind: ItemKind
    record: dict[str, Json]


class MockClient:
    def __init__(self, hotel: MockHotel, account: Account, clock: Clock) -> None:
        self._hotel = hotel
        self._account = account
        self._clock = clock
        self._counts = TransportCounts()

    def check(self) -> AccountReport:
        self._count()
        return AccountReport(
            property_id=f"mock-{self._hotel.seed}",
            property_name=f"Mock Hotel {self._hotel.seed}",
            time_zone=self._account.time_zone,
            currency=self._account.currency,
            advice=("This hotel is simulated: nothing in it is real.",),
        )

    def pull(self, request: PullRequest) -> Iterator[Page]:
        """A resumed run sees the hotel as it was at its first page, so nothing slips between."""
        now, start = self._parse_checkpoint(request.checkpoint)
        simulated_items = list(self._items_for(request, now))
        final = max(start, (len(simulated_items) - 1) // PAGE_SIZE)
        for number in range(start, final + 1):
            part = simulated_items[number * PAGE_SIZE : (number + 1) * PAGE_SIZE]
            last = number == final
            moves = last and request.kind is not SyncKind.RECONCILE
            self._count()
            yield Page(
                items=self._read_items(part, now),
                observed_at=now,
                records=hotel_records(self._hotel) if number == 0 else HotelRecords(),
                checkpoint=f"{now.isoformat()}|{number + 1}",
                cursor=now.isoformat() if moves else None,
                expected=len(simulated_items),
            )

    def fetch(self, refs: Sequence[Ref]) -> Page:
        now = self._clock.now()
        self._count()
        simulated_items = [
            item for ref in dict.fromkeys(refs) for item in self._items_of_ref(ref, now)
        ]
        wants_records = any(ref.kind is RefKind.RECORDS for ref in refs)
        return Page(
            items=self._read_items(simulated_items, now),
            observed_at=now,
            records=hotel_records(self._hotel) if wants_records else HotelRecords(),
        )

    def counts(self) -> TransportCounts:
        return self._counts

    def close(self) -> None:
        """Nothing is held open."""

    def _count(self) -> None:
        self._counts = self._counts.plus(TransportCounts(calls=1))

    def _parse_checkpoint(self, checkpoint: str | None) -> tuple[datetime, int]:
        if checkpoint is None:
            return self._clock.now(), 0
        instant, _, number = checkpoint.partition("|")
        if not number.isdecimal():
            raise ProviderRejected("the checkpoint is not one of this provider")
        return _parse_instant(instant), int(number)

    def _items_for(self, request: PullRequest, now: datetime) -> Iterator[_SimulatedItem]:
        if request.kind is SyncKind.DELTA and request.cursor is not None:
            yield from self._changed_items(_parse_instant(request.cursor), now)
        else:
            for timeline in self._hotel.overlapping(request.stay_from, request.stay_to, now):
                yield self._guest_item(timeline)
                yield self._booking_item(timeline, now)
        first = max(request.stay_from, self._hotel.today(now))
        yield from self._availability_items(first, request.stay_to, now)

    def _changed_items(self, since: datetime, now: datetime) -> Iterator[_SimulatedItem]:
        for timeline in self._hotel.changed(since, now):
            if timeline.events[0].at > since:
                yield self._guest_item(timeline)
            yield self._booking_item(timeline, now)

    def _items_of_ref(self, ref: Ref, now: datetime) -> Iterable[_SimulatedItem]:
        if ref.kind is RefKind.AVAILABILITY:
            return self._availability_item(ref.external_id, now)
        booking_id = ref.external_id
        if ref.kind is RefKind.GUEST:
            booking_id = booking_id.removeprefix("G")
        timeline = self._hotel.find(booking_id, now)
        if timeline is None:
            return ()
        if ref.kind is RefKind.GUEST:
            return (self._guest_item(timeline),) if guest_id(timeline) == ref.external_id else ()
        return (self._booking_item(timeline, now),) if ref.kind is RefKind.BOOKING else ()

    def _availability_item(self, external_id: str, now: datetime) -> Iterator[_SimulatedItem]:
        today = self._hotel.today(now)
        for cell in self._availability_items(today, today + _FETCHED_DAYS, now):
            name = f"{cell.record['room_type']}/{cell.record['day']}"
            if external_id in ("", name):
                yield cell

    def _booking_item(self, timeline: BookingTimeline, now: datetime) -> _SimulatedItem:
        return _SimulatedItem(
            ItemKind.BOOKING, booking_record(timeline, now, self._account.currency)
        )

    def _guest_item(self, timeline: BookingTimeline) -> _SimulatedItem:
        return _SimulatedItem(ItemKind.GUEST, guest_record(timeline))

    def _availability_items(
        self, first: date, end: date, now: datetime
    ) -> Iterator[_SimulatedItem]:
        for record in availability_records(self._hotel, first, end, now, self._account.currency):
            yield _SimulatedItem(ItemKind.AVAILABILITY, record)

    def _read_items(
        self, simulated_items: Iterable[_SimulatedItem], now: datetime
    ) -> list[ReadItem]:
        context = HotelContext(
            time_zone=self._account.time_zone, currency=self._account.currency, observed_at=now
        )
        return [
            plain_items_for(item.kind, context).one(RawItem(dumps(item.record), item.record))
            for item in simulated_items
        ]


def _parse_instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ProviderRejected("the cursor is not one of this provider") from None
