"""Asks the simulated hotel as a client asks an API: by pages, from a cursor, by id."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from adapters.outbound.provider_kit.json_text import Json, RawItem, dumps
from adapters.outbound.providers.mock.mapping import items_of
from adapters.outbound.providers.mock.simulated_hotel import SimulatedHotel
from adapters.outbound.providers.mock.simulated_lives import Life
from adapters.outbound.providers.mock.simulated_records import (
    booking_record,
    cell_records,
    guest_id,
    guest_record,
    hotel_records,
)
from domain.messages import ItemKind
from domain.snapshots import HotelRecords
from domain.sync import SyncKind, TransportCounts
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
class _Told:
    kind: ItemKind
    record: dict[str, Json]


class MockClient:
    def __init__(self, hotel: SimulatedHotel, account: Account, clock: Clock) -> None:
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
        now, start = self._resumed(request.checkpoint)
        told = list(self._told(request, now))
        final = max(start, (len(told) - 1) // PAGE_SIZE)
        for number in range(start, final + 1):
            part = told[number * PAGE_SIZE : (number + 1) * PAGE_SIZE]
            last = number == final
            moves = last and request.kind is not SyncKind.RECONCILE
            self._count()
            yield Page(
                items=self._read(part, now),
                observed_at=now,
                records=hotel_records(self._hotel) if number == 0 else HotelRecords(),
                checkpoint=f"{now.isoformat()}|{number + 1}",
                cursor=now.isoformat() if moves else None,
                expected=len(told),
            )

    def fetch(self, refs: Sequence[Ref]) -> Page:
        now = self._clock.now()
        self._count()
        told = [item for ref in dict.fromkeys(refs) for item in self._about(ref, now)]
        wants_records = any(ref.kind is RefKind.RECORDS for ref in refs)
        return Page(
            items=self._read(told, now),
            observed_at=now,
            records=hotel_records(self._hotel) if wants_records else HotelRecords(),
        )

    def counts(self) -> TransportCounts:
        return self._counts

    def close(self) -> None:
        """Nothing is held open."""

    def _count(self) -> None:
        self._counts = self._counts.plus(TransportCounts(calls=1))

    def _resumed(self, checkpoint: str | None) -> tuple[datetime, int]:
        if checkpoint is None:
            return self._clock.now(), 0
        instant, _, number = checkpoint.partition("|")
        if not number.isdecimal():
            raise ProviderRejected("the checkpoint is not one of this provider")
        return _instant(instant), int(number)

    def _told(self, request: PullRequest, now: datetime) -> Iterator[_Told]:
        if request.kind is SyncKind.DELTA and request.cursor is not None:
            yield from self._changed(_instant(request.cursor), now)
        else:
            for life in self._hotel.overlapping(request.stay_from, request.stay_to, now):
                yield self._guest(life)
                yield self._booking(life, now)
        first = max(request.stay_from, self._hotel.today(now))
        yield from self._cells(first, request.stay_to, now)

    def _changed(self, since: datetime, now: datetime) -> Iterator[_Told]:
        for life in self._hotel.changed(since, now):
            if life.happenings[0].at > since:
                yield self._guest(life)
            yield self._booking(life, now)

    def _about(self, ref: Ref, now: datetime) -> Iterable[_Told]:
        if ref.kind is RefKind.AVAILABILITY:
            return self._cells_of(ref.external_id, now)
        booking_id = ref.external_id
        if ref.kind is RefKind.GUEST:
            booking_id = booking_id.removeprefix("G")
        life = self._hotel.find(booking_id, now)
        if life is None:
            return ()
        if ref.kind is RefKind.GUEST:
            return (self._guest(life),) if guest_id(life) == ref.external_id else ()
        return (self._booking(life, now),) if ref.kind is RefKind.BOOKING else ()

    def _cells_of(self, external_id: str, now: datetime) -> Iterator[_Told]:
        today = self._hotel.today(now)
        for cell in self._cells(today, today + _FETCHED_DAYS, now):
            name = f"{cell.record['room_type']}/{cell.record['day']}"
            if external_id in ("", name):
                yield cell

    def _booking(self, life: Life, now: datetime) -> _Told:
        return _Told(ItemKind.BOOKING, booking_record(life, now, self._account.currency))

    def _guest(self, life: Life) -> _Told:
        return _Told(ItemKind.GUEST, guest_record(life))

    def _cells(self, first: date, end: date, now: datetime) -> Iterator[_Told]:
        for record in cell_records(self._hotel, first, end, now, self._account.currency):
            yield _Told(ItemKind.AVAILABILITY, record)

    def _read(self, told: Iterable[_Told], now: datetime) -> list[ReadItem]:
        context = HotelContext(
            time_zone=self._account.time_zone, currency=self._account.currency, observed_at=now
        )
        return [
            items_of(item.kind, context).one(RawItem(dumps(item.record), item.record))
            for item in told
        ]


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ProviderRejected("the cursor is not one of this provider") from None
