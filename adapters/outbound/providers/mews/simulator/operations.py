"""The vendor's operations over one simulated hotel. Paths are case-sensitive, as the vendor's.

Parameters and limits: connector-api/operations/*.md.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Final, TypeVar

from adapters.outbound.provider_kit.simulation.hotel.records import TICKS, days_between
from adapters.outbound.providers.mews.simulator import records as mews_records
from adapters.outbound.providers.mews.simulator.availability import METRICS, count_nights
from adapters.outbound.providers.mews.simulator.catalog import Catalog, CatalogEntry, Json
from adapters.outbound.providers.mews.simulator.hotel_time import to_seconds, utc_text
from adapters.outbound.providers.mews.simulator.listing import MewsListing
from adapters.outbound.providers.mews.simulator.record_index import MewsRecords
from adapters.outbound.providers.mews.simulator.rendering import MewsRenderer
from adapters.outbound.providers.mews.simulator.requests import (
    ApiError,
    ApiRequest,
    invalid,
)

PREFIX: Final = "/api/connector/v1/"
MAX_AVAILABILITY_DAYS: Final = 367
_STATES: Final = frozenset(
    {"Inquired", "Requested", "Optional", "Confirmed", "Started", "Processed", "Canceled"}
)
_UPDATED_OR_CREATED: Final = {"UpdatedUtc": "updated", "CreatedUtc": "created"}
_DEPRECATED_RESOURCE_EXTENTS: Final = (
    "ResourceCategories",
    "ResourceCategoryAssignments",
    "ResourceCategoryImageAssignments",
    "ResourceFeatures",
    "ResourceFeatureAssignments",
)
T = TypeVar("T")
Handler = Callable[[ApiRequest], Json]


class MewsOperations:
    """Answers requests whose tokens have been checked. Hold the hotel's lock around `answer`."""

    def __init__(self, records: MewsRecords, catalog: Catalog) -> None:
        self._records = records
        self._catalog = catalog
        self._hotel = records.hotel
        self._renderer = MewsRenderer(records, catalog)
        self._handlers: dict[str, Handler] = {
            "configuration/get": lambda _: catalog.configuration(records.now),
            "services/getAvailability/2024-01-22": self._availability,
            **self._booking_listings(),
            **self._room_listings(),
            **self._catalog_listings(),
        }
        self._by_lower_case = {path.lower(): path for path in self._handlers}

    def answer(self, path: str, request: ApiRequest) -> Json:
        """`path` is what follows /api/connector/v1/. Raises ApiError."""
        handler = self._handlers.get(path)
        if handler is None:
            near = self._by_lower_case.get(path.lower().rstrip("/"))
            details = f"The address is case-sensitive: {near}" if near else None
            raise ApiError(404, "Not Found", details)
        enterprises = request.texts("EnterpriseIds")
        if enterprises is not None and self._catalog.enterprise_id not in enterprises:
            raise invalid("EnterpriseIds")
        return handler(request)

    def _revision(self) -> int:
        return self._hotel.revision

    def _booking_listings(self) -> dict[str, Handler]:
        return {
            "reservations/getAll/2023-06-06": self._reservations().answer,
            "customers/getAll": self._customers().answer,
            "orderItems/getAll": self._order_items().answer,
            "companionships/getAll": self._companionships().answer,
            "payments/getAll": self._payments().answer,
            "reservationGroups/getAll": self._groups().answer,
        }

    def _named_reservations(
        self, request: ApiRequest, name: str
    ) -> Iterable[mews_records.MewsReservation]:
        return _named(self._records.reservations, request.texts(name))

    def _reservations(self) -> MewsListing[mews_records.MewsReservation]:
        return MewsListing(
            response_key="Reservations",
            revision=self._revision,
            select=lambda request: self._named_reservations(request, "ReservationIds"),
            render=lambda item, _: self._renderer.reservation(item),
            filters={
                "ReservationGroupIds": "group_id",
                "AccountIds": "account_id",
                "Numbers": "number",
                "States": "state",
                "ServiceIds": "service_id",
                "ChannelNumbers": "booking.external_code",
                "PartnerCompanyIds": "company_id",
                "TravelAgencyIds": "agency_id",
                "AssignedResourceIds": "shown_room_id",
            },
            times={
                **_UPDATED_OR_CREATED,
                "ScheduledStartUtc": "start",
                "ScheduledEndUtc": "end",
                "ActualStartUtc": "actual_start",
                "ActualEndUtc": "actual_end",
            },
            allowed={"States": _STATES},
        )

    def _customers(self) -> MewsListing[mews_records.MewsCustomer]:
        return MewsListing(
            response_key="Customers",
            revision=self._revision,
            select=lambda request: _named(self._records.customers, request.texts("CustomerIds")),
            render=lambda item, request: self._renderer.customer(
                item, with_address=request.flag("Extent", "Addresses")
            ),
            filters={
                "CustomerIds": "id",
                "Emails": "guest.email",
                "FirstNames": "guest.first_name",
                "LastNames": "guest.last_name",
                "ActivityStates": "activity_state",
            },
            times=_UPDATED_OR_CREATED,
            required=("Extent",),
            one_of=("CustomerIds", "CompanyIds", "Emails", "LastNames", "CreatedUtc", "UpdatedUtc"),
            constant_fields={"Documents": None},
        )

    def _order_items(self) -> MewsListing[mews_records.OrderItem]:
        def select(request: ApiRequest) -> Iterator[mews_records.OrderItem]:
            for item in self._named_reservations(request, "ServiceOrderIds"):
                yield from self._records.order_items_of(item)

        times = {
            **_UPDATED_OR_CREATED,
            "CanceledUtc": "canceled",
            "ClosedUtc": "reservation.actual_end",
        }
        filters = {
            "OrderItemIds": "id",
            "ServiceIds": "reservation.service_id",
            "AccountIds": "reservation.account_id",
            "Types": "kind",
        }
        return MewsListing(
            response_key="OrderItems",
            revision=self._revision,
            select=select,
            render=lambda item, _: self._renderer.order_item(item),
            filters=filters,
            times=times,
            max_ids={"AccountIds": 100},
            one_of=("ServiceOrderIds", *list(filters)[:3], *times),
        )

    def _payments(self) -> MewsListing[mews_records.MewsPayment]:
        def select(request: ApiRequest) -> Iterator[mews_records.MewsPayment]:
            for item in self._named_reservations(request, "ReservationIds"):
                yield from self._records.payments_of(item)

        filters = {
            "PaymentIds": "id",
            "AccountIds": "reservation.account_id",
            "States": "state",
        }
        return MewsListing(
            response_key="Payments",
            revision=self._revision,
            select=select,
            render=lambda item, _: self._renderer.payment(item),
            filters=filters,
            times=_UPDATED_OR_CREATED,
            max_ids={"AccountIds": 100},
            one_of=("ReservationIds", "PaymentIds", "AccountIds", *_UPDATED_OR_CREATED),
        )

    def _companionships(self) -> MewsListing[mews_records.Companionship]:
        def select(request: ApiRequest) -> Iterator[mews_records.Companionship]:
            for item in self._named_reservations(request, "ReservationIds"):
                if not item.is_parking:
                    yield from self._records.companionships_of(item)

        return MewsListing(
            response_key="Companionships",
            revision=self._revision,
            select=select,
            render=lambda item, _: self._renderer.companionship(item),
            filters={
                "CompanionshipIds": "id",
                "CustomerIds": "customer_id",
                "ReservationGroupIds": "reservation.group_id",
            },
            one_of=("ReservationIds", "CustomerIds", "ReservationGroupIds"),
            constant_fields=dict.fromkeys(("Customers", "Reservations", "ReservationGroups")),
        )

    def _groups(self) -> MewsListing[mews_records.ReservationGroup]:
        return MewsListing(
            response_key="ReservationGroups",
            revision=self._revision,
            select=lambda request: _named(
                self._records.groups, request.texts("ReservationGroupIds")
            ),
            render=lambda item, _: self._renderer.group(item),
            filters={"ReservationGroupIds": "id"},
            one_of=("ReservationGroupIds", "UpdatedUtc"),
        )

    def _room_listings(self) -> dict[str, Handler]:
        resources: MewsListing[mews_records.Resource] = MewsListing(
            response_key="Resources",
            revision=self._revision,
            select=lambda _: self._records.resources(),
            render=lambda item, _: self._renderer.room(item),
            filters={"ResourceIds": "id", "Names": "room.number"},
            required=("Extent",),
            constant_fields=dict.fromkeys(_DEPRECATED_RESOURCE_EXTENTS),
        )
        blocks: MewsListing[mews_records.ResourceBlock] = MewsListing(
            response_key="ResourceBlocks",
            revision=self._revision,
            select=self._select_blocks,
            render=lambda item, _: self._renderer.block(item),
            filters={"ResourceBlockIds": "id", "AssignedResourceIds": "room_id"},
            times=_UPDATED_OR_CREATED,
            required=("Extent",),
        )
        return {
            "resources/getAll": resources.answer,
            "resourceBlocks/getAll": blocks.answer,
        }

    def _select_blocks(self, request: ApiRequest) -> list[mews_records.ResourceBlock]:
        with_inactive = request.flag("Extent", "Inactive")
        return [b for b in self._records.blocks() if with_inactive or b.deleted is None]

    def _catalog_listings(self) -> dict[str, Handler]:
        catalog = self._catalog
        rows = (
            ("services", "Services", catalog.services, "ServiceIds", None),
            (
                "resourceCategories",
                "ResourceCategories",
                catalog.categories,
                "ResourceCategoryIds",
                "ServiceIds",
            ),
            (
                "resourceCategoryAssignments",
                "ResourceCategoryAssignments",
                catalog.assignments,
                "ResourceCategoryAssignmentIds",
                "ResourceCategoryIds",
            ),
            ("rates", "Rates", catalog.rates, "RateIds", "ServiceIds"),
            ("ageCategories", "AgeCategories", catalog.ages, "AgeCategoryIds", None),
            ("companies", "Companies", catalog.companies, "CompanyIds", None),
        )
        return {
            f"{path}/getAll": self._catalog_listing(key, entries, ids, parents).answer
            for path, key, entries, ids, parents in rows
        }

    def _catalog_listing(
        self, response_key: str, entries: list[CatalogEntry], ids: str, parents: str | None
    ) -> MewsListing[CatalogEntry]:
        """`parents` names the vendor's mandatory filter by owner."""
        return MewsListing(
            response_key=response_key,
            revision=self._revision,
            select=lambda _: entries,
            render=lambda item, _: item.body,
            filters={ids: "id", **({parents: "parent_id"} if parents else {})},
            required=(parents,) if parents else (),
            constant_fields=self._catalog.rate_groups() if response_key == "Rates" else {},
        )

    def _availability(self, request: ApiRequest) -> Json:
        if request.text("ServiceId") != self._catalog.stay_service_id:
            raise invalid("ServiceId")
        wanted = request.texts("Metrics")
        if not wanted or not wanted.keys() <= set(METRICS):
            raise invalid("Metrics")
        first = self._unit_start(request, "FirstTimeUnitStartUtc")
        last = self._unit_start(request, "LastTimeUnitStartUtc")
        if not first <= last <= first + timedelta(days=MAX_AVAILABILITY_DAYS - 1):
            raise invalid("LastTimeUnitStartUtc")
        nights = days_between(first, last + timedelta(days=1))
        return {
            "TimeUnitStartsUtc": [
                utc_text(to_seconds(self._hotel.instant(night))) for night in nights
            ],
            "ResourceCategoryAvailabilities": [
                {
                    "ResourceCategoryId": category_id,
                    "Metrics": {name: counts.metrics[name] for name in wanted},
                }
                for category_id, counts in count_nights(self._records, nights).items()
            ],
        }

    def _unit_start(self, request: ApiRequest, name: str) -> date:
        instant = request.instant(name)
        day = self._hotel.local(int(instant) * TICKS).date()
        if to_seconds(self._hotel.instant(day)) != instant:
            raise invalid(name)
        return day


def _named(records: Mapping[str, T], wanted: Iterable[str] | None) -> Iterable[T]:
    """Those with the wanted ids; all where there are none."""
    if wanted is None:
        return records.values()
    return [records[item_id] for item_id in wanted if item_id in records]
