"""Serialization and parsing of the scalars Date, DateTime and Long."""

import re
from datetime import UTC, date, datetime
from typing import Final

from ariadne import ScalarType

from application.errors import InvalidRequest

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class BadScalar(InvalidRequest, code="bad_value"):
    """The value does not fit its type."""


def _parse_date(value: object) -> date:
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise BadScalar("Send a date as YYYY-MM-DD.")


def _parse_instant(value: object) -> datetime:
    if isinstance(value, str) and len(value) <= 40 and _DATE.match(value):
        try:
            instant = datetime.fromisoformat(value)
            if instant.tzinfo is not None:
                return instant.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise BadScalar("Send an instant with its UTC offset, as 2026-03-01T12:00:00Z.")


def _format_instant(value: datetime) -> str:
    return value.isoformat().replace("+00:00", "Z")


SCALARS: Final = [
    ScalarType("Date", serializer=date.isoformat, value_parser=_parse_date),
    ScalarType("DateTime", serializer=_format_instant, value_parser=_parse_instant),
    ScalarType("Long", serializer=int),
]
