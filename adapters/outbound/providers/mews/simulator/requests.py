"""Reads a vendor request: tokens, limitation, filters. Errors have the vendor's texts.

Source: connector-api/guidelines/requests.md, responses.md, pagination.md.
"""

import calendar
import math
from collections.abc import Mapping
from datetime import UTC, datetime

from adapters.outbound.providers.mews.simulator.catalog import Json

MAX_IDS = 1_000
MAX_COUNT = 1_000
MAX_INTERVAL_MONTHS = 3
Interval = tuple[int, int]


class ApiError(Exception):
    """An error response of the vendor."""

    def __init__(self, status: int, message: str, details: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.details = details


class ApiRequest:
    """One request body. `half_open` decides whether an interval's end is left out.

    The vendor's pages disagree: serialization.md says both ends are included, _objects.md says
    the end is excluded unless it equals the start. `list_cap`: where a list of bookings ends.
    """

    def __init__(self, body: Mapping[str, object], *, half_open: bool = False) -> None:
        self.body = body
        self._half_open = half_open
        self.list_cap: int | None = None

    def has(self, *names: str) -> bool:
        return any(self.body.get(name) is not None for name in names)

    def require(self, *names: str) -> None:
        for name in names:
            if not self.has(name):
                raise invalid(name)

    def limitation(self) -> tuple[int, str | None]:
        """(count, cursor)"""
        limitation = self.body.get("Limitation")
        if not isinstance(limitation, dict):
            raise invalid("Limitation")
        count, cursor = limitation.get("Count"), limitation.get("Cursor")
        if type(count) is not int or not 1 <= count <= MAX_COUNT:
            raise invalid("Limitation")
        if cursor is not None and not isinstance(cursor, str):
            raise invalid("Cursor")
        return count, cursor

    def texts(self, name: str, limit: int = MAX_IDS) -> dict[str, None] | None:
        """The distinct strings of a list filter, in order; None when it was not given."""
        values = self.body.get(name)
        if values is None:
            return None
        if not isinstance(values, list) or len(values) > limit:
            raise invalid(name)
        if not all(isinstance(value, str) for value in values):
            raise invalid(name)
        return dict.fromkeys(values)

    def flag(self, extent: str, name: str) -> bool:
        values = self.body.get(extent)
        return isinstance(values, dict) and values.get(name) is True

    def instant(self, name: str) -> float:
        return _moment(self.body.get(name), name).timestamp()

    def text(self, name: str) -> str:
        value = self.body.get(name)
        if not isinstance(value, str):
            raise invalid(name)
        return value

    def interval(self, name: str) -> Interval | None:
        """Whole seconds, both ends included; None when it was not given."""
        value = self.body.get(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise invalid(name)
        start = _moment(value.get("StartUtc"), name)
        end = _moment(value.get("EndUtc"), name)
        if end < start or end > _months_later(start, MAX_INTERVAL_MONTHS):
            raise invalid(name)
        last = end.timestamp()
        if self._half_open and start != end:
            last = math.ceil(last) - 1
        return math.ceil(start.timestamp()), math.floor(last)


def invalid(name: str) -> ApiError:
    return ApiError(400, f"Invalid {name}")


def error_body(message: str, request_id: str, details: str | None = None) -> Json:
    return {"Message": message, "RequestId": request_id, "Details": details}


def _moment(value: object, name: str) -> datetime:
    if not isinstance(value, str):
        raise invalid(name)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise invalid(name) from None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _months_later(moment: datetime, months: int) -> datetime:
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)
