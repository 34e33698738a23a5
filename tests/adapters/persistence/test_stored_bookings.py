"""Bookings as earlier versions stored them, and creations that race with cancellations."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest

from adapters.outbound.persistence.store import Store
from adapters.outbound.providers.canonical.provider import CanonicalProvider
from adapters.outbound.system import Uuid7Generator
from application.connections.stored_connections import build_hotel_context
from application.ingest.apply_items import ApplyContext, apply_items
from application.ingest.inbox_rows import item_rows
from application.ingest.ingest_items import apply_pushed_items
from application.ingest.stored_items import StoredItemReader
from application.retrying import in_transaction
from domain.connection import Connection
from domain.hotel import Hotel
from domain.messages import ItemKind
from domain.precedence import Channel, Receipt
from domain.snapshots import BookingSnapshot, RoomStay
from domain.status import BookingStatus
from domain.values import SourceVersion, Stay
from ports.providers import ReadItem
from tests import builders
from tests.builders import JUNE, T0

MAY = Stay(JUNE.arrival - timedelta(days=30), JUNE.departure - timedelta(days=30))


class TestRoomsOfVersion02:
    @pytest.mark.parametrize("status", [BookingStatus.CANCELED, BookingStatus.CHECKED_OUT])
    def test_agree_with_their_booking_when_they_are_read(
        self, store: Store, connection: Connection, status: BookingStatus
    ) -> None:
        rooms = (RoomStay(stay=MAY, status=BookingStatus.CHECKED_IN),)
        booking = builders.booking(connection, status=status, rooms=rooms)
        with store.unit_of_work() as uow:
            uow.bookings.save([booking])
            uow.commit()
        found = store.queries.booking(connection.hotel_id, connection.provider, "B1")
        assert found is not None
        assert found.details == replace(
            booking.details, rooms=(RoomStay(stay=booking.details.stay, status=status),)
        )


class TestCreationAndCancellationAtOnce:
    def test_end_canceled(self, store: Store, connection: Connection) -> None:
        """Each round starts both together: neither may miss the other."""
        rounds = [f"B{number}" for number in range(12)]
        barrier = Barrier(2)

        def apply_all(number: int, **content: object) -> None:
            for external_id in rounds:
                snapshot = BookingSnapshot(
                    external_id=external_id,
                    version=SourceVersion(T0 + timedelta(minutes=number)),
                    **content,  # type: ignore[arg-type]
                )
                item = ReadItem(kind=ItemKind.BOOKING, raw=b"{}", snapshot=snapshot)
                barrier.wait(60)
                in_transaction(
                    store.unit_of_work,
                    lambda uow, item=item: apply_items(  # type: ignore[misc]
                        uow, [item], context(connection), Uuid7Generator()
                    ),
                )

        with ThreadPoolExecutor(2) as pool:
            created = pool.submit(apply_all, 1, status=BookingStatus.CONFIRMED, stay=JUNE)
            canceled = pool.submit(apply_all, 2, status=BookingStatus.CANCELED)
            created.result(120)
            canceled.result(120)
        with store.unit_of_work() as uow:
            found = uow.bookings.load(connection.hotel_id, connection.provider, rounds)
        assert {each.details.status for each in found.values()} == {BookingStatus.CANCELED}
        assert found.keys() == set(rounds)


@dataclass(frozen=True, slots=True)
class CanonicalSender:
    """Pushes one message per booking, together with another sender."""

    store: Store
    hotel: Hotel
    connection: Connection
    barrier: Barrier

    def push_all(self, external_ids: Sequence[str], number: int, **content: object) -> None:
        version = {"updated_at": (T0 + timedelta(minutes=number)).isoformat()}
        for external_id in external_ids:
            self._push({"external_id": external_id, "source_version": version} | content)

    def _push(self, document: dict[str, object]) -> None:
        ids = Uuid7Generator()
        reader = StoredItemReader(CanonicalProvider(), self.connection, self.hotel)
        own = replace(context(self.connection), reader=reader)
        hotel_context = build_hotel_context(self.connection, self.hotel, observed_at=T0)
        body = json.dumps(document).encode()
        items = reader.provider.read_items(ItemKind.BOOKING, [body], hotel_context, limit=1)
        rows = item_rows(items, own, ids.new(), ids, lambda raw: raw)
        self.barrier.wait(60)
        in_transaction(
            self.store.unit_of_work,
            partial(
                apply_pushed_items,
                rows=rows,
                items=items,
                context=own,
                ids=ids,
                quarantine_cap=100,
            ),
        )


class TestCreationAndStateAtOnce:
    def test_end_in_the_state(self, store: Store, hotel: Hotel) -> None:
        """The state is applied to the booking, or leaves the quarantine when it is created."""
        connection = builders.connection(hotel, provider="canonical")
        with store.unit_of_work() as uow:
            uow.hotels.add(hotel)
            uow.connections.add(connection, {})
            uow.commit()
        external_ids = [f"B{number}" for number in range(12)]
        sender = CanonicalSender(store, hotel, connection, Barrier(2))
        stay = {"arrival": "2026-06-10", "departure": "2026-06-12"}
        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(sender.push_all, external_ids, 1, status="CONFIRMED", stay=stay)
            second = pool.submit(sender.push_all, external_ids, 2, status="CHECKED_IN")
            first.result(120)
            second.result(120)
        with store.unit_of_work() as uow:
            found = uow.bookings.load(hotel.id, "canonical", external_ids)
        assert {each.details.status for each in found.values()} == {BookingStatus.CHECKED_IN}
        assert store.queries.backlog()["quarantine"] == 0


def context(connection: Connection) -> ApplyContext:
    receipt = Receipt(Channel.PUSHED, T0 + timedelta(hours=1), connection.id, "ref")
    return ApplyContext.of(connection, receipt, correlation_id="c", now=T0)
