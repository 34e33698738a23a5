"""What a client learns of the hotel before it reads bookings, and what it completes them with."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from adapters.outbound.provider_kit.errors import UnreadableField
from adapters.outbound.provider_kit.json_text import Json
from adapters.outbound.providers.mews import api as connector
from adapters.outbound.providers.mews.api import ConnectorApi
from adapters.outbound.providers.mews.linked import ask_linked
from adapters.outbound.providers.mews.mapping_bookings import BookingMapper
from adapters.outbound.providers.mews.mapping_guests import map_guest
from adapters.outbound.providers.mews.mapping_records import LANGUAGE, records_of
from adapters.outbound.providers.mews.messages import Messages
from adapters.outbound.providers.mews.references import (
    Enterprise,
    References,
    enterprise_of,
    lodging_services,
    order_of,
    references_of,
    reservation_of,
    services_with_beds,
)
from adapters.outbound.providers.mews.unplaced import Unplaced
from adapters.outbound.providers.mews.vendor_object import VendorObject
from domain.snapshots import HotelRecords
from ports.errors import Misconfigured, UnreadableAnswer, UnreadableMessage
from ports.providers import ReadItem


@dataclass(frozen=True, slots=True, kw_only=True)
class Configured:
    """`now` is the provider's clock."""

    now: datetime
    enterprise: Enterprise
    body: dict[str, Json]


def ask_configuration(api: ConnectorApi) -> Configured:
    answer = api.ask("configuration/get", {})
    try:
        r = VendorObject(answer)
        enterprise = r.required("Enterprise", lambda value, _: enterprise_of(value))
        return Configured(now=r.instant("NowUtc"), enterprise=enterprise, body=answer)
    except UnreadableField as fault:
        raise UnreadableAnswer(fault.message, path=fault.path) from fault


def ask_services(
    api: ConnectorApi, service_ids: tuple[str, ...], unplaced: Unplaced
) -> tuple[tuple[str, ...], list[Json]]:
    """Where people sleep, and the resource categories there. `service_ids`, where the connection
    names them, are taken as they are."""
    candidates = service_ids or _bookable(api.all(connector.SERVICES, {}), unplaced)
    categories = api.by_ids(connector.CATEGORIES, candidates)
    return service_ids or _lodging(candidates, categories, unplaced), categories


@dataclass(frozen=True, slots=True, kw_only=True)
class Hotel:
    """One run's knowledge of the hotel. `services`: where people sleep. `unplaced`: services and
    categories that can't be read, whose bookings are not seen."""

    api: ConnectorApi
    configured: Configured
    services: tuple[str, ...]
    categories: list[Json]
    age_categories: list[Json]
    unplaced: Sequence[ReadItem]

    @classmethod
    def ask(cls, api: ConnectorApi, service_ids: tuple[str, ...]) -> "Hotel":
        """Raises Misconfigured where nobody can sleep, UnreadableAnswer where that is unknown."""
        configured = ask_configuration(api)
        unplaced = Unplaced()
        services, categories = ask_services(api, service_ids, unplaced)
        if not services:
            raise _nowhere_to_sleep(unplaced)
        ages = api.all(connector.AGE_CATEGORIES, {"ServiceIds": list(services)})
        return cls(
            api=api,
            configured=configured,
            services=services,
            categories=categories,
            age_categories=ages,
            unplaced=unplaced.items,
        )

    def records(self) -> tuple[HotelRecords, Sequence[ReadItem]]:
        """And those that can't be read."""
        messages = Messages()
        known = frozenset(self.services)
        own = [value for value in self.categories if _text(value, "ServiceId") in known]
        messages.add("ResourceCategories", own)
        category_ids = list(_texts(own, "Id"))
        assignments = self.api.by_ids(
            connector.ASSIGNMENTS, category_ids, filter_name="ResourceCategoryIds"
        )
        messages.add("ResourceCategoryAssignments", assignments)
        # A resource without an id could be a room of ours.
        rooms = frozenset({"", *_texts(assignments, "ResourceId")})
        resources = self.api.all(connector.RESOURCES, {})
        messages.add("Resources", [r for r in resources if _text(r, "Id") in rooms])
        messages.add("Rates", self.api.by_ids(connector.RATES, self.services))
        unplaced = Unplaced()
        records = records_of(messages, unplaced, language=_language(self.configured.body))
        return records, unplaced.items

    def stays(self, ids: Sequence[str]) -> list[Json]:
        return self.api.by_ids(connector.RESERVATIONS, ids, self.in_services())

    def stays_of(self, customer_ids: Sequence[str]) -> list[Json]:
        """Reservations that these people own or share."""
        owned = self.api.by_ids(
            connector.RESERVATIONS, customer_ids, self.in_services(), filter_name="AccountIds"
        )
        links = self.api.by_ids(connector.COMPANIONSHIPS, customer_ids, filter_name="CustomerIds")
        known = frozenset(ids_of(owned))
        shared = [i for i in ids_of(links, "ReservationId") if i not in known]
        return owned + self.stays(shared)

    def in_services(self) -> dict[str, Json]:
        return {"ServiceIds": list(self.services)}

    def completed(self, reservations: Sequence[Json]) -> "PageOfStays":
        """Bulk questions for all that these reservations refer to."""
        messages = Messages()
        messages.add("Reservations", reservations)
        messages.add("AgeCategories", self.age_categories)
        ids = list(_texts(reservations, "Id"))
        companionships = ask_linked(self.api, connector.COMPANIONSHIPS, ids, reservation_of)
        messages.add("Companionships", companionships.values)
        charges = ask_linked(self.api, connector.CHARGES, ids, order_of)
        messages.add("OrderItems", charges.values)
        messages.spoiled = companionships.spoiled | charges.spoiled
        people, companies = _accounts(reservations)
        people.update(dict.fromkeys(_texts(companionships.values, "CustomerId")))
        messages.add("Customers", self.api.by_ids(connector.CUSTOMERS, list(people)))
        messages.add("Companies", self.api.by_ids(connector.COMPANIES, list(companies)))
        try:
            enterprise = self.configured.enterprise
            return PageOfStays(messages, references_of(messages, enterprise.time_zone))
        except UnreadableMessage as fault:
            raise UnreadableAnswer(fault.message) from fault


@dataclass(frozen=True, slots=True)
class PageOfStays:
    messages: Messages
    references: References

    def guests(self, seen: set[str]) -> Iterator[ReadItem]:
        """Each once in a run: `seen` grows."""
        for entry in self.messages.of("Customers"):
            customer_id = _text(entry.value, "Id")
            if customer_id not in seen:
                seen.add(customer_id)
                yield map_guest(entry, {})

    def bookings(self) -> Iterator[ReadItem]:
        mapper = BookingMapper(self.references)
        yield from (mapper.map(entry) for entry in self.messages.of("Reservations"))
        yield from self.references.unplaced


def guests_of(customers: Iterable[Json], seen: set[str]) -> list[ReadItem]:
    messages = Messages()
    messages.add("Customers", customers)
    found = []
    for entry in messages.of("Customers"):
        seen.add(_text(entry.value, "Id"))
        found.append(map_guest(entry, {}))
    return found


def ids_of(values: Iterable[Json], key: str = "Id") -> list[str]:
    """Each once, in order; values without one are left out."""
    return list(dict.fromkeys(_texts(values, key)))


def _accounts(reservations: Iterable[Json]) -> tuple[dict[str, None], dict[str, None]]:
    people: dict[str, None] = {}
    companies: dict[str, None] = {}
    for value in reservations:
        kind = companies if _text(value, "AccountType") == "Company" else people
        for key, where in (("AccountId", kind), ("BookerId", people)):
            if found := _text(value, key):
                where[found] = None
    return people, companies


def _nowhere_to_sleep(unplaced: Unplaced) -> Misconfigured | UnreadableAnswer:
    reasons = [item.reason for item in unplaced.items if item.reason is not None]
    if reasons:
        return UnreadableAnswer(reasons[0].detail, path=reasons[0].path)
    return Misconfigured(
        "Mews shows no service that rooms are booked in by the day; ask the hotel whether this"
        " access token is of the right property, or name the service in the setting service_ids",
        setting="service_ids",
    )


def _bookable(services: Iterable[Json], unplaced: Unplaced) -> tuple[str, ...]:
    messages = Messages()
    messages.add("Services", services)
    return tuple(sorted(lodging_services(messages.of("Services"), None, unplaced)))


def _lodging(
    candidates: Sequence[str], categories: Sequence[Json], unplaced: Unplaced
) -> tuple[str, ...]:
    """Of the services bookable by the day, those with a category that people sleep in."""
    messages = Messages()
    messages.add("ResourceCategories", categories)
    sleeping = services_with_beds(messages.of("ResourceCategories"), unplaced)
    return tuple(service for service in candidates if service in sleeping)


def _language(body: dict[str, Json]) -> str:
    return _text(body.get("Enterprise"), "DefaultLanguageCode") or LANGUAGE


def _texts(values: Iterable[Json], key: str) -> Iterator[str]:
    for value in values:
        if found := _text(value, key):
            yield found


def _text(value: Json, key: str) -> str:
    """For links alone; the mapper refuses what is not as documented, with its path."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""
