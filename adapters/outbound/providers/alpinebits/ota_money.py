"""Amounts: totals with or without tax, minor units told by DecimalPlaces, prices of single nights.

Booking.com's dialect and others write 32550 with DecimalPlaces="2" for 325.50 (OTA: "the amount
includes the minor unit without a decimal point"); an amount with a point is taken as it stands.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from adapters.outbound.provider_kit import field_values as values
from adapters.outbound.provider_kit.errors import UnreadableField
from adapters.outbound.provider_kit.json_text import Json
from adapters.outbound.provider_kit.local_time import days_from
from adapters.outbound.provider_kit.xml_reader import XmlReader
from adapters.outbound.providers.alpinebits.ota_words import as_day
from domain.errors import InvalidField
from domain.values import Money, NightlyPrice, Stay

_AMOUNT: Final = re.compile(r"[+-]?(?:[0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})")
_MOST_PLACES: Final = 4
_ONE_NIGHT: Final = timedelta(days=1)


def as_amount(value: Json, path: str) -> Decimal:
    """xs:decimal: also `299.` and `.5`."""
    text = values.as_text(value, path)
    if not _AMOUNT.fullmatch(text):
        raise UnreadableField(path, "bad_amount", "a number with a point, without groups")
    return Decimal(text)


def total_in(r: XmlReader, currency: str, home: str) -> Money | None:
    """Of a `Total`, with tax. Where only the amount before tax is told: with the taxes of their
    parent element (its children need not add up to it), or as it is where none are told."""
    said = r.optional_text("CurrencyCode", home) or currency
    if r.peek("AmountAfterTax") is not None:
        return _money(r, "AmountAfterTax", said, home)
    before = _money(r, "AmountBeforeTax", said, home)
    taxes = r.child("Taxes")
    if before is None or taxes is None or taxes.peek("Amount") is None:
        return before
    places = taxes.peek("DecimalPlaces") or r.peek("DecimalPlaces")
    tax = _money(taxes, "Amount", said, home, places=places)
    return Money(before.minor + (tax.minor if tax else 0), said)


def _money(
    r: XmlReader, attribute: str, currency: str, home: str, *, places: str | None = None
) -> Money | None:
    amount = r.optional(attribute, as_amount, home)
    if amount is None:
        return None
    if r.peek("DecimalPlaces") is not None:
        r.optional_text("DecimalPlaces", home)
    path = r.path_of(attribute)
    try:
        exact = _scaled(amount, r.peek(attribute) or "", places or r.peek("DecimalPlaces"), path)
        return Money.of(exact, currency)
    except InvalidField as fault:
        raise UnreadableField(path, fault.code, f"money: {fault.fix}") from None


def _scaled(amount: Decimal, written: str, places: str | None, path: str) -> Decimal:
    if places is None or "." in written:
        return amount
    if not places.isdecimal() or int(places) > _MOST_PLACES:
        raise UnreadableField(path, "bad_amount", "at most 4 decimal places")
    return amount.scaleb(-int(places))


@dataclass(frozen=True, slots=True)
class Rate:
    """A `Rate` of a room: `expires` is what is written, its day included or not."""

    reader: XmlReader
    effective: date
    expires: date | None

    def nights(self, *, inclusive: bool) -> list[date]:
        until = self.expires or self.effective + _ONE_NIGHT
        if inclusive and self.expires is not None:
            until += _ONE_NIGHT
        return list(days_from(self.effective, until))


def rates_of(room_rates: Sequence[XmlReader]) -> list[Rate]:
    """Those that tell their days. Nothing counts as read."""
    found = []
    for room_rate in room_rates:
        for each in room_rate.listed("Rates", "Rate"):
            begin, end = each.peek("EffectiveDate"), each.peek("ExpireDate")
            if begin is not None:
                first = as_day(begin, each.path_of("EffectiveDate"))
                last = as_day(end, each.path_of("ExpireDate")) if end else None
                found.append(Rate(each, first, last))
    return found


def stay_of(rates: Sequence[Rate], home: str) -> Stay | None:
    """HTNG's rooms have no days but those of their rates, whose ExpireDate is the departure."""
    if not rates:
        return None
    for each in rates:
        each.reader.optional_text("EffectiveDate", home)
        each.reader.optional_text("ExpireDate", home)
    ends = [each.expires or each.effective + _ONE_NIGHT for each in rates]
    return Stay(min(each.effective for each in rates), max(ends))


@dataclass(frozen=True, slots=True)
class NightlyPrices:
    """What a room costs night by night, where that is certain: the rates cover each night of the
    stay once and, where the room has a total and they are for more than one night each, add up to
    it. SMX and HTNG end a rate at the morning (ExpireDate is excluded), others include the last
    night: what covers the stay exactly is meant. All else stays in the extras."""

    stay: Stay
    units: int
    currency: str

    def of(
        self, rates: Sequence[Rate], total: XmlReader | None, home: str
    ) -> tuple[NightlyPrice, ...]:
        for basis in ("AmountAfterTax", "AmountBeforeTax"):
            prices = [self._price(each, basis) for each in rates]
            known = [price for price in prices if price is not None]
            if not rates or len(known) < len(rates):
                continue
            wanted = self._amount(total, basis) if total is not None else None
            for inclusive in (False, True):
                found = self._covered(rates, known, inclusive=inclusive)
                if found and self._is_certain(found, rates, wanted, inclusive=inclusive):
                    self._mark(rates, basis, home)
                    return tuple(NightlyPrice(night, found[night]) for night in sorted(found))
            return ()
        return ()

    def _covered(
        self, rates: Sequence[Rate], prices: Sequence[Money], *, inclusive: bool
    ) -> dict[date, Money] | None:
        found: dict[date, Money] = {}
        for each, price in zip(rates, prices, strict=True):
            nights = each.nights(inclusive=inclusive)
            if not nights or len(nights) > len(self._nights()) or found.keys() & set(nights):
                return None
            found.update(dict.fromkeys(nights, price))
        return found if found.keys() == set(self._nights()) else None

    def _is_certain(
        self,
        found: dict[date, Money],
        rates: Sequence[Rate],
        total: Money | None,
        *,
        inclusive: bool,
    ) -> bool:
        if len({price.currency for price in found.values()}) > 1:
            return False
        if total is not None:
            added = sum(price.minor for price in found.values()) * self.units
            return (added, next(iter(found.values())).currency) == (total.minor, total.currency)
        return all(len(each.nights(inclusive=inclusive)) == 1 for each in rates)

    def _nights(self) -> list[date]:
        """Day use has its day."""
        return list(days_from(self.stay.arrival, self.stay.departure)) or [self.stay.arrival]

    def _price(self, rate: Rate, basis: str) -> Money | None:
        told = rate.reader.child("Total") or rate.reader.child("Base")
        return self._amount(told, basis) if told is not None else None

    def _amount(self, r: XmlReader, basis: str) -> Money | None:
        """None where it is not told or no exact money; nothing counts as read."""
        written = r.peek(basis)
        if written is None:
            return None
        path = r.path_of(basis)
        try:
            amount = _scaled(as_amount(written, path), written, r.peek("DecimalPlaces"), path)
            return Money.of(amount, r.peek("CurrencyCode") or self.currency)
        except (UnreadableField, InvalidField):
            return None

    def _mark(self, rates: Sequence[Rate], basis: str, home: str) -> None:
        for each in rates:
            told = each.reader.child("Total") or each.reader.child("Base")
            if told is not None:
                for attribute in (basis, "CurrencyCode", "DecimalPlaces"):
                    told.optional_text(attribute, home)
            each.reader.optional_text("EffectiveDate", home)
            each.reader.optional_text("ExpireDate", home)
