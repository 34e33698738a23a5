"""Listed and single reservations to bookings."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from domain.messages import ItemKind
from domain.snapshots import BookingSnapshot, BookingSource, Party, PartyRole, RoomStay
from domain.status import BookingStatus
from domain.values import ABSENT, AgeClass, AgeCount, Money, SourceVersion, Stay
from ports.errors import TooManyItems
from tests.providers.ohip.payloads import (
    booking,
    context,
    ids,
    list_response,
    listed,
    mapped,
    provider,
    read,
    refusal,
    room_stay,
    sample,
    single,
    single_response,
    with_stay,
)
from tests.providers.schema_instances import is_traced, leaf_paths
from tests.providers.vendor_payloads import (
    ADA,
    OBSERVED,
    parametrize_states,
    status_and_inventory,
)

MARCH = Stay(date(2026, 3, 10), date(2026, 3, 12))


def rooms(snapshot: BookingSnapshot) -> tuple[RoomStay, ...]:
    assert isinstance(snapshot.rooms, tuple)
    return snapshot.rooms


def parties(snapshot: BookingSnapshot) -> tuple[Party, ...]:
    assert isinstance(snapshot.further_guests, tuple)
    return snapshot.further_guests


def version(text: str, *, zone: str = "Europe/Berlin", observed: datetime = OBSERVED) -> datetime:
    body = list_response(listed(lastModifyDateTime=text))
    return mapped(body, time_zone=zone, observed_at=observed).version.updated_at


class TestReservation:
    def test_listed_reservation_maps_to_one_room(self) -> None:
        adults, child = AgeCount(AgeClass.ADULT, 2), AgeCount(AgeClass.CHILD, 1)
        assert replace(booking(), extras=ABSENT) == BookingSnapshot(
            external_id="5001",
            version=SourceVersion(datetime(2026, 2, 3, 3, 5, 6, tzinfo=UTC)),
            status=BookingStatus.CONFIRMED,
            holds_inventory=True,
            confirmation_number="8001",
            source=BookingSource.DIRECT,
            stay=MARCH,
            rooms=(
                RoomStay(
                    room_type_id="DBL",
                    rate_plan_id="BAR",
                    stay=MARCH,
                    status=BookingStatus.CONFIRMED,
                    occupancy=(adults, child),
                ),
            ),
            primary_guest=replace(
                ADA, guest_id="7001", phone="+43 1 555 0001", country="AT", language="E"
            ),
            total=Money(23050, "EUR"),
            balance=Money(3050, "EUR"),
        )

    def test_single_and_listed_reservations_map_equally(self) -> None:
        found = replace(mapped(single_response(single())), extras=ABSENT)
        assert replace(found, further_guests=ABSENT) == replace(booking(), extras=ABSENT)

    @pytest.mark.parametrize("make", [listed, single])
    def test_detects_the_shape_of_an_unwrapped_reservation(self, make: Any) -> None:
        found = [mapped(body) for body in (make(), [make()])]
        assert [rooms(one)[0].room_type_id for one in found] == ["DBL", "DBL"]
        assert [one.total for one in found] == [Money(23050, "EUR")] * 2

    def test_missing_field_is_absent_in_push(self) -> None:
        stay = {"arrivalDate": "2026-03-10", "departureDate": "2026-03-12"}
        little = {
            "reservationIdList": ids(Reservation="5001"),
            "roomStay": stay,
            "reservationStatus": "Reserved",
        }
        found = mapped(list_response(little))
        payload = {name for name in found.__slots__ if getattr(found, name) is not ABSENT}
        assert payload == {
            "external_id",
            "version",
            "deleted",
            "status",
            "holds_inventory",
            "stay",
            "extras",
        }

    def test_keeps_unmapped_fields(self) -> None:
        found = booking(customReference="X-1", roomStay=room_stay(marketCode="CORP"))
        assert isinstance(found.extras, tuple)
        kept = dict(found.extras)
        assert kept["customReference"] == '"X-1"'
        assert kept["roomStay.marketCode"] == '"CORP"'

    def test_drops_payment_data(self) -> None:
        card = {"cardType": "Va", "cardNumberMasked": "XXXX1111", "cardHolderName": "A AALTO"}
        payload = booking(reservationPaymentMethod={"paymentMethod": "VA", "paymentCard": card})
        alike = single(reservationPaymentMethods=[{"paymentMethod": "VA", "paymentCard": card}])
        for found in (payload, mapped(single_response(alike))):
            assert "AALTO" not in str(found.extras).upper().replace("ADA AALTO", "")
            assert "1111" not in str(found.extras)

    def test_traces_every_field(self) -> None:
        for body, paths in ((list_response(listed()), 24), (single_response(single()), 24)):
            (item,) = read(ItemKind.BOOKING, body, explain=True)
            field_trace = dict(item.field_trace)
            assert len(field_trace) >= paths
            assert field_trace["reservationIdList[0].type"] in (
                "external_id",
                "confirmation_number",
            )
            assert field_trace["createDateTime"] == "extras"
            assert field_trace["reservationStatus"] == "status"

    def test_traces_every_path_with_a_value(self) -> None:
        for body, value in (
            (list_response(listed()), listed()),
            (single_response(single()), single()),
        ):
            (item,) = read(ItemKind.BOOKING, body, explain=True)
            field_trace = [path for path, _ in item.field_trace]
            for path in leaf_paths(value, with_empty=True):
                assert is_traced(path, field_trace), path


class TestIds:
    def test_are_found_by_type(self) -> None:
        found = booking(
            reservationIdList=ids(
                CancellationNumber="1",
                ExternalReference="2",
                ParentReservation="5000",
                Confirmation="8001",
                Reservation="5001",
            )
        )
        assert (found.external_id, found.confirmation_number) == ("5001", "8001")
        assert found.group_id == "5000"
        assert "ExternalReference" in str(found.extras)

    def test_accepts_numeric_ids(self) -> None:
        found = booking(reservationIdList=[{"id": 5001, "type": "Reservation"}])
        assert found.external_id == "5001"

    @pytest.mark.parametrize("given", [[], ids(Confirmation="8001"), [{"id": "5001", "type": ""}]])
    def test_rejects_missing_reservation_id(self, given: Any) -> None:
        reason = refusal(list_response(listed(reservationIdList=given)))
        assert (reason.code, reason.path) == (
            "missing_field",
            "reservations.reservationInfo[0].reservationIdList",
        )


class TestStatus:
    @parametrize_states(
        PENDING="Requested Waitlisted", CONFIRMED="Reserved DueIn",
        CHECKED_IN="Walkin InHouse DueOut PendingCheckout", CHECKED_OUT="CheckedOut",
        CANCELED="Cancelled", NO_SHOW="NoShow",
    )  # fmt: skip
    def test_maps_all_states(self, state: str, status: BookingStatus) -> None:
        for found in (
            booking(reservationStatus=state),
            mapped(single_response(single(reservationStatus=state))),
        ):
            assert (found.status, found.holds_inventory) == status_and_inventory(status)
            assert rooms(found)[0].status is status

    def test_prefers_the_actual_status(self) -> None:
        found = booking(reservationStatus="InHouse", computedReservationStatus="DueIn")
        assert found.status is BookingStatus.CHECKED_IN

    def test_falls_back_to_the_computed_status(self) -> None:
        found = booking(reservationStatus=..., computedReservationStatus="DueOut")
        assert found.status is BookingStatus.CHECKED_IN

    def test_due_in_and_due_out_are_not_status_changes(self) -> None:
        one, other = (booking(computedReservationStatus=w) for w in ("Reserved", "DueIn"))
        assert one == other

    def test_rejects_unknown_status(self) -> None:
        reason = refusal(list_response(listed(reservationStatus="Teleported")))
        assert (reason.code, "Teleported" in reason.detail) == ("unknown_value", True)
        assert reason.path == "reservations.reservationInfo[0].reservationStatus"

    def test_rejects_missing_status(self) -> None:
        reason = refusal(list_response(listed(reservationStatus=...)))
        assert (reason.code, reason.path) == (
            "missing_field",
            "reservations.reservationInfo[0].reservationStatus",
        )

    def test_does_not_use_the_guarantee(self) -> None:
        guarantee = {"guaranteeCode": "CHECKED IN"}
        assert with_stay(guarantee=guarantee).status is BookingStatus.CONFIRMED


class TestTimeStamps:
    @pytest.mark.parametrize(
        ("text", "instant"),
        [
            ("2026-02-03 04:05:06.0", datetime(2026, 2, 3, 3, 5, 6, tzinfo=UTC)),
            ("2026-02-03T04:05:06", datetime(2026, 2, 3, 3, 5, 6, tzinfo=UTC)),
            ("2026-02-03 04:05:06.25", datetime(2026, 2, 3, 3, 5, 6, 250_000, tzinfo=UTC)),
            ("2026-02-03", datetime(2026, 2, 2, 23, 0, tzinfo=UTC)),
            ("2026-02-03T04:05:06.21Z", datetime(2026, 2, 3, 4, 5, 6, 210_000, tzinfo=UTC)),
            ("2026-02-03T04:05:06+05:00", datetime(2026, 2, 2, 23, 5, 6, tzinfo=UTC)),
        ],
    )
    def test_are_hotel_local(self, text: str, instant: datetime) -> None:
        assert version(text) == instant

    def test_repeated_hour_is_the_later_one(self) -> None:
        """2026-10-25 in Berlin: 02:30 is 00:30 and 01:30 UTC."""
        later = datetime(2026, 10, 25, 6, tzinfo=UTC)
        assert version("2026-10-25 02:30:00.0", observed=later).hour == 1

    def test_repeated_hour_is_not_after_the_observation(self) -> None:
        before = datetime(2026, 10, 25, 0, 45, tzinfo=UTC)
        assert version("2026-10-25 02:30:00.0", observed=before).hour == 0

    def test_stay_in_order_when_the_clocks_go_back(self) -> None:
        """Each is observed just after its time stamp."""
        walls = [("02:10", 0, 11), ("02:50", 0, 51), ("02:10", 1, 11), ("02:50", 1, 51)]
        found = [
            version(
                f"2026-10-25 {clock}:00.0",
                observed=datetime(2026, 10, 25, hour, minute, tzinfo=UTC),
            )
            for clock, hour, minute in walls
        ]
        assert found == sorted(found)
        assert len(set(found)) == 4

    def test_skipped_hour_is_accepted(self) -> None:
        """2026-03-29 in Berlin: 03:00 follows 01:59."""
        assert version("2026-03-29 02:30:00.0") == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)

    def test_modification_may_precede_creation(self) -> None:
        found = booking(createDateTime="2026-07-10 15:08:43.0")
        assert found.version.updated_at == datetime(2026, 2, 3, 3, 5, 6, tzinfo=UTC)

    def test_default_to_the_creation(self) -> None:
        created = SourceVersion(datetime(2026, 1, 2, 2, 4, 5, tzinfo=UTC))
        assert booking(lastModifyDateTime=...).version == created

    def test_default_to_the_time_of_observation(self) -> None:
        found = booking(lastModifyDateTime=..., createDateTime=...)
        assert found.version == SourceVersion(OBSERVED)

    @pytest.mark.parametrize("text", ["yesterday", "2026-02-30 00:00:00.0", "03/02/2026", 17])
    def test_rejects_invalid_time_stamp(self, text: Any) -> None:
        reason = refusal(list_response(listed(lastModifyDateTime=text)))
        assert reason.path == "reservations.reservationInfo[0].lastModifyDateTime"


class TestStays:
    def test_accepts_400_days(self) -> None:
        found = with_stay(arrivalDate="2026-03-10", departureDate="2027-04-14")
        assert found.stay == Stay(date(2026, 3, 10), date(2027, 4, 14))

    def test_accepts_day_use(self) -> None:
        found = with_stay(departureDate="2026-03-10")
        assert found.stay == Stay(date(2026, 3, 10), date(2026, 3, 10))

    def test_dates_are_not_shifted(self) -> None:
        body = list_response(listed(roomStay=room_stay(arrivalDate="2026-03-29 00:00:00.0")))
        body["reservations"]["reservationInfo"][0]["roomStay"]["departureDate"] = "2026-03-30"
        for zone in ("Pacific/Kiritimati", "America/Havana", "Europe/Berlin"):
            assert mapped(body, time_zone=zone).stay == Stay(date(2026, 3, 29), date(2026, 3, 30))

    def test_rejects_reversed_stay(self) -> None:
        reason = refusal(list_response(listed(roomStay=room_stay(departureDate="2026-03-09"))))
        assert (reason.code, reason.path) == (
            "stay_reversed",
            "reservations.reservationInfo[0].roomStay.departureDate",
        )

    @pytest.mark.parametrize("key", ["arrivalDate", "departureDate"])
    def test_rejects_missing_date(self, key: str) -> None:
        reason = refusal(list_response(listed(roomStay=room_stay(**{key: ...}))))
        assert reason.path == f"reservations.reservationInfo[0].roomStay.{key}"


class TestRooms:
    def test_maps_units_of_unsplit_reservation(self) -> None:
        found = with_stay(numberOfRooms="3")
        assert [room.units for room in rooms(found)] == [3]

    def test_shared_room_holds_no_inventory(self) -> None:
        found = with_stay(numberOfRooms=0)
        assert (rooms(found)[0].units, found.holds_inventory) == (1, False)

    def test_pseudo_room_holds_no_inventory(self) -> None:
        assert with_stay(pseudoRoom=True).holds_inventory is False

    @pytest.mark.parametrize("key", ["roomId", "roomNumber"])
    @pytest.mark.parametrize("number", ["304", 304])
    def test_room_number_has_two_field_names(self, key: str, number: Any) -> None:
        assert rooms(with_stay(**{key: number}))[0].room_id == "304"

    def test_accepts_numeric_codes(self) -> None:
        stay = dict(single()["roomStay"], currentRoomInfo={"roomType": 12, "roomId": 304})
        (room,) = rooms(mapped(single_response(single(roomStay=stay))))
        assert (room.room_type_id, room.room_id) == ("12", "304")

    def test_single_reservation_has_the_current_room(self) -> None:
        stay = dict(single()["roomStay"], currentRoomInfo={"roomType": "STE", "roomId": "12"})
        (room,) = rooms(mapped(single_response(single(roomStay=stay))))
        assert (room.room_type_id, room.room_id, room.rate_plan_id) == ("STE", "12", "BAR")

    def test_single_reservation_falls_back_to_the_first_span(self) -> None:
        rates = [
            {"roomType": "STE", "start": "2026-03-11", "numberOfUnits": 1},
            {"roomType": "DBL", "start": "2026-03-10", "numberOfUnits": 2},
        ]
        stay = dict(single()["roomStay"], roomRates=rates)
        (room,) = rooms(mapped(single_response(single(roomStay=stay))))
        assert (room.room_type_id, room.units) == ("DBL", 2)

    def test_maps_ages_of_children(self) -> None:
        found = with_stay(childCount="3", childAges=[{"age": "7"}, {"age": 7}])
        assert rooms(found)[0].occupancy[1:] == (
            AgeCount(AgeClass.CHILD, 2, age=7),
            AgeCount(AgeClass.CHILD, 1),
        )

    @pytest.mark.parametrize("text", ["two", "2.5", -1, [2]])
    def test_keeps_invalid_count_in_the_extras(self, text: Any) -> None:
        found = mapped(list_response(listed(roomStay=room_stay(adultCount=text))))
        assert isinstance(found.extras, tuple)
        assert dict(found.extras)["roomStay.adultCount"] == json.dumps(text, separators=(",", ":"))
        assert [count.age_class for count in rooms(found)[0].occupancy] == [AgeClass.CHILD]


class TestShares:
    def test_share_id_is_the_same_for_all_sharers(self) -> None:
        def sharing(own: str, other: str) -> BookingSnapshot:
            shared = [{"reservationId": {"id": other, "type": "Reservation"}, "lastName": "B"}]
            return booking(reservationIdList=ids(Reservation=own), sharedGuests=shared)

        one, other = sharing("5001", "999"), sharing("999", "5001")
        assert one.share_id == other.share_id == "999"
        assert "lastName" in str(one.extras)


class TestContacts:
    def test_texts_are_trimmed(self) -> None:
        guest = {
            "givenName": " Ada",
            "surname": "Aalto ",
            "email": "Ada.A@Example.COM ",
            "phoneNumber": " +43 1 555 0001 ",
            "address": {"country": {"code": "at "}},
        }
        found = booking(reservationGuest=guest).primary_guest
        assert found == Party(
            first_name="Ada",
            last_name="Aalto",
            email="Ada.A@Example.COM",
            phone="+43 1 555 0001",
            country="AT",
        )

    def test_masks_are_no_values(self) -> None:
        guest = {"givenName": "****", "surname": "*****", "email": "*****"}
        assert booking(reservationGuest=guest).primary_guest == Party()

    def test_keeps_unknown_country_in_the_extras(self) -> None:
        guest = {"surname": "Aalto", "address": {"country": {"code": "NORTH"}}}
        found = booking(reservationGuest=guest)
        assert found.primary_guest == Party(last_name="Aalto")
        assert '{"code":"NORTH"}' in dict(found.extras or ()).values()


class TestMoney:
    def test_uses_the_digits_of_the_currency(self) -> None:
        found = with_stay(totalAmount={"amount": "11500", "currencyCode": "JPY"})
        assert found.total == Money(11500, "JPY")

    def test_rounds_fractions_of_a_cent(self) -> None:
        found = with_stay(totalAmount={"amount": 115.555, "currencyCode": "USD"})
        assert found.total == Money(11556, "USD")

    def test_is_exact(self) -> None:
        found = with_stay(totalAmount={"amount": "9999999999999.99", "currencyCode": "EUR"})
        assert found.total == Money(999_999_999_999_999, "EUR")

    @pytest.mark.parametrize("currency", [{}, {"currencyCode": None}, {"currencyCode": ""}])
    def test_amount_without_currency_stays_in_the_extras(self, currency: Any) -> None:
        found = with_stay(totalAmount={"amount": 230.5, **currency})
        assert found.total is ABSENT
        assert any("230.5" in text for path, text in found.extras if "totalAmount" in path)

    def test_suppressed_rate_is_absent(self) -> None:
        found = with_stay(rateSuppressed=True)
        assert (found.total, found.balance) == (ABSENT, ABSENT)
        rate = dict(single()["roomStay"]["roomRates"][0], suppressRate=True)
        alike = mapped(
            single_response(single(roomStay=dict(single()["roomStay"], roomRates=[rate])))
        )
        assert (alike.total, alike.balance) == (ABSENT, ABSENT)

    def test_prefers_the_amount_after_tax(self) -> None:
        total = {"amountBeforeTax": "100", "currencyCode": "EUR"}
        stay = dict(single()["roomStay"], total=total)
        assert mapped(single_response(single(roomStay=stay))).total == Money(10000, "EUR")
        assert mapped(single_response(single())).total == Money(23050, "EUR")

    @pytest.mark.parametrize("amount", [{"amount": "1,5", "currencyCode": "EUR"}])
    def test_rejects_invalid_amount(self, amount: Any) -> None:
        reason = refusal(list_response(listed(roomStay=room_stay(totalAmount=amount))))
        assert reason.path is not None
        assert reason.path.startswith("reservations.reservationInfo[0].roomStay.totalAmount")

    def test_maps_payments(self) -> None:
        revenues = {"totalPayment": {"amount": 200, "currencyCode": "EUR"}}
        assert booking(revenuesAndBalances=revenues).paid == Money(20000, "EUR")


class TestPeople:
    def test_maps_companions_in_both_shapes(self) -> None:
        companion = {
            "firstName": "Björn",
            "lastName": "Berg",
            "profileIdList": ids(CorporateId="1", Profile="7002"),
        }
        one = booking(reservationGuest={"surname": "A", "accompanyGuests": [companion]})
        name = [{"givenName": "Björn", "surname": "Berg", "nameType": "Primary"}]
        other = {
            "profileInfo": {
                "profileIdList": ids(Profile="7002"),
                "profile": {"customer": {"personName": name}},
            }
        }
        guests = [other, *single()["reservationGuests"]]
        two = mapped(single_response(single(reservationGuests=guests)))
        expected = Party(
            guest_id="7002", role=PartyRole.COMPANION, first_name="Björn", last_name="Berg"
        )
        assert parties(one) == parties(two) == (expected,)

    @pytest.mark.parametrize(
        ("kind", "source"),
        [("TravelAgent", BookingSource.AGENT), ("Company", BookingSource.CORPORATE)],
    )
    def test_maps_owners_in_both_shapes(self, kind: str, source: BookingSource) -> None:
        attached = {"reservationProfileType": kind, "profileIdList": ids(Profile="9")}
        one = booking(attachedProfiles=[{**attached, "name": "Acme"}])
        profile = {"company": {"companyName": "Acme"}}
        reported = {"reservationProfile": [{**attached, "profile": profile}]}
        two = mapped(single_response(single(reservationProfiles=reported)))
        assert parties(one) == parties(two) == (Party(role=PartyRole.OWNER, last_name="Acme"),)
        assert one.source is two.source is source

    def test_maps_contacts_to_bookers(self) -> None:
        contact = {
            "reservationProfileType": "ReservationContact",
            "profileIdList": ids(Profile="8"),
        }
        found = booking(attachedProfiles=[{**contact, "name": "Costa"}])
        assert parties(found) == (Party(role=PartyRole.BOOKER, guest_id="8"),)

    def test_billing_profiles_stay_in_the_extras(self) -> None:
        found = booking(attachedProfiles=[{"reservationProfileType": "Addressee", "name": "Ito"}])
        assert parties(found) == ()
        assert "Ito" in str(found.extras)

    def test_ignores_ids_of_other_types(self) -> None:
        found = booking(reservationGuest={"surname": "A", "id": "5", "type": "Membership"})
        assert isinstance(found.primary_guest, Party)
        assert found.primary_guest.guest_id is None

    def test_uses_full_name_if_names_are_masked(self) -> None:
        found = booking(reservationGuest={"fullName": "A*** A***"})
        assert isinstance(found.primary_guest, Party)
        assert found.primary_guest.last_name == "A*** A***"


class TestSource:
    @pytest.mark.parametrize(
        ("changes", "source"),
        [
            ({"walkInIndicator": True}, BookingSource.WALK_IN),
            ({}, BookingSource.DIRECT),
            ({"sourceOfSale": {"sourceType": "GDS"}}, BookingSource.OTHER),
            ({"sourceOfSale": ...}, ABSENT),
        ],
    )
    def test_is_not_guessed(self, changes: Any, source: Any) -> None:
        assert booking(**changes).source is source


class TestCancellation:
    def test_reason_is_cleared_when_reinstated(self) -> None:
        payload = {"description": "Plans changed", "code": "PLANS", "date": "2026-03-01"}
        one = booking(reservationStatus="Cancelled", cancellationInfo=payload)
        two = mapped(single_response(single(reservationStatus="Cancelled", cancellation=payload)))
        assert one.cancel_reason == two.cancel_reason == "Plans changed"
        assert booking(cancellationInfo=payload).cancel_reason is None


class TestComments:
    def test_maps_notes_without_cashier_comments(self) -> None:
        comments = [
            {"comment": {"text": {"value": "Late arrival"}, "type": "RESERVATION"}},
            {"comment": {"text": {"value": "Owes a drink"}, "type": "CASHIER"}},
        ]
        assert mapped(single_response(single(comments=comments))).notes == "Late arrival"


class TestMessage:
    def test_empty_page_has_no_items(self) -> None:
        for reported in ({"reservationInfo": []}, {"hasMore": False, "totalResults": "0"}):
            assert read(ItemKind.BOOKING, {"reservations": reported}) == []

    @pytest.mark.parametrize("key", ["reservation", "reservationInfo"])
    def test_reads_a_list_that_is_wrapped_twice(self, key: str) -> None:
        reported = single() if key == "reservation" else listed()
        plain = read(ItemKind.BOOKING, {"reservations": {key: [reported]}})
        (item,) = read(ItemKind.BOOKING, {"reservations": {"reservations": {key: [reported]}}})
        assert item.snapshot is not None
        assert (item.snapshot, item.raw) == (plain[0].snapshot, plain[0].raw)

    def test_rejects_reservation_without_ids(self) -> None:
        reported = {key: value for key, value in single().items() if key != "reservationIdList"}
        (item,) = read(ItemKind.BOOKING, reported)
        assert item.reason is not None
        assert (item.reason.code, item.reason.path) == ("missing_field", "reservationIdList")

    def test_rejects_more_items_than_the_limit(self) -> None:
        body = json.dumps(list_response(listed(), listed())).encode()
        with pytest.raises(TooManyItems):
            provider.read_items(ItemKind.BOOKING, [body], context(), limit=1)

    def test_keeps_raw_text_of_each_item(self) -> None:
        found = read(ItemKind.BOOKING, list_response(listed(), listed(reservationStatus="Lost")))
        assert [json.loads(item.raw)["reservationStatus"] for item in found] == ["Reserved", "Lost"]

    def test_rejects_one_item_and_maps_the_others(self) -> None:
        body = list_response(17, listed(), listed(roomStay=...))
        reasons = [item.reason for item in read(ItemKind.BOOKING, body)]
        assert [reason and reason.path for reason in reasons] == [
            "reservations.reservationInfo[0]",
            None,
            "reservations.reservationInfo[2].roomStay",
        ]


class TestVendorSample:
    def test_maps_listed_reservations(self) -> None:
        items = read(ItemKind.BOOKING, sample("rsv-getReservations__resp-200.json"))
        found = [item.snapshot for item in items if isinstance(item.snapshot, BookingSnapshot)]
        assert [item.reason for item in items] == [None] * 3
        assert [rooms(one)[0].units for one in found] == [1, 1, 2]
        assert found[1].group_id == found[2].external_id
        assert [one.status for one in found] == [
            BookingStatus.CHECKED_OUT,
            BookingStatus.CHECKED_OUT,
            BookingStatus.NO_SHOW,
        ]

    def test_maps_single_reservation(self) -> None:
        found = mapped(sample("rsv-getReservation__resp-200.json"))
        assert found.status is BookingStatus.CONFIRMED
        assert isinstance(found.primary_guest, Party)
        assert found.primary_guest.guest_id
        assert found.rooms is ABSENT
