"""Resolvers: queries call use cases, fields read attributes of their results."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from operator import attrgetter
from typing import Any, Final

from ariadne import ObjectType, QueryType
from graphql import GraphQLResolveInfo

from adapters.inbound.graphql.filters import availability_filter, booking_filter, guest_filter
from adapters.inbound.graphql.use_cases import GraphQLUseCases
from application.access.authenticate import Principal
from application.access.personal_data import scope_of_field, visible_last_name
from application.connections.find_connections import connection_health
from application.events.cloud_events import to_camel_case
from application.queries.find_bookings import BookingOrder, ResultPage
from application.sync.find_sync_runs import RunList
from domain.access import Scope
from domain.availability import AvailabilityCell, CellDetails
from domain.booking import Booking, BookingDetails
from domain.canonical_format import (
    AVAILABILITY,
    BOOKING,
    GUEST,
    PARTY,
    FieldSpec,
    RecordShape,
    Scalar,
)
from domain.guest import Guest, GuestDetails
from domain.snapshots import Party

Resolver = Callable[[Any, GraphQLResolveInfo], Any]


@dataclass(frozen=True, slots=True)
class RequestContext:
    caller: Principal
    use_cases: GraphQLUseCases

    def at(self, slug: str | None) -> "RequestContext":
        """For the caller at that hotel. Raises Forbidden for a hotel that is not the token's."""
        if slug is None:
            return self
        return replace(self, caller=self.use_cases.authenticate.at_hotel(self.caller, slug))


class BookingPage:
    """The bookings of one page; their guests and histories are loaded in one query each."""

    def __init__(self, context: RequestContext, bookings: Sequence[Booking]) -> None:
        self._context = context
        self._bookings = bookings

    @cached_property
    def guests(self) -> Mapping[tuple[str, str], Guest]:
        """By provider and external id."""
        ids: defaultdict[str, set[str]] = defaultdict(set)
        for booking in self._bookings:
            party = booking.details.primary_guest
            if party and party.guest_id:
                ids[booking.provider].add(party.guest_id)
        guests = [guest for provider in ids for guest in self._find_guests(provider, ids[provider])]
        return {(guest.provider, guest.external_id): guest for guest in guests}

    def _find_guests(self, provider: str, ids: Collection[str]) -> Sequence[Guest]:
        arguments = {"provider": provider, "external_ids": list(ids)}
        wanted = guest_filter(self._context.caller, arguments)
        return self._context.use_cases.find_guests(wanted, first=len(ids)).rows

    @cached_property
    def histories(self) -> Mapping[Any, Sequence[Any]]:
        ids = [booking.id for booking in self._bookings]
        return self._context.use_cases.find_status_history(self._context.caller, ids)


@dataclass(frozen=True, slots=True)
class BookingNode:
    booking: Booking
    page: BookingPage


query = QueryType()


def _query_field(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Registers a resolver that takes the context at the hotel of the query, and the other
    arguments."""

    def register(resolver: Callable[..., Any]) -> Callable[..., Any]:
        def resolve(
            _: object, info: GraphQLResolveInfo, *, hotel: str | None = None, **arguments: Any
        ) -> Any:
            request_context: RequestContext = info.context
            return resolver(request_context.at(hotel), **arguments)

        query.set_field(name, resolve)
        return resolver

    return register


@_query_field("bookings")
def bookings(
    context: RequestContext,
    *,
    order_by: BookingOrder,
    first: int,
    after: str | None = None,
    **arguments: Any,
) -> Mapping[str, Any]:
    wanted = booking_filter(context.caller, arguments.get("filter"))
    result = context.use_cases.find_bookings(wanted, order=order_by, first=first, after=after)
    page = BookingPage(context, result.rows)
    return _connection(result, [BookingNode(booking, page) for booking in result.rows], after)


@_query_field("booking")
def booking(context: RequestContext, *, provider: str, external_id: str) -> BookingNode | None:
    found = context.use_cases.find_booking(context.caller, provider, external_id)
    return None if found is None else BookingNode(found, BookingPage(context, [found]))


@_query_field("availability")
def availability(context: RequestContext, **arguments: Any) -> Sequence[AvailabilityCell]:
    wanted = availability_filter(context.caller, arguments["filter"])
    return context.use_cases.find_availability(wanted)


@_query_field("guests")
def guests(
    context: RequestContext, *, first: int, after: str | None = None, **arguments: Any
) -> Mapping[str, Any]:
    wanted = guest_filter(context.caller, arguments.get("filter"))
    result = context.use_cases.find_guests(wanted, first=first, after=after)
    return _connection(result, result.rows, after)


@_query_field("hotel")
def hotel(context: RequestContext) -> Mapping[str, Any]:
    view = context.use_cases.find_hotel(context.caller)
    return {
        "slug": view.hotel.slug,
        "name": view.hotel.name,
        "time_zone": view.hotel.time_zone,
        "currency": view.hotel.currency,
        "room_types": view.records.room_types,
        "rooms": view.records.rooms,
        "rate_plans": view.records.rate_plans,
    }


@_query_field("connections")
def connections(context: RequestContext) -> Sequence[Mapping[str, Any]]:
    found = context.use_cases.find_connections(context.caller)
    return [connection_health(each) for each in found]


@_query_field("syncRuns")
def sync_runs(context: RequestContext, *, limit: int, offset: int) -> RunList:
    return context.use_cases.find_sync_runs(context.caller, limit=limit, offset=offset)


def _connection(
    result: ResultPage[Any], nodes: Sequence[object], after: str | None
) -> dict[str, Any]:
    cursors = result.cursors
    return {
        "edges": [{"cursor": c, "node": node} for c, node in zip(cursors, nodes, strict=True)],
        "page_info": {
            "has_next_page": result.has_next,
            "has_previous_page": after is not None,
            "start_cursor": cursors[0] if cursors else None,
            "end_cursor": cursors[-1] if cursors else None,
        },
    }


def _attribute_resolver(path: str) -> Resolver:
    read = attrgetter(path)
    return lambda source, _: read(source)


def _personal_resolver(path: str, scope: Scope) -> Resolver:
    """Raises Forbidden, also where there is no value, so that the error says nothing of it."""
    read = attrgetter(path)

    def resolve(source: object, info: GraphQLResolveInfo) -> object:
        info.context.caller.require(scope)
        return read(source)

    return resolve


def _last_name_resolver(path: str) -> Resolver:
    read = attrgetter(path)
    return lambda source, info: visible_last_name(info.context.caller, read(source))


def _field_resolver(spec: FieldSpec, path: str) -> Resolver:
    if spec.name == "last_name":
        return _last_name_resolver(path)
    scope = scope_of_field(spec)
    return _personal_resolver(path, scope) if scope else _attribute_resolver(path)


def _extras_of(resolve: Resolver) -> Resolver:
    return lambda source, info: [
        {"path": path, "json": text} for path, text in resolve(source, info)
    ]


def _guest_of(node: BookingNode, _: GraphQLResolveInfo) -> Guest | None:
    party = node.booking.details.primary_guest
    if party is None or party.guest_id is None:
        return None
    return node.page.guests.get((node.booking.provider, party.guest_id))


def _history_of(node: BookingNode, _: GraphQLResolveInfo) -> Sequence[Any]:
    return node.page.histories.get(node.booking.id, ())


_INTERNAL_FIELDS: Final = frozenset({"counted_rooms"})


def _build_object_type(
    shape: RecordShape, paths: Mapping[str, str], details: type, under: str
) -> ObjectType:
    """`paths`: attribute path per field; the fields of `details` are read below `under`."""
    object_type = ObjectType(shape.name)
    specs = {spec.attribute: spec for spec in shape.fields}
    for name in [f.name for f in fields(details) if f.name not in _INTERNAL_FIELDS]:
        path, spec = f"{under}{name}", specs.get(name)
        resolver = _field_resolver(spec, path) if spec else _attribute_resolver(path)
        is_extras = spec is not None and spec.type is Scalar.EXTRAS
        object_type.set_field(to_camel_case(name), _extras_of(resolver) if is_extras else resolver)
    for field, path in paths.items():
        object_type.set_field(field, _attribute_resolver(path))
    return object_type


def _object_types() -> list[ObjectType]:
    identity = {"id": "id", "provider": "provider", "externalId": "external_id"}
    versioned = {"sourceVersion": "version", "syncedAt": "synced_at"}
    of_booking = {name: f"booking.{path}" for name, path in {**identity, **versioned}.items()}
    booking_type = _build_object_type(BOOKING, of_booking, BookingDetails, "booking.details.")
    booking_type.set_field("guest", _guest_of)
    booking_type.set_field("statusHistory", _history_of)
    guest_type = _build_object_type(GUEST, {**identity, **versioned}, GuestDetails, "details.")
    party_type = _build_object_type(PARTY, {}, Party, "")
    of_cell = {"provider": "provider", "roomTypeId": "room_type_id", "date": "day", **versioned}
    cell_type = _build_object_type(AVAILABILITY, of_cell, CellDetails, "details.")
    change = ObjectType("StatusChange")
    change.set_field("from", _attribute_resolver("transition.source"))
    change.set_field("to", _attribute_resolver("transition.target"))
    change.set_field("kind", _attribute_resolver("transition.kind"))
    change.set_field("sourceVersion", _attribute_resolver("version"))
    money = ObjectType("Money")
    money.set_field("amount", lambda value, _: f"{value.amount:f}")
    return [booking_type, guest_type, party_type, cell_type, change, money]


RESOLVERS: Final = [query, *_object_types()]
