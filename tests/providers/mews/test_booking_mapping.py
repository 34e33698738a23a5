import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from domain import values
from domain.messages import ItemKind
from domain.snapshots import BookingSnapshot, BookingSource, Party, PartyRole, RoomStay
from domain.status import BookingStatus
from tests.providers.mews.payloads import (
    body,
    booking_of,
    charge,
    configuration,
    context,
    customer,
    read,
    refusal,
    reservation,
    sample,
)
from tests.providers.vendor_payloads import extras

AGES = body(
    AgeCategories=[
        {"Id": "age-a", "ServiceId": "svc-stay", "Classification": "Adult"},
        {"Id": "age-c", "ServiceId": "svc-stay", "Classification": "Child"},
        {"Id": "age-x", "ServiceId": "svc-stay", "Classification": "Pet"},
        {"Id": "age-y", "ServiceId": "svc-stay", "Classification": 5},
        {"ServiceId": "svc-stay"},
    ]
)


class TestVendorSample:
    RESERVATIONS = "op-reservations__get-all-reservations-ver-2023-06-06-response.json"
    CONFIGURATION = "op-configuration__get-configuration-response.json"
    AGES = "op-agecategories__get-all-age-categories-response.json"
    CUSTOMERS = "op-customers__search-customers-response.json"

    def test_is_mapped_field_by_field(self) -> None:
        text = sample(self.RESERVATIONS)
        payload = json.loads(text)["Reservations"][0]
        (item,) = read(
            ItemKind.BOOKING,
            text,
            sample(self.AGES),
            sample(self.CUSTOMERS),
            sample(self.CONFIGURATION),
        )
        snapshot = item.snapshot
        assert isinstance(snapshot, BookingSnapshot)
        stay = values.Stay(date(2023, 4, 23), date(2023, 4, 25))
        expected = BookingSnapshot(
            external_id=payload["Id"],
            version=values.SourceVersion(datetime(2023, 4, 22, 17, tzinfo=UTC)),
            status=BookingStatus.CONFIRMED,
            holds_inventory=True,
            confirmation_number="52",
            group_id=payload["GroupId"],
            source=BookingSource.AGENT,
            stay=stay,
            rooms=(
                RoomStay(
                    room_type_id=payload["RequestedResourceCategoryId"],
                    room_id=payload["AssignedResourceId"],
                    rate_plan_id=payload["RateId"],
                    stay=stay,
                    status=BookingStatus.CONFIRMED,
                    occupancy=(
                        values.AgeCount(
                            values.AgeClass.OTHER,
                            2,
                            category=payload["PersonCounts"][0]["AgeCategoryId"],
                        ),
                        values.AgeCount(
                            values.AgeClass.ADULT,
                            2,
                            category=payload["PersonCounts"][1]["AgeCategoryId"],
                        ),
                    ),
                ),
            ),
            primary_guest=Party(
                guest_id=payload["AccountId"],
                role=PartyRole.PRIMARY,
                first_name="John",
                last_name="Smith",
                email="j.smith@example.com",
                phone="00420123456789",
                country="GB",
                language="en-GB",
            ),
            checked_in_at=None,
            checked_out_at=None,
            canceled_at=None,
            cancel_reason=None,
            extras=snapshot.extras,
        )
        assert snapshot == expected

    def test_traces_every_field(self) -> None:
        text = sample(self.RESERVATIONS)
        (item,) = read(ItemKind.BOOKING, text, explain=True)
        traced = {re.split(r"[.\[]", path)[0] for path, _ in item.field_trace}
        assert traced == set(json.loads(text)["Reservations"][0])

    def test_keeps_every_field_that_is_traced_to_the_extras(self) -> None:
        text = sample(self.RESERVATIONS)
        payload = json.loads(text)["Reservations"][0]
        (item,) = read(ItemKind.BOOKING, text, explain=True)
        assert isinstance(item.snapshot, BookingSnapshot)
        kept = extras(item.snapshot)
        in_extras = {path for path, target in item.field_trace if target.endswith("extras")}
        assert in_extras <= kept.keys()
        assert kept["ChannelNumber"] == json.dumps(payload["ChannelNumber"])
        assert json.loads(kept["Options"]) == payload["Options"]
        assert kept["ChannelManagerNumber"] == json.dumps(payload["ChannelManagerNumber"])
        assert list(kept) == sorted(kept)


class TestEmptyField:
    """Fields sent without a value are kept, unlike missing fields."""

    @pytest.mark.parametrize(
        ("key", "nothing"),
        [
            ("NewField", None),
            ("NewField", ""),
            ("NewField", []),
            ("NewField", {}),
            ("VoucherId", None),
            ("TravelAgencyId", None),
            ("TravelAgencyId", ""),
        ],
    )
    def test_without_target_is_kept_as_received(self, key: str, nothing: object) -> None:
        payload = reservation(**{key: nothing})
        (item,) = read(ItemKind.BOOKING, body(Reservations=[payload]), explain=True)
        assert isinstance(item.snapshot, BookingSnapshot)
        assert item.snapshot.extras is not values.ABSENT
        assert dict(item.snapshot.extras)[key] == json.dumps(nothing)
        assert dict(item.field_trace)[key].endswith("extras")

    def test_with_target_is_not_in_the_extras(self) -> None:
        snapshot = booking_of(reservation(AssignedResourceId=None, CancelledUtc=""))
        assert snapshot.extras is not values.ABSENT
        assert {"AssignedResourceId", "CancelledUtc"}.isdisjoint(dict(snapshot.extras))

    def test_missing_field_is_not_in_the_extras(self) -> None:
        snapshot = booking_of(reservation(TravelAgencyId=...))
        assert snapshot.extras is not values.ABSENT
        assert "TravelAgencyId" not in dict(snapshot.extras)

    @pytest.mark.parametrize("nothing", [None, []])
    def test_of_person_counts_is_kept(self, nothing: object) -> None:
        snapshot = booking_of(reservation(PersonCounts=nothing))
        assert snapshot.extras is not values.ABSENT
        assert dict(snapshot.extras)["PersonCounts"] == json.dumps(nothing)


class TestState:
    @pytest.mark.parametrize(
        ("vendor_code", "reason", "status", "holds"),
        [
            ("Inquired", None, BookingStatus.PENDING, False),
            ("Requested", None, BookingStatus.PENDING, False),
            ("Optional", None, BookingStatus.PENDING, True),
            ("Confirmed", None, BookingStatus.CONFIRMED, True),
            ("Started", None, BookingStatus.CHECKED_IN, True),
            ("Processed", None, BookingStatus.CHECKED_OUT, False),
            ("Canceled", "RequestedByGuest", BookingStatus.CANCELED, False),
            ("Canceled", None, BookingStatus.CANCELED, False),
            ("Canceled", "NoShow", BookingStatus.NO_SHOW, False),
        ],
    )
    def test_maps_every_state(
        self, vendor_code: str, reason: str | None, status: BookingStatus, holds: bool
    ) -> None:
        snapshot = booking_of(reservation(State=vendor_code, CancellationReason=reason))
        assert snapshot.status is status
        assert snapshot.holds_inventory is holds
        assert snapshot.rooms is not values.ABSENT
        assert snapshot.rooms[0].status is status
        assert snapshot.cancel_reason == reason

    def test_is_not_no_show_unless_canceled(self) -> None:
        snapshot = booking_of(reservation(State="Confirmed", CancellationReason="NoShow"))
        assert snapshot.status is BookingStatus.CONFIRMED

    @pytest.mark.parametrize("vendor_code", ["Enquired", "canceled", "Cancelled", "", "NoShow"])
    def test_rejects_unknown_value_with_path(self, vendor_code: str) -> None:
        good = [reservation(Id=f"res-{n}") for n in range(3)]
        reason = refusal(
            ItemKind.BOOKING, body(Reservations=[*good, reservation(Id="res-3", State=vendor_code)])
        )
        assert reason.path == "Reservations[3].State"
        assert reason.code == ("unknown_value" if vendor_code else "wrong_type")


class TestMissingField:
    @pytest.mark.parametrize(
        "key",
        ["Id", "State", "UpdatedUtc", "ServiceId"],
    )
    def test_rejects_missing_required_field(self, key: str) -> None:
        services = body(Services=[_service("svc-stay")])
        reason = refusal(ItemKind.BOOKING, body(Reservations=[reservation(**{key: ...})]), services)
        assert reason.code == "missing_field"
        assert reason.path == f"Reservations[0].{key}"

    def test_names_the_current_field_if_both_spellings_are_missing(self) -> None:
        payload = reservation(ScheduledStartUtc=..., StartUtc=...)
        reason = refusal(ItemKind.BOOKING, body(Reservations=[payload]))
        assert (reason.code, reason.path) == ("missing_field", "Reservations[0].ScheduledStartUtc")

    @pytest.mark.parametrize(
        ("changes", "path"),
        [
            ({"UpdatedUtc": "yesterday"}, "UpdatedUtc"),
            ({"ScheduledStartUtc": "2026-03-10"}, "ScheduledStartUtc"),
            ({"ScheduledEndUtc": "2026-03-09T11:00:00Z"}, "ScheduledEndUtc"),
            ({"Id": "  spaces "}, "Id"),
        ],
    )
    def test_rejects_invalid_field_with_path(self, changes: dict[str, Any], path: str) -> None:
        reason = refusal(ItemKind.BOOKING, body(Reservations=[reservation(**changes)]))
        assert reason.path == f"Reservations[0].{path}"


class TestStay:
    @pytest.mark.parametrize(
        ("zone", "start", "end", "arrival", "departure"),
        [
            # Auckland is 13 hours ahead in summer: the UTC date is the day before.
            (
                "Pacific/Auckland",
                "2026-01-10T01:00:00Z",
                "2026-01-11T21:00:00Z",
                date(2026, 1, 10),
                date(2026, 1, 12),
            ),
            # Los Angeles is 8 hours behind: a late arrival is on the next UTC date.
            (
                "America/Los_Angeles",
                "2026-01-11T05:30:00Z",
                "2026-01-12T19:00:00Z",
                date(2026, 1, 10),
                date(2026, 1, 12),
            ),
            # Clock change in Berlin in the night of 29 March.
            (
                "Europe/Berlin",
                "2026-03-28T14:00:00Z",
                "2026-03-29T10:00:00Z",
                date(2026, 3, 28),
                date(2026, 3, 29),
            ),
        ],
    )
    def test_uses_hotel_dates(
        self, zone: str, start: str, end: str, arrival: date, departure: date
    ) -> None:
        payload = reservation(ScheduledStartUtc=start, ScheduledEndUtc=end)
        assert booking_of(payload, hotel=context(zone)).stay == values.Stay(arrival, departure)

    def test_prefers_the_zone_of_the_configuration(self) -> None:
        payload = reservation(
            ScheduledStartUtc="2026-03-10T22:30:00Z", ScheduledEndUtc="2026-03-12T22:30:00Z"
        )
        snapshot = booking_of(payload, configuration("Asia/Tokyo"), hotel=context("UTC"))
        assert snapshot.stay == values.Stay(date(2026, 3, 11), date(2026, 3, 13))

    def test_accepts_day_use(self) -> None:
        payload = reservation(
            ScheduledStartUtc="2026-03-10T09:00:00Z", ScheduledEndUtc="2026-03-10T16:00:00Z"
        )
        stay = booking_of(payload).stay
        assert isinstance(stay, values.Stay)
        assert stay.is_day_use

    def test_early_arrival_does_not_change_the_stay(self) -> None:
        payload = reservation(
            State="Started",
            StartUtc="2026-03-09T18:00:00Z",
            ActualStartUtc="2026-03-09T18:00:00Z",
        )
        snapshot = booking_of(payload)
        assert snapshot.stay == values.Stay(date(2026, 3, 10), date(2026, 3, 12))
        assert snapshot.checked_in_at == datetime(2026, 3, 9, 18, tzinfo=UTC)

    def test_deprecated_fields_are_the_fallback(self) -> None:
        payload = reservation(ScheduledStartUtc=..., ScheduledEndUtc=...)
        assert booking_of(payload).stay == values.Stay(date(2026, 3, 10), date(2026, 3, 12))


class TestSource:
    @pytest.mark.parametrize(
        ("changes", "source"),
        [
            ({"Origin": "ChannelManager"}, BookingSource.OTA),
            ({"Origin": "ChannelManager", "TravelAgencyId": "com-1"}, BookingSource.OTA),
            ({"Origin": "Distributor"}, BookingSource.DIRECT),
            ({"Origin": "Navigator"}, BookingSource.DIRECT),
            ({"Origin": "Commander"}, BookingSource.DIRECT),
            ({"Origin": "Commander", "CommanderOrigin": "InPerson"}, BookingSource.WALK_IN),
            ({"Origin": "Commander", "CommanderOrigin": "Phone"}, BookingSource.DIRECT),
            ({"Origin": "Commander", "CommanderOrigin": "Channel"}, BookingSource.OTA),
            ({"Origin": "Commander", "CommanderOrigin": "RoomingList"}, BookingSource.OTHER),
            ({"Origin": "Commander", "CommanderOrigin": "Pigeon"}, BookingSource.OTHER),
            ({"Origin": "Import"}, BookingSource.OTHER),
            ({"Origin": "Connector"}, BookingSource.OTHER),
            ({"Origin": "Connector", "PartnerCompanyId": "com-1"}, BookingSource.CORPORATE),
            ({"Origin": "Connector", "TravelAgencyId": "com-1"}, BookingSource.AGENT),
            ({"Origin": "Teleport"}, BookingSource.OTHER),
        ],
    )
    def test_is_mapped_by_table_and_source_value_is_kept(
        self, changes: dict[str, Any], source: BookingSource
    ) -> None:
        snapshot = booking_of(reservation(**changes))
        assert snapshot.source is source
        assert snapshot.extras is not values.ABSENT
        kept = dict(snapshot.extras)
        assert {key: json.loads(kept[key]) for key in changes} == changes


class TestPeople:
    COMPANIONS = body(
        Companionships=[
            {"Id": "c3", "CustomerId": "cus-3", "ReservationId": "res-1"},
            {"Id": "c1", "CustomerId": "cus-1", "ReservationId": "res-1"},
            {"Id": "c2", "CustomerId": "cus-2", "ReservationId": "res-1"},
            {"Id": "c4", "CustomerId": "cus-4", "ReservationId": "res-other"},
            {"Id": "c5", "CustomerId": "cus-5", "ReservationId": None},
        ],
        Customers=None,
        Reservations=None,
    )

    def test_maps_owner_companions_and_booker(self) -> None:
        people = body(
            Customers=[
                customer(),
                customer(Id="cus-2", FirstName=None, LastName="Babbage"),
                customer(Id="cus-9", LastName="Clerk"),
            ]
        )
        snapshot = booking_of(reservation(BookerId="cus-9"), people, self.COMPANIONS)
        assert isinstance(snapshot.primary_guest, Party)
        assert snapshot.primary_guest.email == "ada@guests.example"
        assert snapshot.primary_guest.role is PartyRole.PRIMARY
        assert snapshot.further_guests is not values.ABSENT
        reported = [(p.guest_id, p.role, p.last_name) for p in snapshot.further_guests]
        assert reported == [
            ("cus-2", PartyRole.COMPANION, "Babbage"),
            ("cus-3", PartyRole.COMPANION, None),
            ("cus-9", PartyRole.BOOKER, None),
        ]

    def test_are_absent_without_companionships(self) -> None:
        snapshot = booking_of(reservation(BookerId="cus-9"))
        assert snapshot.further_guests is values.ABSENT
        assert snapshot.extras is not values.ABSENT
        assert ("BookerId", '"cus-9"') in snapshot.extras
        assert snapshot.primary_guest == Party(guest_id="cus-1")

    def test_company_owner_is_not_a_guest(self) -> None:
        payload = reservation(AccountType="Company", AccountId="com-1")
        companies = body(Companies=[{"Id": "com-1", "Name": "Difference Engines Ltd"}])
        snapshot = booking_of(payload, companies, self.COMPANIONS)
        owner = Party(role=PartyRole.OWNER, last_name="Difference Engines Ltd")
        assert snapshot.primary_guest == owner
        assert snapshot.extras is not values.ABSENT
        assert ("AccountId", '"com-1"') in snapshot.extras

    def test_leaves_out_invalid_details_of_a_customer(self) -> None:
        people = body(Customers=[customer(Id="cus-0"), customer(Email=5)])
        primary = booking_of(reservation(), people).primary_guest
        assert isinstance(primary, Party)
        assert (primary.guest_id, primary.last_name, primary.email) == ("cus-1", "Byron", None)

    def test_are_absent_if_a_companion_has_no_customer(self) -> None:
        links = [{"Id": "c1", "ReservationId": "res-1"}]
        assert booking_of(reservation(), body(Companionships=links)).further_guests is values.ABSENT

    @pytest.mark.parametrize("counted", [{"Count": "2"}, {"Count": -1}, {"AgeCategoryId": None}, 7])
    def test_keeps_invalid_person_count_in_the_extras(self, counted: Any) -> None:
        strange = {"AgeCategoryId": "a", "Count": 1, **counted} if counted != 7 else counted
        good = {"AgeCategoryId": "age-a", "Count": 2}
        snapshot = booking_of(reservation(PersonCounts=[good, strange]), AGES)
        assert snapshot.rooms is not values.ABSENT
        assert [count.count for count in snapshot.rooms[0].occupancy] == [2]
        assert isinstance(snapshot.extras, tuple)
        assert any(path.startswith("PersonCounts[1]") for path, _ in snapshot.extras)

    def test_counts_by_age_category(self) -> None:
        counts = [{"AgeCategoryId": key, "Count": n} for key, n in (("age-a", 2), ("age-c", 1))]
        strange = [{"AgeCategoryId": key, "Count": 1} for key in ("age-x", "age-unknown")]
        snapshot = booking_of(reservation(PersonCounts=counts + strange), AGES)
        assert snapshot.rooms is not values.ABSENT
        assert snapshot.rooms[0].occupancy == (
            values.AgeCount(values.AgeClass.ADULT, 2, category="age-a"),
            values.AgeCount(values.AgeClass.CHILD, 1, category="age-c"),
            values.AgeCount(values.AgeClass.OTHER, 1, category="age-x"),
            values.AgeCount(values.AgeClass.OTHER, 1, category="age-unknown"),
        )


def payment(gross: object, currency: str = "EUR", **changes: Any) -> dict[str, Any]:
    return {
        "Id": "pay-1",
        "ReservationId": "res-1",
        "Amount": {"Currency": currency, "GrossValue": gross},
        "State": "Charged",
        "AccountingState": "Open",
        **changes,
    }


class TestPayments:
    CHARGES = body(OrderItems=[charge(200)])

    def amounts(self, *payments: dict[str, Any], charges: bytes = CHARGES) -> tuple[Any, Any]:
        found = booking_of(reservation(), charges, body(Payments=list(payments)))
        return found.paid, found.balance

    def test_are_absent_if_not_sent(self) -> None:
        found = booking_of(reservation(), self.CHARGES)
        assert (found.paid, found.balance) == (values.ABSENT, values.ABSENT)

    def test_paid_is_the_sum_of_charged_payments_and_refunds(self) -> None:
        paid = (payment(-150.005), payment(-0.005), payment(30))
        assert self.amounts(*paid) == (values.Money(12001, "EUR"), values.Money(7999, "EUR"))

    @pytest.mark.parametrize("state", ["Pending", "Verifying", "Failed", "Canceled"])
    def test_excludes_payments_that_are_not_charged(self, state: str) -> None:
        found = self.amounts(payment(-150, State=state), payment(-150, AccountingState="Canceled"))
        assert found == (values.Money(0, "EUR"), values.Money(20000, "EUR"))

    def test_excludes_payments_of_others(self) -> None:
        others = (payment(-50, ReservationId="res-2"), payment(-50, ReservationId=None))
        assert self.amounts(*others)[0] == values.Money(0, "EUR")

    def test_no_balance_in_another_currency_than_the_total(self) -> None:
        assert self.amounts(payment(-50, "CHF")) == (values.Money(5000, "CHF"), None)

    def test_no_amounts_in_several_currencies(self) -> None:
        assert self.amounts(payment(-50, "CHF"), payment(-50)) == (None, None)


class TestPrices:
    def test_are_absent_without_order_items(self) -> None:
        assert booking_of(reservation()).total is values.ABSENT

    def test_total_excludes_canceled_items(self) -> None:
        items = body(
            OrderItems=[
                charge(100, "2026-03-10T23:00:00Z"),
                charge(Decimal("93.46").__float__(), "2026-03-09T23:00:00Z"),
                charge(-10, Type="NightRebate"),
                charge(5.5),
                charge(1000, "2026-03-11T23:00:00Z", CanceledUtc="2026-03-01T00:00:00Z"),
                charge(1000, AccountingState="Canceled"),
                charge(1000, ServiceOrderId="res-other"),
            ]
        )
        snapshot = booking_of(reservation(), items)
        assert snapshot.total == values.Money(18896, "EUR")
        assert snapshot.rooms is not values.ABSENT
        assert snapshot.rooms[0].nightly_prices == (
            values.NightlyPrice(
                date(2026, 3, 10), values.Money(9346, "EUR"), values.PriceBasis.GROSS
            ),
            values.NightlyPrice(
                date(2026, 3, 11), values.Money(10000, "EUR"), values.PriceBasis.GROSS
            ),
        )

    def test_uses_hotel_nights_across_clock_change(self) -> None:
        starts = ("2026-03-27T23:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z")
        items = body(OrderItems=[charge(10, start) for start in starts])
        snapshot = booking_of(reservation(), items)
        assert snapshot.rooms is not values.ABSENT
        nights = [price.night for price in snapshot.rooms[0].nightly_prices]
        assert nights == [date(2026, 3, 28), date(2026, 3, 29), date(2026, 3, 30)]

    def test_rounds_to_whole_yen(self) -> None:
        yen = {"Currency": "JPY", "GrossValue": 12000}
        items = body(OrderItems=[charge(0, "2026-03-09T15:00:00Z", Amount=yen)])
        snapshot = booking_of(reservation(), items, configuration("Asia/Tokyo", "JPY"))
        assert snapshot.total == values.Money(12000, "JPY")
        assert snapshot.rooms is not values.ABSENT
        (night,) = snapshot.rooms[0].nightly_prices
        assert night == values.NightlyPrice(
            date(2026, 3, 10), values.Money(12000, "JPY"), values.PriceBasis.GROSS
        )

    def test_are_summed_exactly_and_rounded_once(self) -> None:
        items = body(OrderItems=[charge(0.005), charge(0.005), charge(108.875)])
        assert booking_of(reservation(), items).total == values.Money(10888, "EUR")

    def test_no_total_in_several_currencies(self) -> None:
        dollars = {"Currency": "USD", "GrossValue": 20.5}
        items = body(OrderItems=[charge(10), charge(0, Amount=dollars), charge(1.25)])
        snapshot = booking_of(reservation(), items)
        assert snapshot.total is None
        assert snapshot.extras is not values.ABSENT
        assert dict(snapshot.extras)["OrderItems.Amount"] == '{"EUR":11.25,"USD":20.5}'

    def test_total_is_zero_if_all_items_are_canceled(self) -> None:
        items = body(OrderItems=[charge(10, CanceledUtc="2026-03-01T00:00:00Z")])
        assert booking_of(reservation(State="Canceled"), items).total == values.Money(0, "EUR")


class TestExtras:
    def test_do_not_depend_on_the_items_position(self) -> None:
        payload = reservation(Brand={"New": [1, 2.50]})
        first, second = read(ItemKind.BOOKING, body(Reservations=[payload, payload]))
        assert isinstance(first.snapshot, BookingSnapshot)
        assert first.snapshot == second.snapshot
        assert first.snapshot.extras is not values.ABSENT
        assert ("Brand", '{"New":[1,2.5]}') in first.snapshot.extras


class TestServices:
    def test_rejects_reservations_of_other_services(self) -> None:
        services = body(Services=[_service("svc-stay"), _service("svc-park")])
        categories = body(
            ResourceCategories=[
                {"Id": "cat-1", "ServiceId": "svc-stay", "Type": "Room"},
                {"Id": "cat-2", "ServiceId": "svc-park", "Type": "ParkingSpot"},
            ]
        )
        items = [reservation(), reservation(Id="res-2", ServiceId="svc-park")]
        reason = refusal(ItemKind.BOOKING, body(Reservations=items), services, categories)
        assert (reason.code, reason.path) == ("not_accommodation", "Reservations[1].ServiceId")


def _service(service_id: str) -> dict[str, Any]:
    data = {"Discriminator": "Bookable", "Value": {"TimeUnitPeriod": "Day"}}
    return {"Id": service_id, "IsActive": True, "Data": data}
