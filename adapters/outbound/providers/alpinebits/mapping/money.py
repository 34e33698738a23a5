"""Amounts: totals with or without tax, minor units by DecimalPlaces, nightly prices.

Booking.com and others write 32550 with DecimalPlaces="2" for 325.50 (OTA: "the amount includes the
minor unit without a decimal point"); an amount with a point is used as written.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from adapters.outbound.provider_kit.parsing import field_values as values
from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.local_time import days_from
from adapters.outbound.provider_kit.parsing.xml_reader import XmlReader
from adapters.outbound.providers.alpinebits.mapping.code_tables import as_day
from domain.errors import InvalidField
from domain.values import Money, NightlyPrice, PriceBasis, Stay

_AMOUNT: Final = re.compile(r"[+-]?(?:[0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})")
AFTER_TAX: Final = "AmountAfterTax"
BEFORE_TAX: Final = "AmountBeforeTax"
_BASES: Final = {AFTER_TAX: PriceBasis.GROSS, BEFORE_TAX: PriceBasis.NET}
_MAX_DECIMAL_PLACES: Final = 4
_ONE_NIGHT: Final = timedelta(days=1)


def as_amount(value: Json, path: str) -> Decimal:
    """xs:decimal, e.g. also `299.` and `.5`."""
    text = values.as_text(value, path)
    if not _AMOUNT.fullmatch(text):
        raise UnreadableField(path, "bad_amount", "a number with a point, without groups")
    return Decimal(text)


def read_total(r: XmlReader, currency: str, target: str) -> Money | None:
    """The amount of a `Total` after tax; else the amount before tax plus the amount of `Taxes`
    (whose children need not add up to it), if there is one."""
    found = peek_total(r, currency)
    if found is not None:
        mark_total(r, target)
    return found


def peek_total(r: XmlReader, currency: str) -> Money | None:
    """As `read_total`, but nothing is marked as read."""
    currency_code = r.peek("CurrencyCode") or currency
    after = _peek_money(r, AFTER_TAX, currency_code)
    before = _peek_money(r, BEFORE_TAX, currency_code) if after is None else None
    if before is None:
        return after
    tax = _peek_tax(r, currency_code)
    return Money(before.minor + (tax.minor if tax else 0), currency_code)


def mark_total(r: XmlReader, target: str) -> None:
    """The attributes that `peek_total` uses."""
    attribute = AFTER_TAX if r.peek(AFTER_TAX) is not None else BEFORE_TAX
    _mark_amount(r, attribute, target)
    if attribute == BEFORE_TAX:
        _mark_amount(r.first("Taxes"), "Amount", target)


def add_amounts(found: Sequence[Money | None]) -> Money | None:
    """None if there are none, if one is unknown, or if there are several currencies."""
    known = [money for money in found if money is not None]
    if len(known) < len(found) or len({money.currency for money in known}) != 1:
        return None
    return Money(sum(money.minor for money in known), known[0].currency)


def _peek_tax(r: XmlReader, currency: str) -> Money | None:
    taxes = r.first("Taxes")
    places = taxes.peek("DecimalPlaces") or r.peek("DecimalPlaces")
    return _peek_money(taxes, "Amount", currency, places=places)


def _mark_amount(r: XmlReader, attribute: str, target: str) -> None:
    if r.peek(attribute) is not None:
        for name in (attribute, "CurrencyCode", "DecimalPlaces"):
            r.optional_text(name, target)


def _peek_money(
    r: XmlReader, attribute: str, currency: str, *, places: str | None = None
) -> Money | None:
    """Nothing is marked as read. Raises UnreadableField."""
    text, path = r.peek(attribute), r.path_of(attribute)
    if text is None:
        return None
    places = places or r.peek("DecimalPlaces")
    try:
        return Money.of(_apply_decimal_places(as_amount(text, path), text, places, path), currency)
    except InvalidField as error:
        raise UnreadableField(path, error.code, f"money: {error.fix}") from None


def _apply_decimal_places(
    amount: Decimal, amount_text: str, places: str | None, path: str
) -> Decimal:
    if places is None or "." in amount_text:
        return amount
    if not places.isdecimal() or int(places) > _MAX_DECIMAL_PLACES:
        raise UnreadableField(path, "bad_amount", "at most 4 decimal places")
    return amount.scaleb(-int(places))


@dataclass(frozen=True, slots=True)
class Rate:
    """A `Rate` of a room. Whether `last_day` (ExpireDate) is included depends on the sender."""

    reader: XmlReader
    first_day: date
    last_day: date | None

    def nights(self, *, inclusive: bool) -> list[date]:
        until = self.last_day or self.first_day + _ONE_NIGHT
        if inclusive and self.last_day is not None:
            until += _ONE_NIGHT
        return list(days_from(self.first_day, until))

    def price(self) -> XmlReader:
        return self.reader.child("Total") or self.reader.first("Base")

    def additions(self) -> list[XmlReader]:
        """The charges for further guests, which a `Total` of the rate includes."""
        if "AdditionalGuestAmounts" not in self.reader or "Total" in self.reader:
            return []
        listed = self.reader.listed("AdditionalGuestAmounts", "AdditionalGuestAmount")
        return [each.first("Amount") for each in listed]

    def amounts(self, *, with_additions: bool) -> list[XmlReader]:
        return [self.price(), *(self.additions() if with_additions else ())]

    def mark_dates_read(self, target: str) -> None:
        self.reader.optional_text("EffectiveDate", target)
        self.reader.optional_text("ExpireDate", target)


def read_rates(room_rates: Sequence[XmlReader], *, is_decisive: bool) -> list[Rate]:
    """The rates with dates. Nothing is marked as read. Invalid dates raise UnreadableField if
    `is_decisive` (the stay depends on them); otherwise the result is empty."""
    try:
        return list(_iter_rates(room_rates))
    except UnreadableField:
        if is_decisive:
            raise
        return []


def _iter_rates(room_rates: Sequence[XmlReader]) -> Iterator[Rate]:
    for room_rate in room_rates:
        for rate in room_rate.listed("Rates", "Rate"):
            begin, end = rate.peek("EffectiveDate"), rate.peek("ExpireDate")
            if begin is not None:
                first = as_day(begin, rate.path_of("EffectiveDate"))
                last = as_day(end, rate.path_of("ExpireDate")) if end else None
                yield Rate(rate, first, last)


def stay_of_rates(rates: Sequence[Rate], target: str) -> Stay | None:
    """HTNG's rooms only have the dates of their rates, whose ExpireDate is the departure."""
    if not rates:
        return None
    for rate in rates:
        rate.mark_dates_read(target)
    ends = [rate.last_day or rate.first_day + _ONE_NIGHT for rate in rates]
    return Stay(min(rate.first_day for rate in rates), max(ends))


@dataclass(frozen=True, slots=True)
class NightlyPrices:
    """Nightly prices, if they are certain; other rates stay in the extras.

    The rates must cover each night of the stay once and add up to the room's total, with or without
    their charges for further guests; without a total on the same basis, each rate must be of a
    single night and have no such charges. SMX and HTNG exclude ExpireDate, others include it: the
    reading that covers the stay exactly is used.
    """

    stay: Stay
    units: int
    currency: str

    def of(
        self, rates: Sequence[Rate], total: XmlReader | None, target: str
    ) -> tuple[NightlyPrice, ...]:
        has_additions = any(rate.additions() for rate in rates)
        for attribute, basis in _BASES.items():
            stated = self._total_on_basis(total, attribute) if total else None
            if has_additions and stated is None:
                continue  # The base price may include them.
            for with_additions in (False, True) if has_additions else (False,):
                amounts = [rate.amounts(with_additions=with_additions) for rate in rates]
                if found := self._distribute(rates, amounts, attribute, stated):
                    _mark_as_read(rates, amounts, attribute, target)
                    return tuple(NightlyPrice(day, found[day], basis) for day in sorted(found))
        return ()

    def _distribute(
        self,
        rates: Sequence[Rate],
        amounts: Sequence[Sequence[XmlReader]],
        attribute: str,
        total: Money | None,
    ) -> dict[date, Money]:
        """Empty if an amount is unknown, or if neither reading of ExpireDate covers the stay."""
        prices = [price for each in amounts if (price := self._sum_amounts(each, attribute))]
        if len(prices) < len(rates):
            return {}
        for inclusive in (False, True):
            found = self._price_by_night(rates, prices, inclusive=inclusive)
            if found and self._is_certain(found, rate_count=len(rates), total=total):
                return found
        return {}

    def _sum_amounts(self, readers: Sequence[XmlReader], attribute: str) -> Money | None:
        return add_amounts([self._read_amount(r, attribute) for r in readers])

    def _total_on_basis(self, total: XmlReader, attribute: str) -> Money | None:
        """As stated; else computed from the amount on the other basis and the taxes."""
        stated = self._read_amount(total, attribute)
        if stated is not None:
            return stated
        other = BEFORE_TAX if attribute == AFTER_TAX else AFTER_TAX
        amount = self._read_amount(total, other)
        if amount is None:
            return None
        try:
            tax = _peek_tax(total, amount.currency)
        except UnreadableField:
            return None
        if tax is None:
            return None
        sign = 1 if attribute == AFTER_TAX else -1
        return Money(amount.minor + sign * tax.minor, amount.currency)

    def _price_by_night(
        self, rates: Sequence[Rate], prices: Sequence[Money], *, inclusive: bool
    ) -> dict[date, Money] | None:
        # For day use, the day itself.
        stay_nights = list(days_from(self.stay.arrival, self.stay.departure)) or [self.stay.arrival]
        found: dict[date, Money] = {}
        for rate, price in zip(rates, prices, strict=True):
            nights = rate.nights(inclusive=inclusive)
            if not nights or len(nights) > len(stay_nights) or found.keys() & set(nights):
                return None
            found.update(dict.fromkeys(nights, price))
        return found if found.keys() == set(stay_nights) else None

    def _is_certain(
        self, found: dict[date, Money], *, rate_count: int, total: Money | None
    ) -> bool:
        if len({price.currency for price in found.values()}) > 1:
            return False
        if total is None:
            return len(found) == rate_count
        sum_of_nights = sum(price.minor for price in found.values()) * self.units
        currency = next(iter(found.values())).currency
        return (sum_of_nights, currency) == (total.minor, total.currency)

    def _read_amount(self, r: XmlReader, basis: str) -> Money | None:
        """None if missing or not exact. Nothing is marked as read."""
        try:
            return _peek_money(r, basis, r.peek("CurrencyCode") or self.currency)
        except UnreadableField:
            return None


def _mark_as_read(
    rates: Sequence[Rate],
    amounts: Sequence[Sequence[XmlReader]],
    attribute: str,
    target: str,
) -> None:
    for rate, readers in zip(rates, amounts, strict=True):
        for r in readers:
            _mark_amount(r, attribute, target)
        rate.mark_dates_read(target)
