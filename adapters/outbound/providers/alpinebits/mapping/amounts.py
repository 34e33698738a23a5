"""Amounts: totals with or without tax, minor units by DecimalPlaces.

Booking.com and others write 32550 with DecimalPlaces="2" for 325.50 (OTA: "the amount includes the
minor unit without a decimal point"); an amount with a point is used as written.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from adapters.outbound.provider_kit.parsing import field_values as values
from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.xml_reader import XmlReader
from domain.errors import InvalidField
from domain.values import Money

_AMOUNT: Final = re.compile(r"[+-]?(?:[0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})")
AFTER_TAX: Final = "AmountAfterTax"
BEFORE_TAX: Final = "AmountBeforeTax"
_CURRENCY: Final = "CurrencyCode"
_PLACES: Final = "DecimalPlaces"
_MAX_DECIMAL_PLACES: Final = 4


def as_amount(value: Json, path: str) -> Decimal:
    """xs:decimal, e.g. also `299.` and `.5`."""
    text = values.as_text(value, path)
    if not _AMOUNT.fullmatch(text):
        raise UnreadableField(path, "bad_amount", "a number with a point, without groups")
    return Decimal(text)


@dataclass(frozen=True, slots=True)
class Amount:
    """An `attribute` of `r`, in major units. `places`: where its DecimalPlaces are, if it needs
    them."""

    r: XmlReader
    attribute: str
    value: Decimal
    places: XmlReader | None = None

    def money(self, currency: str, build: Callable[[Decimal, str], Money] = Money.rounded) -> Money:
        """Raises UnreadableField."""
        try:
            return build(self.value, currency)
        except InvalidField as error:
            path = self.r.path_of(self.attribute)
            raise UnreadableField(path, error.code, f"money: {error.fix}") from None

    def mark(self, currency: str, target: str) -> None:
        is_exact = self.money(currency).amount == self.value
        self.r.optional_text(self.attribute, target if is_exact else f"{target} (rounded)")
        if self.places is not None:
            self.places.optional_text(_PLACES, target)


def find_amount(r: XmlReader, attribute: str, outer: XmlReader | None = None) -> Amount | None:
    """Nothing is marked as read. `outer`: an element around whose DecimalPlaces apply as well.
    Raises UnreadableField."""
    text, path = r.peek(attribute), r.path_of(attribute)
    if text is None:
        return None
    value = as_amount(text, path)
    sources = [each for each in (r, outer) if each is not None and each.peek(_PLACES) is not None]
    if not sources or "." in text:
        return Amount(r, attribute, value)
    places = sources[0].peek(_PLACES) or ""
    if not places.isdecimal() or int(places) > _MAX_DECIMAL_PLACES:
        raise UnreadableField(path, "bad_amount", "at most 4 decimal places")
    return Amount(r, attribute, value.scaleb(-int(places)), sources[0])


def currency_of(r: XmlReader, default: str) -> str:
    return r.peek(_CURRENCY) or default


def mark_amounts(r: XmlReader, amounts: Sequence[Amount], currency: str, target: str) -> None:
    """`amounts`: those in `r`, whose currency they have. `currency`: if it has none."""
    for amount in amounts:
        amount.mark(currency_of(r, currency), target)
    r.optional_text(_CURRENCY, target)


def find_tax(r: XmlReader) -> Amount | None:
    """The amount of `Taxes` of a total, whose children need not add up to it."""
    return find_amount(r.first("Taxes"), "Amount", r)


def read_total(r: XmlReader, currency: str, target: str) -> Money | None:
    """The amount of a `Total` after tax; else the amount before tax plus that of `Taxes`, if there
    is one. Each is rounded half to even to the currency's digits. Raises UnreadableField."""
    found = peek_total(r, currency)
    if found is not None:
        mark_total(r, currency, target)
    return found


def peek_total(r: XmlReader, currency: str) -> Money | None:
    """As `read_total`, but nothing is marked as read."""
    code = currency_of(r, currency)
    found = [amount.money(code) for amount in _total_amounts(r)]
    return Money(sum(money.minor for money in found), code) if found else None


def is_net_total(r: XmlReader) -> bool:
    """Whether `read_total` has nothing but an amount before tax."""
    return [amount.attribute for amount in _total_amounts(r)] == [BEFORE_TAX]


def mark_total(r: XmlReader, currency: str, target: str) -> None:
    """The attributes that `peek_total` uses."""
    mark_amounts(r, _total_amounts(r), currency, target)


def _total_amounts(r: XmlReader) -> list[Amount]:
    if (after := find_amount(r, AFTER_TAX)) is not None:
        return [after]
    if (before := find_amount(r, BEFORE_TAX)) is None:
        return []
    tax = find_tax(r)
    return [before] if tax is None else [before, tax]


def add_amounts(found: Sequence[Money | None]) -> Money | None:
    """None if there are none, if one is unknown, or if there are several currencies."""
    known = [money for money in found if money is not None]
    if len(known) < len(found) or len({money.currency for money in known}) != 1:
        return None
    return Money(sum(money.minor for money in known), known[0].currency)
