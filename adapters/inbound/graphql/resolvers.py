"""Resolvers: queries call use cases, fields read attributes of their results."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from dataclasses import field as dataclass_field
from functools import partial
from operator import attrgetter
from typing import Any, Final

from ariadne import ObjectType, QueryType
from graphql import GraphQLResolveInfo

from adapters.inbound.graphql.compiled_fields import RenderCache
from adapters.inbound.graphql.execution import PlainResolver
from adapters.inbound.graphql.filters import (
    availability_filter,
    booking_filter,
    guest_filter,
    require_storable_texts,
)
from adapters.inbound.graphql.query_cost import FieldCost, QueryBudget
from adapters.inbound.graphql.use_cases import GraphQLUseCases
from application.access.authenticate import Principal
from application.access.personal_data import initial, scope_of_field
from application.connections.find_connections import connection_health
from application.events.cloud_events import to_camel_case
from application.queries.find_bookings import BookingOrder
from application.queries.result_pages import ResultPage
from domain.access import Scope
from domain.availability import CellDetails
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
from domain.snapshots import Extras, Party

Resolver = Callable[[Any, GraphQLResolveInfo], Any]


@dataclass(frozen=True, slots=True)
class RequestContext:
    caller: Principal
    use_cases: GraphQLUseCases
    budget: QueryBudget
    renders: RenderCache = dataclass_field(default_factory=dict, repr=False)
    """Of the document that is executed."""

    def at(self, slug: str | None) -> "RequestContext":
        """For the caller at that hotel. Raises Forbidden for a hotel that is not the token's."""
        if slug is None:
            return self
        return replace(self, caller=self.use_cases.authenticate.at_hotel(self.caller, slug))


class BookingPage:
    """The bookings of one page; their guests and histories are loaded in one query each."""

    def __init__(
        self, context: RequestContext, cost: FieldCost, bookings: Sequence[Booking]
    ) -> None:
        """Raises GraphQLError (QUERY_TOO_LARGE)."""
        self._context = context
        self._cost = cost
        self.guests = self._load_guests(bookings) if cost.per_element("guest") else {}
        is_selected = cost.per_element("statusHistory")
        self.histories = self._load_histories(bookings) if is_selected else {}

    def _load_guests(self, bookings: Sequence[Booking]) -> Mapping[tuple[str, str], Guest]:
        """By provider and external id."""
        uses: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for booking in bookings:
            party = booking.details.primary_guest
            if party and party.guest_id:
                uses[booking.provider][party.guest_id] += 1
        guests = [guest for provider in uses for guest in self._find(provider, uses[provider])]
        return {(guest.provider, guest.external_id): guest for guest in guests}

    def _find(self, provider: str, uses: Counter[str]) -> Sequence[Guest]:
        arguments = {"provider": provider, "external_ids": list(uses)}
        wanted = guest_filter(self._context.caller, arguments)
        inspect = partial(self._cost.inspect_booking_guests, uses=uses)
        found = self._context.use_cases.find_guests(wanted, first=len(uses), inspect=inspect)
        return found.rows

    def _load_histories(self, bookings: Sequence[Booking]) -> Mapping[Any, Sequence[Any]]:
        """By booking."""
        found = self._context.use_cases.find_status_history(
            self._context.caller,
            [booking.id for booking in bookings],
            limit=self._cost.affordable("statusHistory") + 1,
        )
        self._cost.spend({"statusHistory": sum(map(len, found.values()))})
        return found


@dataclass(frozen=True, slots=True)
class BookingNode:
    booking: Booking
    page: BookingPage


query = QueryType()


def _query_field(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Registers a resolver that takes the context at the hotel of the query, the cost of the field,
    and the other arguments."""

    def register(resolver: Callable[..., Any]) -> Callable[..., Any]:
        def resolve(
            _: object, info: GraphQLResolveInfo, *, hotel: str | None = None, **arguments: Any
        ) -> Any:
            context: RequestContext = info.context
            cost = context.budget.root_field(info)
            for argument, value in (("hotel", hotel), *arguments.items()):
                require_storable_texts(value, to_camel_case(argument))
            return resolver(context.at(hotel), cost, **arguments)

        query.set_field(name, resolve)
        return resolver

    return register


@_query_field("bookings")
def bookings(
    context: RequestContext,
    cost: FieldCost,
    *,
    order_by: BookingOrder,
    first: int,
    after: str | None = None,
    **arguments: Any,
) -> Mapping[str, Any]:
    wanted = booking_filter(context.caller, arguments.get("filter"))
    result = context.use_cases.find_bookings(
        wanted, order=order_by, first=first, after=after, inspect=cost.inspect_bookings
    )
    page = BookingPage(context, cost, result.rows)
    return _connection(result, [BookingNode(booking, page) for booking in result.rows], after)


@_query_field("booking")
def booking(
    context: RequestContext, cost: FieldCost, *, provider: str, external_id: str
) -> BookingNode | None:
    found = context.use_cases.find_booking(
        context.caller, provider, external_id, inspect=cost.inspect_bookings
    )
    return None if found is None else BookingNode(found, BookingPage(context, cost, [found]))


@_query_field("availability")
def availability(context: RequestContext, cost: FieldCost, **arguments: Any) -> Sequence[object]:
    wanted = availability_filter(context.caller, arguments["filter"])
    limit = cost.affordable("availability") + 1
    found = context.use_cases.find_availability(wanted, limit=limit)
    cost.spend({"availability": len(found)})
    return found


@_query_field("guests")
def guests(
    context: RequestContext,
    cost: FieldCost,
    *,
    first: int,
    after: str | None = None,
    **arguments: Any,
) -> Mapping[str, Any]:
    wanted = guest_filter(context.caller, arguments.get("filter"))
    result = context.use_cases.find_guests(
        wanted, first=first, after=after, inspect=cost.inspect_guests
    )
    return _connection(result, result.rows, after)


@_query_field("hotel")
def hotel(context: RequestContext, cost: FieldCost) -> Mapping[str, Any]:
    has_records = any(map(cost.per_element, ("roomTypes", "rooms", "ratePlans")))
    inspect = cost.inspect_records if has_records else None
    view = context.use_cases.find_hotel(context.caller, inspect)
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
def connections(context: RequestContext, cost: FieldCost) -> Sequence[Mapping[str, Any]]:
    found = context.use_cases.find_connections(context.caller)
    cost.spend({"connections": len(found)})
    return [connection_health(each) for each in found]


@_query_field("syncRuns")
def sync_runs(
    context: RequestContext, cost: FieldCost, *, first: int, after: str | None = None
) -> Mapping[str, Any]:
    result = context.use_cases.find_sync_runs(context.caller, first=first, after=after)
    cost.spend({"edges": len(result.rows)})
    return _connection(result, result.rows, after)


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


def _field_resolver(spec: FieldSpec | None, path: str) -> Resolver:
    read = attrgetter(path)
    if spec is None:
        return PlainResolver(read)
    if spec.name == "last_name":
        return PlainResolver(read, Scope.READ_GUESTS, lambda source: initial(read(source)))
    if spec.type is Scalar.EXTRAS:
        return PlainResolver(lambda source: _extras(read(source)), scope_of_field(spec))
    return PlainResolver(read, scope_of_field(spec))


def _extras(extras: Extras) -> Sequence[Mapping[str, str]]:
    return [{"path": path, "json": text} for path, text in extras]


def _guest_of(node: BookingNode) -> Guest | None:
    party = node.booking.details.primary_guest
    if party is None or party.guest_id is None:
        return None
    return node.page.guests.get((node.booking.provider, party.guest_id))


def _history_of(node: BookingNode) -> Sequence[Any]:
    return node.page.histories.get(node.booking.id, ())


_INTERNAL_FIELDS: Final = frozenset({"counted_rooms"})


def _build_object_type(
    shape: RecordShape, paths: Mapping[str, str], details: type, under: str
) -> ObjectType:
    """`paths`: attribute path per field; the fields of `details` are read below `under`."""
    object_type = ObjectType(shape.name)
    specs = {spec.attribute: spec for spec in shape.fields}
    for name in [f.name for f in fields(details) if f.name not in _INTERNAL_FIELDS]:
        resolver = _field_resolver(specs.get(name), f"{under}{name}")
        object_type.set_field(to_camel_case(name), resolver)
    for field, path in paths.items():
        object_type.set_field(field, PlainResolver(attrgetter(path)))
    return object_type


def _object_types() -> list[ObjectType]:
    identity = {"id": "id", "provider": "provider", "externalId": "external_id"}
    versioned = {"sourceVersion": "version", "syncedAt": "synced_at"}
    of_booking = {name: f"booking.{path}" for name, path in {**identity, **versioned}.items()}
    booking_type = _build_object_type(BOOKING, of_booking, BookingDetails, "booking.details.")
    booking_type.set_field("guest", PlainResolver(_guest_of))
    booking_type.set_field("statusHistory", PlainResolver(_history_of))
    guest_type = _build_object_type(GUEST, {**identity, **versioned}, GuestDetails, "details.")
    party_type = _build_object_type(PARTY, {}, Party, "")
    of_cell = {"provider": "provider", "roomTypeId": "room_type_id", "date": "day", **versioned}
    cell_type = _build_object_type(AVAILABILITY, of_cell, CellDetails, "details.")
    change = ObjectType("StatusChange")
    of_transition = {"from": "source", "to": "target", "kind": "kind"}
    for field, name in of_transition.items():
        change.set_field(field, PlainResolver(attrgetter(f"transition.{name}")))
    change.set_field("sourceVersion", PlainResolver(attrgetter("version")))
    money = ObjectType("Money")
    money.set_field("amount", PlainResolver(lambda value: f"{value.amount:f}"))
    return [booking_type, guest_type, party_type, cell_type, change, money]


RESOLVERS: Final = [query, *_object_types()]
