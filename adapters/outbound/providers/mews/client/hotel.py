"""The hotel's configuration and records, and what belongs to its reservations."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from adapters.outbound.provider_kit.http.status_errors import NotFoundAtProvider
from adapters.outbound.provider_kit.parsing.errors import parsing_answer
from adapters.outbound.provider_kit.parsing.json_fields import text_at
from adapters.outbound.provider_kit.parsing.json_messages import numbered_entries
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.local_time import zone
from adapters.outbound.provider_kit.pull.checkpoint import format_utc_seconds
from adapters.outbound.providers.mews.client import api as connector
from adapters.outbound.providers.mews.client.api import UPDATED, MewsConnectorApi
from adapters.outbound.providers.mews.client.bulk_lookup import bulk_lookup
from adapters.outbound.providers.mews.mapping.bookings import MewsBookingMapper
from adapters.outbound.providers.mews.mapping.guests import map_guest
from adapters.outbound.providers.mews.mapping.messages import MewsMessages
from adapters.outbound.providers.mews.mapping.orphan_errors import OrphanErrors
from adapters.outbound.providers.mews.mapping.parsing import PROPERTY_KEY, MewsReader
from adapters.outbound.providers.mews.mapping.records import LANGUAGE, map_records
from adapters.outbound.providers.mews.mapping.references import (
    Enterprise,
    References,
    find_lodging_services,
    find_services_with_beds,
    index_references,
    order_id_of,
    paid_reservation_of,
    parse_enterprise,
    reservation_id_of,
)
from domain.snapshots import HotelRecords
from ports.errors import CredentialsRefused, Misconfigured, UnreadableAnswer, UnreadableMessage
from ports.providers import ReadItem


@dataclass(frozen=True, slots=True, kw_only=True)
class HotelConfiguration:
    """`now` is the provider's clock."""

    now: datetime
    enterprise: Enterprise
    body: dict[str, Json]


def fetch_configuration(api: MewsConnectorApi) -> HotelConfiguration:
    answer = api.fetch("configuration/get", {})
    with parsing_answer():
        r = MewsReader(answer)
        enterprise = r.required("Enterprise", lambda value, _: parse_enterprise(value))
        return HotelConfiguration(now=r.instant("NowUtc"), enterprise=enterprise, body=answer)


def can_read_payments(api: MewsConnectorApi, now: datetime) -> bool:
    """False without the permission, which Mews answers like a refused token (401)."""
    interval: Json = {"StartUtc": format_utc_seconds(now), "EndUtc": format_utc_seconds(now)}
    try:
        api.fetch(connector.PAYMENTS.operation, {UPDATED: interval, "Limitation": {"Count": 1}})
    except (CredentialsRefused, NotFoundAtProvider):
        return False
    return True


def fetch_services(
    api: MewsConnectorApi,
    service_ids: tuple[str, ...],
    enterprise_id: str,
    orphan_errors: OrphanErrors,
) -> tuple[tuple[str, ...], list[Json]]:
    """The enterprise's accommodation services and their resource categories. An access token may
    be for several enterprises. `service_ids`: as the connection names them, unchecked; empty to
    find them."""
    candidates = service_ids or _find_bookable_services(
        [
            value
            for value in api.all(connector.SERVICES, {})
            if text_at(value, PROPERTY_KEY) in (None, enterprise_id)
        ],
        orphan_errors,
    )
    categories = api.by_ids(connector.CATEGORIES, candidates)
    return service_ids or _filter_lodging_services(
        candidates, categories, orphan_errors
    ), categories


@dataclass(frozen=True, slots=True, kw_only=True)
class MewsHotel:
    """As known to one run. `services`: accommodation services. `reads_payments`: whether the access
    token allows it. `orphan_errors`: unreadable services and categories, whose bookings are not
    read."""

    api: MewsConnectorApi
    configured: HotelConfiguration
    services: tuple[str, ...]
    categories: list[Json]
    age_categories: list[Json]
    reads_payments: bool
    orphan_errors: Sequence[ReadItem]

    @property
    def zone(self) -> ZoneInfo:
        """Raises UnknownZone."""
        return zone(self.configured.enterprise.time_zone)

    @classmethod
    def fetch(cls, api: MewsConnectorApi, service_ids: tuple[str, ...]) -> "MewsHotel":
        """Raises Misconfigured if there is no accommodation service, UnreadableAnswer if that is
        unknown."""
        configured = fetch_configuration(api)
        api.enterprise_id = configured.enterprise.id
        orphan_errors = OrphanErrors()
        services, categories = fetch_services(
            api, service_ids, configured.enterprise.id, orphan_errors
        )
        if not services:
            raise _no_lodging_error(orphan_errors)
        ages = api.all(connector.AGE_CATEGORIES, {"ServiceIds": list(services)})
        return cls(
            api=api,
            configured=configured,
            services=services,
            categories=categories,
            age_categories=ages,
            reads_payments=can_read_payments(api, configured.now),
            orphan_errors=orphan_errors.items,
        )

    def records(self) -> tuple[HotelRecords, Sequence[ReadItem]]:
        """With items for the unreadable ones."""
        messages = MewsMessages()
        known = frozenset(self.services)
        own = [value for value in self.categories if text_at(value, "ServiceId") in known]
        messages.add("ResourceCategories", own)
        assignments = self.api.by_ids(connector.ASSIGNMENTS, ids_of(own))
        messages.add("ResourceCategoryAssignments", assignments)
        # A resource without an id could be one of the hotel's rooms.
        rooms = frozenset({"", *ids_of(assignments, "ResourceId")})
        resources = self.api.all(connector.RESOURCES, {})
        messages.add("Resources", [r for r in resources if (text_at(r, "Id") or "") in rooms])
        messages.add("Rates", self.api.by_ids(connector.RATES, self.services))
        orphan_errors = OrphanErrors()
        records = map_records(messages, orphan_errors, language=_language(self.configured.body))
        return records, orphan_errors.items

    def fetch_reservations(self, ids: Sequence[str]) -> list[Json]:
        return self.api.by_ids(connector.RESERVATIONS, ids, self.service_filter())

    def fetch_reservations_of_customers(self, customer_ids: Sequence[str]) -> list[Json]:
        """Reservations that these customers own or share."""
        owned = self.api.by_ids(
            connector.RESERVATIONS, customer_ids, self.service_filter(), filter_name="AccountIds"
        )
        links = self.api.by_ids(connector.COMPANIONSHIPS, customer_ids, filter_name="CustomerIds")
        known = frozenset(ids_of(owned))
        shared = [i for i in ids_of(links, "ReservationId") if i not in known]
        return owned + self.fetch_reservations(shared)

    def service_filter(self) -> dict[str, Json]:
        return {"ServiceIds": list(self.services)}

    def fetch_reservations_of_payments(self, payment_ids: Sequence[str]) -> list[Json]:
        """Empty for payments of an account only, and if payments are not readable."""
        if not self.reads_payments:
            return []
        payments = self.api.by_ids(connector.PAYMENTS, payment_ids, filter_name="PaymentIds")
        return self.fetch_reservations(ids_of(payments, "ReservationId"))

    def fetch_referenced(self, reservations: Sequence[Json]) -> "MewsReservationPage":
        """With everything that these reservations refer to, in bulk."""
        messages = MewsMessages()
        messages.add("Reservations", reservations)
        messages.add("AgeCategories", self.age_categories)
        ids = ids_of(reservations)
        companionships = bulk_lookup(self.api, connector.COMPANIONSHIPS, ids, reservation_id_of)
        messages.add("Companionships", companionships.values)
        charges = bulk_lookup(self.api, connector.CHARGES, ids, order_id_of)
        messages.add("OrderItems", charges.values)
        messages.unreadable = {
            "Companionships": companionships.invalid,
            "OrderItems": charges.invalid,
        }
        if self.reads_payments:
            payments = bulk_lookup(self.api, connector.PAYMENTS, ids, paid_reservation_of)
            messages.add("Payments", payments.values)
            messages.unreadable["Payments"] = payments.invalid
        people, companies = _collect_account_ids(reservations)
        people.update(dict.fromkeys(ids_of(companionships.values, "CustomerId")))
        messages.add("Customers", self.api.by_ids(connector.CUSTOMERS, list(people)))
        messages.add("Companies", self.api.by_ids(connector.COMPANIES, list(companies)))
        try:
            enterprise = self.configured.enterprise
            return MewsReservationPage(messages, index_references(messages, enterprise.time_zone))
        except UnreadableMessage as fault:
            raise UnreadableAnswer(fault.message) from fault


@dataclass(frozen=True, slots=True)
class MewsReservationPage:
    messages: MewsMessages
    references: References

    def guests(self, seen: set[str]) -> Iterator[ReadItem]:
        """Each once in a run; adds to `seen`."""
        for entry in self.messages.of("Customers"):
            customer_id = text_at(entry.value, "Id") or ""
            if customer_id not in seen:
                seen.add(customer_id)
                yield map_guest(entry, {})

    def bookings(self) -> Iterator[ReadItem]:
        mapper = MewsBookingMapper(self.references)
        yield from (mapper.map(entry) for entry in self.messages.of("Reservations"))
        yield from self.references.orphan_errors


def map_guests(customers: Iterable[Json], seen: set[str]) -> list[ReadItem]:
    found = []
    for entry in numbered_entries("Customers", customers):
        seen.add(text_at(entry.value, "Id") or "")
        found.append(map_guest(entry, {}))
    return found


def ids_of(values: Iterable[Json], key: str = "Id") -> list[str]:
    """Each once, in order; values without one are left out."""
    return list(dict.fromkeys(found for value in values if (found := text_at(value, key))))


def _collect_account_ids(reservations: Iterable[Json]) -> tuple[dict[str, None], dict[str, None]]:
    people: dict[str, None] = {}
    companies: dict[str, None] = {}
    for value in reservations:
        kind = companies if text_at(value, "AccountType") == "Company" else people
        for key, where in (("AccountId", kind), ("BookerId", people)):
            if found := text_at(value, key):
                where[found] = None
    return people, companies


def _no_lodging_error(orphan_errors: OrphanErrors) -> Misconfigured | UnreadableAnswer:
    reasons = [item.reason for item in orphan_errors.items if item.reason is not None]
    if reasons:
        return UnreadableAnswer(reasons[0].detail, path=reasons[0].path)
    return Misconfigured(
        "Mews shows no service that rooms are booked in by the day; ask the hotel whether this"
        " access token is of the right property, or name the service in the setting service_ids",
        setting="service_ids",
    )


def _find_bookable_services(
    services: Iterable[Json], orphan_errors: OrphanErrors
) -> tuple[str, ...]:
    entries = numbered_entries("Services", services)
    return tuple(sorted(find_lodging_services(entries, None, orphan_errors)))


def _filter_lodging_services(
    candidates: Sequence[str], categories: Sequence[Json], orphan_errors: OrphanErrors
) -> tuple[str, ...]:
    """The services bookable by the day that have a category with beds."""
    entries = numbered_entries("ResourceCategories", categories)
    with_beds = find_services_with_beds(entries, orphan_errors)
    return tuple(service for service in candidates if service in with_beds)


def _language(body: dict[str, Json]) -> str:
    return text_at(body, "Enterprise", "DefaultLanguageCode") or LANGUAGE
