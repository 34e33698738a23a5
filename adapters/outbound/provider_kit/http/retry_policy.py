"""How long to wait before a retry."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import backoff

_SECONDS: Final = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")
_VERY_LONG_DIGITS: Final = re.compile(r"[0-9]+")
_MAX_WAIT_SECONDS: Final = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    attempts: int = 5
    base_seconds: float = 0.5
    cap_seconds: float = 30.0


def backoff_delays(policy: RetryPolicy, fraction: Callable[[], float]) -> Iterator[float]:
    """Seconds before the second attempt, the third, …: exponential with full jitter.

    Only the schedule of the `backoff` package is used: its decorators sleep by themselves, with
    their own randomness.
    """
    schedule = backoff.expo(base=2, factor=policy.base_seconds, max_value=policy.cap_seconds)
    for ceiling in schedule:
        # The generator's first value is None, for its own decorator.
        if ceiling is not None:
            yield ceiling * fraction()


def retry_after_seconds(header: str | None, now: datetime) -> float | None:
    """RFC 9110 section 10.2.3: seconds or an HTTP-date. Never NaN, never negative; None if missing
    or unreadable."""
    if header is None:
        return None
    text = header.strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    if _VERY_LONG_DIGITS.fullmatch(text):
        return _MAX_WAIT_SECONDS
    try:
        instant = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return max(0.0, (instant - now).total_seconds())
