"""Amounts: exact, in the currency's own digits."""

from collections.abc import Iterator
from typing import Final

from adapters.outbound.provider_kit.simulation.server.options import SimulatorOptions
from domain.snapshots import BookingSnapshot
from domain.values import Money
from entrypoints.certification.check import Check, Requirement, check
from entrypoints.certification.check_context import SOME, CheckContext


def _currency(name: str, title: str, currency: str) -> Check:
    @check(f"money.{name}", title, Requirement.PULLS)
    def run_check(ctx: CheckContext) -> None:
        adapter = ctx.adapter(SimulatorOptions(bookings=SOME, currency=currency))
        reports_totals = any(
            expected_booking.total is not None
            for expected_booking in adapter.simulator.expected_bookings()
        )
        ctx.require_or_skip(reports_totals, "this vendor tells no totals")
        bookings = adapter.pull().bookings
        diff = adapter.diff(bookings)
        ctx.expect(not diff, diff)
        for snapshot in bookings.values():
            for amount in _amounts(snapshot):
                is_exact = type(amount.minor) is int
                ctx.expect(is_exact, f"{snapshot.external_id}: an amount is no whole number")
                ctx.expect(amount.currency == currency, f"an amount in {amount.currency}")

    return run_check


CURRENCIES: Final = (
    _currency("eur", "Euro, two digits", "EUR"),
    _currency("jpy", "Yen, no digits", "JPY"),
    _currency("kwd", "Kuwaiti dinar, three digits", "KWD"),
)


def _amounts(snapshot: BookingSnapshot) -> Iterator[Money]:
    for amount in (snapshot.total, snapshot.paid, snapshot.balance):
        if isinstance(amount, Money):
            yield amount
    for room in snapshot.rooms if isinstance(snapshot.rooms, tuple) else ():
        for night in room.nightly_prices:
            yield night.price
