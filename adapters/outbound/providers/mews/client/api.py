"""Requests to the Connector API: tokens in the body, cursor paging, pages that shrink if heavy.

guidelines/requests.md, pagination.md. No request body may ever be logged.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from adapters.outbound.provider_kit.http.messages import HttpRequest, HttpResponse
from adapters.outbound.provider_kit.http.transport import Transport
from adapters.outbound.provider_kit.http.vendor_api import NO_CONTENT, VendorApi, json_object
from adapters.outbound.provider_kit.parsing.enclosing_property import named_foreign
from adapters.outbound.provider_kit.parsing.json_text import Json, dumps
from adapters.outbound.provider_kit.pull.reading import batches
from adapters.outbound.providers.mews.capabilities import MAX_IDS_PER_REQUEST, MAX_PER_PAGE
from adapters.outbound.providers.mews.mapping.parsing import PROPERTY_PATHS
from ports.errors import AccessForbidden, ProviderRejected, TooHeavy, UnreadableAnswer

Parameters: TypeAlias = Mapping[str, Json]

UPDATED: Final = "UpdatedUtc"
PREFIX: Final = "/api/connector/v1/"
_HEADERS: Final = {"Content-Type": "application/json", "Accept": "application/json"}
_MIN_PER_PAGE: Final = 50


@dataclass(slots=True)
class PageSize:
    """Halved after a response that was too heavy (408), grows by an eighth after each other."""

    value: int = MAX_PER_PAGE

    @property
    def can_shrink(self) -> bool:
        return self.value > _MIN_PER_PAGE

    def shrink(self) -> None:
        self.value = max(_MIN_PER_PAGE, self.value // 2)

    def grow(self) -> None:
        self.value = min(MAX_PER_PAGE, self.value + self.value // 8)


@dataclass(frozen=True, slots=True)
class PagedOperation:
    """`operation`: its path; `key`: of the list in a response; `ids`: the filter by ids."""

    operation: str
    key: str
    ids: str
    fixed_parameters: Parameters = field(default_factory=dict)


RESERVATIONS: Final = PagedOperation(
    "reservations/getAll/2023-06-06", "Reservations", "ReservationIds"
)
CUSTOMERS: Final = PagedOperation(
    "customers/getAll",
    "Customers",
    "CustomerIds",
    {"Extent": {"Customers": True, "Addresses": True}, "ActivityStates": ["Active", "Deleted"]},
)
COMPANIONSHIPS: Final = PagedOperation(
    "companionships/getAll",
    "Companionships",
    "ReservationIds",
    {"Extent": {"Reservations": False, "ReservationGroups": False, "Customers": False}},
)
CHARGES: Final = PagedOperation("orderItems/getAll", "OrderItems", "ServiceOrderIds")
PAYMENTS: Final = PagedOperation("payments/getAll", "Payments", "ReservationIds")
COMPANIES: Final = PagedOperation("companies/getAll", "Companies", "CompanyIds")
SERVICES: Final = PagedOperation("services/getAll", "Services", "ServiceIds")
CATEGORIES: Final = PagedOperation("resourceCategories/getAll", "ResourceCategories", "ServiceIds")
ASSIGNMENTS: Final = PagedOperation(
    "resourceCategoryAssignments/getAll", "ResourceCategoryAssignments", "ResourceCategoryIds"
)
RESOURCES: Final = PagedOperation(
    "resources/getAll",
    "Resources",
    "ResourceIds",
    {"Extent": {"Resources": True, "Inactive": False}},
)
RATES: Final = PagedOperation(
    "rates/getAll",
    "Rates",
    "ServiceIds",
    {"Extent": {"Rates": True, "AvailabilityBlockAssignments": False}},
)
AGE_CATEGORIES: Final = PagedOperation("ageCategories/getAll", "AgeCategories", "AgeCategoryIds")


class MewsListPage(NamedTuple):
    """`cursor` is None on the last page."""

    values: list[Json]
    cursor: str | None


class MewsConnectorApi(VendorApi):
    def __init__(
        self,
        transport: Transport,
        *,
        base_url: str,
        identity: Mapping[str, str],
        correlation_id: str,
    ) -> None:
        super().__init__(transport, base_url=base_url, correlation_id=correlation_id)
        self._identity = identity
        self.enterprise_id: str | None = None
        self.page_size = PageSize()

    def fetch(
        self, operation: str, parameters: Parameters, *, is_splittable: bool = False
    ) -> dict[str, Json]:
        """`is_splittable`: TooHeavy (408) is raised at once, without retries."""
        call = HttpRequest(
            method="POST",
            url=f"{self._base_url}{PREFIX}{operation}",
            headers=_HEADERS,
            body=dumps({**self._identity, **parameters}).encode(),
            is_idempotent=True,
            is_splittable=is_splittable,
        )
        answer = self._send(call)
        return {} if answer.status == NO_CONTENT else json_object(answer)

    def _send(self, request: HttpRequest) -> HttpResponse:
        """Here a 403 is a violated business rule, with a text for the staff; missing permission is
        401 (concepts: responses)."""
        try:
            return super()._send(request)
        except AccessForbidden as rule:
            raise ProviderRejected(status=rule.status).of_response(rule) from rule

    def page(
        self, listing: PagedOperation, parameters: Parameters, cursor: str | None
    ) -> MewsListPage:
        """Raises TooHeavy if even the smallest page is."""
        while True:
            count = self.page_size.value
            limitation: Json = {"Count": count, "Cursor": cursor} if cursor else {"Count": count}
            request_body = {**listing.fixed_parameters, **parameters, "Limitation": limitation}
            can_shrink = self.page_size.can_shrink
            try:
                answer = self.fetch(listing.operation, request_body, is_splittable=can_shrink)
            except TooHeavy:
                if not can_shrink:
                    raise
                self.page_size.shrink()
                continue
            self.page_size.grow()
            values, next_cursor = _parse_list_page(answer, listing, count, cursor)
            named = named_foreign(values, [answer], PROPERTY_PATHS, self.enterprise_id)
            return MewsListPage(list(named), next_cursor)

    def all(self, listing: PagedOperation, parameters: Parameters) -> list[Json]:
        """Every page of a short list."""
        found: list[Json] = []
        cursor = None
        while True:
            list_page = self.page(listing, parameters, cursor)
            found += list_page.values
            cursor = list_page.cursor
            if cursor is None:
                return found

    def by_ids(
        self,
        listing: PagedOperation,
        ids: Sequence[str],
        parameters: Parameters | None = None,
        *,
        filter_name: str | None = None,
    ) -> list[Json]:
        """In as few requests as the vendor's limit allows; none for no ids."""
        found: list[Json] = []
        for chunk in batches(ids, MAX_IDS_PER_REQUEST):
            wanted_ids: Json = list(chunk)
            found += self.all(
                listing, {**(parameters or {}), filter_name or listing.ids: wanted_ids}
            )
        return found


def _parse_list_page(
    answer: Mapping[str, Json], listing: PagedOperation, count: int, sent_cursor: str | None
) -> MewsListPage:
    values = answer.get(listing.key)
    if values is None:
        # Only a 204 and an extent that was not requested have no list.
        values = []
        if answer:
            raise UnreadableAnswer(f"{listing.key}: the list is missing", path=listing.key)
    if not isinstance(values, list):
        raise UnreadableAnswer(f"{listing.key}: expected a list", path=listing.key)
    cursor = answer.get("Cursor")
    if len(values) < count or not isinstance(cursor, str):
        return MewsListPage(values, None)
    if cursor == sent_cursor:
        raise UnreadableAnswer("Cursor: it does not move from page to page", path="Cursor")
    return MewsListPage(values, cursor)
