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
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from adapters.outbound.provider_kit import field_values as values
from adapters.outbound.provider_kit.errors import UnreadableField
from adapters.outbound.provider_kit.json_text import Json, dumps
from adapters.outbound.provider_kit.local_time import local_day
from adapters.outbound.providers.mews.vendor_object import Entry, under
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
    """There are several to a booking, so they are read without a reader, by its own parsers."""
    try:
        said = _object(item.value, "(payload)")
        amount = _object(said.get("Amount"), "Amount")
        canceled = said.get("CanceledUtc") or said.get("AccountingState") == CANCELED_ITEM
        return Charge(
            currency=values.as_text(amount.get("Currency"), "Amount.Currency"),
            gross=values.as_decimal(amount.get("GrossValue"), "Amount.GrossValue"),
            live=not canceled,
            night=_night(said, zone) if said.get("Type") == NIGHT_ITEM else None,
        )
    except UnreadableField as fault:
        raise under(item.path, fault) from fault


def _object(value: Json, path: str) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise UnreadableField(path, "wrong_type", "an object")
    return value


def _night(said: dict[str, Json], zone: ZoneInfo) -> date:
    key = "StartUtc" if said.get("StartUtc") else "ConsumedUtc"
    return _day(values.as_text(said.get(key), key), key, zone)


@lru_cache(maxsize=4_096)
def _day(text: str, path: str, zone: ZoneInfo) -> date:
    """A hotel has few nights and many stays in each."""
    return local_day(values.as_instant(text, path), zone, path=path)


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
