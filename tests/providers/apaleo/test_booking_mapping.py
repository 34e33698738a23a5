import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from adapters.outbound.provider_kit.parsing.json_text import loads
from adapters.outbound.provider_kit.parsing.local_time import zone
from adapters.outbound.provider_kit.parsing.read_items import JsonEntry
from adapters.outbound.providers.apaleo.mapping.bookings import ApaleoBookingMapper
from domain import values
from domain.messages import ItemKind
from domain.snapshots import BookingSnapshot, BookingSource, Party, PartyRole
from domain.status import BookingStatus
from ports.errors import UnreadableMessage, Unsupported
from tests.providers.apaleo.payloads import booking, euros, read, refusal, reservation, sample
from tests.providers.vendor_payloads import extras, parametrize_states, status_and_inventory


def slice_of(day: str, amount: float) -> dict[str, Any]:
    return {"serviceDate": day, "totalGrossAmount": euros(amount), "from": f"{day}T15:00:00+01:00"}


class TestReservation:
    def test_maps_one_room_and_the_group(self) -> None:
        found = booking(unit={"id": "VIE-101", "name": "101"})
        assert (found.external_id, found.group_id) == ("QWERTYUI-1", "QWERTYUI")
        assert found.confirmation_number == "QWERTYUI-1"
        assert found.stay == values.Stay(date(2026, 3, 10), date(2026, 3, 12))
        assert isinstance(found.rooms, tuple)
        (room,) = found.rooms
        assert (room.room_type_id, room.room_id) == ("VIE-DBL", "VIE-101")
        assert room.rate_plan_id == "VIE-FLEX"

    def test_version_keeps_the_seventh_digit(self) -> None:
        first = booking(modified="2026-02-03T04:05:06.7654321+01:00").version
        second = booking(modified="2026-02-03T04:05:06.7654322+01:00").version
        assert first == values.SourceVersion(datetime(2026, 2, 3, 3, 5, 6, 765432, tzinfo=UTC), 100)
        assert first < second

    def test_version_is_creation_time_if_never_modified(self) -> None:
        found = booking(modified="0001-01-01T00:00:00Z", created="2026-01-01T00:00:00Z")
        assert found.version == values.SourceVersion(datetime(2026, 1, 1, tzinfo=UTC))

    @parametrize_states(
        CONFIRMED="Confirmed", CHECKED_IN="InHouse", CHECKED_OUT="CheckedOut", CANCELED="Canceled",
        NO_SHOW="NoShow",
    )  # fmt: skip
    def test_maps_all_states(self, state: str, status: BookingStatus) -> None:
        found = booking(status=state)
        assert (found.status, found.holds_inventory) == status_and_inventory(status)

    def test_rejects_unknown_state(self) -> None:
        reason = refusal(status="Teleported")
        assert (reason.code, reason.path) == ("unknown_value", "reservations[0].status")

    @pytest.mark.parametrize(
        ("arrival", "departure", "days"),
        [
            ("2026-03-09T23:30:00Z", "2026-03-12T10:00:00Z", (10, 12)),
            ("2026-03-10T00:30:00+01:00", "2026-03-11T00:30:00+01:00", (10, 11)),
            ("2026-03-10T09:00:00+01:00", "2026-03-10T18:00:00+01:00", (10, 10)),
            ("2026-03-10T17:00:00+01:00", "2026-03-10T17:00:00+01:00", (10, 10)),
        ],
    )
    def test_uses_hotel_dates_for_any_offset(
        self, arrival: str, departure: str, days: tuple[int, int]
    ) -> None:
        found = booking(arrival=arrival, departure=departure)
        assert found.stay == values.Stay(date(2026, 3, days[0]), date(2026, 3, days[1]))

    @pytest.mark.parametrize(
        ("code", "company", "source"),
        [
            ("Direct", False, BookingSource.DIRECT),
            ("Ibe", False, BookingSource.DIRECT),
            ("Direct", True, BookingSource.CORPORATE),
            ("Expedia", True, BookingSource.OTA),
            ("MarsTravel", False, BookingSource.OTHER),
        ],
    )
    def test_maps_source_and_keeps_channel_code(
        self, code: str, source: BookingSource, *, company: bool
    ) -> None:
        payload = {"company": {"id": "C", "name": "Acme"}} if company else {}
        found = booking(channelCode=code, **payload)
        assert found.source is source
        assert extras(found)["channelCode"] == json.dumps(code)

    def test_counts_adults_and_children_by_age(self) -> None:
        found = booking(adults=2, childrenAges=[6, 0, 6])
        assert isinstance(found.rooms, tuple)
        assert found.rooms[0].occupancy == (
            values.AgeCount(values.AgeClass.ADULT, 2),
            values.AgeCount(values.AgeClass.CHILD, 1, age=0),
            values.AgeCount(values.AgeClass.CHILD, 2, age=6),
        )

    def test_maps_nightly_prices(self) -> None:
        pieces = [
            slice_of("2026-03-11", 120.25),
            slice_of("2026-03-10", 100),
            slice_of("2026-03-11", 10),
        ]
        found = booking(timeSlices=pieces)
        assert isinstance(found.rooms, tuple)
        gross = values.PriceBasis.GROSS
        assert found.rooms[0].nightly_prices == (
            values.NightlyPrice(date(2026, 3, 10), values.Money(10_000, "EUR"), gross),
            values.NightlyPrice(date(2026, 3, 11), values.Money(13_025, "EUR"), gross),
        )

    def test_negates_vendor_balance(self) -> None:
        found = booking(balance=euros(-80.5))
        assert found.balance == values.Money(8_050, "EUR")
        assert json.loads(extras(found)["balance"])["amount"] == -80.5

    def test_uses_the_digits_of_the_currency(self) -> None:
        found = booking(
            totalGrossAmount={"amount": 12_000, "currency": "JPY"},
            balance={"amount": 0.005, "currency": "KWD"},
        )
        assert (found.total, found.balance) == (
            values.Money(12_000, "JPY"),
            values.Money(-5, "KWD"),
        )

    def test_maps_parties_by_role_without_ids(self) -> None:
        found = booking(
            additionalGuests=[{"lastName": "Berg", "address": {"countryCode": "AT"}}],
            booker={"lastName": "Costa", "preferredLanguage": "it"},
            company={"id": "C1", "name": "Acme"},
        )
        assert found.primary_guest == Party(
            first_name="Ada", last_name="Aalto", email="ada@example.com"
        )
        assert found.further_guests == (
            Party(role=PartyRole.COMPANION, last_name="Berg", country="AT"),
            Party(role=PartyRole.BOOKER, last_name="Costa", language="it"),
            Party(role=PartyRole.OWNER, last_name="Acme"),
        )
        assert extras(found)["company.id"] == '"C1"'

    def test_keeps_unmapped_fields_by_path(self) -> None:
        found = extras(booking(futureField={"a": [1.50]}, corporateCode="X", groupName="Party"))
        assert found["futureField"] == '{"a":[1.5]}'
        assert (found["corporateCode"], found["groupName"]) == ('"X"', '"Party"')
        assert found["guaranteeType"] == '"CreditCard"'

    def test_drops_payment_data(self) -> None:
        account = {"accountNumber": "1111", "payerReference": "tok", "paymentMethod": "visa"}
        found = extras(booking(paymentAccount=account))
        assert found["paymentAccount.paymentMethod"] == '"visa"'
        assert not {"paymentAccount.accountNumber", "paymentAccount.payerReference"} & found.keys()

    def test_single_and_listed_reservations_map_equally(self) -> None:
        single_reservation = booking(
            payableAmount={"guest": euros(1)}, taxDetails=[{"vatType": "Normal"}]
        )
        assert single_reservation == booking()

    @pytest.mark.parametrize(
        "field",
        ["id", "status", "arrival", "departure", "modified"],
    )
    def test_rejects_missing_required_field(self, field: str) -> None:
        reason = refusal(**{field: ...})
        assert (reason.code, reason.path) == ("missing_field", f"reservations[0].{field}")

    @pytest.mark.parametrize(
        ("changes", "path"),
        [
            ({"arrival": 17}, "arrival"),
            ({"arrival": "2026-03-10T15:00:00"}, "arrival"),
            ({"departure": "2026-03-01T15:00:00Z"}, "departure"),
            ({"totalGrossAmount": {"amount": "1", "currency": "EUR"}}, "totalGrossAmount.amount"),
            ({"totalGrossAmount": {"amount": 1, "currency": "Euro"}}, "totalGrossAmount.amount"),
        ],
    )
    def test_rejects_wrong_type_with_path(self, changes: dict[str, Any], path: str) -> None:
        assert refusal(**changes).path == f"reservations[0].{path}"

    def test_traces_every_field(self) -> None:
        body = {"reservations": [reservation(comment="late")], "count": 1}
        (item,) = read(ItemKind.BOOKING, body, explain=True)
        field_trace = dict(item.field_trace)
        assert field_trace["comment"] == "notes"
        assert field_trace["totalGrossAmount.amount"] == "total"
        assert field_trace["guaranteeType"] == "extras"
        for key in reservation():
            assert any(
                path == key or path.startswith((f"{key}.", f"{key}[")) for path in field_trace
            ), key


class TestMissingFields:
    OPTIONAL = ("checked_in_at", "canceled_at", "notes", "special_requests", "further_guests")

    def test_missing_field_is_absent_in_push(self) -> None:
        found = booking(primaryGuest=..., balance=...)
        assert {getattr(found, name) for name in self.OPTIONAL} == {values.ABSENT}
        assert (found.primary_guest, found.balance) == (values.ABSENT, values.ABSENT)

    def test_missing_field_is_null_in_api_response(self) -> None:
        mapper = ApaleoBookingMapper(zone("Europe/Berlin"), is_complete=True)
        payload = loads(json.dumps(reservation(primaryGuest=..., balance=...)))
        found = mapper.map(JsonEntry("", payload)).snapshot
        assert isinstance(found, BookingSnapshot)
        assert [getattr(found, name) for name in self.OPTIONAL] == [None, None, None, None, ()]
        assert (found.primary_guest, found.balance) == (None, None)

    def test_unset_instant_is_null(self) -> None:
        assert booking(checkInTime="0001-01-01T00:00:00Z").checked_in_at is None


class TestMessages:
    def test_accepts_one_reservation_and_arrays(self) -> None:
        assert [item.external_id for item in read(ItemKind.BOOKING, reservation())] == [
            "QWERTYUI-1"
        ]
        two = [reservation(), reservation(id="B-2", status="?")]
        assert [item.reason and item.reason.path for item in read(ItemKind.BOOKING, two)] == [
            None,
            "[1].status",
        ]

    def test_rejects_guests(self) -> None:
        with pytest.raises(Unsupported):
            read(ItemKind.GUEST, {"guests": []})


class TestVendorSamples:
    def test_reservations_map(self) -> None:
        items = read(
            ItemKind.BOOKING, sample("swagger2021-booking-BookingReservationsGet__resp-200.json")
        )
        assert len(items) == 2
        assert all(isinstance(item.snapshot, BookingSnapshot) for item in items), items

    def test_rejects_reservation_of_a_booking_without_time_stamp(self) -> None:
        (item,) = read(
            ItemKind.BOOKING, sample("swagger2021-booking-BookingBookingsByIdGet__resp-200.json")
        )
        assert item.reason is not None
        assert (item.reason.code, item.reason.path) == ("missing_field", "reservations[0].modified")

    def test_rejects_groups(self) -> None:
        with pytest.raises(UnreadableMessage):
            read(ItemKind.BOOKING, sample("swagger2021-booking-BookingGroupsGet__resp-200.json"))
