"""Prices of a stay from its order items (orderitems.md); the reservation itself has none.

The total is the sum of `Amount.GrossValue` of the items that are not canceled, including
cancellation fees and rebates. It is summed exactly and rounded once, half to even: hotels with net
prices have gross amounts with fractions of a minor unit. Items in several currencies give no total;
the extras then keep the exact sums.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from adapters.outbound.provider_kit.parsing import field_values as values
from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.json_text import Json, dumps
from adapters.outbound.provider_kit.parsing.local_time import local_day
from adapters.outbound.provider_kit.parsing.read_items import JsonEntry
from adapters.outbound.providers.mews.mapping.code_tables import CANCELED_ITEM, NIGHT_ITEM
from adapters.outbound.providers.mews.mapping.parsing import prefix_error
from domain.errors import InvalidField
from domain.values import Money, NightlyPrice, PriceBasis

SUMS_PATH: Final = "OrderItems.Amount"


@dataclass(frozen=True, slots=True)
class Charge:
    currency: str
    gross: Decimal
    is_active: bool
    night: date | None


@dataclass(frozen=True, slots=True)
class MewsPrices:
    """`mixed`: JSON text of the exact sums, if there are several currencies."""

    total: Money | None
    nightly: tuple[NightlyPrice, ...]
    mixed: str | None = None


NO_PRICES: Final = MewsPrices(None, ())


def calculate_prices(items: Sequence[JsonEntry], zone: ZoneInfo) -> MewsPrices:
    """Raises UnreadableField with the path of the order item."""
    charges = [_parse_charge(item, zone) for item in items]
    active = [charge for charge in charges if charge.is_active]
    currencies = {charge.currency for charge in active or charges}
    if len(currencies) > 1:
        return MewsPrices(None, (), _format_sums(active))
    if not currencies:
        return NO_PRICES
    currency = currencies.pop()
    try:
        total = Money.rounded(sum((charge.gross for charge in active), Decimal(0)), currency)
        return MewsPrices(total, _nightly_prices(active, currency))
    except InvalidField as error:
        raise UnreadableField(f"{items[0].path}.Amount", error.code, error.fix) from error


def _parse_charge(item: JsonEntry, zone: ZoneInfo) -> Charge:
    """Without a reader, for speed: a booking has several."""
    try:
        item_object = _as_object(item.value, "(payload)")
        amount = _as_object(item_object.get("Amount"), "Amount")
        canceled = (
            item_object.get("CanceledUtc") or item_object.get("AccountingState") == CANCELED_ITEM
        )
        return Charge(
            currency=values.as_text(amount.get("Currency"), "Amount.Currency"),
            gross=values.as_decimal(amount.get("GrossValue"), "Amount.GrossValue"),
            is_active=not canceled,
            night=_parse_night(item_object, zone)
            if item_object.get("Type") == NIGHT_ITEM
            else None,
        )
    except UnreadableField as error:
        raise prefix_error(item.path, error) from error


def _as_object(value: Json, path: str) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise UnreadableField(path, "wrong_type", "an object")
    return value


def _parse_night(item_object: dict[str, Json], zone: ZoneInfo) -> date:
    key = "StartUtc" if item_object.get("StartUtc") else "ConsumedUtc"
    return _parse_day(values.as_text(item_object.get(key), key), key, zone)


@lru_cache(maxsize=4_096)
def _parse_day(text: str, path: str, zone: ZoneInfo) -> date:
    """Cached: a hotel has few nights and many stays in each."""
    return local_day(values.as_instant(text, path), zone, path=path)


def _nightly_prices(charges: Sequence[Charge], currency: str) -> tuple[NightlyPrice, ...]:
    by_night: dict[date, Decimal] = {}
    for charge in charges:
        if charge.night is not None:
            by_night[charge.night] = by_night.get(charge.night, Decimal(0)) + charge.gross
    return tuple(
        NightlyPrice(night, Money.rounded(gross, currency), PriceBasis.GROSS)
        for night, gross in sorted(by_night.items())
    )


def _format_sums(charges: Sequence[Charge]) -> str:
    sums: dict[str, Decimal] = {}
    for charge in charges:
        sums[charge.currency] = sums.get(charge.currency, Decimal(0)) + charge.gross
    return dumps(dict(sorted(sums.items())))
