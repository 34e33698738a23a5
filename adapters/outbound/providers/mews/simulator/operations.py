"""The vendor's operations over one simulated hotel. Paths are case-sensitive, as the vendor's.

Parameters and limits: connector-api/operations/*.md.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Generic, TypeVar

import orjson

from adapters.outbound.providers.mews.simulator.availability import METRICS
from adapters.outbound.providers.mews.simulator.hotel import LONGEST_STAY_DAYS, SimulatedHotel
from adapters.outbound.providers.mews.simulator.hotel_time import DAY_SECONDS, utc_text
from adapters.outbound.providers.mews.simulator.records import (
    Block,
    Customer,
    OrderItem,
    Reservation,
    Room,
    SimulatedEntry,
)
from adapters.outbound.providers.mews.simulator.rendering import Json
from adapters.outbound.providers.mews.simulator.requests import ApiError, ApiRequest, invalid
from adapters.outbound.providers.mews.simulator.store import (
    Collection,
    CursorUnknown,
    Query,
    Stored,
)

PREFIX = "/api/connector/v1/"
STATES = ("Inquired", "Requested", "Optional", "Confirmed", "Started", "Processed", "Canceled")
MAX_AVAILABILITY_DAYS = 367
_NO_FILTER = frozenset({"ClientToken", "AccessToken", "Client", "Limitation"})

T = TypeVar("T", bound=Stored)
ItemTest = Callable[[T], bool]


@dataclass(frozen=True, slots=True)
class SimulatedListing(Generic[T]):
    """One paged `getAll`: which request fields select what."""

    answer_key: str
    items: Collection[T]
    render: Callable[[T], Json]
    ids: str
    links: Mapping[str, str] = field(default_factory=dict)
    times: Mapping[str, str] = field(default_factory=lambda: {"UpdatedUtc": "updated"})
    tests: Callable[[ApiRequest], Iterable[ItemTest[T]]] = lambda _: ()
    narrow: Callable[[ApiRequest], Mapping[str, tuple[int, int]]] = lambda _: {}
    required: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    also: Mapping[str, object] = field(default_factory=dict)

    def answer(self, request: ApiRequest) -> Json:
        self._check(request)
        query = self._query(request)
        try:
            page = self.items.page(query)
        except CursorUnknown:
            raise invalid("Cursor") from None
        # A full page has a cursor even when nothing follows: the vendor cannot know better.
        cursor = page[-1].id if len(page) == query.count else None
        rendered = [self.render(item) for item in page]
        return {self.answer_key: rendered, **self.also, "Cursor": cursor}

    def _check(self, request: ApiRequest) -> None:
        request.require(*self.required)
        if self.one_of and not request.has(*self.one_of):
            raise invalid("filter")

    def _query(self, request: ApiRequest) -> Query[T]:
        count, cursor = request.limitation()
        ids = request.texts(self.ids)
        links = {link: request.texts(name) for name, link in self.links.items()}
        times = {attribute: request.interval(name) for name, attribute in self.times.items()}
        given = {name: value for name, value in times.items() if value is not None}
        tests = list(self.tests(request))
        return Query(
            count=count,
            cursor=cursor,
            ids=None if ids is None else tuple(ids),
            links={link: keys for link, keys in links.items() if keys is not None},
            times={**self.narrow(request), **given},
            keep=(lambda item: all(test(item) for test in tests)) if tests else None,
            signature=self.answer_key + _signature(request),
        )


def _signature(request: ApiRequest) -> str:
    filters = {name: value for name, value in request.body.items() if name not in _NO_FILTER}
    return orjson.dumps(filters, option=orjson.OPT_SORT_KEYS).decode()


class MewsOperations:
    """Answers requests whose tokens have been checked. Take the hotel's lock around `answer`."""

    def __init__(self, hotel: SimulatedHotel) -> None:
        self._hotel = hotel
        self._answers: dict[str, Callable[[ApiRequest], Json]] = {
            "configuration/get": lambda _: hotel.catalog.configuration(hotel.clock.now),
            "services/getAvailability/2024-01-22": self._availability,
            "reservations/getAll/2023-06-06": self._reservations().answer,
            "customers/getAll": self._customers,
            "orderItems/getAll": self._order_items().answer,
            **self._small_listings(),
        }
        self._by_lower_case = {path.lower(): path for path in self._answers}

    def answer(self, path: str, request: ApiRequest) -> Json:
        """`path` is what follows /api/connector/v1/. Raises ApiError."""
        answer = self._answers.get(path)
        if answer is None:
            near = self._by_lower_case.get(path.lower().rstrip("/"))
            details = f"The address is case-sensitive: {near}" if near else None
            raise ApiError(404, "Not Found", details)
        self._check_enterprise(request)
        return answer(request)

    def _check_enterprise(self, request: ApiRequest) -> None:
        enterprises = request.texts("EnterpriseIds")
        if enterprises is not None and self._hotel.catalog.enterprise_id not in enterprises:
            raise invalid("EnterpriseIds")

    def _reservations(self) -> SimulatedListing[Reservation]:
        return SimulatedListing(
            answer_key="Reservations",
            items=self._hotel.reservations,
            render=self._hotel.json.reservation,
            ids="ReservationIds",
            links={"ReservationGroupIds": "group", "AccountIds": "account", "Numbers": "number"},
            times={
                "UpdatedUtc": "updated",
                "CreatedUtc": "created",
                "ScheduledStartUtc": "start",
                "ScheduledEndUtc": "end",
                "ActualStartUtc": "actual_start",
                "ActualEndUtc": "actual_end",
            },
            tests=_reservation_tests,
            narrow=_colliding_starts,
        )

    def _customers(self, request: ApiRequest) -> Json:
        addresses = request.flag("Extent", "Addresses")
        listing = SimulatedListing(
            answer_key="Customers",
            items=self._hotel.customers,
            render=lambda item: self._hotel.json.customer(item, with_address=addresses),
            ids="CustomerIds",
            links={"Emails": "email"},
            times={"UpdatedUtc": "updated", "CreatedUtc": "created"},
            tests=_customer_tests,
            required=("Extent",),
            one_of=("CustomerIds", "CompanyIds", "Emails", "LastNames", "CreatedUtc", "UpdatedUtc"),
            also={"Documents": None},
        )
        return listing.answer(request)

    def _order_items(self) -> SimulatedListing[OrderItem]:
        return SimulatedListing(
            answer_key="OrderItems",
            items=self._hotel.order_items,
            render=self._hotel.json.order_item,
            ids="OrderItemIds",
            links={"ServiceOrderIds": "reservation"},
            times={
                "UpdatedUtc": "updated",
                "CreatedUtc": "created",
                "CanceledUtc": "canceled",
                "ClosedUtc": "closed",
            },
            tests=_order_item_tests,
            one_of=(
                "OrderItemIds",
                "ServiceOrderIds",
                "ServiceIds",
                "AccountIds",
                "CreatedUtc",
                "UpdatedUtc",
                "CanceledUtc",
                "ClosedUtc",
            ),
        )

    def _small_listings(self) -> dict[str, Callable[[ApiRequest], Json]]:
        hotel, vendor = self._hotel, self._hotel.json
        companionships = SimulatedListing(
            answer_key="Companionships",
            items=hotel.companionships,
            render=vendor.companionship,
            ids="CompanionshipIds",
            links={
                "ReservationIds": "reservation",
                "CustomerIds": "customer",
                "ReservationGroupIds": "group",
            },
            one_of=("ReservationIds", "CustomerIds", "ReservationGroupIds"),
            also=dict.fromkeys(("Customers", "Reservations", "ReservationGroups")),
        )
        groups = SimulatedListing(
            answer_key="ReservationGroups",
            items=hotel.groups,
            render=vendor.group,
            ids="ReservationGroupIds",
            one_of=("ReservationGroupIds", "UpdatedUtc"),
        )
        resources = SimulatedListing(
            answer_key="Resources",
            items=hotel.rooms,
            render=vendor.room,
            ids="ResourceIds",
            tests=_resource_tests,
            required=("Extent",),
            also=dict.fromkeys(_DEPRECATED_RESOURCE_EXTENTS),
        )
        blocks = SimulatedListing(
            answer_key="ResourceBlocks",
            items=hotel.blocks,
            render=vendor.block,
            ids="ResourceBlockIds",
            links={"AssignedResourceIds": "room"},
            times={"UpdatedUtc": "updated", "CreatedUtc": "created"},
            tests=_block_tests,
            required=("Extent",),
        )
        return {
            "companionships/getAll": companionships.answer,
            "reservationGroups/getAll": groups.answer,
            "resources/getAll": resources.answer,
            "resourceBlocks/getAll": blocks.answer,
            **self._catalog_listings(),
        }

    def _catalog_listings(self) -> dict[str, Callable[[ApiRequest], Json]]:
        hotel = self._hotel
        services = _catalog_listing("Services", hotel.services, "ServiceIds")
        categories = _catalog_listing(
            "ResourceCategories", hotel.categories, "ResourceCategoryIds", "ServiceIds"
        )
        assignments = _catalog_listing(
            "ResourceCategoryAssignments",
            hotel.assignments,
            "ResourceCategoryAssignmentIds",
            "ResourceCategoryIds",
        )
        rates = _catalog_listing(
            "Rates", hotel.rates, "RateIds", "ServiceIds", also=self._rate_groups()
        )
        ages = _catalog_listing("AgeCategories", hotel.ages, "AgeCategoryIds")
        companies = _catalog_listing("Companies", hotel.companies, "CompanyIds")
        return {
            "services/getAll": services.answer,
            "resourceCategories/getAll": categories.answer,
            "resourceCategoryAssignments/getAll": assignments.answer,
            "rates/getAll": rates.answer,
            "ageCategories/getAll": ages.answer,
            "companies/getAll": companies.answer,
        }

    def _rate_groups(self) -> Json:
        catalog = self._hotel.catalog
        group = {
            "Id": catalog.rate_group_id,
            "ServiceId": catalog.stay_service_id,
            "IsActive": True,
            "Name": "Default",
            "ExternalIdentifier": None,
        }
        return {"RateGroups": [group], "AvailabilityBlockAssignments": []}

    def _availability(self, request: ApiRequest) -> Json:
        hotel = self._hotel
        if request.text("ServiceId") != hotel.catalog.stay_service_id:
            raise invalid("ServiceId")
        wanted = request.texts("Metrics")
        if not wanted or not wanted.keys() <= set(METRICS):
            raise invalid("Metrics")
        first = self._unit_start(request, "FirstTimeUnitStartUtc")
        last = self._unit_start(request, "LastTimeUnitStartUtc")
        if not first <= last <= first + timedelta(days=MAX_AVAILABILITY_DAYS - 1):
            raise invalid("LastTimeUnitStartUtc")
        counts = hotel.availability(first, last)
        starts = [hotel.calendar.instant(day) for day in hotel.calendar.days(first, last)]
        return {
            "TimeUnitStartsUtc": [utc_text(start) for start in starts],
            "ResourceCategoryAvailabilities": [
                {
                    "ResourceCategoryId": category_id,
                    "Metrics": {name: nights.metrics[name] for name in wanted},
                }
                for category_id, nights in counts.items()
            ],
        }

    def _unit_start(self, request: ApiRequest, name: str) -> date:
        instant = request.instant(name)
        day = self._hotel.calendar.day_of(int(instant))
        if self._hotel.calendar.instant(day) != instant:
            raise invalid(name)
        return day


_DEPRECATED_RESOURCE_EXTENTS = (
    "ResourceCategories",
    "ResourceCategoryAssignments",
    "ResourceCategoryImageAssignments",
    "ResourceFeatures",
    "ResourceFeatureAssignments",
)


def _catalog_listing(
    answer_key: str,
    items: Collection[SimulatedEntry],
    ids: str,
    parents: str | None = None,
    also: Mapping[str, object] | None = None,
) -> SimulatedListing[SimulatedEntry]:
    """A listing of configuration; `parents` names the vendor's mandatory filter by owner."""

    def tests(request: ApiRequest) -> Iterable[ItemTest[SimulatedEntry]]:
        wanted = request.texts(parents) if parents else None
        if wanted is not None:
            yield lambda item: item.parent_id in wanted

    return SimulatedListing(
        answer_key=answer_key,
        items=items,
        render=lambda item: item.body,
        ids=ids,
        tests=tests,
        required=(parents,) if parents else (),
        also=also or {},
    )


def _attribute_tests(request: ApiRequest, fields: Mapping[str, str]) -> Iterable[ItemTest[Stored]]:
    for name, attribute in fields.items():
        wanted = request.texts(name)
        if wanted is not None:
            yield lambda item, wanted=wanted, attribute=attribute: (  # type: ignore[misc]
                getattr(item, attribute) in wanted
            )


def _reservation_tests(request: ApiRequest) -> Iterable[ItemTest[Reservation]]:
    states = request.texts("States")
    if states is not None and not states.keys() <= set(STATES):
        raise invalid("States")
    yield from _attribute_tests(
        request,
        {
            "States": "state",
            "ServiceIds": "service_id",
            "ChannelNumbers": "channel_number",
            "PartnerCompanyIds": "company_id",
            "TravelAgencyIds": "agency_id",
        },
    )
    rooms = request.texts("AssignedResourceIds")
    if rooms is not None:
        yield lambda item: item.assigned and item.room_id in rooms
    colliding = request.interval("CollidingUtc")
    if colliding is not None:
        low, high = colliding
        yield lambda item: item.start <= high and item.end >= low


def _colliding_starts(request: ApiRequest) -> Mapping[str, tuple[int, int]]:
    """Where in the index of starts a colliding stay can be."""
    colliding = request.interval("CollidingUtc")
    if colliding is None:
        return {}
    return {"start": (colliding[0] - LONGEST_STAY_DAYS * DAY_SECONDS, colliding[1])}


def _customer_tests(request: ApiRequest) -> Iterable[ItemTest[Customer]]:
    yield from _attribute_tests(
        request, {"FirstNames": "first_name", "LastNames": "last_name", "CompanyIds": "company_id"}
    )
    states = request.texts("ActivityStates")
    if states is not None:
        yield lambda item: ("Active" if item.is_active else "Deleted") in states


def _order_item_tests(request: ApiRequest) -> Iterable[ItemTest[OrderItem]]:
    yield from _attribute_tests(request, {"Types": "kind"})
    services, accounts = request.texts("ServiceIds"), request.texts("AccountIds", 100)
    if services is not None:
        yield lambda item: item.reservation.service_id in services
    if accounts is not None:
        yield lambda item: item.reservation.account_id in accounts


def _resource_tests(request: ApiRequest) -> Iterable[ItemTest[Room]]:
    yield from _attribute_tests(request, {"Names": "name"})


def _block_tests(request: ApiRequest) -> Iterable[ItemTest[Block]]:
    if not request.flag("Extent", "Inactive"):
        yield lambda item: item.deleted is None
    colliding = request.interval("CollidingUtc")
    if colliding is not None:
        low, high = colliding
        yield lambda item: item.start <= high and item.end >= low
