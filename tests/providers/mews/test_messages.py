import json
from typing import Any

import pytest

from domain.messages import ItemKind
from domain.snapshots import BookingSnapshot
from ports.errors import TooManyItems, UnreadableMessage, Unsupported
from tests.providers.mews.payloads import (
    body,
    booking_of,
    configuration,
    context,
    customer,
    provider,
    read,
    refusal,
    reservation,
)


class TestBody:
    def test_rejects_message_of_another_kind(self) -> None:
        with pytest.raises(UnreadableMessage):
            read(ItemKind.BOOKING, body(Customers=[customer()]))
        with pytest.raises(UnreadableMessage):
            read(ItemKind.GUEST, body(Reservations=[reservation()]))

    def test_accepts_empty_page(self) -> None:
        assert read(ItemKind.BOOKING, body(Reservations=[], Cursor=None)) == []

    def test_accepts_single_item_and_arrays(self) -> None:
        expected = booking_of(reservation())
        (single_reservation,) = read(ItemKind.BOOKING, json.dumps(reservation()).encode())
        assert single_reservation.snapshot == expected
        first, broken, third = read(
            ItemKind.BOOKING, json.dumps([reservation(), {}, reservation(State=...)]).encode()
        )
        assert first.snapshot == expected
        assert broken.reason is not None
        assert broken.reason.path == "[1].Id"
        assert third.reason is not None
        assert third.reason.path == "[2].State"
        assert third.external_id == "res-1"

    def test_keeps_raw_text_of_each_item(self) -> None:
        text = json.dumps(reservation(), indent=3).encode()
        (item,) = read(ItemKind.BOOKING, b"[" + text + b"]")
        assert item.raw == text

    def test_raw_text_can_be_read_again(self) -> None:
        (item,) = read(ItemKind.BOOKING, body(Reservations=[reservation(Ratio=2.50)]))
        (again,) = read(ItemKind.BOOKING, item.raw)
        assert again.snapshot == item.snapshot

    def test_duplicate_key_rejects_only_its_item(self) -> None:
        good = json.dumps(reservation())
        bad, fine = read(ItemKind.BOOKING, f'[{{"Id": "a", "Id": "b"}}, {good}]'.encode())
        assert bad.reason is not None
        assert bad.reason.path == "[0]"
        assert fine.reason is None

    def test_accepts_any_order(self) -> None:
        bodies = [
            body(Customers=[customer()]),
            configuration("Asia/Tokyo", "JPY"),
            body(Reservations=[reservation()]),
            body(Companionships=[], Customers=None, Reservations=None),
        ]
        (forth,) = read(ItemKind.BOOKING, *bodies)
        (back,) = read(ItemKind.BOOKING, *reversed(bodies))
        assert isinstance(forth.snapshot, BookingSnapshot)
        assert forth.snapshot == back.snapshot
        assert forth.snapshot.further_guests == ()

    def test_rejects_more_items_than_the_limit(self) -> None:
        three: list[dict[str, Any]] = [reservation(Id=f"res-{n}") for n in range(3)]
        for text in (body(Reservations=three), json.dumps(three).encode()):
            assert len(provider.read_items(ItemKind.BOOKING, [text], context(), limit=3)) == 3
            with pytest.raises(TooManyItems):
                provider.read_items(ItemKind.BOOKING, [text], context(), limit=2)

    def test_limit_counts_each_cell(self) -> None:
        starts = ["2026-03-09T23:00:00Z", "2026-03-10T23:00:00Z"]
        cells = [{"ResourceCategoryId": "cat-1", "Metrics": {"Occupied": [1, 2]}}]
        text = body(TimeUnitStartsUtc=starts, ResourceCategoryAvailabilities=cells)
        with pytest.raises(TooManyItems):
            provider.read_items(ItemKind.AVAILABILITY, [text], context(), limit=1)

    def test_reports_order_item_without_order_id(self) -> None:
        reason = refusal(ItemKind.BOOKING, body(Reservations=[], OrderItems=[{"Id": "item-1"}]))
        assert reason.path == "OrderItems[0].ServiceOrderId"

    def test_rejects_unknown_time_zone(self) -> None:
        with pytest.raises(UnreadableMessage):
            read(ItemKind.BOOKING, body(Reservations=[]), configuration("Mars/Olympus"))

    def test_rejects_items_as_notification(self) -> None:
        with pytest.raises(Unsupported):
            read(ItemKind.NOTIFICATION, body(Reservations=[]))
