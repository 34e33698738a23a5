"""The use cases and options of the GraphQL adapter."""

from dataclasses import dataclass
from typing import Final, Protocol

from application.access.authenticate import Authenticate
from application.connections.find_connections import FindConnections
from application.hotels.find_hotel import FindHotel
from application.queries.find_booking import FindBooking, FindStatusHistory
from application.queries.find_bookings import FindAvailability, FindBookings, FindGuests
from application.sync.find_sync_runs import FindSyncRuns

PATH: Final = "/api/pms/graphql"


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
    """`introspection` also allows suggestions in error messages; off in production."""

    introspection: bool = False
    max_aliases: int = 15
    max_tokens: int = 1_000
    max_directives: int = 50
    max_depth: int = 10
    max_cost: int = 5_000
    max_body_bytes: int = 256 * 1024
    cached_documents: int = 256
