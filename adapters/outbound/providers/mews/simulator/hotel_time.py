"""The simulated hotel's clock and calendar. Instants are whole epoch seconds, as at the vendor."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY_SECONDS = 86_400
_EPOCH_DAY = date(1970, 1, 1).toordinal()


@lru_cache(maxsize=20_000)
def _day_text(day: int) -> str:
    return date.fromordinal(_EPOCH_DAY + day).isoformat()


@lru_cache(maxsize=DAY_SECONDS)
def _time_text(second: int) -> str:
    return f"T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z"


def utc_text(instant: int | None) -> str | None:
    """`YYYY-MM-DDThh:mm:ssZ`, or None."""
    if instant is None:
        return None
    day, second = divmod(instant, DAY_SECONDS)
    return _day_text(day) + _time_text(second)


def parse_utc(text: str) -> int:
    """Epoch seconds of an ISO 8601 instant; a date alone is midnight UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


class SimulatedClock:
    """The hotel's own time: it moves only when told to, and may be told to go back."""

    def __init__(self, now: int) -> None:
        self.now = now

    def advance(self, seconds: int) -> None:
        self.now += seconds

    def move_to(self, instant: int) -> None:
        self.now = instant


class HotelCalendar:
    """Hotel-local dates and wall times to instants and back, through the IANA zone."""

    def __init__(self, time_zone: str) -> None:
        self.time_zone = time_zone
        self._zone = ZoneInfo(time_zone)
        self._instants: dict[tuple[date, int], int] = {}
        self._days: dict[int, date] = {}

    def instant(self, day: date, minute: int = 0) -> int:
        """The instant of wall time `minute` (minutes after midnight) on a hotel-local day."""
        key = (day, minute)
        if key not in self._instants:
            hour, rest = divmod(minute, 60)
            local = datetime(day.year, day.month, day.day, hour, rest, tzinfo=self._zone)
            self._instants[key] = int(local.timestamp())
        return self._instants[key]

    def day_of(self, instant: int) -> date:
        if instant not in self._days:
            self._days[instant] = datetime.fromtimestamp(instant, self._zone).date()
        return self._days[instant]

    def days(self, first: date, last: date) -> list[date]:
        """Every day from first to last, both included."""
        return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
