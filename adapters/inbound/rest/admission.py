"""Authentication of a request: caller and hotel come from headers, never from a body or URL."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Final

from flask import g, request

from adapters.inbound.rest.rate_limits import TokenRateLimits
from adapters.inbound.rest.sign_in_throttle import SignInThrottle
from adapters.inbound.rest.token_slots import TokenSlots
from application import log_context
from application.access.authenticate import Authenticate, Principal
from application.audit.audit_trail import current_actor
from application.errors import HotelRequired
from domain.audit import Actor, AuditChannel

KEY_HEADER: Final = "X-PMS-Provider-Key"
HOTEL_HEADER: Final = "X-PMS-Hotel"


@dataclass(frozen=True, slots=True)
class Admission:
    authenticate: Authenticate
    limits: TokenRateLimits
    throttle: SignInThrottle
    slots: TokenSlots = field(default_factory=TokenSlots)

    def __call__(self, *, changes: bool = False) -> Principal:
        """The caller of the current request. With `changes`, a token for several hotels must name
        the hotel. Raises Unauthenticated, Forbidden, HotelDisabled, RateExceeded, HotelRequired."""
        hotel = request.headers.get(HOTEL_HEADER)
        token = _bearer(request.headers.get("Authorization", ""))
        with self.throttle.attempt(token=token):
            principal = self.authenticate(
                provider_key=request.headers.get(KEY_HEADER), token=token, hotel=hotel
            )
        log_context.hotel.set(str(principal.hotel_id))
        log_context.provider.set(principal.provider)
        current_actor.set(_actor(principal))
        g.limit_headers = self.limits.count(principal.token_id)
        if changes and hotel is None and principal.other_hotels:
            message = (
                f"{HOTEL_HEADER}: the token is valid for several hotels; "
                "send the slug of the hotel to change"
            )
            raise HotelRequired(message, field=HOTEL_HEADER)
        return principal

    def slot(self, principal: Principal) -> AbstractContextManager[None]:
        """For a request that may need much of the processor: within it, it is the only one of its
        token in this process. Raises TooManyConcurrent."""
        return self.slots.take(principal.token_id)

    def charge(self, principal: Principal, units: int) -> None:
        """Counts what the current request has cost beyond 1."""
        if units:
            g.limit_headers = self.limits.charge(principal.token_id, units)


def _actor(principal: Principal) -> Actor:
    return Actor(
        channel=AuditChannel.REST,
        name=str(principal.token_id),
        label=principal.partner,
        address=request.remote_addr,
    )


def _bearer(header: str) -> str | None:
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None
