"""From the fields of the schema to use cases and the parts of what they give."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from operator import attrgetter
from typing import Any, Final

from ariadne import ObjectType, QueryType
from graphql import GraphQLResolveInfo

from adapters.inbound.graphql.filters import (
    availability_filter,
    booking_filter,
    camel,
    guest_filter,
)
from adapters.inbound.graphql.use_cases import GraphQLUseCases
from application.authenticate import Principal
from application.find_bookings import BookingOrder, GuestFilter, PageOf
from application.find_sync_runs import RunList
from domain.availability import AvailabilityCell, CellDetails
from domain.booking import Booking, BookingDetails
from domain.guest import Guest, GuestDetails

Resolver = Callable[[Any, GraphQLResolveInfo], Any]


@dataclass(frozen=True, slots=True)
class Asking:
    """The context of one request."""

    caller: Principal
    use_cases: GraphQLUseCases

    def at(self, slug: str | None) -> Principal:
        """Raises Forbidden for a hotel that is not the token's."""
        if slug is None:
            return self.caller
        return self.use_cases.authenticate.at_hotel(self.caller, slug)


class BookingPage:
    """Bookings that are shown together: what belongs to them is asked for once for all."""

    def __init__(self, asking: Asking, principal: Principal, bookings: Sequence[Booking]) -> None:
        self._use_cases = asking.use_cases
        self._principal = principal
        self._bookings = bookings

    @cached_property
    def guests(self) -> Mapping[str, Guest]:
        ids = {p.guest_id for b in self._bookings if (p := b.details.primary_guest) and p.guest_id}
        if not ids:
            return {}
        wanted = GuestFilter(
            hotel_id=self._principal.hotel_id,
            provider=self._principal.provider,
            external_ids=frozenset(ids),
        )
        found = self._use_cases.find_guests(wanted, first=len(ids))
        return {guest.external_id: guest for guest in found.rows}

    @cached_property
    def histories(self) -> Mapping[Any, Sequence[Any]]:
        ids = [booking.id for booking in self._bookings]
        return self._use_cases.find_status_history(self._principal, ids)


@dataclass(frozen=True, slots=True)
class BookingNode:
    booking: Booking
    page: BookingPage


@dataclass(frozen=True, slots=True)
class Edge:
    cursor: str
    node: object


query = QueryType()


@query.field("bookings")
def bookings(
    _: object,
    info: GraphQLResolveInfo,
    *,
    order_by: BookingOrder,
    first: int,
    hotel: str | None = None,
    after: str | None = None,
    filter: Mapping[str, Any] | None = None,  # noqa: A002  the argument's name
) -> Mapping[str, Any]:
    asking: Asking = info.context
    principal = asking.at(hotel)
    wanted = booking_filter(principal, filter)
    found = asking.use_cases.find_bookings(wanted, order=order_by, first=first, after=after)
    page = BookingPage(asking, principal, found.rows)
    return _connection(found, [BookingNode(booking, page) for booking in found.rows], after)


@query.field("booking")
def booking(
    _: object,
    info: GraphQLResolveInfo,
    *,
    provider: str,
    external_id: str,
    hotel: str | None = None,
) -> BookingNode | None:
    asking: Asking = info.context
    principal = asking.at(hotel)
    found = asking.use_cases.find_booking(principal, provider, external_id)
    return BookingNode(found, BookingPage(asking, principal, [found])) if found else None


@query.field("availability")
def availability(
    _: object,
    info: GraphQLResolveInfo,
    *,
    filter: Mapping[str, Any],  # noqa: A002  the argument's name
    hotel: str | None = None,
) -> Sequence[AvailabilityCell]:
    asking: Asking = info.context
    wanted = availability_filter(asking.at(hotel), filter)
    return asking.use_cases.find_availability(wanted)


@query.field("guests")
def guests(
    _: object,
    info: GraphQLResolveInfo,
    *,
    first: int,
    after: str | None = None,
    hotel: str | None = None,
    filter: Mapping[str, Any] | None = None,  # noqa: A002  the argument's name
) -> Mapping[str, Any]:
    asking: Asking = info.context
    wanted = guest_filter(asking.at(hotel), filter)
    found = asking.use_cases.find_guests(wanted, first=first, after=after)
    return _connection(found, found.rows, after)


@query.field("hotel")
def hotel(_: object, info: GraphQLResolveInfo, *, hotel: str | None = None) -> Mapping[str, Any]:
    asking: Asking = info.context
    view = asking.use_cases.find_hotel(asking.at(hotel))
    return {
        "slug": view.hotel.slug,
        "name": view.hotel.name,
        "time_zone": view.hotel.time_zone,
        "currency": view.hotel.currency,
        "room_types": view.records.room_types,
        "rooms": view.records.rooms,
        "rate_plans": view.records.rate_plans,
    }


@query.field("syncRuns")
def sync_runs(
    _: object, info: GraphQLResolveInfo, *, limit: int, offset: int, hotel: str | None = None
) -> RunList:
    asking: Asking = info.context
    return asking.use_cases.find_sync_runs(asking.at(hotel), limit=limit, offset=offset)


def _connection(found: PageOf[Any], nodes: Sequence[object], after: str | None) -> dict[str, Any]:
    cursors = found.cursors
    return {
        "edges": [Edge(cursor, node) for cursor, node in zip(cursors, nodes, strict=True)],
        "page_info": {
            "has_next_page": found.has_next,
            "has_previous_page": after is not None,
            "start_cursor": cursors[0] if cursors else None,
            "end_cursor": cursors[-1] if cursors else None,
        },
    }


def _reading(path: str) -> Resolver:
    read = attrgetter(path)
    return lambda source, _: read(source)


def _extras(path: str) -> Resolver:
    read = attrgetter(path)
    return lambda source, _: [{"path": at, "json": text} for at, text in read(source)]


def _guest_of(node: BookingNode, _: GraphQLResolveInfo) -> Guest | None:
    party = node.booking.details.primary_guest
    return node.page.guests.get(party.guest_id) if party and party.guest_id else None


def _history_of(node: BookingNode, _: GraphQLResolveInfo) -> Sequence[Any]:
    return node.page.histories.get(node.booking.id, ())


_NOT_BY_NAME: Final = frozenset({"extras", "counted_rooms"})
"""The first has a resolver of its own; the second is what a cell's sums are of."""


def _object(name: str, paths: Mapping[str, str], details: type, under: str) -> ObjectType:
    """`paths` by field; every field of `details` is read `under` that path."""
    made = ObjectType(name)
    told = [f.name for f in fields(details) if f.name not in _NOT_BY_NAME]
    own = {camel(name): f"{under}.{name}" for name in told}
    for field, path in {**own, **paths}.items():
        made.set_field(field, _reading(path))
    return made


def _bound() -> list[ObjectType]:
    kept = {"id": "id", "provider": "provider", "externalId": "external_id"}
    told = {"sourceVersion": "version", "syncedAt": "synced_at"}
    of_booking = {name: f"booking.{path}" for name, path in {**kept, **told}.items()}
    booking_type = _object("Booking", of_booking, BookingDetails, "booking.details")
    booking_type.set_field("extras", _extras("booking.details.extras"))
    booking_type.set_field("guest", _guest_of)
    booking_type.set_field("statusHistory", _history_of)
    guest_type = _object("Guest", {**kept, **told}, GuestDetails, "details")
    guest_type.set_field("extras", _extras("details.extras"))
    of_cell = {"provider": "provider", "roomTypeId": "room_type_id", "date": "day", **told}
    cell_type = _object("Availability", of_cell, CellDetails, "details")
    change = ObjectType("StatusChange")
    change.set_field("from", _reading("transition.source"))
    change.set_field("to", _reading("transition.target"))
    change.set_field("kind", _reading("transition.kind"))
    change.set_field("sourceVersion", _reading("version"))
    money = ObjectType("Money")
    money.set_field("amount", lambda value, _: f"{value.amount:f}")
    return [booking_type, guest_type, cell_type, change, money]


RESOLVERS: Final = [query, *_bound()]
