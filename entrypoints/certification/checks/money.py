"""Amounts: exact, in the minor units of the currency."""

from collections.abc import Iterator
from typing import Final

from adapters.outbound.provider_kit.simulation.server.options import SimulatorOptions
from domain.snapshots import BookingSnapshot
from domain.values import Money
from entrypoints.certification.check import Check, pull_check
from entrypoints.certification.check_context import SOME, CheckContext


def _currency_check(title: str, currency: str) -> Check:
    @pull_check(f"money.{currency.lower()}", title)
    def run(ctx: CheckContext) -> None:
        adapter = ctx.adapter(SimulatorOptions(bookings=SOME, currency=currency))
        totals = [each for each in adapter.expected_bookings().values() if each.total is not None]
        ctx.require_or_skip(totals, "this vendor reports no totals")
        bookings = adapter.pull().bookings
        ctx.expect_no_difference(adapter.diff(bookings))
        for snapshot in bookings.values():
            for amount in _amounts(snapshot):
                is_exact = type(amount.minor) is int
                ctx.expect(is_exact, f"{snapshot.external_id}: minor units are not an integer")
                ctx.expect(amount.currency == currency, f"an amount in {amount.currency}")

    return run


CURRENCIES: Final = (
    _currency_check("Euro, two decimals", "EUR"),
    _currency_check("Yen, no decimals", "JPY"),
    _currency_check("Kuwaiti dinar, three decimals", "KWD"),
)


def _amounts(snapshot: BookingSnapshot) -> Iterator[Money]:
    for amount in (snapshot.total, snapshot.paid, snapshot.balance):
        if isinstance(amount, Money):
            yield amount
    for room in snapshot.rooms if isinstance(snapshot.rooms, tuple) else ():
        for night in room.nightly_prices:
            yield night.price
