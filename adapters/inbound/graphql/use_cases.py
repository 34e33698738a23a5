"""The use cases and options of the GraphQL adapter."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final, Protocol

from application.access.authenticate import Authenticate, Principal
from application.connections.find_connections import FindConnections
from application.hotels.find_hotel import FindHotel
from application.queries.find_booking import FindBooking, FindStatusHistory
from application.queries.find_bookings import FindAvailability, FindBookings, FindGuests
from application.sync.find_sync_runs import FindSyncRuns

PATH: Final = "/api/pms/graphql"


class Admission(Protocol):
    def __call__(self) -> Principal:
        """Authenticates the current request and counts it against its token's limit."""
        ...

    def slot(self, principal: Principal) -> AbstractContextManager[None]:
        """Within it the token's request is the only one that this process executes."""
        ...

    def charge(self, principal: Principal, units: int) -> None:
        """Counts further requests against the token's limit."""
        ...


class GraphQLUseCases(Protocol):
    authenticate: Authenticate
    find_bookings: FindBookings
    find_booking: FindBooking
    find_status_history: FindStatusHistory
    find_guests: FindGuests
    find_availability: FindAvailability
    find_hotel: FindHotel
    find_connections: FindConnections
    find_sync_runs: FindSyncRuns


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphQLOptions:
    """`introspection` also allows suggestions in error messages; off in production.
    `max_comparisons`: pairs of fields with one response name, which validation compares.
    `max_cost`: see query_cost.py; about 0.1 CPU-seconds."""

    introspection: bool = False
    max_aliases: int = 15
    max_tokens: int = 1_000
    max_directives: int = 50
    max_depth: int = 10
    max_comparisons: int = 5_000
    max_cost: int = 100_000
    max_body_bytes: int = 256 * 1024
    cached_documents: int = 256
