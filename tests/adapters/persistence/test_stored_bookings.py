"""Bookings as earlier versions stored them, and creations that race with cancellations."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest

from adapters.outbound.persistence.store import Store
from adapters.outbound.system import Uuid7Generator
from application.ingest.apply_items import ApplyContext, apply_items
from application.retrying import in_transaction
from domain.connection import Connection
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
                barrier.wait(30)
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


def context(connection: Connection) -> ApplyContext:
    receipt = Receipt(Channel.PUSHED, T0 + timedelta(hours=1), connection.id, "ref")
    return ApplyContext.of(connection, receipt, correlation_id="c", now=T0)
