"""The objects that reservations refer to, indexed: time zone, people, charges."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from zoneinfo import ZoneInfo

from adapters.outbound.provider_kit.parsing.errors import UnknownZone, UnreadableField
from adapters.outbound.provider_kit.parsing.json_fields import text_at
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.local_time import zone
from adapters.outbound.provider_kit.parsing.read_items import FieldTrace, JsonEntry
from adapters.outbound.providers.mews.mapping.code_tables import AGE_CLASSES, LODGING_CATEGORIES
from adapters.outbound.providers.mews.mapping.messages import MewsMessages
from adapters.outbound.providers.mews.mapping.orphan_errors import OrphanErrors
from adapters.outbound.providers.mews.mapping.parsing import PROPERTY_KEY, MewsReader
from adapters.outbound.providers.mews.mapping.unreadable_amounts import UnreadableAmounts
from domain.messages import ItemKind
from domain.values import AgeClass
from ports.errors import UnreadableMessage
from ports.providers import ReadItem

BOOKABLE: Final = "Bookable"
DAY: Final = "Day"


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """`companions`, `charges` and `payments` are None if none were sent, or if one cannot be
    assigned to its booking: the stored ones of each booking are then unchanged."""

    zone: ZoneInfo
    customers: Mapping[str, JsonEntry]
    companies: Mapping[str, JsonEntry]
    companions: Mapping[str, list[JsonEntry]] | None
    charges: Mapping[str, list[JsonEntry]] | None
    payments: Mapping[str, list[JsonEntry]] | None
    documents: Mapping[str, list[JsonEntry]]
    age_classes: Mapping[str, AgeClass]
    lodging: frozenset[str] | None
    """Ids of the accommodation services; None if the services were not sent."""
    unreadable: Mapping[str, Mapping[str, UnreadableField]]
    """By list: ids of bookings that an object with an unreadable link belongs to, with its error.
    """
    orphan_errors: Sequence[ReadItem]
    enterprise_id: str | None = None
    """Of the configuration, if it was sent."""
    enterprise_of: Mapping[str, str] = field(default_factory=dict)
    """By the id of a service or reservation group: reservations do not name their enterprise."""

    def is_unreadable(self, key: str, booking_id: str) -> bool:
        """Whether an object of the list `key` is missing for this booking."""
        return bool(self.unreadable) and booking_id in self.unreadable.get(key, ())

    def trace_unreadable(self, booking_id: str) -> FieldTrace:
        """For the mapping report."""
        found = UnreadableAmounts()
        for errors in self.unreadable.values():
            if error := errors.get(booking_id):
                found.add("", error)
        return found.trace()

    def with_property(self, entry: JsonEntry) -> JsonEntry:
        """The entry with its enterprise, as far as the other objects show it."""
        if text_at(entry.value, PROPERTY_KEY):
            return entry
        owners = (text_at(entry.value, key) or "" for key in ("ServiceId", "GroupId"))
        known = (self.enterprise_of.get(owner) for owner in owners)
        around = text_at(entry.envelope, PROPERTY_KEY) or self.enterprise_id
        enterprise_id = next(filter(None, known), around)
        return entry._replace(envelope={PROPERTY_KEY: enterprise_id}) if enterprise_id else entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Enterprise:
    """configuration.md, "Enterprise"."""

    id: str
    name: str
    time_zone: str
    currency: str | None
    net_prices: bool


def index_references(messages: MewsMessages, time_zone: str) -> References:
    """`time_zone` is used if the messages have no configuration. Raises UnreadableMessage."""
    orphan_errors = OrphanErrors()
    try:
        if messages.enterprise is not None:
            time_zone = parse_enterprise(messages.enterprise).time_zone
        return References(
            zone=zone(time_zone),
            customers=_by_id(map(unwrap_customer, messages.of("Customers"))),
            companies=_by_id(messages.of("Companies")),
            companions=_companions(messages.lists.get("Companionships"), orphan_errors),
            charges=_group_all(messages.lists.get("OrderItems"), order_id_of, orphan_errors),
            payments=_group_all(messages.lists.get("Payments"), paid_reservation_of, orphan_errors),
            documents=_documents(messages.of("IdentityDocuments"), orphan_errors),
            age_classes=_age_classes(messages.of("AgeCategories")),
            lodging=_lodging_service_ids(messages, orphan_errors),
            unreadable=messages.unreadable,
            orphan_errors=orphan_errors.items,
            enterprise_id=text_at(messages.enterprise, "Id"),
            enterprise_of=_enterprises(messages),
        )
    except UnreadableField as fault:
        raise UnreadableMessage(fault.message, path=fault.path) from fault
    except UnknownZone as fault:
        raise UnreadableMessage("the time zone is not an IANA name") from fault


def _enterprises(messages: MewsMessages) -> dict[str, str]:
    return {
        owner: enterprise_id
        for entry in (*messages.of("Services"), *messages.of("ReservationGroups"))
        if (owner := text_at(entry.value, "Id"))
        and (enterprise_id := text_at(entry.value, PROPERTY_KEY))
    }


def parse_enterprise(value: Json) -> Enterprise:
    """Raises UnreadableField."""
    r = MewsReader(value, "Enterprise")
    default = None
    for currency in r.optional_objects("Currencies") or ():
        if currency.optional_boolean("IsDefault"):
            default = currency.text("Currency")
    return Enterprise(
        id=r.text("Id"),
        name=r.optional_text("Name") or "",
        time_zone=r.text("TimeZoneIdentifier"),
        currency=default,
        net_prices=r.optional_text("Pricing") == "Net",
    )


def find_lodging_services(
    services: Iterable[JsonEntry],
    categories: Iterable[JsonEntry] | None,
    orphan_errors: OrphanErrors,
) -> frozenset[str]:
    """Services bookable by day that have, if categories were sent, one for accommodation."""
    with_beds = None if categories is None else find_services_with_beds(categories, orphan_errors)
    readable_entries = orphan_errors.readable(
        services, lambda r: (r.text("Id"), _is_bookable_by_day(r))
    )
    by_day = {service_id for _, (service_id, is_by_day) in readable_entries if is_by_day}
    return frozenset(by_day if with_beds is None else by_day & with_beds)


def _lodging_service_ids(
    messages: MewsMessages, orphan_errors: OrphanErrors
) -> frozenset[str] | None:
    services = messages.lists.get("Services")
    if services is None:
        return None
    return find_lodging_services(services, messages.lists.get("ResourceCategories"), orphan_errors)


def _is_bookable_by_day(service: MewsReader) -> bool:
    data = service.optional_object("Data")
    if data is None or data.optional_text("Discriminator") != BOOKABLE:
        return False
    value = data.optional_object("Value")
    return (
        value is not None
        and (value.optional_text("TimeUnitPeriod") or value.optional_text("TimeUnit")) == DAY
    )


def find_services_with_beds(
    categories: Iterable[JsonEntry], orphan_errors: OrphanErrors
) -> frozenset[str]:
    readable_entries = orphan_errors.readable(
        categories, lambda r: (r.text("ServiceId"), r.optional_text("Type"))
    )
    return frozenset(
        service for _, (service, kind) in readable_entries if kind in LODGING_CATEGORIES
    )


def unwrap_customer(entry: JsonEntry) -> JsonEntry:
    """customers/search wraps each customer in an object."""
    value = entry.value
    if isinstance(value, dict) and isinstance(value.get("Customer"), dict):
        path = f"{entry.path}.Customer" if entry.path else "Customer"
        return JsonEntry(path, value["Customer"])
    return entry


def _by_id(entries: Iterable[JsonEntry]) -> dict[str, JsonEntry]:
    """Entries without an id are skipped; as items of their own their mapper rejects them."""
    return {
        entry_id: entry for entry in entries if (entry_id := text_at(entry.value, "Id")) is not None
    }


def order_id_of(charge: MewsReader) -> str:
    """Raises UnreadableField, also if it is missing."""
    return charge.text("ServiceOrderId")


def reservation_id_of(companionship: MewsReader) -> str | None:
    """None for a companion of a whole group. Raises UnreadableField."""
    return companionship.optional_text("ReservationId")


def paid_reservation_of(payment: MewsReader) -> str | None:
    """None for a payment of an account only. Raises UnreadableField."""
    return payment.optional_text("ReservationId")


def _group_all(
    entries: Sequence[JsonEntry] | None,
    owner_of: Callable[[MewsReader], str | None],
    orphan_errors: OrphanErrors,
) -> dict[str, list[JsonEntry]] | None:
    """By owner, without those that have none. None if one has an unreadable link: the amounts of
    any booking could then be wrong."""
    if entries is None:
        return None
    readable_entries = orphan_errors.readable(entries, owner_of)
    return _group_by_owner(readable_entries) if len(readable_entries) == len(entries) else None


def _companions(
    entries: Sequence[JsonEntry] | None, orphan_errors: OrphanErrors
) -> dict[str, list[JsonEntry]] | None:
    """By reservation; companions of a whole group are left out."""
    ordered = None if entries is None else sorted(entries, key=_entry_id)
    return _group_all(ordered, reservation_id_of, orphan_errors)


def _documents(
    entries: Sequence[JsonEntry], orphan_errors: OrphanErrors
) -> dict[str, list[JsonEntry]]:
    return _group_by_owner(
        orphan_errors.readable(entries, lambda r: r.text("CustomerId"), ItemKind.GUEST)
    )


def _group_by_owner(linked: Iterable[tuple[JsonEntry, str | None]]) -> dict[str, list[JsonEntry]]:
    found: dict[str, list[JsonEntry]] = {}
    for entry, owner in linked:
        if owner is not None:
            found.setdefault(owner, []).append(entry)
    return found


def _entry_id(entry: JsonEntry) -> str:
    """Sort key that does not depend on the order of the response, which is by change."""
    return text_at(entry.value, "Id") or ""


def _age_classes(entries: Iterable[JsonEntry]) -> dict[str, AgeClass]:
    """By category id; an unknown classification is OTHER."""
    return {
        category_id: AGE_CLASSES.get(text_at(entry.value, "Classification") or "", AgeClass.OTHER)
        for category_id, entry in _by_id(entries).items()
    }
