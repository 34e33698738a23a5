"""Self-validating values: money, date ranges, stays, versions, occupancy."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Final, TypeAlias, TypeVar
from uuid import UUID

from domain.currencies import EXPONENTS
from domain.errors import InvalidField, PmsError
from domain.renamed import warn_renamed

HotelId: TypeAlias = UUID
ConnectionId: TypeAlias = UUID

MAX_STAY_NIGHTS: Final = 1_830
"""Five years. Longer stays are typing errors; long-stay guests of 400 nights exist."""

MAX_MINOR: Final = 10**15
"""Keeps every amount, and sums of them, within a signed 64-bit column."""


class Absent(Enum):
    """The provider did not send the field, so ours stays. An explicit null is None."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        return "ABSENT"

    def __bool__(self) -> bool:
        return False


ABSENT: Final = Absent.ABSENT
T = TypeVar("T")
Field: TypeAlias = T | Absent


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount: `minor` units of the ISO 4217 `currency` (JPY 0, EUR 2, KWD 3 digits)."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if self.currency not in EXPONENTS:
            raise _unknown_currency()
        if abs(self.minor) > MAX_MINOR:
            raise InvalidField("amount", "is too large", code="bad_amount")

    @classmethod
    def of(cls, amount: Decimal | int, currency: str) -> "Money":
        """From major units. Raises InvalidField if the amount has more decimal digits than the
        currency; use `rounded` to round."""
        exact = Decimal(amount)
        if not exact.is_finite():
            raise InvalidField("amount", "send a finite number", code="bad_amount")
        money = cls(int(_scaled(exact, currency)), currency)
        # Compared with the original, because scaling rounds at 28 digits.
        if money.amount != exact:
            digits = EXPONENTS[currency]
            fix = f"{currency} has {digits} decimal digits, send no more"
            raise InvalidField("amount", fix, code="bad_amount")
        return money

    @classmethod
    def rounded(cls, amount: Decimal, currency: str) -> "Money":
        """From major units, rounded half to even (ISO 80000-1)."""
        if not amount.is_finite():
            raise InvalidField("amount", "send a finite number", code="bad_amount")
        return cls(int(_scaled(amount, currency).to_integral_value()), currency)

    @property
    def amount(self) -> Decimal:
        """In major units, with the currency's own number of digits."""
        return Decimal(self.minor).scaleb(-EXPONENTS[self.currency])


def _unknown_currency() -> InvalidField:
    return InvalidField("currency", "use an ISO 4217 code in capitals", code="unknown_currency")


def _scaled(amount: Decimal, currency: str) -> Decimal:
    if currency not in EXPONENTS:
        raise _unknown_currency()
    if amount.adjusted() > 15:
        raise InvalidField("amount", "is too large", code="bad_amount")
    return amount.scaleb(EXPONENTS[currency])


@dataclass(frozen=True, slots=True)
class DateRange:
    """Local hotel dates from `start` to the day before `end`: at least one day."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise InvalidField("end", "must be after start", code="range_reversed")

    def overlaps(self, other: "DateRange") -> bool:
        return self.start < other.end and other.start < self.end

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end


@dataclass(frozen=True, slots=True)
class Stay:
    """Local hotel dates, half-open: the departure day is not a night. Day use: equal dates."""

    arrival: date
    departure: date

    def __post_init__(self) -> None:
        if self.departure < self.arrival:
            raise InvalidField("departure", "must not be before arrival", code="stay_reversed")
        if (self.departure - self.arrival).days > MAX_STAY_NIGHTS:
            fix = f"a stay has at most {MAX_STAY_NIGHTS} nights"
            raise InvalidField("departure", fix, code="stay_too_long")
        if self.departure == date.max:
            fix = "send the real day; 9999-12-31 means none"
            raise InvalidField("departure", fix, code="bad_date")

    @property
    def is_day_use(self) -> bool:
        return self.arrival == self.departure

    @property
    def dates(self) -> DateRange:
        """The days on which the room is taken; a day-use stay takes its day."""
        first_free = self.departure + timedelta(days=1) if self.is_day_use else self.departure
        return DateRange(self.arrival, first_free)

    @property
    def free_from(self) -> date:
        """The name of `dates.end` in version 0.1."""
        warn_renamed("Stay.free_from", "dates.end", stacklevel=2)
        return self.dates.end

    def overlaps(self, other: "Stay") -> bool:
        """The name of `dates.overlaps` in version 0.1."""
        warn_renamed("Stay.overlaps", "dates.overlaps", stacklevel=2)
        return self.dates.overlaps(other.dates)


@dataclass(frozen=True, slots=True, order=True)
class SourceVersion:
    """Orders snapshots of one entity: by the provider's update time, then its sequence.

    `sequence` is 0 if the provider has none; it may hold digits below a microsecond.
    """

    updated_at: datetime
    sequence: int = 0

    def __post_init__(self) -> None:
        require_utc(self.updated_at, "source_version.updated_at")
        if not 0 <= self.sequence < 2**63:
            fix = "send an integer from 0 to 2^63 - 1"
            raise InvalidField("source_version.sequence", fix, code="bad_version")


def require_utc(instant: datetime, path: str) -> None:
    if instant.tzinfo is not UTC:
        raise InvalidField(path, "send an instant with its UTC offset", code="naive_instant")


class AgeClass(StrEnum):
    ADULT = "ADULT"
    CHILD = "CHILD"
    INFANT = "INFANT"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True)
class AgeCount:
    """`category`: the provider's own age category, if any. `age`: in years, if known."""

    age_class: AgeClass
    count: int
    age: int | None = None
    category: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.count <= 9_999:
            raise InvalidField("count", "send a number of persons from 0 to 9999", code="bad_count")


class PriceBasis(StrEnum):
    """GROSS includes the taxes that the guest pays, NET does not."""

    GROSS = "GROSS"
    NET = "NET"


@dataclass(frozen=True, slots=True)
class NightlyPrice:
    """Of one unit. `basis`: None where the provider does not state it."""

    night: date
    price: Money
    basis: PriceBasis | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an item was refused: a stable code, the field's path, a sentence with the fix."""

    code: str
    path: str | None
    detail: str

    @classmethod
    def from_error(cls, error: PmsError) -> "Reason":
        return cls(error.code, error.path, error.message)
