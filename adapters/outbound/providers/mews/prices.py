"""What a stay costs, from its order items (orderitems.md): the reservation itself has no prices.

The total is the sum of `Amount.GrossValue` of the items that are not canceled, cancellation fees
and rebates included. It is summed exactly and rounded once, half to even: hotels with net prices
have gross amounts below the smallest coin. Items in several currencies are not added up by a rate
of ours: there is no total then, the booking stays, and its exact sums are kept in the extras.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from adapters.outbound.provider_kit.errors import UnreadableField
from adapters.outbound.provider_kit.json_text import dumps
from adapters.outbound.provider_kit.local_time import local_day
from adapters.outbound.providers.mews.vendor_object import Entry, VendorObject, under
from adapters.outbound.providers.mews.wording import CANCELED_ITEM, NIGHT_ITEM
from domain.errors import InvalidField
from domain.values import Money, NightlyPrice

SUMS_PATH: Final = "OrderItems.Amount"


@dataclass(frozen=True, slots=True)
class Charge:
    currency: str
    gross: Decimal
    live: bool
    night: date | None


@dataclass(frozen=True, slots=True)
class Prices:
    """`mixed`: JSON text of the exact sums by currency, where there is more than one."""

    total: Money | None
    nightly: tuple[NightlyPrice, ...]
    mixed: str | None = None


UNPRICED: Final = Prices(None, ())


def prices_of(items: Sequence[Entry], zone: ZoneInfo) -> Prices:
    """Raises UnreadableField with the path of the order item."""
    charges = [_charge(item, zone) for item in items]
    live = [charge for charge in charges if charge.live]
    currencies = {charge.currency for charge in live or charges}
    if len(currencies) > 1:
        return Prices(None, (), _sums_text(live))
    if not currencies:
        return UNPRICED
    currency = currencies.pop()
    try:
        total = Money.rounded(sum((c.gross for c in live), Decimal(0)), currency)
        return Prices(total, _nightly(live, currency))
    except InvalidField as fault:
        raise UnreadableField(f"{items[0].path}.Amount", fault.code, fault.fix) from fault


def _charge(item: Entry, zone: ZoneInfo) -> Charge:
    r = VendorObject(item.value)
    try:
        amount = r.object("Amount")
        canceled = r.optional_text("CanceledUtc") or r.optional_text("AccountingState")
        return Charge(
            currency=amount.text("Currency"),
            gross=amount.decimal("GrossValue"),
            live=r.optional_text("CanceledUtc") is None and canceled != CANCELED_ITEM,
            night=_night(r, zone) if r.optional_text("Type") == NIGHT_ITEM else None,
        )
    except UnreadableField as fault:
        raise under(item.path, fault) from fault


def _night(item: VendorObject, zone: ZoneInfo) -> date:
    start = item.optional_instant("StartUtc")
    return local_day(start or item.instant("ConsumedUtc"), zone)


def _nightly(charges: Sequence[Charge], currency: str) -> tuple[NightlyPrice, ...]:
    by_night: dict[date, Decimal] = {}
    for charge in charges:
        if charge.night is not None:
            by_night[charge.night] = by_night.get(charge.night, Decimal(0)) + charge.gross
    return tuple(
        NightlyPrice(night, Money.rounded(gross, currency))
        for night, gross in sorted(by_night.items())
    )


def _sums_text(charges: Sequence[Charge]) -> str:
    sums: dict[str, Decimal] = {}
    for charge in charges:
        sums[charge.currency] = sums.get(charge.currency, Decimal(0)) + charge.gross
    return dumps(dict(sorted(sums.items())))
