"""The vendor's instants: whole seconds since 1970, UTC."""

from datetime import UTC, datetime
from functools import lru_cache

from adapters.outbound.provider_kit.simulation.hotel.records import TICKS


def to_seconds(ticks: int) -> int:
    return ticks // TICKS


def to_optional_seconds(ticks: int | None) -> int | None:
    return None if ticks is None else ticks // TICKS


@lru_cache(maxsize=100_000)
def _utc_text(instant: int) -> str:
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def utc_text(instant: int | None) -> str | None:
    """`YYYY-MM-DDThh:mm:ssZ`, or None."""
    return None if instant is None else _utc_text(instant)
