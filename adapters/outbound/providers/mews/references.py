"""What a reservation refers to, indexed: the hotel's zone, people, charges."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from adapters.outbound.provider_kit.errors import UnknownZone, UnreadableField
from adapters.outbound.provider_kit.json_text import Json
from adapters.outbound.provider_kit.local_time import zone
from adapters.outbound.providers.mews.messages import Messages
from adapters.outbound.providers.mews.unplaced import Unplaced
from adapters.outbound.providers.mews.vendor_object import Entry, VendorObject
from adapters.outbound.providers.mews.wording import AGE_CLASSES, LODGING_CATEGORIES
from domain.messages import ItemKind
from domain.values import AgeClass
from ports.errors import UnreadableMessage
from ports.providers import ReadItem

BOOKABLE: Final = "Bookable"
DAY: Final = "Day"
OTHER: Final = AgeClass.OTHER


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """`companions` and `charges` are None where nobody told of any, or where one of them can't be
    tied to its booking: what is known of each booking stays then."""

    zone: ZoneInfo
    customers: Mapping[str, Entry]
    companies: Mapping[str, Entry]
    companions: Mapping[str, list[Entry]] | None
    charges: Mapping[str, list[Entry]] | None
    documents: Mapping[str, list[Entry]]
    age_classes: Mapping[str, AgeClass]
    lodging: frozenset[str] | None
    """Ids of the services in which people sleep; None where the services were not told."""
    spoiled: Mapping[str, UnreadableField]
    """Ids of bookings that refer to something unreadable."""
    unplaced: Sequence[ReadItem]


@dataclass(frozen=True, slots=True, kw_only=True)
class Enterprise:
    """configuration.md, "Enterprise"."""

    id: str
    name: str
    time_zone: str
    currency: str | None
    net_prices: bool


def references_of(messages: Messages, time_zone: str) -> References:
    """The configuration's zone, if told, wins over ours. Amounts name their currency themselves.

    Raises UnreadableMessage.
    """
    unplaced = Unplaced()
    try:
        told = enterprise_of(messages.enterprise) if messages.enterprise is not None else None
        return References(
            zone=zone(told.time_zone if told else time_zone),
            customers=_by_id(_unwrapped(messages.of("Customers"))),
            companies=_by_id(messages.of("Companies")),
            companions=_companions(messages.lists.get("Companionships"), unplaced),
            charges=_charges(messages.lists.get("OrderItems"), unplaced),
            documents=_documents(messages.of("IdentityDocuments"), unplaced),
            age_classes=_age_classes(messages.of("AgeCategories")),
            lodging=_lodging_told(messages, unplaced),
            spoiled=messages.spoiled,
            unplaced=unplaced.items,
        )
    except UnreadableField as fault:
        raise UnreadableMessage(fault.message, path=fault.path) from fault
    except UnknownZone as fault:
        raise UnreadableMessage("the time zone is not an IANA name") from fault


def enterprise_of(value: Json) -> Enterprise:
    """Raises UnreadableField."""
    r = VendorObject(value, "Enterprise")
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


def lodging_services(
    services: Iterable[Entry], categories: Iterable[Entry] | None, unplaced: Unplaced
) -> frozenset[str]:
    """Bookable by the day and, where the categories are told, with one that people sleep in."""
    sleeping = None if categories is None else services_with_beds(categories, unplaced)
    read = unplaced.readable(services, lambda r: (r.text("Id"), _is_bookable_by_day(r)))
    by_day = {service_id for _, (service_id, is_by_day) in read if is_by_day}
    return frozenset(by_day if sleeping is None else by_day & sleeping)


def _lodging_told(messages: Messages, unplaced: Unplaced) -> frozenset[str] | None:
    services = messages.lists.get("Services")
    if services is None:
        return None
    return lodging_services(services, messages.lists.get("ResourceCategories"), unplaced)


def _is_bookable_by_day(service: VendorObject) -> bool:
    data = service.optional_object("Data")
    if data is None or data.optional_text("Discriminator") != BOOKABLE:
        return False
    value = data.optional_object("Value")
    if value is None:
        return False
    period = value.optional_text("TimeUnitPeriod") or value.optional_text("TimeUnit")
    return period == DAY


def services_with_beds(categories: Iterable[Entry], unplaced: Unplaced) -> frozenset[str]:
    read = unplaced.readable(categories, lambda r: (r.text("ServiceId"), r.optional_text("Type")))
    return frozenset(service for _, (service, kind) in read if kind in LODGING_CATEGORIES)


def _unwrapped(customers: Iterable[Entry]) -> Iterable[Entry]:
    """customers/search wraps each in an object of its own."""
    for entry in customers:
        yield unwrapped(entry)


def unwrapped(entry: Entry) -> Entry:
    value = entry.value
    if isinstance(value, dict) and isinstance(value.get("Customer"), dict):
        path = f"{entry.path}.Customer" if entry.path else "Customer"
        return Entry(path, value["Customer"])
    return entry


def _by_id(entries: Iterable[Entry]) -> dict[str, Entry]:
    """An entry without an id is nobody's; as an item of its own it is refused by its mapper."""
    found: dict[str, Entry] = {}
    for entry in entries:
        entry_id = entry.value.get("Id") if isinstance(entry.value, dict) else None
        if isinstance(entry_id, str):
            found[entry_id] = entry
    return found


def order_of(charge: VendorObject) -> str:
    """Raises UnreadableField, also where there is none."""
    return charge.text("ServiceOrderId")


def reservation_of(companionship: VendorObject) -> str | None:
    """None for those of a whole group. Raises UnreadableField."""
    return companionship.optional_text("ReservationId")


def _charges(entries: Sequence[Entry] | None, unplaced: Unplaced) -> dict[str, list[Entry]] | None:
    """None where the link of one is unreadable: whose total would be wrong is unknown."""
    if entries is None:
        return None
    read = unplaced.readable(entries, order_of)
    return _grouped(read) if len(read) == len(entries) else None


def _companions(
    entries: Sequence[Entry] | None, unplaced: Unplaced
) -> dict[str, list[Entry]] | None:
    """By reservation; those of a whole group, without a reservation, are left out."""
    if entries is None:
        return None
    read = unplaced.readable(sorted(entries, key=_own_id), reservation_of)
    return _grouped(read) if len(read) == len(entries) else None


def _documents(entries: Sequence[Entry], unplaced: Unplaced) -> dict[str, list[Entry]]:
    return _grouped(unplaced.readable(entries, lambda r: r.text("CustomerId"), ItemKind.GUEST))


def _grouped(linked: Iterable[tuple[Entry, str | None]]) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for entry, owner in linked:
        if owner is not None:
            found.setdefault(owner, []).append(entry)
    return found


def _own_id(entry: Entry) -> str:
    """An order that does not depend on the provider's, which is by change."""
    value = entry.value.get("Id") if isinstance(entry.value, dict) else None
    return value if isinstance(value, str) else ""


def _age_classes(entries: Iterable[Entry]) -> dict[str, AgeClass]:
    """One without an id is named by no booking; an unknown classification is OTHER."""
    found = {}
    for category_id, entry in _by_id(entries).items():
        word = entry.value.get("Classification") if isinstance(entry.value, dict) else None
        found[category_id] = AGE_CLASSES.get(word, OTHER) if isinstance(word, str) else OTHER
    return found
