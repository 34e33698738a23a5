"""Authentication of a request: caller and hotel come from headers, never from a body or URL."""

from dataclasses import dataclass
from typing import Final

from flask import g, request

from adapters.inbound.rest.rate_limits import TokenRateLimits
from application import log_context
from application.access.authenticate import Authenticate, Principal
from application.errors import HotelRequired

KEY_HEADER: Final = "X-PMS-Provider-Key"
HOTEL_HEADER: Final = "X-PMS-Hotel"


@dataclass(frozen=True, slots=True)
class Admission:
    authenticate: Authenticate
    limits: TokenRateLimits

    def __call__(self, *, changes: bool = False) -> Principal:
        """The caller of the current request. With `changes`, a token for several hotels must name
        the hotel. Raises Unauthenticated, Forbidden, HotelDisabled, RateExceeded, HotelRequired."""
        hotel = request.headers.get(HOTEL_HEADER)
        principal = self.authenticate(
            provider_key=request.headers.get(KEY_HEADER),
            token=_bearer(request.headers.get("Authorization", "")),
            hotel=hotel,
        )
        log_context.hotel.set(str(principal.hotel_id))
        log_context.provider.set(principal.provider)
        g.limit_headers = self.limits.count(principal.token_id)
        if changes and hotel is None and principal.other_hotels:
            message = (
                f"{HOTEL_HEADER}: the token is valid for several hotels; "
                "send the slug of the hotel to change"
            )
            raise HotelRequired(message, field=HOTEL_HEADER)
        return principal


def _bearer(header: str) -> str | None:
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None
