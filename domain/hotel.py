"""A hotel: the tenant that all other data belongs to."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.currencies import EXPONENTS
from domain.errors import InvalidField
from domain.values import HotelId

_SLUG: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hotel:
    """`enabled` False: partners are refused and nothing is pulled; webhooks are still stored."""

    id: HotelId
    slug: str
    name: str
    time_zone: str
    currency: str
    created_at: datetime
    enabled: bool = True

    def __post_init__(self) -> None:
        if not _SLUG.fullmatch(self.slug):
            raise InvalidField("slug", "use 1 to 63 of a-z, 0-9 and inner hyphens")
        require_time_zone(self.time_zone)
        if self.currency not in EXPONENTS:
            fix = "use an ISO 4217 code in capitals"
            raise InvalidField("currency", fix, code="unknown_currency")


def require_time_zone(name: str) -> ZoneInfo:
    """Raises InvalidField if the IANA database has no such zone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        fix = "use an IANA name such as Europe/Vienna"
        raise InvalidField("time_zone", fix, code="unknown_time_zone") from error
