"""Typed reader of vendor payloads: every value is checked before it is used.

Each type has three methods: `text` requires the field, `optional_text` returns None for null and
for a missing field, `field_text` distinguishes missing (ABSENT: ours is unchanged) from null (None:
ours is cleared). `target` names the field of ours that the source field is mapped to;
`field_trace()` and `unread()` together cover every source field. Errors are UnreadableField with
the full path.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from adapters.outbound.provider_kit.parsing import field_values as values
from adapters.outbound.provider_kit.parsing.contact_values import contact_value, is_masked
from adapters.outbound.provider_kit.parsing.countries import country_code
from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.field_values import Parse
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.tracked_object import (
    READ,
    TrackedObject,
    as_list,
    as_raw,
)
from domain.errors import InvalidField
from domain.renamed import warn_renamed
from domain.values import ABSENT, Absent, Money
from ports.renamed import renamed_property

T = TypeVar("T")
Reading: TypeAlias = Callable[..., object]

_INTEGER: Final = {False: values.as_integer, True: values.as_lenient_integer}
_DECIMAL: Final = {False: values.as_decimal, True: values.as_lenient_decimal}
_BOOLEAN: Final = {False: values.as_boolean, True: values.as_lenient_boolean}
"""By `lenient`."""

_PERSONAL_DETAILS: Final = (".first_name", ".last_name", ".email", ".phone")


class Reader(TrackedObject):
    """`lenient` also accepts numbers and booleans sent as strings."""

    __slots__ = ()

    def text(self, key: str, target: str = READ) -> str:
        """A tolerant reader takes an invalid name or contact detail of a person as empty."""
        try:
            return self.required(key, values.as_text, target)
        except UnreadableField:
            if not (self.is_tolerant and target.endswith(_PERSONAL_DETAILS)):
                raise
            return self.optional(key, values.as_text, target) or ""

    def optional_text(self, key: str, target: str = READ) -> str | None:
        return self.optional(key, values.as_text, target)

    def field_text(self, key: str, target: str = READ) -> str | Absent | None:
        return self.field(key, values.as_text, target)

    def contact(self, key: str, target: str = READ) -> str | None:
        """A name, e-mail address, phone number, … of a person, trimmed. None if it is missing,
        blank or masked (`*****`)."""
        return self._without_absent(self.field_contact(key, target))

    def field_contact(self, key: str, target: str = READ) -> str | Absent | None:
        """Like `contact`; ABSENT for a masked value, which says nothing about the stored one."""
        text = self.field(key, values.as_text, target)
        if text is None or text is ABSENT:
            return text
        if is_masked(text):
            self.drop(key, "masked")
            return ABSENT
        return text.strip() or None

    def country(self, key: str, target: str = READ) -> str | None:
        """An ISO 3166 code in capitals. None if it is missing, masked or unknown; an unknown text
        stays unread, so that the extras keep it."""
        return self._without_absent(self.field_country(key, target))

    def field_country(self, key: str, target: str = READ) -> str | Absent | None:
        """Like `country`; ABSENT if it is missing or masked."""
        text = self.peek(key)
        trimmed = contact_value(text) if isinstance(text, str) else None
        if trimmed is None:
            return self.field_contact(key, target)
        code = country_code(trimmed)
        if code is None:
            self._remark(key, "an ISO 3166 country code")
        else:
            self.raw(key, target)
        return code

    @staticmethod
    def _without_absent(found: str | Absent | None) -> str | None:
        return None if found is ABSENT else found

    def integer(self, key: str, target: str = READ, *, lenient: bool = False) -> int:
        return self.required(key, _INTEGER[lenient], target)

    def optional_integer(
        self, key: str, target: str = READ, *, lenient: bool = False
    ) -> int | None:
        return self.optional(key, _INTEGER[lenient], target)

    def field_integer(
        self, key: str, target: str = READ, *, lenient: bool = False
    ) -> int | Absent | None:
        return self.field(key, _INTEGER[lenient], target)

    def decimal(self, key: str, target: str = READ, *, lenient: bool = False) -> Decimal:
        return self.required(key, _DECIMAL[lenient], target)

    def boolean(self, key: str, target: str = READ, *, lenient: bool = False) -> bool:
        return self.required(key, _BOOLEAN[lenient], target)

    def optional_boolean(
        self, key: str, target: str = READ, *, lenient: bool = False
    ) -> bool | None:
        return self.optional(key, _BOOLEAN[lenient], target)

    def field_boolean(
        self, key: str, target: str = READ, *, lenient: bool = False
    ) -> bool | Absent | None:
        return self.field(key, _BOOLEAN[lenient], target)

    def instant(self, key: str, target: str = READ) -> datetime:
        """Aware UTC from ISO 8601 with an offset; digits below a microsecond are truncated."""
        return self.required(key, values.as_instant, target)

    def optional_instant(self, key: str, target: str = READ) -> datetime | None:
        return self.optional(key, values.as_instant, target)

    def field_instant(self, key: str, target: str = READ) -> datetime | Absent | None:
        return self.field(key, values.as_instant, target)

    def precise_instant(self, key: str, target: str = READ) -> tuple[datetime, int]:
        """With the nanoseconds (0 to 999) below the microsecond, for ordering."""
        return self.required(key, values.as_precise_instant, target)

    def local_date(self, key: str, target: str = READ) -> date:
        return self.required(key, values.as_local_date, target)

    def optional_local_date(self, key: str, target: str = READ) -> date | None:
        return self.optional(key, values.as_local_date, target)

    def field_local_date(self, key: str, target: str = READ) -> date | Absent | None:
        return self.field(key, values.as_local_date, target)

    def choice(self, key: str, mapping: Mapping[str, T], target: str = READ) -> T:
        """Raises UnreadableField (unknown_value) for a value that is not in `mapping`."""
        return self.required(key, values.as_choice(mapping), target)

    def optional_choice(self, key: str, mapping: Mapping[str, T], target: str = READ) -> T | None:
        return self.optional(key, values.as_choice(mapping), target)

    def money(
        self, amount: str, currency: str, target: str = READ, *, lenient: bool = False
    ) -> Money:
        """From two keys of this object: `r.object("price").money("amount", "currency")`."""
        return self.money_in(self.text(currency, target), amount, target, lenient=lenient)

    def optional_money(
        self, amount: str, currency: str, target: str = READ, *, lenient: bool = False
    ) -> Money | None:
        """None if the amount is missing or null; an amount without currency is an error."""
        if self.optional(amount, as_raw) is None:
            return None
        return self.money(amount, currency, target, lenient=lenient)

    def money_in(
        self, currency: str, key: str, target: str = READ, *, lenient: bool = False
    ) -> Money:
        """For an amount whose currency is given elsewhere. A tolerant reader rounds half to even
        to the currency's digits, and the mapping report says where."""
        amount = self.required(key, _DECIMAL[lenient], target)
        build = Money.rounded if self.is_tolerant else Money.of
        money = _build_money(build, amount, currency, self.path_of(key))
        if target != READ and money.amount != amount:
            self._targets[key] = f"{target} (rounded)"
        return money

    def field_money_in(
        self, currency: str, key: str, target: str = READ, *, lenient: bool = False
    ) -> Money | Absent | None:
        """An invalid amount raises, also in a tolerant reader."""
        found = self.field(key, as_raw)
        if found is None or found is ABSENT:
            return found
        return self.money_in(currency, key, target, lenient=lenient)

    def texts(self, key: str, target: str = READ) -> list[str]:
        """A list of texts."""
        return self.required(key, _texts, target)

    def optional_texts(self, key: str, target: str = READ) -> list[str] | None:
        return self.optional(key, _texts, target)

    if not TYPE_CHECKING:
        touched = renamed_property("touched", "has_reads")


def reader_for(value: Json, path: str = "") -> Reader:
    """For providers that send an empty text for null."""
    return Reader(value, path, blank_is_null=True)


def null_if_complete(value: T | Absent | None, *, is_complete: bool) -> T | Absent | None:
    """None for a field missing from a complete response (requested with every option): the
    provider leaves out what is empty. Elsewhere a missing field stays absent."""
    return None if is_complete and value is ABSENT else value


def as_rounded_money(currency: str) -> Parse[Money]:
    """Rounds half to even to the currency's digits, for providers that send fractions of them."""
    return _money(currency, values.as_lenient_decimal, Money.rounded)


def _money(
    currency: str, parse: Parse[Decimal], build: Callable[[Decimal, str], Money] = Money.of
) -> Parse[Money]:
    return lambda value, path: _build_money(build, parse(value, path), currency, path)


def _build_money(
    build: Callable[[Decimal, str], Money], amount: Decimal, currency: str, path: str
) -> Money:
    try:
        return build(amount, currency)
    except InvalidField as error:
        raise UnreadableField(path, error.code, f"money: {error.fix}") from None


def _texts(value: Json, path: str) -> list[str]:
    return [values.as_text(item, f"{path}[{n}]") for n, item in enumerate(as_list(value, path))]


def _reading(read: Reading, parsers: Mapping[bool, Parse[T]]) -> Reading:
    """A reading of version 0.1, whose parameter `home` is `target` now."""

    def read_field(r: Reader, key: str, home: str = READ, *, lenient: bool = False) -> object:
        return read(r, key, parsers[lenient], home)

    return read_field


def _field_choice(r: Reader, key: str, mapping: Mapping[str, T], home: str = READ) -> object:
    return r.field(key, values.as_choice(mapping), home)


def _optional_money_in(
    r: Reader, currency: str, key: str, home: str = READ, *, lenient: bool = False
) -> object:
    return r.optional(key, _money(currency, _DECIMAL[lenient]), home)


_LOCAL_DATE_TIME: Final = {False: values.as_local_date_time}

_READINGS_OF_VERSION_0_1: Final[Mapping[str, tuple[str, Reading]]] = {
    "homes": ("field_trace", Reader.field_trace),
    "optional_decimal": ("optional(key, as_decimal)", _reading(Reader.optional, _DECIMAL)),
    "field_decimal": ("field(key, as_decimal)", _reading(Reader.field, _DECIMAL)),
    "field_choice": ("field(key, ...)", _field_choice),
    "optional_money_in": ("field_money_in", _optional_money_in),
    "date_time_local": (
        "required(key, as_local_date_time)",
        _reading(Reader.required, _LOCAL_DATE_TIME),
    ),
    "optional_date_time_local": (
        "optional(key, as_local_date_time)",
        _reading(Reader.optional, _LOCAL_DATE_TIME),
    ),
}
"""With what replaces them."""


def _reading_of_version_0_1(name: str, replacement: str, reading: Reading) -> property:
    def find(r: Reader) -> Reading:
        warn_renamed(f"Reader.{name}", replacement, stacklevel=2)
        return partial(reading, r)

    return property(find)


# Attributes of the class: a `__getattr__` would slow down every other attribute of a Reader.
for _name, (_replacement, _reading_in_use) in _READINGS_OF_VERSION_0_1.items():
    setattr(Reader, _name, _reading_of_version_0_1(_name, _replacement, _reading_in_use))
