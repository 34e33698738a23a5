import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from adapters.outbound.provider_kit.parsing.json_text import loads
from adapters.outbound.provider_kit.parsing.local_time import zone
from adapters.outbound.provider_kit.parsing.read_items import JsonEntry
from adapters.outbound.providers.cloudbeds.mapping.bookings import CloudbedsBookingMapper
from domain.messages import ItemKind
from domain.snapshots import BookingSnapshot, BookingSource, Party, PartyRole
from domain.status import BookingStatus
from domain.values import ABSENT, AgeClass, AgeCount, Money, NightlyPrice, SourceVersion, Stay
from ports.errors import TooManyItems, UnreadableMessage
from tests.providers.cloudbeds.payloads import (
    alone,
    booking,
    context,
    lodging,
    map_rooms,
    mapped,
    person,
    provider,
    read,
    refusal,
    reservation,
    room,
)
from tests.providers.vendor_payloads import extras


def is_complete(**changes: Any) -> BookingSnapshot:
    """As an answer to the client."""
    mapper = CloudbedsBookingMapper(zone("Europe/Berlin"), "EUR", is_complete=True)
    reported = loads(json.dumps(reservation(**changes)))
    item = mapper.map(JsonEntry("data[0]", reported))
    assert isinstance(item.snapshot, BookingSnapshot), item.reason
    return item.snapshot


class TestReservation:
    def test_is_one_booking_with_the_days_of_its_header(self) -> None:
        found = booking()
        assert (found.external_id, found.confirmation_number) == ("7001", "7001")
        assert found.stay == Stay(date(2026, 3, 10), date(2026, 3, 12))
        assert found.version == SourceVersion(datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC))
        assert not found.deleted

    @pytest.mark.parametrize(
        ("state", "status", "holds"),
        [
            ("not_confirmed", BookingStatus.PENDING, False),
            ("confirmed", BookingStatus.CONFIRMED, True),
            ("checked_in", BookingStatus.CHECKED_IN, True),
            ("checked_out", BookingStatus.CHECKED_OUT, False),
            ("canceled", BookingStatus.CANCELED, False),
            ("no_show", BookingStatus.NO_SHOW, False),
        ],
    )
    def test_maps_all_states(self, state: str, status: BookingStatus, *, holds: bool) -> None:
        found = booking(status=state)
        assert (found.status, found.holds_inventory) == (status, holds)

    @pytest.mark.parametrize("state", ["cancelled", "Confirmed", "in_house", "teleported"])
    def test_of_a_state_that_is_not_the_headers_is_refused(self, state: str) -> None:
        reason = refusal(status=state)
        assert (reason.code, reason.path) == ("unknown_value", "data[0].status")

    @pytest.mark.parametrize(
        "missing", ["reservationID", "status", "reservationCheckIn", "reservationCheckOut"]
    )
    def test_without_what_it_must_have_is_refused_by_its_name(self, missing: str) -> None:
        reason = refusal(**{missing: ...})
        assert reason.code == "missing_field"
        assert reason.path == f"data[0].{missing}"

    def test_without_any_time_is_refused(self) -> None:
        removed: dict[str, Any] = dict.fromkeys(
            ("dateModified", "dateModifiedUTC", "dateCreated", "dateCreatedUTC"), ...
        )
        assert refusal(**removed).path == "data[0].dateModified"

    def test_that_was_never_modified_has_the_version_of_its_creation(self) -> None:
        found = booking(dateModifiedUTC="", dateModified="0000-00-00 00:00:00")
        assert found.version.updated_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
        assert extras(found)["dateCreatedUTC"] == '"2026-01-02 03:04:05"'

    def test_that_is_deleted_is_told_so(self) -> None:
        assert booking(isDeleted=True).deleted
        assert booking(isDeleted="1").deleted

    def test_takes_ids_that_older_examples_write_as_numbers(self) -> None:
        found = booking(reservationID=7001, guestID=501, rooms=[room(roomTypeID=31, roomID=4)])
        assert found.external_id == "7001"
        assert (map_rooms(found)[0].room_type_id, map_rooms(found)[0].room_id) == ("31", "4")

    def test_keeps_unmapped_fields(self) -> None:
        found = extras(booking(mealPlans="Breakfast", brandNew={"a": [1.25]}))
        assert found["mealPlans"] == '"Breakfast"'
        assert found["brandNew"] == '{"a":[1.25]}'
        assert found["profileID"] == '"801"'
        assert found["rooms[0].roomName"] == '"104"'

    def test_traces_every_field(self) -> None:
        (item,) = read(ItemKind.BOOKING, reservation(), explain=True)
        field_trace = dict(item.field_trace)
        assert field_trace["dateModifiedUTC"] == "version"
        assert field_trace["rooms[0].roomStatus"] == "rooms[0].status"
        assert field_trace["guestList.501.guestEmail"] == "primary_guest.email"
        assert field_trace["sourceName"] == "source, extras"
        assert field_trace["total"] == "total"
        leaves = {path.split(".")[0].split("[")[0] for path in field_trace}
        assert leaves == set(reservation())

    def test_leaves_out_what_it_does_not_say(self) -> None:
        removed: dict[str, Any] = dict.fromkeys(
            ("total", "balance", "balanceDetailed", "guestList", "guestID", "rooms"), ...
        )
        found = booking(**removed, sourceName=..., source=...)
        for name in ("total", "paid", "balance", "rooms", "primary_guest", "further_guests"):
            assert getattr(found, name) is ABSENT
        assert found.source is ABSENT
        assert found.canceled_at is ABSENT

    def test_of_an_answer_to_the_client_says_all(self) -> None:
        found = is_complete(total=..., balanceDetailed="")
        assert (found.total, found.paid, found.canceled_at) == (None, None, None)


class TestTimes:
    @pytest.mark.parametrize(
        ("reported", "meant"),
        [
            ("2026-10-25 01:59:59", datetime(2026, 10, 24, 23, 59, 59, tzinfo=UTC)),
            # Twice in that night: the first is meant, so that no version lies in the future.
            ("2026-10-25 02:30:00", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
            ("2026-10-25 03:00:00", datetime(2026, 10, 25, 2, 0, tzinfo=UTC)),
            # Left out in that night.
            ("2026-03-29 02:30:00", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
            ("2026-07-01 12:00:00", datetime(2026, 7, 1, 10, 0, tzinfo=UTC)),
            ("2026-07-01T12:00:00+03:00", datetime(2026, 7, 1, 9, 0, tzinfo=UTC)),
        ],
    )
    def test_without_a_zone_are_the_hotels(self, reported: str, meant: datetime) -> None:
        found = booking(dateModifiedUTC=..., dateModified=reported)
        assert found.version.updated_at == meant

    def test_in_utc_are_taken_where_they_are_told(self) -> None:
        first = booking(
            dateModified="2026-10-25 02:30:00", dateModifiedUTC="2026-10-25 00:30:00"
        ).version
        second = booking(
            dateModified="2026-10-25 02:10:00", dateModifiedUTC="2026-10-25 01:10:00"
        ).version
        assert first < second

    def test_of_a_cancellation_are_told_while_it_is_one(self) -> None:
        found = booking(status="canceled", dateCancelledUTC="2026-02-03 04:05:06")
        assert found.canceled_at == datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
        local = booking(status="canceled", dateCancelled="2026-02-03 05:05:06")
        assert local.canceled_at == found.canceled_at
        assert booking(dateCancelled=None).canceled_at is None

    @pytest.mark.parametrize("text", ["yesterday", "2026-02-30 00:00:00", "2026-02-03", 17])
    def test_that_are_none_are_refused(self, text: object) -> None:
        assert refusal(dateModifiedUTC=text).path == "data[0].dateModifiedUTC"

    def test_of_a_stay_are_days_whatever_the_zone(self) -> None:
        for name in ("Pacific/Auckland", "Pacific/Pago_Pago"):
            found = mapped(reservation(), time_zone=name)
            assert found.stay == Stay(date(2026, 3, 10), date(2026, 3, 12))

    def test_of_day_use_are_one_day(self) -> None:
        found = booking(
            reservationCheckOut="2026-03-10 00:00:00",
            rooms=[room(roomCheckOut="2026-03-10", detailedRoomRates=[])],
        )
        assert isinstance(found.stay, Stay)
        assert found.stay.is_day_use


class TestRooms:
    def test_have_days_and_states_of_their_own(self) -> None:
        found = booking(
            status="checked_in",
            rooms=[
                room(roomStatus="in_house"),
                room(subReservationID="7001-1", roomStatus="cancelled"),
                room(subReservationID="7001-2", roomCheckIn="2026-03-11"),
                room(subReservationID="7001-3", roomStatus="checked_out"),
            ],
        )
        states = {r.line_id: r.status for r in map_rooms(found)}
        assert states == {
            "7001": BookingStatus.CHECKED_IN,
            "7001-1": BookingStatus.CANCELED,
            "7001-2": BookingStatus.CONFIRMED,
            "7001-3": BookingStatus.CHECKED_OUT,
        }
        assert map_rooms(found)[2].stay == Stay(date(2026, 3, 11), date(2026, 3, 12))
        assert found.status is BookingStatus.CHECKED_IN

    @pytest.mark.parametrize("state", ["not_confirmed", "confirmed", "canceled", "no_show"])
    def test_that_nobody_is_in_are_as_the_reservation(self, state: str) -> None:
        found = booking(status=state)
        assert map_rooms(found)[0].status is found.status

    @pytest.mark.parametrize("state", ["canceled", "no_show", "teleported"])
    def test_of_a_state_that_is_not_a_rooms_are_refused(self, state: str) -> None:
        reason = refusal(rooms=[room(), room(roomStatus=state)])
        assert (reason.code, reason.path) == ("unknown_value", "data[0].rooms[1].roomStatus")

    def test_without_a_number_yet_have_none(self) -> None:
        assert map_rooms(booking(rooms=[room(roomID="", roomName=None)]))[0].room_id is None
        assert map_rooms(booking(rooms=[room(roomID=None)]))[0].room_id is None

    def test_stay_in_the_order_of_their_lines(self) -> None:
        rooms = [room(subReservationID=f"7001-{n}") for n in (10, 2, 1)]
        found = booking(rooms=[*rooms, room()])
        assert [r.line_id for r in map_rooms(found)] == ["7001", "7001-1", "7001-2", "7001-10"]

    def test_count_people_that_come_as_texts(self) -> None:
        found = booking(rooms=[room(adults="2", children="1"), room(adults=1, children="0")])
        assert map_rooms(found)[0].occupancy == (
            AgeCount(AgeClass.ADULT, 2),
            AgeCount(AgeClass.CHILD, 1),
        )
        assert map_rooms(found)[1].occupancy == (AgeCount(AgeClass.ADULT, 1),)

    def test_have_the_prices_of_their_nights(self) -> None:
        (reported,) = map_rooms(booking())
        assert reported.nightly_prices == (
            NightlyPrice(date(2026, 3, 10), Money(11_525, "EUR")),
            NightlyPrice(date(2026, 3, 11), Money(11_525, "EUR")),
        )

    def test_of_400_nights_are_read(self) -> None:
        begin = date(2026, 3, 10)
        nights = [begin + timedelta(days=n) for n in range(400)]
        end = (begin + timedelta(days=400)).isoformat()
        found = booking(
            reservationCheckOut=f"{end} 00:00:00",
            rooms=[
                room(
                    roomCheckOut=end,
                    detailedRoomRates={night.isoformat(): "88.8355" for night in nights},
                )
            ],
        )
        prices = map_rooms(found)[0].nightly_prices
        assert len(prices) == 400
        assert {price.price for price in prices} == {Money(8_884, "EUR")}

    @pytest.mark.parametrize("empty", [[], {}, "", None])
    def test_take_any_of_the_vendors_empty_lists(self, empty: object) -> None:
        found = booking(rooms=[room(detailedRoomRates=empty)])
        assert map_rooms(found)[0].nightly_prices == ()
        assert booking(rooms=empty).rooms is ABSENT

    def test_come_by_number_too(self) -> None:
        found = booking(rooms={"0": room(), "1": room(subReservationID="7001-1")})
        assert len(map_rooms(found)) == 2

    def test_of_a_rate_that_is_no_number_are_refused(self) -> None:
        reason = refusal(rooms=[room(detailedRoomRates={"2026-03-10": "much"})])
        assert reason.path == "data[0].rooms[0].detailedRoomRates.2026-03-10"

    def test_of_a_night_that_is_no_date_are_refused(self) -> None:
        assert refusal(rooms=[room(detailedRoomRates={"Monday": 1})]).code == "bad_date"


class TestReservationAlone:
    def test_has_its_rooms_in_two_lists_with_days_of_their_own(self) -> None:
        found = mapped(alone())
        assert found.stay == Stay(date(2026, 3, 10), date(2026, 3, 12))
        first, second = map_rooms(found)
        assert (first.line_id, first.room_id) == ("7001", "31-4")
        assert (second.line_id, second.room_id) == ("7001-1", None)
        assert second.stay == Stay(date(2026, 3, 11), date(2026, 3, 12))
        assert second.status is BookingStatus.CONFIRMED

    def test_has_the_times_of_the_hotel(self) -> None:
        assert mapped(alone()).version.updated_at == datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)

    def test_without_its_id_is_refused_by_it(self) -> None:
        reported = {key: value for key, value in alone().items() if key != "reservationID"}
        (item,) = read(ItemKind.BOOKING, {"success": True, "data": reported})
        assert item.reason is not None
        assert (item.reason.code, item.reason.path) == ("missing_field", "data.reservationID")

    @pytest.mark.parametrize("empty", [[], {}, "", None])
    def test_may_have_no_card(self, empty: object) -> None:
        assert mapped(alone(cardsOnFile=empty)).external_id == "7001"

    def test_keeps_no_card(self) -> None:
        reported = extras(mapped(alone()))
        assert "1111" not in json.dumps(reported)
        assert reported["cardsOnFile[0].cardType"] == '"visa"'

    def test_is_read_inside_of_the_vendors_answer(self) -> None:
        (item,) = read(ItemKind.BOOKING, {"success": True, "data": alone()})
        assert item.external_id == "7001"

    def test_has_a_balance_told_in_a_list(self) -> None:
        found = mapped(alone())
        assert found.paid == Money(3_000, "EUR")
        assert mapped(alone(balanceDetailed=[])).paid is ABSENT

    def test_of_the_short_list_has_a_header_alone(self) -> None:
        """getReservations without includeAllRooms."""
        found = mapped(
            {
                "reservationID": "7001",
                "status": "no_show",
                "dateModified": "2026-02-03 05:05:06",
                "startDate": "2026-03-10",
                "endDate": "2026-03-12",
                "guestID": "501",
                "guestName": "Ada Aalto",
                "balance": "12.30",
                "sourceName": "Walk-In",
            }
        )
        assert found.rooms is ABSENT
        assert found.primary_guest == Party(guest_id="501")
        assert extras(found)["guestName"] == '"Ada Aalto"'
        assert (found.balance, found.source) == (Money(1_230, "EUR"), BookingSource.WALK_IN)


class TestMoney:
    @pytest.mark.parametrize(
        ("amount", "currency", "minor"),
        [
            (88.8355, "EUR", 8_884),
            ("88.8355", "EUR", 8_884),
            (0.125, "EUR", 12),
            (0.135, "EUR", 14),
            (-0.125, "EUR", -12),
            (1200.5, "JPY", 1_200),
            (1201.5, "JPY", 1_202),
            (1.2345, "KWD", 1_234),
        ],
    )
    def test_is_rounded_half_to_even_and_its_own_number_kept(
        self, amount: object, currency: str, minor: int
    ) -> None:
        found = booking(total=amount, propertyCurrency=currency)
        assert found.total == Money(minor, currency)
        assert extras(found)["total"] == json.dumps(amount)

    def test_that_is_exact_is_no_extra(self) -> None:
        assert "total" not in extras(booking())
        assert "total" not in extras(booking(total="230.50"))

    def test_of_a_room_is_kept_by_its_path(self) -> None:
        found = mapped(alone())
        assert map_rooms(found)[0].nightly_prices[0].price == Money(8_884, "EUR")
        assert extras(found)["assigned[0].dailyRates[0].rate"] == "88.8355"

    def test_is_the_hotels_where_the_answer_names_no_currency(self) -> None:
        found = mapped(alone(total=12_000), currency="JPY")
        assert found.total == Money(12_000, "JPY")
        empty = mapped(reservation(propertyCurrency="", total=5), currency="USD")
        assert empty.total == Money(500, "USD")

    def test_tells_what_was_paid_and_is_owed(self) -> None:
        found = booking()
        assert (found.paid, found.balance) == (Money(3_000, "EUR"), Money(20_050, "EUR"))

    @pytest.mark.parametrize("amount", ["1,200.50", "much", True, [], 10**20])
    def test_that_is_none_is_refused(self, amount: object) -> None:
        assert refusal(total=amount).path == "data[0].total"

    def test_of_an_unknown_currency_is_refused(self) -> None:
        assert refusal(propertyCurrency="XXQ").code == "unknown_currency"


class TestPeople:
    def test_are_the_main_guest_and_companions(self) -> None:
        other = person("502", isMainGuest=False, guestFirstName="Bo", guestEmail="")
        found = booking(guestList={"501": person(), "502": other})
        assert isinstance(found.primary_guest, Party)
        assert found.primary_guest.guest_id == "501"
        assert found.primary_guest.email == "ada@example.com"
        assert found.primary_guest.phone == "+358 1"
        (companion,) = found.further_guests or ()
        assert (companion.guest_id, companion.role) == ("502", PartyRole.COMPANION)
        assert companion.email is None

    def test_come_as_a_list_too(self) -> None:
        assert booking(guestList=[person()]).primary_guest == booking().primary_guest

    @pytest.mark.parametrize("empty", [[], {}, "", None])
    def test_may_be_nobody_but_the_headers(self, empty: object) -> None:
        found = booking(guestList=empty)
        assert found.primary_guest == Party(guest_id="501")
        assert found.further_guests == ()

    def test_are_main_by_the_header_where_no_flag_says_so(self) -> None:
        people = {key: person(key, isMainGuest=...) for key in ("500", "501")}
        found = booking(guestList=people)
        assert isinstance(found.primary_guest, Party)
        assert found.primary_guest.guest_id == "501"

    def test_do_not_depend_on_the_order_in_which_they_come(self) -> None:
        people = {key: person(key, isMainGuest=key == "501") for key in ("503", "501", "502")}
        turned = dict(reversed(people.items()))
        assert booking(guestList=people) == booking(guestList=turned)

    def test_whose_data_was_removed_are_told_by_id_alone(self) -> None:
        found = booking(guestList={"501": person(isAnonymized=True, guestZip="00100")})
        assert found.primary_guest == Party(guest_id="501")
        assert "ada@example.com" not in json.dumps(extras(found))
        assert "00100" not in json.dumps(extras(found))

    def test_of_an_anonymized_header_are_not_told(self) -> None:
        found = mapped(alone(isAnonymized=True, guestList=[], guestID="501"))
        assert found.primary_guest == Party(guest_id="501")
        assert "Aalto" not in json.dumps(extras(found))

    def test_without_an_id_are_refused(self) -> None:
        assert refusal(guestList=[person(guestID=...)]).path == "data[0].guestList[0].guestID"


class TestSource:
    @pytest.mark.parametrize(
        ("renderer", "source"),
        [
            ({"sourceName": "Booking.com", "source": ...}, BookingSource.OTA),
            ({"sourceName": "Walk-In", "source": {"category": "direct"}}, BookingSource.WALK_IN),
            ({"sourceName": "Hotel X", "source": {"category": "direct"}}, BookingSource.DIRECT),
            ({"sourceName": "Mars Travel", "source": {"category": "new"}}, BookingSource.OTHER),
            ({"sourceName": ..., "source": "Website"}, BookingSource.DIRECT),
            (
                {"sourceName": "A", "source": ..., "sourceCategory": "travel_agent"},
                BookingSource.AGENT,
            ),
        ],
    )
    def test_is_known_by_its_name_or_category(
        self, renderer: dict[str, Any], source: BookingSource
    ) -> None:
        assert booking(**renderer).source is source

    def test_keeps_its_words(self) -> None:
        reported = extras(booking())
        assert reported["sourceName"] == '"Booking.com"'
        assert reported["source.category"] == '"ota"'
        assert reported["source.sourceID"] == '"s-1"'


class TestMessage:
    def test_without_reservations_is_empty(self) -> None:
        for empty in ([], {}, "", None):
            assert read(ItemKind.BOOKING, {"success": True, "data": empty, "total": 0}) == []

    @pytest.mark.parametrize(
        "body",
        [
            b"<!DOCTYPE html><html>",
            b"",
            b"17",
            b"{}",
            b'{"success": false, "message": "Reservation not found"}',
            b'{"code": "404", "message": "Profile not found"}',
        ],
    )
    def test_that_is_none_is_refused_as_a_whole(self, body: bytes) -> None:
        with pytest.raises(UnreadableMessage):
            read(ItemKind.BOOKING, body)

    def test_takes_one_bad_item_alone(self) -> None:
        items = read(ItemKind.BOOKING, [reservation(), 17, reservation(reservationID="7002")])
        assert [item.reason is None for item in items] == [True, False, True]
        assert items[1].reason is not None
        assert items[1].reason.path == "[1]"

    def test_of_an_item_can_be_read_again_by_its_own_text(self) -> None:
        (item,) = read(ItemKind.BOOKING, {"data": [reservation()]})
        (again,) = read(ItemKind.BOOKING, item.raw)
        assert again.snapshot == item.snapshot

    def test_with_more_than_the_limit_is_refused(self) -> None:
        body = json.dumps([reservation()] * 3).encode()
        with pytest.raises(TooManyItems):
            provider.read_items(ItemKind.BOOKING, [body], context(), limit=2)

    def test_never_quotes_what_it_refuses(self) -> None:
        reason = refusal(dateModifiedUTC="Ada Aalto, +358 1")
        assert "Aalto" not in reason.detail

    def test_of_both_days_reversed_is_refused(self) -> None:
        assert refusal(reservationCheckOut="2026-03-01 00:00:00").code == "stay_reversed"

    def test_of_a_lodging_without_days_names_them(self) -> None:
        (item,) = read(ItemKind.BOOKING, alone(assigned=[lodging(endDate="")]))
        assert item.reason is not None
        assert item.reason.path == "assigned[0].endDate"
