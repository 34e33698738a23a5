"""Invalid secondary details never refuse a booking: every field that may is in the vendor's
document, and any other is absent or kept in the extras."""

import json
import re
from decimal import Decimal
from functools import cache
from typing import Any, Final, NamedTuple

import pytest

from domain.messages import ItemKind
from domain.snapshots import BookingSnapshot
from domain.values import ABSENT, Money
from ports.errors import UnreadableMessage
from ports.providers import ReadItem
from tests.providers.apaleo import payloads as apaleo
from tests.providers.cloudbeds import payloads as cloudbeds
from tests.providers.cloudbeds.test_channel_formats import order
from tests.providers.mews import payloads as mews
from tests.providers.mews.test_booking_mapping import payment
from tests.providers.ohip import payloads as ohip
from tests.providers.ohip.test_invalid_payloads import LISTED, SINGLE
from tests.providers.vendor_payloads import (
    ROOT,
    SAMPLES,
    installed_provider,
    needs_samples,
    read_items,
    value_paths,
    with_value,
)

HEADING: Final = "## What may refuse a booking"
RUBBISH: Final = (..., None, "", "?", 17, -1, True, 230.505, [], [None], {}, {"a": 1}, 10**20)
Path = tuple[Any, ...]


class Form(NamedTuple):
    """`within`: the path of the booking in the message."""

    vendor: str
    name: str
    message: Any
    within: Path


FORMS: Final = [
    Form("apaleo", "listed", {"reservations": [apaleo.reservation()]}, ("reservations", 0)),
    Form("cloudbeds", "listed", {"data": [cloudbeds.reservation()]}, ("data", 0)),
    Form("cloudbeds", "single", {"data": cloudbeds.single_reservation()}, ("data",)),
    Form("cloudbeds", "channel", {"Bookings": [order()]}, ("Bookings", 0)),
    Form("mews", "listed", {"Reservations": [mews.reservation()]}, ("Reservations", 0)),
    Form("ohip", "listed", ohip.list_response(LISTED), ("reservations", "reservationInfo", 0)),
    Form("ohip", "single", ohip.single_response(SINGLE), ("reservations", "reservation", 0)),
]
SAMPLE_FILES: Final = [
    ("apaleo", "swagger2021-booking-BookingReservationsGet__resp-200.json", ("reservations", 0)),
    ("cloudbeds", "myallocator-Delivery-Method__Example-of-a-JSON-booking.json", ()),
    (
        "mews",
        "op-reservations__get-all-reservations-ver-2023-06-06-response.json",
        ("Reservations", 0),
    ),
    ("ohip", "rsv-getReservation__resp-200.json", ("reservations", "reservation", 0)),
    ("ohip", "rsv-getReservations__resp-200.json", ("reservations", "reservationInfo", 0)),
]


@cache
def may_refuse(vendor: str) -> frozenset[str]:
    text = (ROOT / "docs" / "providers" / f"{vendor}.md").read_text()
    section = text.split(HEADING)[1].split("\n\n")[1]
    return frozenset(re.findall(r"`([^`]+)`", section))


def is_listed(vendor: str, path: Path) -> bool:
    """Also a field inside of a listed one, or an object that has a listed one."""
    names = [str(step) for step in path if not isinstance(step, int)]
    listed = may_refuse(vendor)
    tails = {".".join(names[n:m]) for n in range(len(names)) for m in range(n + 1, len(names) + 1)}
    own = ".".join(names)
    return not tails.isdisjoint(listed) or any(each.startswith(f"{own}.") for each in listed)


def read(form: Form, message: Any, *, explain: bool = False) -> list[ReadItem]:
    return read_items(installed_provider(form.vendor), ItemKind.BOOKING, message, explain=explain)


def refusals(form: Form) -> set[tuple[str, str]]:
    """Path and value of each change that refuses the booking although the path is not listed."""
    booking = form.message
    for step in form.within:
        booking = booking[step]
    found = set()
    for path in value_paths(booking):
        if is_listed(form.vendor, path) or not path:
            continue
        for value in RUBBISH:
            changed = with_value(form.message, (*form.within, *path), value)
            try:
                items = read(form, changed)
            except UnreadableMessage:
                items = []
            if not items or any(item.reason for item in items):
                found.add((".".join(map(str, path)), repr(value)))
    return found


@pytest.mark.parametrize("form", FORMS, ids=lambda form: f"{form.vendor}-{form.name}")
class TestSecondaryDetails:
    def test_never_refuse_a_booking(self, form: Form) -> None:
        assert refusals(form) == set()


@needs_samples
@pytest.mark.parametrize(("vendor", "name", "within"), SAMPLE_FILES)
class TestSamples:
    def test_details_never_refuse_a_booking(self, vendor: str, name: str, within: Path) -> None:
        message = json.loads((SAMPLES / vendor / name).read_bytes())
        assert refusals(Form(vendor, name, message, within)) == set()


MEWS_LISTS: Final[dict[str, list[Any]]] = {
    "OrderItems": [
        mews.charge(93.46, "2026-03-09T23:00:00Z"),
        mews.charge(100, "2026-03-10T23:00:00Z", Id="item-2"),
        mews.charge(3, Id="item-3"),
        mews.charge(7, Id="item-4", CanceledUtc="2026-03-01T00:00:00Z"),
    ],
    "Payments": [payment(-50, Id="pay-1"), payment(-9, Id="pay-2", State="Failed")],
    "Companionships": [{"Id": "c-1", "CustomerId": "cus-2", "ReservationId": "res-1"}],
    "Customers": [mews.customer(), mews.customer(Id="cus-2")],
    "Companies": [{"Id": "com-1", "Name": "Analytics"}],
    "AgeCategories": [{"Id": "age-a", "ServiceId": "svc-stay", "Classification": "Adult"}],
    "ReservationGroups": [{"Id": "grp-1", "EnterpriseId": "ent-1"}],
    "Rates": [{"Id": "rate-1", "Name": "Flexible", "ServiceId": "svc-stay"}],
}


class TestListsOfMews:
    """What a reservation refers to comes in lists of its own."""

    MESSAGE: Final = {"Reservations": [mews.reservation()], **MEWS_LISTS}

    def read(self, message: Any) -> BookingSnapshot:
        """Of the booking; items that could be of any booking are reported beside it."""
        found = {item.external_id: item for item in read(FORMS[4], message)}
        item = found["res-1"]
        assert isinstance(item.snapshot, BookingSnapshot), item.reason
        return item.snapshot

    @pytest.mark.parametrize("key", MEWS_LISTS)
    def test_never_refuse_a_booking(self, key: str) -> None:
        right = self.read(self.MESSAGE)
        for path in value_paths(self.MESSAGE[key]):
            for value in RUBBISH:
                found = self.read(with_value(self.MESSAGE, (key, *path), value))
                assert found.status == right.status

    @pytest.mark.parametrize("key", ["OrderItems", "Payments"])
    @pytest.mark.parametrize(
        "leaf", [("Amount",), ("Amount", "Currency"), ("Amount", "GrossValue")]
    )
    @pytest.mark.parametrize("value", [..., None, "", "?", True, [], [None], {}, {"a": 1}, 10**40])
    def test_leave_unknown_totals_absent(self, key: str, leaf: Path, value: Any) -> None:
        found = self.read(with_value(self.MESSAGE, (key, 0, *leaf), value))
        total = ABSENT if key == "OrderItems" else Money(19646, "EUR")
        paid = ABSENT if key == "Payments" else Money(5000, "EUR")
        assert (found.total, found.paid, found.balance) == (total, paid, ABSENT)

    @pytest.mark.parametrize(
        ("key", "leaf", "value"),
        [
            ("OrderItems", "CanceledUtc", 17),
            ("OrderItems", "CanceledUtc", "?"),
            ("OrderItems", "AccountingState", 17),
            ("OrderItems", "AccountingState", "?"),
            ("OrderItems", "ServiceOrderId", 17),
            ("Payments", "State", "?"),
            ("Payments", "State", None),
            ("Payments", "AccountingState", {}),
            ("Payments", "ReservationId", 17),
        ],
    )
    def test_of_unknown_state_or_booking_leave_totals_absent(
        self, key: str, leaf: str, value: Any
    ) -> None:
        found = self.read(with_value(self.MESSAGE, (key, 0, leaf), value))
        assert (found.total if key == "OrderItems" else found.paid, found.balance) == (
            ABSENT,
            ABSENT,
        )

    @pytest.mark.parametrize(("leaf", "value"), [("StartUtc", "?"), ("StartUtc", 5), ("Type", 5)])
    def test_leave_unknown_nights_out_of_a_known_total(self, leaf: str, value: Any) -> None:
        found = self.read(with_value(self.MESSAGE, ("OrderItems", 0, leaf), value))
        assert found.total == Money(19646, "EUR")
        assert found.rooms is not ABSENT
        assert found.rooms[0].nightly_prices == ()

    def test_ignore_rubbish_in_canceled_items(self) -> None:
        found = self.read(with_value(self.MESSAGE, ("OrderItems", 3, "Amount"), "?"))
        assert found.total == Money(19646, "EUR")

    def test_are_reported_with_what_was_expected(self) -> None:
        message = with_value(self.MESSAGE, ("OrderItems", 1, "Amount", "GrossValue"), "?")
        message = with_value(message, ("Payments", 0, "Amount"), 5)
        (item,) = read(FORMS[4], message, explain=True)
        trace = dict(item.field_trace)
        assert trace["OrderItems[1].Amount.GrossValue"] == "(not kept) (expected a number)"
        assert trace["Payments[0].Amount"].startswith("(not kept) (expected an object")


class TestRemarks:
    def test_say_what_was_expected(self) -> None:
        form = FORMS[0]
        odd = apaleo.reservation(adults="two", childrenAges=[200])
        (item,) = read(form, {"reservations": [odd]}, explain=True)
        trace = dict(item.field_trace)
        assert trace["adults"] == "extras (expected an integer)"
        assert trace["childrenAges"].startswith("extras (expected ")
        assert isinstance(item.snapshot, BookingSnapshot)
        assert isinstance(item.snapshot.extras, tuple)
        assert dict(item.snapshot.extras)["adults"] == '"two"'

    def test_say_where_an_amount_is_rounded(self) -> None:
        odd = apaleo.reservation(totalGrossAmount={"amount": 230.505, "currency": "EUR"})
        (item,) = read(FORMS[0], {"reservations": [odd]}, explain=True)
        assert isinstance(item.snapshot, BookingSnapshot)
        assert item.snapshot.total
        assert item.snapshot.total.amount == Decimal("230.50")
        assert dict(item.field_trace)["totalGrossAmount.amount"] == "total (rounded)"
