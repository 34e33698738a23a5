"""The Connector API as questions: tokens in the body, cursor paging, pages that shrink when heavy.

guidelines/requests.md, pagination.md. No request body may ever be logged.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias, TypeVar

from adapters.outbound.provider_kit.http_call import Answer, Call
from adapters.outbound.provider_kit.json_text import Json, dumps
from adapters.outbound.provider_kit.transport import Transport
from adapters.outbound.providers.mews.capabilities import MOST_IDS, MOST_PER_PAGE
from domain.sync import TransportCounts
from ports.errors import AccessForbidden, ProviderRejected, TooHeavy, UnreadableAnswer

T = TypeVar("T")
Parameters: TypeAlias = Mapping[str, Json]

PREFIX: Final = "/api/connector/v1/"
_HEADERS: Final = {"Content-Type": "application/json", "Accept": "application/json"}
_FEWEST_PER_PAGE: Final = 50


@dataclass(slots=True)
class PageSize:
    """Halves when an answer was too heavy (408), grows by an eighth with each that was not."""

    value: int = MOST_PER_PAGE

    @property
    def can_shrink(self) -> bool:
        return self.value > _FEWEST_PER_PAGE

    def shrink(self) -> None:
        self.value = max(_FEWEST_PER_PAGE, self.value // 2)

    def grow(self) -> None:
        self.value = min(MOST_PER_PAGE, self.value + self.value // 8)


@dataclass(frozen=True, slots=True)
class Listing:
    """One paged operation: its path, the key of its list, and the filter that takes ids."""

    operation: str
    key: str
    ids: str
    always: Parameters = field(default_factory=dict)


RESERVATIONS: Final = Listing("reservations/getAll/2023-06-06", "Reservations", "ReservationIds")
CUSTOMERS: Final = Listing(
    "customers/getAll",
    "Customers",
    "CustomerIds",
    {
        "Extent": {"Customers": True, "Addresses": True},
        "ActivityStates": ["Active", "Deleted"],
    },
)
COMPANIONSHIPS: Final = Listing(
    "companionships/getAll",
    "Companionships",
    "ReservationIds",
    {"Extent": {"Reservations": False, "ReservationGroups": False, "Customers": False}},
)
CHARGES: Final = Listing("orderItems/getAll", "OrderItems", "ServiceOrderIds")
COMPANIES: Final = Listing("companies/getAll", "Companies", "CompanyIds")
SERVICES: Final = Listing("services/getAll", "Services", "ServiceIds")
CATEGORIES: Final = Listing("resourceCategories/getAll", "ResourceCategories", "ServiceIds")
ASSIGNMENTS: Final = Listing(
    "resourceCategoryAssignments/getAll", "ResourceCategoryAssignments", "ResourceCategoryIds"
)
RESOURCES: Final = Listing(
    "resources/getAll",
    "Resources",
    "ResourceIds",
    {"Extent": {"Resources": True, "Inactive": False}},
)
RATES: Final = Listing(
    "rates/getAll",
    "Rates",
    "ServiceIds",
    {"Extent": {"Rates": True, "AvailabilityBlockAssignments": False}},
)
AGE_CATEGORIES: Final = Listing("ageCategories/getAll", "AgeCategories", "AgeCategoryIds")


@dataclass(frozen=True, slots=True)
class Listed:
    """`cursor` is None on the last page."""

    values: list[Json]
    cursor: str | None


class ConnectorApi:
    """For one connection. Every method may raise the ProviderError family."""

    def __init__(
        self,
        transport: Transport,
        *,
        base_url: str,
        identity: Mapping[str, str],
        correlation_id: str,
    ) -> None:
        self._transport = transport
        self._base_url = base_url.rstrip("/")
        self._identity = identity
        self._correlation_id = correlation_id
        self.page_size = PageSize()

    def counts(self) -> TransportCounts:
        return self._transport.counts()

    def close(self) -> None:
        self._transport.close()

    def ask(
        self, operation: str, parameters: Parameters, *, shrinkable: bool = False
    ) -> dict[str, Json]:
        """`shrinkable`: TooHeavy (408) is raised at once rather than after the usual attempts."""
        call = Call(
            method="POST",
            url=f"{self._base_url}{PREFIX}{operation}",
            headers=_HEADERS,
            body=dumps({**self._identity, **parameters}).encode(),
            safe=True,
            shrinkable=shrinkable,
        )
        answer = self._sent(call)
        if answer.status == 204:
            return {}
        value = answer.json()
        if not isinstance(value, dict):
            raise UnreadableAnswer("expected an object as answer", status=answer.status)
        return value

    def _sent(self, call: Call) -> Answer:
        """A 403 is a rule of the hotel's business here, with a text for its people; what is not
        permitted is 401 (concepts: responses)."""
        try:
            return self._transport.send(call, correlation_id=self._correlation_id)
        except AccessForbidden as rule:
            raise ProviderRejected(status=rule.details.get("status")) from rule

    def page(self, listing: Listing, parameters: Parameters, cursor: str | None) -> Listed:
        """Raises TooHeavy where even the smallest page is."""
        while True:
            count = self.page_size.value
            limitation: Json = {"Count": count, "Cursor": cursor} if cursor else {"Count": count}
            asked = {**listing.always, **parameters, "Limitation": limitation}
            can_shrink = self.page_size.can_shrink
            try:
                answer = self.ask(listing.operation, asked, shrinkable=can_shrink)
            except TooHeavy:
                if not can_shrink:
                    raise
                self.page_size.shrink()
                continue
            self.page_size.grow()
            return _listed(answer, listing, count, cursor)

    def all(self, listing: Listing, parameters: Parameters) -> list[Json]:
        """Every page of a short list."""
        found: list[Json] = []
        cursor = None
        while True:
            listed = self.page(listing, parameters, cursor)
            found += listed.values
            cursor = listed.cursor
            if cursor is None:
                return found

    def by_ids(
        self,
        listing: Listing,
        ids: Sequence[str],
        parameters: Parameters | None = None,
        *,
        filter_name: str | None = None,
    ) -> list[Json]:
        """In as few questions as the vendor's limit allows; none for no ids."""
        found: list[Json] = []
        for chunk in batches(ids, MOST_IDS):
            wanted: Json = list(chunk)
            found += self.all(listing, {**(parameters or {}), filter_name or listing.ids: wanted})
        return found


def batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _listed(answer: Mapping[str, Json], listing: Listing, count: int, asked: str | None) -> Listed:
    values = answer.get(listing.key)
    if values is None:
        # 204 and an extent that was not asked for are the only answers without their list.
        values = []
        if answer:
            raise UnreadableAnswer(f"{listing.key}: the list is missing", path=listing.key)
    if not isinstance(values, list):
        raise UnreadableAnswer(f"{listing.key}: expected a list", path=listing.key)
    cursor = answer.get("Cursor")
    if len(values) < count or not isinstance(cursor, str):
        return Listed(values, None)
    if cursor == asked:
        raise UnreadableAnswer("Cursor: it does not move from page to page", path="Cursor")
    return Listed(values, cursor)
