"""Nightly prices, from the rates of a room."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.local_time import days_from
from adapters.outbound.provider_kit.parsing.xml_reader import XmlReader
from adapters.outbound.providers.alpinebits.mapping.amounts import (
    AFTER_TAX,
    BEFORE_TAX,
    add_amounts,
    currency_of,
    find_amount,
    find_tax,
    mark_amounts,
)
from adapters.outbound.providers.alpinebits.mapping.code_tables import as_day
from domain.values import Money, NightlyPrice, PriceBasis, Stay

_BASES: Final = {AFTER_TAX: PriceBasis.GROSS, BEFORE_TAX: PriceBasis.NET}
_ONE_NIGHT: Final = timedelta(days=1)


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
    except UnreadableField as error:
        if is_decisive:
            raise
        room_rates[0].remark(error)
        return []


def _iter_rates(room_rates: Sequence[XmlReader]) -> Iterator[Rate]:
    for room_rate in room_rates:
        for rate in room_rate.listed("Rates", "Rate"):
            begin, end = rate.peek("EffectiveDate"), rate.peek("ExpireDate")
            if begin is not None:
                first = _as_night(begin, rate.path_of("EffectiveDate"))
                last = _as_night(end, rate.path_of("ExpireDate")) if end else None
                yield Rate(rate, first, last)


def _as_night(text: str, path: str) -> date:
    """A day that has a next one."""
    day = as_day(text, path)
    if day == date.max:
        raise UnreadableField(path, "bad_date", "a date within the calendar")
    return day


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
        for attribute, stated, with_additions in self._readings(rates, total):
            amounts = [rate.amounts(with_additions=with_additions) for rate in rates]
            if found := self._distribute(rates, amounts, attribute, stated):
                self._mark_as_read(rates, amounts, attribute, target)
                basis = _BASES[attribute]
                return tuple(NightlyPrice(day, found[day], basis) for day in sorted(found))
        return ()

    def _readings(
        self, rates: Sequence[Rate], total: XmlReader | None
    ) -> Iterator[tuple[str, Money | None, bool]]:
        """In the order in which they are tried: the attribute of the amounts, the total on its
        basis, whether the charges for further guests are added."""
        has_additions = any(rate.additions() for rate in rates)
        for attribute in _BASES:
            stated = self._total_on_basis(total, attribute) if total else None
            if has_additions and stated is None:
                continue  # The base price may include them.
            yield attribute, stated, False
            if has_additions:
                yield attribute, stated, True

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
        currency = currency_of(total, self.currency)
        try:
            if (stated := find_amount(total, attribute)) is not None:
                return stated.money(currency)
            other = find_amount(total, BEFORE_TAX if attribute == AFTER_TAX else AFTER_TAX)
            tax = find_tax(total)
            if other is None or tax is None:
                return None
            sign = 1 if attribute == AFTER_TAX else -1
            return Money(other.money(currency).minor + sign * tax.money(currency).minor, currency)
        except UnreadableField as error:
            total.remark(error)
            return None

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
            amount = find_amount(r, basis)
            return amount.money(currency_of(r, self.currency), Money.of) if amount else None
        except UnreadableField as error:
            r.remark(error)
            return None

    def _mark_as_read(
        self,
        rates: Sequence[Rate],
        amounts: Sequence[Sequence[XmlReader]],
        attribute: str,
        target: str,
    ) -> None:
        for rate, readers in zip(rates, amounts, strict=True):
            for r in readers:
                if amount := find_amount(r, attribute):
                    mark_amounts(r, [amount], self.currency, target)
            rate.mark_dates_read(target)
