"""Reservations (reservations.md, version 2023-06-06) to bookings: one reservation is one room."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from adapters.outbound.provider_kit.parsing.cancellations import is_cancellation_without
from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.field_values import as_instant, as_text
from adapters.outbound.provider_kit.parsing.local_time import local_day
from adapters.outbound.provider_kit.parsing.mapping_report import EXTRAS
from adapters.outbound.provider_kit.parsing.read_items import FieldTrace, JsonEntry
from adapters.outbound.providers.mews.mapping.code_tables import (
    ACCOUNT_TYPES,
    COMMANDER_ORIGINS,
    HOLDING_STATES,
    NO_SHOW_REASON,
    ORIGINS,
    STATES,
)
from adapters.outbound.providers.mews.mapping.guests import party_of
from adapters.outbound.providers.mews.mapping.parsing import MewsMapper, MewsReader
from adapters.outbound.providers.mews.mapping.payments import (
    NOT_SENT,
    PaymentAmounts,
    calculate_payments,
)
from adapters.outbound.providers.mews.mapping.prices import SUMS_PATH, MewsPrices, calculate_prices
from adapters.outbound.providers.mews.mapping.references import References
from domain.messages import ItemKind
from domain.snapshots import (
    BookingSnapshot,
    BookingSource,
    Extras,
    Party,
    PartyRole,
    RoomStay,
    Snapshot,
)
from domain.status import BookingStatus
from domain.values import ABSENT, AgeClass, AgeCount, Field, Money, SourceVersion, Stay

_ROOM: Final = "rooms[0]"
_DAY_KEYS: Final = ("ScheduledStartUtc", "StartUtc", "ScheduledEndUtc", "EndUtc")


@dataclass(frozen=True, slots=True)
class MewsBookingMapper(MewsMapper):
    """For the reservations of one page, whose references are indexed once."""

    kind = ItemKind.BOOKING
    references: References

    def map_snapshot(self, r: MewsReader, external_id: str) -> BookingSnapshot:
        self._reject_other_services(r)
        state = r.choice("State", _STATE_CHOICES, "status")
        cancellation_reason = r.decisive_field("CancellationReason", as_text, "cancel_reason")
        status = _map_status(state, cancellation_reason)
        stay = self._stay(r, status)
        prices = self._calculate_prices(external_id)
        total = ABSENT if prices is None else prices.total
        payments = self._calculate_payments(external_id, total)
        primary = self._primary_guest(r)
        return BookingSnapshot(
            external_id=external_id,
            version=SourceVersion(r.instant("UpdatedUtc", "version")),
            status=status,
            holds_inventory=state in HOLDING_STATES,
            confirmation_number=r.field_text("Number", "confirmation_number"),
            group_id=r.field_text("GroupId", "group_id"),
            source=_map_source(r),
            stay=stay,
            rooms=ABSENT if stay is ABSENT else (self._map_room(r, stay, status, prices),),
            primary_guest=primary,
            further_guests=self._further_guests(r, external_id, primary),
            total=total,
            paid=payments.paid,
            balance=payments.balance,
            checked_in_at=r.field_instant("ActualStartUtc", "checked_in_at"),
            checked_out_at=r.field_instant("ActualEndUtc", "checked_out_at"),
            canceled_at=r.field_instant("CancelledUtc", "canceled_at"),
            cancel_reason=cancellation_reason,
            extras=_collect_extras(r, prices),
        )

    def _reject_other_services(self, r: MewsReader) -> None:
        """Mews has reservations of parking spaces, desks and meeting rooms as well."""
        lodging = self.references.lodging
        if lodging is not None and r.text("ServiceId", EXTRAS) not in lodging:
            raise UnreadableField("ServiceId", "not_accommodation", "an accommodation service")

    def _stay(self, r: MewsReader, status: BookingStatus) -> Field[Stay]:
        if is_cancellation_without(r, status, *_DAY_KEYS):
            return ABSENT
        arrival = self._day(r, "ScheduledStartUtc", "StartUtc", "stay.arrival")
        departure = self._day(r, "ScheduledEndUtc", "EndUtc", "stay.departure")
        return Stay(arrival, departure)

    def _day(self, r: MewsReader, key: str, deprecated: str, target: str) -> date:
        """`StartUtc` changes to the actual check-in, so it is used only without `key`."""
        instant = r.decisive(key, as_instant, target)
        if not instant and deprecated in r:
            instant = r.decisive(deprecated, as_instant, target)
        return local_day(instant or r.instant(key, target), self.references.zone, path=key)

    def _map_room(
        self, r: MewsReader, stay: Stay, status: BookingStatus, prices: MewsPrices | None
    ) -> RoomStay:
        return RoomStay(
            room_type_id=r.optional_text("RequestedResourceCategoryId", f"{_ROOM}.room_type_id"),
            room_id=r.optional_text("AssignedResourceId", f"{_ROOM}.room_id"),
            rate_plan_id=r.optional_text("RateId", f"{_ROOM}.rate_plan_id"),
            stay=stay,
            status=status,
            occupancy=self._occupancy(r),
            nightly_prices=prices.nightly if prices else (),
        )

    def _occupancy(self, r: MewsReader) -> tuple[AgeCount, ...]:
        counts = r.optional_objects("PersonCounts") or ()
        return tuple(count for each in counts if (count := each.attempt(self._age_count)))

    def _age_count(self, r: MewsReader) -> AgeCount:
        target = f"{_ROOM}.occupancy"
        category = r.text("AgeCategoryId", target)
        age_class = self.references.age_classes.get(category, AgeClass.OTHER)
        return AgeCount(age_class, r.integer("Count", target), category=category)

    def _primary_guest(self, r: MewsReader) -> Field[Party]:
        """A company that owns the booking is not a guest: its id stays in the extras."""
        kind = r.optional_choice("AccountType", ACCOUNT_TYPES, f"primary_guest.role, {EXTRAS}")
        if kind == "Company":
            company_id = r.optional_text("AccountId", f"primary_guest, {EXTRAS}") or ""
            return Party(role=PartyRole.OWNER, last_name=self._company_name(company_id))
        account_id = r.optional_text("AccountId", "primary_guest.guest_id") if kind else None
        if account_id is None:
            return ABSENT
        return party_of(account_id, PartyRole.PRIMARY, self.references.customers)

    def _company_name(self, company_id: str) -> str | None:
        entry = self.references.companies.get(company_id)
        return MewsReader(entry.value).tolerant().optional_text("Name") if entry else None

    def _further_guests(
        self, r: MewsReader, external_id: str, owner: Field[Party]
    ) -> Field[tuple[Party, ...]]:
        """Absent if the companions were not sent, or one of them has no valid customer.

        The booker has an id only: Mews cannot list the bookings that a person made for others, so
        copied details could not be updated.
        """
        companion_ids = self._companion_ids(external_id)
        if companion_ids is None:
            return ABSENT
        owner_id = owner.guest_id if isinstance(owner, Party) else None
        customers = self.references.customers
        people = [
            party_of(customer_id, PartyRole.COMPANION, customers)
            for customer_id in companion_ids
            if customer_id != owner_id
        ]
        booker_id = r.optional_text("BookerId", "further_guests")
        if booker_id is not None:
            people.append(Party(guest_id=booker_id, role=PartyRole.BOOKER))
        return tuple(people)

    def _companion_ids(self, external_id: str) -> Iterable[str] | None:
        """Each once. None if they are not known."""
        companions = self.references.companions
        if companions is None or self.references.is_unreadable("Companionships", external_id):
            return None
        found = [_customer_id(each) for each in companions.get(external_id, ())]
        known = dict.fromkeys(customer_id for customer_id in found if customer_id)
        return None if None in found else known

    def _calculate_prices(self, external_id: str) -> MewsPrices | None:
        """None if the order items were not sent, or if the link of one is unreadable."""
        charges = self.references.charges
        if charges is None or self.references.is_unreadable("OrderItems", external_id):
            return None
        return calculate_prices(charges.get(external_id, ()), self.references.zone)

    def _calculate_payments(self, external_id: str, total: Field[Money | None]) -> PaymentAmounts:
        payments = self.references.payments
        if payments is None or self.references.is_unreadable("Payments", external_id):
            return NOT_SENT
        return calculate_payments(payments.get(external_id, ()), total)

    def trace_fields(self, r: MewsReader, snapshot: Snapshot) -> FieldTrace:
        """With what is unreadable in the lists that belong to the booking."""
        external_id = snapshot.external_id
        prices = self._calculate_prices(external_id)
        payments = self._calculate_payments(external_id, ABSENT)
        return (
            *MewsMapper.trace_fields(self, r, snapshot),
            *self.references.trace_unreadable(external_id),
            *(prices.unreadable if prices else ()),
            *payments.unreadable,
        )


_STATE_CHOICES: Final[Mapping[str, str]] = {state: state for state in STATES}


def _customer_id(companionship: JsonEntry) -> str | None:
    return MewsReader(companionship.value).tolerant().optional_text("CustomerId")


def _map_status(state: str, cancellation_reason: object) -> BookingStatus:
    if state == "Canceled" and cancellation_reason == NO_SHOW_REASON:
        return BookingStatus.NO_SHOW
    return STATES[state]


def _map_source(r: MewsReader) -> Field[BookingSource]:
    """In this order: channel, agency, company, the origin entered at the hotel. Absent if a message
    has none of them."""
    origin = r.optional_text("Origin", f"source, {EXTRAS}")
    detail = r.optional_text("CommanderOrigin", f"source, {EXTRAS}")
    agency = r.optional_text("TravelAgencyId", f"source, {EXTRAS}")
    company = r.optional_text("PartnerCompanyId", f"source, {EXTRAS}")
    if origin == "Commander" and detail is not None:
        source = COMMANDER_ORIGINS.get(detail, BookingSource.OTHER)
    else:
        source = ORIGINS.get(origin or "", BookingSource.OTHER)
    if source is BookingSource.OTA:
        return source
    if agency is not None:
        return BookingSource.AGENT
    if company is not None:
        return BookingSource.CORPORATE
    return ABSENT if origin is None else source


def _collect_extras(r: MewsReader, prices: MewsPrices | None) -> Extras:
    found = list(r.leftovers())
    if prices is not None and prices.mixed is not None:
        found.append((SUMS_PATH, prices.mixed))
    return tuple(sorted(found))
