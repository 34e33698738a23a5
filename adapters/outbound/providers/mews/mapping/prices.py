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
from adapters.outbound.provider_kit.parsing.read_items import FieldTrace, JsonEntry
from adapters.outbound.providers.mews.mapping.code_tables import CANCELED_ITEM, NIGHT_ITEM
from adapters.outbound.providers.mews.mapping.unreadable_amounts import (
    UnreadableAmounts,
    as_accounting_state,
    as_currency,
)
from domain.errors import InvalidField
from domain.values import ABSENT, Field, Money, NightlyPrice, PriceBasis

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

    total: Field[Money | None]
    nightly: tuple[NightlyPrice, ...] = ()
    mixed: str | None = None
    unreadable: FieldTrace = ()


NO_PRICES: Final = MewsPrices(None)


@dataclass(slots=True)
class _UnreadableItems(UnreadableAmounts):
    """Whether an amount, or one of a night, is missing for a sum."""

    lacks_amount: bool = False
    lacks_night: bool = False

    def hides_total(self, charges: Sequence[Charge]) -> bool:
        """Of a booking with unreadable items; `charges`: those of its readable ones."""
        return self.lacks_amount or not charges


def calculate_prices(items: Sequence[JsonEntry], zone: ZoneInfo) -> MewsPrices:
    """Unreadable items leave the total, or the nightly prices, absent."""
    unreadable = _UnreadableItems()
    charges = _parse_charges(items, zone, unreadable)
    active = [charge for charge in charges if charge.is_active]
    currencies = {charge.currency for charge in active or charges}
    if unreadable.expected_by_path and unreadable.hides_total(charges):
        return MewsPrices(ABSENT, unreadable=unreadable.trace())
    if len(currencies) > 1:
        return MewsPrices(None, (), _format_sums(active), unreadable.trace())
    if not currencies:
        return NO_PRICES
    try:
        total, nightly = _add_up(active, currencies.pop(), unreadable)
    except InvalidField as error:
        unreadable.add(f"{items[0].path}.Amount", error)
        return MewsPrices(ABSENT, unreadable=unreadable.trace())
    return MewsPrices(total, nightly, unreadable=unreadable.trace())


def _parse_charges(
    items: Sequence[JsonEntry], zone: ZoneInfo, unreadable: _UnreadableItems
) -> list[Charge]:
    return [
        charge for item in items if (charge := _parse_charge(item, zone, unreadable)) is not None
    ]


def _parse_charge(item: JsonEntry, zone: ZoneInfo, unreadable: _UnreadableItems) -> Charge | None:
    """None for an unreadable amount. Without a reader, for speed: a booking has several."""
    is_active = True
    try:
        item_object = _as_object(item.value, "(payload)")
        is_active = not _is_canceled(item_object)
        amount = _as_object(item_object.get("Amount"), "Amount")
        code = values.as_text(amount.get("Currency"), "Amount.Currency")
        currency = as_currency(code, "Amount.Currency")
        gross = values.as_decimal(amount.get("GrossValue"), "Amount.GrossValue")
    except UnreadableField as error:
        unreadable.add(item.path, error)
        unreadable.lacks_amount |= is_active
        return None
    try:
        night = _parse_night(item_object, zone)
    except UnreadableField as error:
        unreadable.add(item.path, error)
        unreadable.lacks_night |= is_active
        night = None
    return Charge(currency, gross, is_active, night)


def _is_canceled(item_object: dict[str, Json]) -> bool:
    """Raises UnreadableField. Nearly all items are open or closed, which takes no parser."""
    canceled, state = item_object.get("CanceledUtc"), item_object.get("AccountingState")
    if canceled is not None and canceled != "":
        values.as_instant(canceled, "CanceledUtc")
        return True
    if state is None or state in ("", "Open", "Closed"):
        return False
    return as_accounting_state(state, "AccountingState") == CANCELED_ITEM


def _as_object(value: Json, path: str) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise UnreadableField(path, "wrong_type", "an object")
    return value


def _parse_night(item_object: dict[str, Json], zone: ZoneInfo) -> date | None:
    """None for an item of another type. Raises UnreadableField."""
    kind = item_object.get("Type")
    if kind != NIGHT_ITEM:
        if kind is not None:
            values.as_text(kind, "Type")
        return None
    key = "StartUtc" if item_object.get("StartUtc") else "ConsumedUtc"
    return _parse_day(values.as_text(item_object.get(key), key), key, zone)


@lru_cache(maxsize=4_096)
def _parse_day(text: str, path: str, zone: ZoneInfo) -> date:
    """Cached: a hotel has few nights and many stays in each."""
    return local_day(values.as_instant(text, path), zone, path=path)


def _add_up(
    charges: Sequence[Charge], currency: str, unreadable: _UnreadableItems
) -> tuple[Money, tuple[NightlyPrice, ...]]:
    """The total and the nightly prices. Raises InvalidField for a sum out of bounds."""
    total = Money.rounded(sum((charge.gross for charge in charges), Decimal(0)), currency)
    return total, () if unreadable.lacks_night else _nightly_prices(charges, currency)


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
