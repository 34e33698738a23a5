"""Amounts: exact, in the currency's own digits."""

from collections.abc import Iterator
from typing import Final

from adapters.outbound.provider_kit.simulation.options import SimulatorOptions
from domain.snapshots import BookingSnapshot
from domain.values import Money
from entrypoints.certification.check import Check, Need, check
from entrypoints.certification.scene import SOME, Scene


def _currency(name: str, title: str, currency: str) -> Check:
    @check(f"money.{name}", title, Need.PULLS)
    def look(scene: Scene) -> None:
        visit = scene.visit(SimulatorOptions(bookings=SOME, currency=currency))
        tells = any(true.total is not None for true in visit.simulator.truth())
        scene.skip_unless(tells, "this vendor tells no totals")
        bookings = visit.pull().bookings
        unlike = visit.unlike(bookings)
        scene.expect(not unlike, unlike)
        for said in bookings.values():
            for amount in _amounts(said):
                is_exact = type(amount.minor) is int
                scene.expect(is_exact, f"{said.external_id}: an amount is no whole number")
                scene.expect(amount.currency == currency, f"an amount in {amount.currency}")

    return look


CURRENCIES: Final = (
    _currency("eur", "Euro, two digits", "EUR"),
    _currency("jpy", "Yen, no digits", "JPY"),
    _currency("kwd", "Kuwaiti dinar, three digits", "KWD"),
)


def _amounts(said: BookingSnapshot) -> Iterator[Money]:
    for amount in (said.total, said.paid, said.balance):
        if isinstance(amount, Money):
            yield amount
    for room in said.rooms if isinstance(said.rooms, tuple) else ():
        for night in room.nightly_prices:
            yield night.price
