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
from ports.errors import TooManyItems
from tests.providers.cloudbeds.payloads import (
    booking,
    context,
    lodging,
    map_rooms,
    mapped,
    page,
    person,
    provider,
    read,
    refusal,
    reservation,
    room,
    single_reservation,
)
from tests.providers.vendor_payloads import extras, parametrize_states, status_and_inventory


def api_booking(**changes: Any) -> BookingSnapshot:
    """Mapped as a complete API response."""
    mapper = CloudbedsBookingMapper(zone("Europe/Berlin"), "EUR", is_complete=True)
    reported = loads(json.dumps(reservation(**changes)))
    item = mapper.map(JsonEntry("data[0]", reported))
    assert isinstance(item.snapshot, BookingSnapshot), item.reason
    return item.snapshot


class TestReservation:
    def test_stay_is_the_headers(self) -> None:
        found = booking()
        assert (found.external_id, found.confirmation_number) == ("7001", "7001")
        assert found.stay == Stay(date(2026, 3, 10), date(2026, 3, 12))
        assert found.version == SourceVersion(datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC))
        assert not found.deleted

    @parametrize_states(
        PENDING="not_confirmed", CONFIRMED="confirmed", CHECKED_IN="checked_in",
        CHECKED_OUT="checked_out", CANCELED="canceled", NO_SHOW="no_show",
    )  # fmt: skip
    def test_maps_all_states(self, state: str, status: BookingStatus) -> None:
        found = booking(status=state)
        assert (found.status, found.holds_inventory) == status_and_inventory(status)

    @pytest.mark.parametrize("state", ["cancelled", "Confirmed", "in_house", "teleported"])
    def test_rejects_unknown_status(self, state: str) -> None:
        reason = refusal(status=state)
        assert (reason.code, reason.path) == ("unknown_value", "data[0].status")

    @pytest.mark.parametrize(
        "missing", ["reservationID", "status", "reservationCheckIn", "reservationCheckOut"]
    )
    def test_rejects_missing_required_field(self, missing: str) -> None:
        reason = refusal(**{missing: ...})
        assert reason.code == "missing_field"
        assert reason.path == f"data[0].{missing}"

    def test_rejects_missing_times(self) -> None:
        removed: dict[str, Any] = dict.fromkeys(
            ("dateModified", "dateModifiedUTC", "dateCreated", "dateCreatedUTC"), ...
        )
        assert refusal(**removed).path == "data[0].dateModified"

    def test_version_is_creation_time_if_never_modified(self) -> None:
        found = booking(dateModifiedUTC="", dateModified="0000-00-00 00:00:00")
        assert found.version.updated_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
        assert extras(found)["dateCreatedUTC"] == '"2026-01-02 03:04:05"'

    def test_maps_deletion(self) -> None:
        assert booking(isDeleted=True).deleted
        assert booking(isDeleted="1").deleted

    def test_accepts_numeric_ids(self) -> None:
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

    def test_missing_field_is_absent_in_push(self) -> None:
        removed: dict[str, Any] = dict.fromkeys(
            ("total", "balance", "balanceDetailed", "guestList", "guestID", "rooms"), ...
        )
        found = booking(**removed, sourceName=..., source=...)
        for name in ("total", "paid", "balance", "rooms", "primary_guest", "further_guests"):
            assert getattr(found, name) is ABSENT
        assert found.source is ABSENT
        assert found.canceled_at is ABSENT

    def test_missing_field_is_null_in_api_response(self) -> None:
        found = api_booking(total=..., balanceDetailed="")
        assert (found.total, found.paid, found.canceled_at) == (None, None, None)


class TestTimes:
    @pytest.mark.parametrize(
        ("reported", "meant"),
        [
            ("2026-10-25 01:59:59", datetime(2026, 10, 24, 23, 59, 59, tzinfo=UTC)),
            # The time occurs twice: the first is used, so that no version is in the future.
            ("2026-10-25 02:30:00", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
            ("2026-10-25 03:00:00", datetime(2026, 10, 25, 2, 0, tzinfo=UTC)),
            # The time is skipped.
            ("2026-03-29 02:30:00", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
            ("2026-07-01 12:00:00", datetime(2026, 7, 1, 10, 0, tzinfo=UTC)),
            ("2026-07-01T12:00:00+03:00", datetime(2026, 7, 1, 9, 0, tzinfo=UTC)),
        ],
    )
    def test_local_times_are_in_the_hotels_zone(self, reported: str, meant: datetime) -> None:
        found = booking(dateModifiedUTC=..., dateModified=reported)
        assert found.version.updated_at == meant

    def test_prefers_utc_fields(self) -> None:
        first = booking(
            dateModified="2026-10-25 02:30:00", dateModifiedUTC="2026-10-25 00:30:00"
        ).version
        second = booking(
            dateModified="2026-10-25 02:10:00", dateModifiedUTC="2026-10-25 01:10:00"
        ).version
        assert first < second

    def test_cancellation_time_is_cleared_when_reinstated(self) -> None:
        found = booking(status="canceled", dateCancelledUTC="2026-02-03 04:05:06")
        assert found.canceled_at == datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
        local = booking(status="canceled", dateCancelled="2026-02-03 05:05:06")
        assert local.canceled_at == found.canceled_at
        assert booking(dateCancelled=None).canceled_at is None

    @pytest.mark.parametrize("text", ["yesterday", "2026-02-30 00:00:00", "2026-02-03", 17])
    def test_rejects_invalid_time(self, text: object) -> None:
        assert refusal(dateModifiedUTC=text).path == "data[0].dateModifiedUTC"

    def test_stay_dates_are_not_shifted(self) -> None:
        for name in ("Pacific/Auckland", "Pacific/Pago_Pago"):
            found = mapped(reservation(), time_zone=name)
            assert found.stay == Stay(date(2026, 3, 10), date(2026, 3, 12))

    def test_accepts_day_use(self) -> None:
        found = booking(
            reservationCheckOut="2026-03-10 00:00:00",
            rooms=[room(roomCheckOut="2026-03-10", detailedRoomRates=[])],
        )
        assert isinstance(found.stay, Stay)
        assert found.stay.is_day_use


class TestRooms:
    def test_maps_own_stay_and_status(self) -> None:
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
    def test_room_not_checked_in_has_the_headers_status(self, state: str) -> None:
        found = booking(status=state)
        assert map_rooms(found)[0].status is found.status

    @pytest.mark.parametrize("state", ["canceled", "no_show", "teleported"])
    def test_rejects_unknown_room_status(self, state: str) -> None:
        reason = refusal(rooms=[room(), room(roomStatus=state)])
        assert (reason.code, reason.path) == ("unknown_value", "data[0].rooms[1].roomStatus")

    def test_unassigned_room_has_no_number(self) -> None:
        assert map_rooms(booking(rooms=[room(roomID="", roomName=None)]))[0].room_id is None
        assert map_rooms(booking(rooms=[room(roomID=None)]))[0].room_id is None

    def test_sorts_by_line_id(self) -> None:
        rooms = [room(subReservationID=f"7001-{n}") for n in (10, 2, 1)]
        found = booking(rooms=[*rooms, room()])
        assert [r.line_id for r in map_rooms(found)] == ["7001", "7001-1", "7001-2", "7001-10"]

    def test_accepts_guest_counts_as_text(self) -> None:
        found = booking(rooms=[room(adults="2", children="1"), room(adults=1, children="0")])
        assert map_rooms(found)[0].occupancy == (
            AgeCount(AgeClass.ADULT, 2),
            AgeCount(AgeClass.CHILD, 1),
        )
        assert map_rooms(found)[1].occupancy == (AgeCount(AgeClass.ADULT, 1),)

    def test_maps_nightly_prices(self) -> None:
        (reported,) = map_rooms(booking())
        assert reported.nightly_prices == (
            NightlyPrice(date(2026, 3, 10), Money(11_525, "EUR")),
            NightlyPrice(date(2026, 3, 11), Money(11_525, "EUR")),
        )

    def test_rounded_price_is_kept_where_it_is_reported(self) -> None:
        body = page(reservation(rooms=[room(detailedRoomRates={"2026-03-10": 88.8355})]))
        (item,) = read(ItemKind.BOOKING, body, explain=True)
        assert isinstance(item.snapshot, BookingSnapshot)
        path = 'rooms[0].detailedRoomRates["2026-03-10"]'
        reported = {key: target for key, target in item.field_trace if "2026-03-10" in key}
        assert reported == {path: "rooms[0].nightly_prices, extras"}
        assert extras(item.snapshot)[path] == "88.8355"

    def test_accepts_400_nights(self) -> None:
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
    def test_accepts_all_forms_of_empty_lists(self, empty: object) -> None:
        found = booking(rooms=[room(detailedRoomRates=empty)])
        assert map_rooms(found)[0].nightly_prices == ()
        assert booking(rooms=empty).rooms is ABSENT

    def test_accepts_map_by_number(self) -> None:
        found = booking(rooms={"0": room(), "1": room(subReservationID="7001-1")})
        assert len(map_rooms(found)) == 2

    @pytest.mark.parametrize("night", [{"2026-03-11": "much"}, {"2026-03-11": None}, {"Monday": 1}])
    def test_leaves_an_invalid_night_out(self, night: dict[str, Any]) -> None:
        found = booking(rooms=[room(detailedRoomRates={"2026-03-10": 115.25, **night})])
        (price,) = map_rooms(found)[0].nightly_prices
        assert (price.night, price.price) == (date(2026, 3, 10), Money(11_525, "EUR"))
        kept = any("detailedRoomRates" in path for path in extras(found))
        assert kept is (None not in night.values())


class TestSingleReservation:
    def test_maps_assigned_and_unassigned_rooms(self) -> None:
        found = mapped(single_reservation())
        assert found.stay == Stay(date(2026, 3, 10), date(2026, 3, 12))
        first, second = map_rooms(found)
        assert (first.line_id, first.room_id) == ("7001", "31-4")
        assert (second.line_id, second.room_id) == ("7001-1", None)
        assert second.stay == Stay(date(2026, 3, 11), date(2026, 3, 12))
        assert second.status is BookingStatus.CONFIRMED

    def test_times_are_in_the_hotels_zone(self) -> None:
        assert mapped(single_reservation()).version.updated_at == datetime(
            2026, 2, 3, 4, 5, 6, tzinfo=UTC
        )

    def test_rejects_missing_id(self) -> None:
        reported = {
            key: value for key, value in single_reservation().items() if key != "reservationID"
        }
        (item,) = read(ItemKind.BOOKING, {"success": True, "data": reported})
        assert item.reason is not None
        assert (item.reason.code, item.reason.path) == ("missing_field", "data.reservationID")

    @pytest.mark.parametrize("empty", [[], {}, "", None])
    def test_accepts_reservation_without_cards(self, empty: object) -> None:
        assert mapped(single_reservation(cardsOnFile=empty)).external_id == "7001"

    def test_drops_card_numbers(self) -> None:
        reported = extras(mapped(single_reservation()))
        assert "1111" not in json.dumps(reported)
        assert reported["cardsOnFile[0].cardType"] == '"visa"'

    def test_is_read_from_the_api_response(self) -> None:
        (item,) = read(ItemKind.BOOKING, {"success": True, "data": single_reservation()})
        assert item.external_id == "7001"

    def test_accepts_balance_as_list(self) -> None:
        found = mapped(single_reservation())
        assert found.paid == Money(3_000, "EUR")
        assert mapped(single_reservation(balanceDetailed=[])).paid is ABSENT

    def test_maps_list_without_rooms(self) -> None:
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
    def test_rounds_half_to_even_and_keeps_the_source_number(
        self, amount: object, currency: str, minor: int
    ) -> None:
        found = booking(total=amount, propertyCurrency=currency)
        assert found.total == Money(minor, currency)
        assert extras(found)["total"] == json.dumps(amount)

    def test_exact_amount_is_not_kept(self) -> None:
        assert "total" not in extras(booking())
        assert "total" not in extras(booking(total="230.50"))

    def test_rounded_room_amount_is_kept_by_path(self) -> None:
        found = mapped(single_reservation())
        assert map_rooms(found)[0].nightly_prices[0].price == Money(8_884, "EUR")
        assert extras(found)["assigned[0].dailyRates[0].rate"] == "88.8355"

    def test_uses_the_hotels_currency_by_default(self) -> None:
        found = mapped(single_reservation(total=12_000), currency="JPY")
        assert found.total == Money(12_000, "JPY")
        empty = mapped(reservation(propertyCurrency="", total=5), currency="USD")
        assert empty.total == Money(500, "USD")

    def test_maps_paid_and_balance(self) -> None:
        found = booking()
        assert (found.paid, found.balance) == (Money(3_000, "EUR"), Money(20_050, "EUR"))

    @pytest.mark.parametrize("amount", ["1,200.50", "much", True, [], 10**20])
    def test_rejects_invalid_amount(self, amount: object) -> None:
        assert refusal(total=amount).path == "data[0].total"

    def test_rejects_unknown_currency(self) -> None:
        assert refusal(propertyCurrency="XXQ").code == "unknown_currency"


class TestPeople:
    def test_maps_main_guest_and_companions(self) -> None:
        other = person("502", isMainGuest=False, guestFirstName="Bo", guestEmail="")
        found = booking(guestList={"501": person(), "502": other})
        assert isinstance(found.primary_guest, Party)
        assert found.primary_guest.guest_id == "501"
        assert found.primary_guest.email == "ada@example.com"
        assert found.primary_guest.phone == "+358 1"
        (companion,) = found.further_guests or ()
        assert (companion.guest_id, companion.role) == ("502", PartyRole.COMPANION)
        assert companion.email is None

    @pytest.mark.parametrize("header", ["ada@example.com", " Ada@Example.com ", "", ...])
    def test_header_email_of_the_main_guest_is_not_kept_twice(self, header: object) -> None:
        found = booking(guestEmail=header)
        assert isinstance(found.primary_guest, Party)
        assert found.primary_guest.email == "ada@example.com"
        assert "guestEmail" not in extras(found)

    def test_keeps_different_header_email_in_the_extras(self) -> None:
        found = booking(guestEmail="agency@example.com")
        assert isinstance(found.primary_guest, Party)
        assert found.primary_guest.email == "ada@example.com"
        assert extras(found)["guestEmail"] == '"agency@example.com"'

    def test_main_guest_without_email_has_the_headers(self) -> None:
        found = booking(guestEmail=" agency@example.com ", guestList=[person(guestEmail="")])
        assert isinstance(found.primary_guest, Party)
        assert found.primary_guest.email == "agency@example.com"

    def test_accepts_list(self) -> None:
        assert booking(guestList=[person()]).primary_guest == booking().primary_guest

    @pytest.mark.parametrize("empty", [[], {}, "", None])
    def test_maps_header_guest_without_guest_list(self, empty: object) -> None:
        found = booking(guestList=empty)
        assert found.primary_guest == Party(guest_id="501")
        assert found.further_guests == ()

    def test_main_guest_is_the_headers_without_a_flag(self) -> None:
        people = {key: person(key, isMainGuest=...) for key in ("500", "501")}
        found = booking(guestList=people)
        assert isinstance(found.primary_guest, Party)
        assert found.primary_guest.guest_id == "501"

    def test_does_not_depend_on_their_order(self) -> None:
        people = {key: person(key, isMainGuest=key == "501") for key in ("503", "501", "502")}
        turned = dict(reversed(people.items()))
        assert booking(guestList=people) == booking(guestList=turned)

    def test_keeps_only_the_id_of_anonymized_guests(self) -> None:
        found = booking(guestList={"501": person(isAnonymized=True, guestZip="00100")})
        assert found.primary_guest == Party(guest_id="501")
        assert "ada@example.com" not in json.dumps(extras(found))
        assert "00100" not in json.dumps(extras(found))

    def test_drops_data_of_anonymized_header(self) -> None:
        found = mapped(single_reservation(isAnonymized=True, guestList=[], guestID="501"))
        assert found.primary_guest == Party(guest_id="501")
        assert "Aalto" not in json.dumps(extras(found))

    def test_accepts_guest_without_id(self) -> None:
        found = booking(guestList=[person(guestID=...)])
        assert isinstance(found.primary_guest, Party)
        assert (found.primary_guest.guest_id, found.primary_guest.last_name) == (None, "Aalto")


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
    def test_is_mapped_by_name_or_category(
        self, renderer: dict[str, Any], source: BookingSource
    ) -> None:
        assert booking(**renderer).source is source

    def test_keeps_source_texts(self) -> None:
        reported = extras(booking())
        assert reported["sourceName"] == '"Booking.com"'
        assert reported["source.category"] == '"ota"'
        assert reported["source.sourceID"] == '"s-1"'


class TestMessage:
    def test_without_reservations_is_empty(self) -> None:
        for empty in ([], {}, "", None):
            assert read(ItemKind.BOOKING, {"success": True, "data": empty, "total": 0}) == []

    def test_rejects_one_item_and_maps_the_others(self) -> None:
        items = read(ItemKind.BOOKING, [reservation(), 17, reservation(reservationID="7002")])
        assert [item.reason is None for item in items] == [True, False, True]
        assert items[1].reason is not None
        assert items[1].reason.path == "[1]"

    def test_raw_text_can_be_read_again(self) -> None:
        (item,) = read(ItemKind.BOOKING, {"data": [reservation()]})
        (again,) = read(ItemKind.BOOKING, item.raw)
        assert again.snapshot == item.snapshot

    def test_rejects_more_items_than_the_limit(self) -> None:
        body = json.dumps([reservation()] * 3).encode()
        with pytest.raises(TooManyItems):
            provider.read_items(ItemKind.BOOKING, [body], context(), limit=2)

    def test_error_never_quotes_input(self) -> None:
        reason = refusal(dateModifiedUTC="Ada Aalto, +358 1")
        assert "Aalto" not in reason.detail

    def test_rejects_reversed_stay(self) -> None:
        assert refusal(reservationCheckOut="2026-03-01 00:00:00").code == "stay_reversed"

    def test_rejects_room_without_dates(self) -> None:
        (item,) = read(ItemKind.BOOKING, single_reservation(assigned=[lodging(endDate="")]))
        assert item.reason is not None
        assert item.reason.path == "assigned[0].endDate"
