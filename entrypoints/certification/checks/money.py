"""Amounts: exact, in the minor units of the currency."""

from collections.abc import Iterator
from dataclasses import replace

from domain.snapshots import BookingSnapshot
from domain.values import Money
from entrypoints.certification.check import pull_check_for_each
from entrypoints.certification.check_context import SOME, CheckContext


@pull_check_for_each(
    "money",
    ("eur", "Euro, two decimals", "EUR"),
    ("jpy", "Yen, no decimals", "JPY"),
    ("kwd", "Kuwaiti dinar, three decimals", "KWD"),
)
def exact_amounts(ctx: CheckContext, currency: str) -> None:
    adapter = ctx.adapter(replace(SOME, currency=currency))
    totals = [each for each in adapter.expected_bookings().values() if each.total is not None]
    ctx.require_or_skip(totals, "this vendor reports no totals")
    bookings = adapter.pull().bookings
    ctx.expect_no_difference(adapter.diff(bookings))
    for snapshot in bookings.values():
        for amount in _amounts(snapshot):
            is_exact = type(amount.minor) is int
            ctx.expect(is_exact, f"{snapshot.external_id}: minor units are not an integer")
            ctx.expect(amount.currency == currency, f"an amount in {amount.currency}")


def _amounts(snapshot: BookingSnapshot) -> Iterator[Money]:
    for amount in (snapshot.total, snapshot.paid, snapshot.balance):
        if isinstance(amount, Money):
            yield amount
    for room in snapshot.rooms if isinstance(snapshot.rooms, tuple) else ():
        for night in room.nightly_prices:
            yield night.price
