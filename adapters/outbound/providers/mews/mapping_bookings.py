"""Reservations (reservations.md, version 2023-06-06) to bookings: one reservation is one room."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from adapters.outbound.provider_kit.errors import UnreadableField
from adapters.outbound.provider_kit.local_time import local_day
from adapters.outbound.provider_kit.told_items import EXTRAS
from adapters.outbound.providers.mews.mapping_guests import party_of
from adapters.outbound.providers.mews.prices import SUMS_PATH, Prices, prices_of
from adapters.outbound.providers.mews.references import References
from adapters.outbound.providers.mews.vendor_object import Entry, VendorObject, reason_of
from adapters.outbound.providers.mews.wording import (
    ACCOUNT_TYPES,
    COMMANDER_ORIGINS,
    HOLDING_STATES,
    NO_SHOW_REASON,
    ORIGINS,
    STATES,
)
from domain.errors import InvalidField
from domain.messages import ItemKind
from domain.snapshots import BookingSnapshot, BookingSource, Extras, Party, PartyRole, RoomStay
from domain.status import BookingStatus
from domain.values import ABSENT, AgeClass, AgeCount, Field, SourceVersion, Stay
from ports.providers import ReadItem

_ROOM: Final = "rooms[0]"


@dataclass(frozen=True, slots=True)
class BookingMapper:
    """For one page: what its reservations refer to is indexed once."""

    refer_to: References

    def map(self, entry: Entry, *, explain: bool = False) -> ReadItem:
        raw = entry.text()
        external_id = None
        try:
            r = VendorObject(entry.value)
            external_id = r.text("Id", "external_id")
            if spoiled := self.refer_to.spoiled.get(external_id):
                raise spoiled
            snapshot = self._snapshot(r, external_id)
        except UnreadableField as fault:
            # A fault in another list (a customer, an order item) has that list's own path.
            prefix = "" if fault.path.startswith(_OTHER_LISTS) else entry.path
            return _refused(raw, external_id, fault, prefix)
        except InvalidField as fault:
            return _refused(raw, external_id, fault, entry.path)
        homes = r.all_homes() if explain else ()
        return ReadItem(
            kind=ItemKind.BOOKING, raw=raw, external_id=external_id, snapshot=snapshot, homes=homes
        )

    def _snapshot(self, r: VendorObject, external_id: str) -> BookingSnapshot:
        self._refuse_other_services(r)
        word = r.choice("State", _SAME_STATES, "status")
        canceled_for = r.field_text("CancellationReason", "cancel_reason")
        status = _status(word, canceled_for)
        stay = self._stay(r)
        prices = self._prices(external_id)
        primary = self._primary(r)
        return BookingSnapshot(
            external_id=external_id,
            version=SourceVersion(r.instant("UpdatedUtc", "version")),
            status=status,
            holds_inventory=word in HOLDING_STATES,
            confirmation_number=r.text("Number", "confirmation_number"),
            group_id=r.field_text("GroupId", "group_id"),
            source=_source(r),
            stay=stay,
            rooms=(self._room(r, stay, status, prices),),
            primary_guest=primary,
            further_guests=self._further(r, external_id, primary.guest_id),
            total=ABSENT if prices is None else prices.total,
            checked_in_at=r.field_instant("ActualStartUtc", "checked_in_at"),
            checked_out_at=r.field_instant("ActualEndUtc", "checked_out_at"),
            canceled_at=r.field_instant("CancelledUtc", "canceled_at"),
            cancel_reason=canceled_for,
            extras=_extras(r, prices),
        )

    def _refuse_other_services(self, r: VendorObject) -> None:
        """Parking, desks and meeting rooms are reservations at this vendor too."""
        lodging = self.refer_to.lodging
        if lodging is not None and r.text("ServiceId", EXTRAS) not in lodging:
            raise UnreadableField("ServiceId", "not_accommodation", "a service to sleep in")

    def _stay(self, r: VendorObject) -> Stay:
        arrival = self._day(r, "ScheduledStartUtc", "StartUtc", "stay.arrival")
        departure = self._day(r, "ScheduledEndUtc", "EndUtc", "stay.departure")
        return Stay(arrival, departure)

    def _day(self, r: VendorObject, key: str, deprecated: str, home: str) -> date:
        """`StartUtc` silently becomes the check-in, so it is used only where there is no better."""
        instant = r.optional_instant(key, home)
        if instant is None and deprecated in r:
            instant = r.optional_instant(deprecated, home)
        return local_day(instant or r.instant(key, home), self.refer_to.zone, path=key)

    def _room(
        self, r: VendorObject, stay: Stay, status: BookingStatus, prices: Prices | None
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

    def _occupancy(self, r: VendorObject) -> tuple[AgeCount, ...]:
        home = f"{_ROOM}.occupancy"
        return tuple(
            AgeCount(
                self.refer_to.age_classes.get(
                    category := counted.text("AgeCategoryId", home), AgeClass.OTHER
                ),
                counted.integer("Count", home),
                category=category,
            )
            for counted in r.optional_objects("PersonCounts") or ()
        )

    def _primary(self, r: VendorObject) -> Party:
        """A company that owns the booking is no guest: its id stays in the extras."""
        if r.choice("AccountType", ACCOUNT_TYPES, f"primary_guest.role, {EXTRAS}") == "Company":
            company_id = r.text("AccountId", f"primary_guest, {EXTRAS}")
            return Party(role=PartyRole.OWNER, last_name=self._company_name(company_id))
        account_id = r.text("AccountId", "primary_guest.guest_id")
        return party_of(account_id, PartyRole.PRIMARY, self.refer_to.customers)

    def _company_name(self, company_id: str) -> str | None:
        entry = self.refer_to.companies.get(company_id)
        return VendorObject(entry.value, entry.path).optional_text("Name") if entry else None

    def _further(
        self, r: VendorObject, external_id: str, owner_id: str | None
    ) -> Field[tuple[Party, ...]]:
        """Absent where the companions were not told: those that we know of stay.

        The booker is a reference only: the vendor has no way to ask for the bookings that a person
        has booked for others, so copied details would grow old unnoticed.
        """
        companions = self.refer_to.companions
        if companions is None:
            return ABSENT
        customer_ids = dict.fromkeys(map(_customer_of, companions.get(external_id, ())))
        customer_ids.pop(owner_id or "", None)
        customers = self.refer_to.customers
        people = [party_of(id_, PartyRole.COMPANION, customers) for id_ in customer_ids]
        booker_id = r.optional_text("BookerId", "further_guests")
        if booker_id is not None:
            people.append(Party(guest_id=booker_id, role=PartyRole.BOOKER))
        return tuple(people)

    def _prices(self, external_id: str) -> Prices | None:
        """None where the order items were not told."""
        charges = self.refer_to.charges
        if charges is None:
            return None
        return prices_of(charges.get(external_id, ()), self.refer_to.zone)


_SAME_STATES: Final[Mapping[str, str]] = {word: word for word in STATES}
_OTHER_LISTS: Final = ("Customers[", "Companies[", "Companionships[", "OrderItems[")


def _customer_of(companionship: Entry) -> str:
    return VendorObject(companionship.value, companionship.path).text("CustomerId")


def _status(word: str, canceled_for: object) -> BookingStatus:
    if word == "Canceled" and canceled_for == NO_SHOW_REASON:
        return BookingStatus.NO_SHOW
    return STATES[word]


def _source(r: VendorObject) -> BookingSource:
    """A channel before an agency, an agency before a company, these before who typed it in."""
    origin = r.optional_text("Origin", f"source, {EXTRAS}")
    detail = r.optional_text("CommanderOrigin", f"source, {EXTRAS}")
    agency = r.optional_text("TravelAgencyId", f"source, {EXTRAS}")
    company = r.optional_text("PartnerCompanyId", f"source, {EXTRAS}")
    if origin == "Commander" and detail is not None:
        told = COMMANDER_ORIGINS.get(detail, BookingSource.OTHER)
    else:
        told = ORIGINS.get(origin or "", BookingSource.OTHER)
    if told is BookingSource.OTA:
        return told
    if agency is not None:
        return BookingSource.AGENT
    return BookingSource.CORPORATE if company is not None else told


def _extras(r: VendorObject, prices: Prices | None) -> Extras:
    found = list(r.leftovers())
    if prices is not None and prices.mixed is not None:
        found.append((SUMS_PATH, prices.mixed))
    return tuple(sorted(found))


def _refused(
    raw: bytes, external_id: str | None, fault: UnreadableField | InvalidField, prefix: str
) -> ReadItem:
    reason = reason_of(fault, prefix)
    return ReadItem(kind=ItemKind.BOOKING, raw=raw, external_id=external_id, reason=reason)
