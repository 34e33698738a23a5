"""Unreadable objects that bookings refer to: reported, without affecting the rest of the page."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from adapters.outbound.providers.mews.simulator.records import Companionship, OrderItem
from adapters.outbound.providers.mews.simulator.server import MewsSimulator
from domain.messages import ItemKind
from domain.snapshots import BookingSnapshot, HotelRecords
from domain.sync_run import SyncKind
from domain.values import ABSENT
from ports.providers import Page, ReadItem, Ref, RefKind
from tests.providers.client_harness import mapped_bookings
from tests.providers.mews.invalid_payloads import (
    TransformingProxy,
    TransformResponse,
    transforming_proxy,
)
from tests.providers.mews.payloads import body, charge, read, reservation
from tests.providers.mews.simulator_client import new_simulator, reservation_ids
from tests.providers.mews.test_client import account, connected, request


@pytest.fixture(scope="module")
def simulator() -> Iterator[MewsSimulator]:
    """Only read: a proxy makes the responses invalid."""
    simulator = new_simulator(bookings=40)
    simulator.start()
    yield simulator
    simulator.stop()


def invalid_variants(
    operation: str, key: str, wanted: Any, change: dict[str, Any]
) -> TransformResponse:
    """Changes the items of the list `key` for which `wanted` is true; `...` removes a field."""

    def transform_response(asked: str, text: bytes) -> bytes:
        if not asked.startswith(operation):
            return text
        answer = json.loads(text)
        answer[key] = [
            {k: v for k, v in {**item, **change}.items() if v is not ...} if wanted(item) else item
            for item in answer[key]
        ]
        return json.dumps(answer).encode()

    return transform_response


def pull_pages(
    simulator: MewsSimulator, transform_response: TransformResponse, **asked: Any
) -> tuple[list[Page], TransformingProxy]:
    with transforming_proxy(simulator, transform_response) as proxy:
        client = connected().open(account(simulator, base_url=proxy.base_url))
        pages = list(client.pull(replace(request(simulator), **asked)))
        client.close()
    return pages, proxy


@pytest.fixture(scope="module")
def valid_pull(simulator: MewsSimulator) -> tuple[list[Page], TransformingProxy]:
    return pull_pages(simulator, lambda _, text: text)


def rejected_items(pages: list[Page]) -> list[ReadItem]:
    return [item for page in pages for item in page.items if item.reason is not None]


def records(pages: list[Page]) -> HotelRecords:
    return next(page.records for page in pages if page.records)


class TestUnreadableLink:
    @pytest.mark.parametrize(
        ("operation", "key", "link", "value"),
        [
            ("orderItems", "OrderItems", "ServiceOrderId", ...),
            ("orderItems", "OrderItems", "ServiceOrderId", 5),
            ("companionships", "Companionships", "ReservationId", 5),
        ],
    )
    def test_leaves_amounts_or_guests_of_that_booking_absent(
        self, operation: str, key: str, link: str, value: Any, simulator: MewsSimulator
    ) -> None:
        records = simulator.records
        entries: Iterator[OrderItem | Companionship] = (
            records.order_items() if key == "OrderItems" else records.companionships()
        )
        stays = reservation_ids(simulator)
        stray = next(entry for entry in entries if entry.reservation.id in stays)
        pages, _ = pull_pages(
            simulator,
            invalid_variants(operation, key, lambda i: i["Id"] == stray.id, {link: value}),
        )
        assert rejected_items(pages) == []
        bookings = mapped_bookings(pages)
        assert set(bookings) == stays
        without = {
            name
            for name, booking in bookings.items()
            if (booking.total if key == "OrderItems" else booking.further_guests) is ABSENT
        }
        assert without == {stray.reservation.id}

    def test_unreadable_links_of_all_are_reported_and_change_nothing(
        self, simulator: MewsSimulator, valid_pull: tuple[list[Page], TransformingProxy]
    ) -> None:
        clean, plain = valid_pull
        pages, proxy = pull_pages(
            simulator,
            invalid_variants("orderItems", "OrderItems", lambda _: True, {"ServiceOrderId": ...}),
        )
        orphans = [item for item in rejected_items(pages) if item.external_id is None]
        assert {item.kind for item in orphans} == {ItemKind.BOOKING}
        assert b"GrossValue" in orphans[0].raw
        # A page of a single booking can be assigned to that booking.
        rejected = {item.external_id or "" for item in rejected_items(pages)} - {""}
        assert set(mapped_bookings(pages)) | rejected == set(mapped_bookings(clean))
        assert len(rejected) < 3
        assert {payload.total for payload in mapped_bookings(pages).values()} == {ABSENT}
        assert len(proxy.asked) < len(plain.asked) + 8

    def test_repeated_errors_cost_few_requests(
        self, simulator: MewsSimulator, valid_pull: tuple[list[Page], TransformingProxy]
    ) -> None:
        def first_of_each(asked: str, text: bytes) -> bytes:
            return text.replace(b'"ServiceOrderId"', b'"Renamed"', 1)

        _, plain = valid_pull
        pages, proxy = pull_pages(simulator, first_of_each)
        assert ABSENT in {booking.total for booking in mapped_bookings(pages).values()}
        assert len(proxy.asked) < len(plain.asked) + 3 * 64

    def test_is_reported_in_a_delta(self, simulator: MewsSimulator) -> None:
        transform_response = invalid_variants(
            "orderItems", "OrderItems", lambda _: True, {"ServiceOrderId": None}
        )
        cursor = "2020-01-01T00:00:00Z"
        pages, _ = pull_pages(simulator, transform_response, kind=SyncKind.DELTA, cursor=cursor)
        assert Counter(item.external_id for item in rejected_items(pages)).keys() == {None}

    def test_in_a_push_does_not_affect_other_items(self) -> None:
        items = body(OrderItems=[charge(10), charge(10, ServiceOrderId=...)])
        people = body(Companionships=[{"Id": "c", "ReservationId": 5}])
        good, *reported = read(ItemKind.BOOKING, body(Reservations=[reservation()]), items, people)
        assert isinstance(good.snapshot, BookingSnapshot)
        assert good.snapshot.total is ABSENT
        assert good.snapshot.further_guests is ABSENT
        paths = {item.reason.path for item in reported if item.reason}
        assert paths == {"OrderItems[1].ServiceOrderId", "Companionships[0].ReservationId"}


class TestUnreadableRecord:
    @pytest.mark.parametrize(
        ("operation", "key", "change", "path"),
        [
            ("resources/", "Resources", {"Name": ...}, "Resources[0].Name"),
            ("resources/", "Resources", {"Id": 5}, "Resources[0].Id"),
            ("rates", "Rates", {"Id": 5}, "Rates[0].Id"),
            ("resourceCategories", "ResourceCategories", {"Capacity": "two"}, "Capacity"),
            ("resourceCategories", "ResourceCategories", {"ServiceId": 5}, "ServiceId"),
            ("resourceCategoryAssignments", "ResourceCategoryAssignments", {"CategoryId": 5}, ""),
        ],
    )
    def test_reports_invalid_record_and_continues(
        self,
        operation: str,
        key: str,
        change: dict[str, Any],
        path: str,
        simulator: MewsSimulator,
        valid_pull: tuple[list[Page], TransformingProxy],
    ) -> None:
        first: list[str] = []

        def is_first(item: dict[str, Any]) -> bool:
            first.append(item["Id"])
            return first[0] == str(item["Id"])

        clean, _ = valid_pull
        pages, _ = pull_pages(simulator, invalid_variants(operation, key, is_first, change))
        (reported,) = rejected_items(pages)
        assert reported.external_id is None
        assert reported.reason is not None
        assert (reported.reason.path or "").startswith(f"{key}[")
        assert path in (reported.reason.path or "")
        assert mapped_bookings(pages) == mapped_bookings(clean)
        assert records(pages).rooms

    def test_unreadable_service_is_reported_with_every_response(
        self, simulator: MewsSimulator
    ) -> None:
        """Otherwise a reconcile would detect its bookings as deleted."""
        wanted = [Ref(RefKind.BOOKING, next(iter(reservation_ids(simulator))))]
        transform_response = invalid_variants(
            "services/getAll",
            "Services",
            lambda i: i["Id"] == simulator.catalog.parking_service_id,
            {"Data": 5},
        )
        pages, _ = pull_pages(simulator, transform_response)
        (reported,) = rejected_items(pages)
        assert reported.reason is not None
        assert (reported.reason.path or "").endswith(".Data")
        assert set(mapped_bookings(pages)) == reservation_ids(simulator)
        with transforming_proxy(simulator, transform_response) as proxy:
            client = connected().open(account(simulator, base_url=proxy.base_url))
            page = client.fetch(wanted)
            client.close()
        assert [item.external_id for item in page.items if item.reason] == [None]
