"""Codes and value formats of all senders: statuses, instants, dates, countries, languages.

Sources: the XSDs of AlpineBits, SiteMinder's documentation (SMX, SiteConnect, pmsXchange), HTNG.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from adapters.outbound.provider_kit.parsing import field_values as values
from adapters.outbound.provider_kit.parsing.countries import country_code
from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.local_time import local_instant, midnight_utc
from domain.errors import InvalidField
from domain.snapshots import require_id
from domain.status import BookingStatus

_NON_LETTER: Final = re.compile(r"[^a-z]")
_DAY: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ][0-9:.,]{4,20})?(?:Z|[+-][0-9:]{2,6})?"
)
_DAY_ONLY: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(Z|[+-][0-9]{2}:?[0-9]{2})?")
_LOCAL_TIMESTAMP: Final = re.compile(r"([0-9-]{10}[T ][0-9:]{5,8})(?:[.,]([0-9]{1,18}))?")
_NIGHTS: Final = re.compile(r"P([0-9]{1,4})[ND]")

PAYMENT_NAMES: Final = frozenset(
    {
        "PaymentCard",
        "CardNumber",
        "CardHolderName",
        "CreditCardInfo",
        "MaskedCardNumber",
        "EncryptedValue",
        "MagneticStripe",
        "SeriesCode",
        "ThreeDomainSecurity",
        "Token",
        "VirtualCreditCard",
        "BankAcct",
        "BankAcctNumber",
    }
)
"""Elements and attributes that are dropped with all their content."""


class MessageAction(StrEnum):
    """The action of a message that names it instead of the resulting status: on the root
    (SiteConnect, HTNG) or in ResStatus (pmsXchange, AlpineBits)."""

    FIRST = "first"
    MODIFY = "modify"
    CANCEL = "cancel"
    QUOTE = "quote"
    """AlpineBits' request for an offer, which is not a booking."""


_ACTION_STEPS: Final = {MessageAction.MODIFY: 1, MessageAction.CANCEL: 4}
_STATUS_STEPS: Final = {
    BookingStatus.CHECKED_IN: 2,
    BookingStatus.CHECKED_OUT: 3,
    BookingStatus.CANCELED: 4,
    BookingStatus.NO_SHOW: 4,
}


@dataclass(frozen=True, slots=True)
class StatusMeaning:
    """Of a ResStatus. `status` is None for a message that is not a booking."""

    status: BookingStatus | None
    action: MessageAction | None = None

    @property
    def step(self) -> int:
        """Orders the messages of one instant: created, modified, checked in, checked out,
        canceled. Many senders write only the day."""
        by_action = _ACTION_STEPS.get(self.action, 0) if self.action else 0
        by_status = _STATUS_STEPS.get(self.status, 0) if self.status else 0
        return max(by_action, by_status)


_SPELLINGS: Final = {
    StatusMeaning(BookingStatus.CONFIRMED): ("reserved", "booked"),
    StatusMeaning(BookingStatus.CONFIRMED, MessageAction.FIRST): ("book", "commit"),
    StatusMeaning(BookingStatus.CONFIRMED, MessageAction.MODIFY): ("modify",),
    StatusMeaning(BookingStatus.PENDING): ("waitlisted",),
    StatusMeaning(BookingStatus.CHECKED_IN): ("inhouse",),
    StatusMeaning(BookingStatus.CHECKED_OUT): ("checkedout",),
    StatusMeaning(BookingStatus.CANCELED, MessageAction.CANCEL): ("cancel",),
    StatusMeaning(BookingStatus.CANCELED): ("cancelled", "canceled"),
    StatusMeaning(BookingStatus.NO_SHOW): ("noshow",),
    StatusMeaning(None, MessageAction.QUOTE): ("requested", "quote"),
}
STATUS_CODES: Final = {code: meaning for meaning, codes in _SPELLINGS.items() for code in codes}
"""By letters only: case, hyphens and spaces differ between senders."""


def as_status(value: Json, path: str) -> StatusMeaning:
    text = values.as_text(value, path)
    meaning = STATUS_CODES.get(_NON_LETTER.sub("", text.lower()))
    if meaning is None:
        raise UnreadableField(path, "unknown_value", "a documented reservation status", found=text)
    return meaning


def is_day(text: str | None) -> bool:
    """True for an instant of which only the day is known."""
    return text is not None and _DAY_ONLY.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class InstantParser:
    """Instants without an offset are hotel-local (HTNG). A day without a time is its first instant,
    as no later one is certain."""

    zone: ZoneInfo

    def parse_precise(self, value: Json, path: str) -> tuple[datetime, int]:
        """UTC, and the nanoseconds below the microsecond."""
        text = values.as_text(value, path)
        if (day := _DAY_ONLY.fullmatch(text)) is not None:
            return self._start_of_day(day[1], day[2], path), 0
        match = _LOCAL_TIMESTAMP.fullmatch(text)
        if match is None:
            return values.as_precise_instant(text, path)
        instant = local_instant(values.as_local_date_time(match[1], path), self.zone, path=path)
        digits = (match[2] or "").ljust(9, "0")
        return instant.replace(microsecond=int(digits[:6])), int(digits[6:9])

    def _start_of_day(self, day: str, offset: str | None, path: str) -> datetime:
        if offset is not None:
            return values.as_instant(f"{day}T00:00:00{offset}", path)
        return midnight_utc(values.as_local_date(day, path), self.zone, path=path)


def as_day(value: Json, path: str) -> date:
    """The hotel's date as written: a time and an offset after it do not shift it."""
    match = _DAY.fullmatch(values.as_text(value, path))
    if match is None:
        raise UnreadableField(path, "bad_date", "a date as YYYY-MM-DD")
    return values.as_local_date(match[1], path)


def as_storable_id(value: Json, path: str) -> str:
    text = values.as_text(value, path)
    try:
        require_id(text, path)
    except InvalidField as error:
        raise UnreadableField(path, error.code, error.fix) from None
    return text


def as_nights(value: Json, path: str) -> timedelta:
    """`P3N` (OTA's nights) or `P3D`."""
    match = _NIGHTS.fullmatch(values.as_text(value, path))
    if match is None:
        raise UnreadableField(path, "bad_duration", "a number of nights as P3N")
    return timedelta(days=int(match[1]))


def normalize_country(text: str | None) -> str | None:
    """ISO 3166; also for UK, which some senders use (SiteMinder's and HTNG's samples). None for
    anything but a code, e.g. a name."""
    return country_code(text) if text else None


def as_language(value: Json, path: str) -> str:
    """BCP 47, with the same correction: `en-UK` becomes `en-GB`."""
    language, dash, region = values.as_text(value, path).replace("_", "-").partition("-")
    return f"{language.lower()}-{normalize_country(region) or region}" if dash else language.lower()
