"""Reservations of all OTA message formats: exact snapshots, exact reasons."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.outbound.provider_kit.card_scrubber import scrub_bytes
from adapters.outbound.provider_kit.parsing.errors import ForbiddenXml
from adapters.outbound.providers.alpinebits.mapping.code_tables import STATUS_CODES
from domain import values as domain_values
from domain.messages import ItemKind
from domain.snapshots import BookingSource, Party, PartyRole
from domain.status import BookingStatus
from ports.errors import TooManyItems, UnreadableMessage
from tests.providers.alpinebits.payloads import (
    GUEST,
    OTA,
    ROOM,
    booking,
    context,
    provider,
    pushed,
    read,
    refusal,
    reservation,
    sample,
    snapshot_of,
)
from tests.providers.vendor_payloads import OBSERVED, booking_in

MARCH = domain_values.Stay(date(2026, 3, 10), date(2026, 3, 12))


def room(
    inside: str = "",
    *,
    time_span: str = '<TimeSpan Start="2026-03-10" End="2026-03-12"/>',
    total: str = "",
    attributes: str = "",
) -> str:
    return f"<RoomStay {attributes}>{inside}{time_span}{total}</RoomStay>"


def rates(
    *each: tuple[str, str, str], units: int = 1, plan: str = "FLEX", kind: str = "DBL"
) -> str:
    inside = "".join(
        f'<Rate EffectiveDate="{first}" ExpireDate="{last}" RateTimeUnit="Day" UnitMultiplier="1">'
        f'<Base AmountAfterTax="{amount}" CurrencyCode="EUR"/></Rate>'
        for first, last, amount in each
    )
    return (
        f'<RoomRates><RoomRate RoomTypeCode="{kind}" RatePlanCode="{plan}" '
        f'NumberOfUnits="{units}"><Rates>{inside}</Rates></RoomRate></RoomRates>'
    )


def total(amount: str, **more: str) -> str:
    payload = " ".join(f'{name}="{value}"' for name, value in more.items())
    currency = "" if "CurrencyCode" in more else 'CurrencyCode="EUR"'
    return f'<Total AmountAfterTax="{amount}" {currency} {payload}/>'


class TestReservation:
    def test_maps_all_fields(self) -> None:
        found = booking()
        assert (found.external_id, found.confirmation_number) == ("R-1", "R-1")
        assert (found.status, found.holds_inventory) == (BookingStatus.CONFIRMED, True)
        assert (found.stay, found.total) == (MARCH, domain_values.Money(23_050, "EUR"))
        assert found.primary_guest == Party(
            first_name="Ada", last_name="Aalto", email="ada@example.com", language="de"
        )
        assert found.further_guests == ()
        (only,) = found.rooms or ()
        assert (only.room_type_id, only.rate_plan_id, only.stay) == ("DBL", "FLEX", MARCH)
        assert only.occupancy == (domain_values.AgeCount(domain_values.AgeClass.ADULT, 2),)
        assert dict(found.extras or ())["@CreateDateTime"] == '"2026-01-02T03:04:05+01:00"'

    def test_missing_fields_are_absent(self) -> None:
        ids_alone = reservation(
            "",
            rooms=None,
            attributes='ResStatus="Cancelled" LastModifyDateTime="2026-02-01T00:00:00Z"',
        )
        found = booking(ids_alone)
        assert found.status is BookingStatus.CANCELED
        unset = (found.stay, found.rooms, found.primary_guest, found.further_guests, found.total)
        unset += (found.notes, found.special_requests, found.confirmation_number, found.source)
        assert set(unset) == {domain_values.ABSENT}

    def test_accepts_any_namespace_and_envelope(self) -> None:
        plain = booking()
        without_namespace = pushed(reservation(), namespace="")
        prefixed = pushed(reservation()).decode()
        for name in ("OTA_HotelResNotifRQ", "HotelReservations"):
            prefixed = prefixed.replace(f"<{name}", f"<o:{name}").replace(
                f"</{name}", f"</o:{name}"
            )
        prefixed = prefixed.replace("xmlns=", "xmlns:o=")
        envelope = (
            '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header><p>secret</p>'
            f"</s:Header><s:Body>{pushed(reservation()).decode()}</s:Body></s:Envelope>"
        )
        for body in (without_namespace, prefixed.encode(), envelope.encode()):
            (item,) = read(body)
            assert snapshot_of(item) == plain
            assert b"secret" not in item.raw

    def test_raw_text_maps_to_the_same_snapshot(self) -> None:
        pos = '<POS><Source><BookingChannel Type="7" Primary="true"/></Source></POS>'
        body = pushed(reservation(), reservation(), root='ResStatus="Modify"', pos=pos)
        for item in read(body):
            (again,) = read(item.raw)
            assert snapshot_of(again) == snapshot_of(item)
            assert again.raw == item.raw

    def test_traces_every_field(self) -> None:
        (item,) = read(pushed(reservation(), root='ResStatus="Commit"'), explain=True)
        field_trace = dict(item.field_trace)
        stay = "RoomStays/RoomStay[0]"
        assert field_trace[f"{stay}/TimeSpan/@Start"] == "rooms[0].stay"
        assert field_trace["@CreateDateTime"] == "version, extras"
        assert field_trace["../../@ResStatus"] == field_trace["@ResStatus"] == "status"
        customer = "ResGuests/ResGuest[0]/Profiles/ProfileInfo[0]/Profile/Customer"
        assert field_trace[f"{customer}/Email"] == "primary_guest.email"

    def test_keeps_unmapped_fields_by_path(self) -> None:
        inside = room('<Perks><Perk Kind="tea">Green</Perk><Perk Kind="cake"/></Perks>')
        found = dict(booking(reservation(rooms=inside)).extras or ())
        perks = "RoomStays/RoomStay[0]/Perks"
        assert found[f"{perks}/Perk[0]"] == '"Green"'
        assert found[f"{perks}/Perk[0]/@Kind"] == '"tea"'
        assert found[f"{perks}/Perk[1]/@Kind"] == '"cake"'
        assert not any("TimeStamp" in path or "EchoToken" in path for path in found)


class TestStatus:
    @pytest.mark.parametrize(
        ("payload", "status"),
        [
            ("Reserved", BookingStatus.CONFIRMED),
            ("Book", BookingStatus.CONFIRMED),
            ("Modify", BookingStatus.CONFIRMED),
            ("Waitlisted", BookingStatus.PENDING),
            ("In-house", BookingStatus.CHECKED_IN),
            ("In-House", BookingStatus.CHECKED_IN),
            ("INHOUSE", BookingStatus.CHECKED_IN),
            ("Checked-Out", BookingStatus.CHECKED_OUT),
            ("Checked out", BookingStatus.CHECKED_OUT),
            ("Cancelled", BookingStatus.CANCELED),
            ("Canceled", BookingStatus.CANCELED),
            ("Cancel", BookingStatus.CANCELED),
            ("No-show", BookingStatus.NO_SHOW),
            ("NoShow", BookingStatus.NO_SHOW),
        ],
    )
    def test_maps_all_status_codes(self, payload: str, status: BookingStatus) -> None:
        assert booking(reservation(attributes=f'ResStatus="{payload}"')).status is status

    def test_falls_back_to_the_documents_status(self) -> None:
        for payload, status in (
            ("Commit", BookingStatus.CONFIRMED),
            ("Modify", BookingStatus.CONFIRMED),
            ("Cancel", BookingStatus.CANCELED),
        ):
            (item,) = read(pushed(reservation(attributes=""), root=f'ResStatus="{payload}"'))
            assert snapshot_of(item).status is status

    def test_reservations_status_wins_over_the_documents_action(self) -> None:
        inside = reservation(attributes='ResStatus="In-House"')
        (item,) = read(pushed(inside, root='ResStatus="Modify"'))
        assert snapshot_of(item).status is BookingStatus.CHECKED_IN

    def test_rejects_status_that_contradicts_the_document(self) -> None:
        found = refusal(pushed(reservation(), root='ResStatus="Cancel"'))
        assert found.code == "contradiction"
        assert found.path == "HotelReservations/HotelReservation[0]/@ResStatus"

    def test_rejects_unknown_status(self) -> None:
        found = refusal(pushed(reservation(attributes='ResStatus="Teleported"')))
        assert found.code == "unknown_value"
        assert found.path == "HotelReservations/HotelReservation[0]/@ResStatus"
        assert "Teleported" in found.detail

    def test_rejects_missing_status(self) -> None:
        found = refusal(pushed(reservation(attributes="")))
        assert (found.code, found.path) == (
            "missing_field",
            "HotelReservations/HotelReservation[0]/@ResStatus",
        )

    def test_quote_request_is_not_a_booking(self) -> None:
        days = '<StartDateWindow EarliestDate="2026-03-10" LatestDate="2026-03-20"/>'
        window = f"<TimeSpan>{days}</TimeSpan>"
        asked = reservation(rooms=room(time_span=window), attributes='ResStatus="Requested"')
        (item,) = read(pushed(asked))
        assert item.reason is not None
        assert item.reason.code == "quote_request"
        assert item.external_id == "R-1"

    def test_maps_status_of_each_room(self) -> None:
        rooms = room(attributes='RoomStayStatus="In-house" IndexNumber="1"')
        rooms += room(attributes='RoomStayStatus="Cancelled" IndexNumber="2"')
        found = booking(reservation(rooms=rooms, attributes='ResStatus="In-house"'))
        assert [(each.line_id, each.status) for each in found.rooms or ()] == [
            ("1", BookingStatus.CHECKED_IN),
            ("2", BookingStatus.CANCELED),
        ]

    @pytest.mark.parametrize(
        ("first", "second", "derived"),
        [
            ("In-house", "Reserved", BookingStatus.CHECKED_IN),
            ("Checked-Out", "Reserved", BookingStatus.CHECKED_IN),
            ("Cancelled", "Reserved", BookingStatus.CONFIRMED),
            ("Cancelled", "Cancelled", BookingStatus.CANCELED),
        ],
    )
    def test_is_derived_from_the_rooms_without_a_header_status(
        self, first: str, second: str, derived: BookingStatus
    ) -> None:
        rooms = room(attributes=f'RoomStayStatus="{first}"')
        rooms += room(attributes=f'RoomStayStatus="{second}"')
        (item,) = read(pushed(reservation(rooms=rooms, attributes="")), explain=True)
        assert snapshot_of(item).status is derived
        field_trace = dict(item.field_trace)
        assert field_trace["RoomStays/RoomStay[1]/@RoomStayStatus"] == "rooms[1].status"

    def test_is_not_derived_if_a_room_has_no_status(self) -> None:
        rooms = room(attributes='RoomStayStatus="In-house"') + room()
        found = refusal(pushed(reservation(rooms=rooms, attributes="")))
        assert (found.code, found.path) == (
            "missing_field",
            "HotelReservations/HotelReservation[0]/@ResStatus",
        )

    def test_codes_are_compared_by_letters(self) -> None:
        assert all(vendor_code.isalpha() and vendor_code.islower() for vendor_code in STATUS_CODES)


class TestIdentity:
    def test_is_the_reservations_unique_id(self) -> None:
        reported = (("16", "MSG"), ("15", "C-1"), ("14", "R-7"))
        ids = "".join(f'<UniqueID Type="{kind}" ID="{name}"/>' for kind, name in reported)
        assert booking(reservation(ids=ids)).external_id == "R-7"

    def test_accepts_cancellation_type_and_no_type(self) -> None:
        assert booking(reservation(ids='<UniqueID Type="15" ID="C-1"/>')).external_id == "C-1"
        assert booking(reservation(ids='<UniqueID ID="BDC-1"/>')).external_id == "BDC-1"

    def test_ignores_the_message_id(self) -> None:
        found = refusal(pushed(reservation(ids='<UniqueID Type="16" ID="MSG"/>')))
        assert (found.code, found.path) == (
            "missing_field",
            "HotelReservations/HotelReservation[0]/UniqueID/@ID",
        )

    def test_maps_the_hotels_own_number(self) -> None:
        ids = """<ResGlobalInfo><HotelReservationIDs>
          <HotelReservationID ResID_Type="13" ResID_Value="X1" ResID_Source="portal"/>
          <HotelReservationID ResID_Type="14" ResID_Value="4711"/>
        </HotelReservationIDs></ResGlobalInfo>"""
        found = booking(reservation(ids))
        assert found.confirmation_number == "4711"
        assert found.source is BookingSource.OTA

    LISTED = """<ResGlobalInfo><HotelReservationIDs>{}</HotelReservationIDs></ResGlobalInfo>"""

    def listed(self, *ids: tuple[str, str]) -> str:
        inside = "".join(
            f'<HotelReservationID ResID_Type="{kind}" ResID_Value="{value}"/>' if kind else
            f'<HotelReservationID ResID_Value="{value}"/>'
            for kind, value in ids
        )  # fmt: skip
        return self.LISTED.format(inside)

    @pytest.mark.parametrize(
        ("ids", "external_id"),
        [
            ([("13", "B-1"), ("10", "H-1"), ("14", "R-9")], "R-9"),
            ([("15", "C-1"), ("13", "B-1"), ("10", "H-1")], "H-1"),
            ([("", "X-1"), ("10", "H-1")], "H-1"),
            ([("16", "M-1"), ("", "X-1")], "X-1"),
        ],
    )
    def test_without_unique_id_is_that_of_the_reservation_ids(
        self, ids: list[tuple[str, str]], external_id: str
    ) -> None:
        for message_id in ("", '<UniqueID Type="16" ID="MSG"/>'):
            (item,) = read(pushed(reservation(self.listed(*ids), ids=message_id)), explain=True)
            assert snapshot_of(item).external_id == item.external_id == external_id
            assert any(target.startswith("external_id") for _, target in item.field_trace)
            (again,) = read(item.raw)
            assert snapshot_of(again) == snapshot_of(item)

    @pytest.mark.parametrize("kind", ["13", "15", "16"])
    def test_is_no_number_of_a_broker_cancellation_or_message(self, kind: str) -> None:
        found = refusal(pushed(reservation(self.listed((kind, "C-1")), ids="")))
        assert found.code == "missing_field"

    def test_rejects_id_that_is_too_long(self) -> None:
        found = refusal(pushed(reservation(ids=f'<UniqueID Type="14" ID="{"x" * 201}"/>')))
        assert found.code == "bad_id"


class TestVersion:
    def version(self, attributes: str, root: str = "") -> domain_values.SourceVersion:
        (item,) = read(pushed(reservation(attributes=attributes), root=root))
        return snapshot_of(item).version

    @pytest.mark.parametrize(
        "written",
        [
            "2026-02-03T04:05:06+0100",
            "2026-02-03T03:05:06Z",
            "2026-02-03T03:05:06.000+0000",
            "2026-02-03T04:05:06+01:00",
            "2026-02-03T10:05:06+0700",
            "2026-02-03T04:05:06",
        ],
    )
    def test_accepts_all_time_formats(self, written: str) -> None:
        made = 'ResStatus="Reserved" CreateDateTime="2026-01-01T00:00:00Z"'
        found = self.version(f'{made} LastModifyDateTime="{written}"')
        assert found == domain_values.SourceVersion(datetime(2026, 2, 3, 3, 5, 6, tzinfo=UTC))

    def test_keeps_nanoseconds(self) -> None:
        found = self.version(
            'ResStatus="Reserved" LastModifyDateTime="2026-02-03T03:05:06.1234567Z"'
        )
        assert found == domain_values.SourceVersion(
            datetime(2026, 2, 3, 3, 5, 6, 123_456, tzinfo=UTC), 700
        )

    def test_creation_time_is_used_for_first_messages_only(self) -> None:
        sent = 'TimeStamp="2026-02-02T00:00:00Z"'
        made, reported = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 2, tzinfo=UTC)
        for status, version, step in (
            ("Reserved", made, 0),
            ("Modify", reported, 1_000),
            ("In-house", reported, 2_000),
        ):
            found = self.version(
                f'ResStatus="{status}" CreateDateTime="2026-01-01T00:00:00Z"', sent
            )
            assert found == domain_values.SourceVersion(version, step), status

    def test_modification_uses_the_documents_time_stamp(self) -> None:
        found = self.version(
            'ResStatus="Reserved" CreateDateTime="2026-01-01T00:00:00Z"',
            'ResStatus="Modify" TimeStamp="2026-02-02T00:00:00Z"',
        )
        assert found == domain_values.SourceVersion(datetime(2026, 2, 2, tzinfo=UTC), 1_000)

    def test_defaults_to_the_time_of_receipt(self) -> None:
        assert self.version('ResStatus="Cancelled"') == domain_values.SourceVersion(OBSERVED, 4_000)

    @pytest.mark.parametrize(
        "messages",
        [
            [("", "Commit"), ("", "Modify"), ("", "Cancel")],
            [("Book", ""), ("Modify", ""), ("Cancelled", "")],
            [("Reserved", ""), ("Reserved", "Modify"), ("Cancelled", "Cancel")],
            [("Waitlisted", ""), ("In-house", ""), ("Checked-Out", ""), ("Cancelled", "")],
            [("Reserved", ""), ("In-house", "Modify"), ("No-show", "Modify")],
        ],
    )
    def test_messages_of_one_instant_are_ordered_by_their_kind(
        self, messages: list[tuple[str, str]]
    ) -> None:
        midnight = '2026-02-03T00:00:00+05:30"'
        versions = [
            self.version(
                f'{status and f"ResStatus={chr(34)}{status}{chr(34)}"} CreateDateTime="{midnight}',
                f'{action and f"ResStatus={chr(34)}{action}{chr(34)}"} TimeStamp="{midnight}',
            )
            for status, action in messages
        ]
        assert versions == sorted(versions)
        assert len(set(versions)) == len(versions)
        assert len({version.updated_at for version in versions}) == 1

    def test_modification_is_never_older_than_the_creation(self) -> None:
        made = 'CreateDateTime="2026-02-03T17:30:00Z"'
        created = self.version(f'ResStatus="Book" {made}')
        modified = self.version(f'ResStatus="Modify" {made}', 'TimeStamp="2026-02-03T00:00:00Z"')
        assert created < modified

    def test_rejects_invalid_instant(self) -> None:
        found = refusal(
            pushed(reservation(attributes='ResStatus="Book" LastModifyDateTime="soon"'))
        )
        assert (found.code, found.path) == (
            "bad_instant",
            "HotelReservations/HotelReservation[0]/@LastModifyDateTime",
        )


class TestStay:
    def stay(self, time_span: str, **hotel: str) -> object:
        return booking(reservation(rooms=room(time_span=time_span)), **hotel).stay

    def test_dates_are_not_shifted(self) -> None:
        for written in ("2026-03-10", "2026-03-10T23:30:00Z", "2026-03-10T00:30:00+14:00"):
            spanned = f'<TimeSpan Start="{written}" End="2026-03-12"/>'
            assert self.stay(spanned, time_zone="Pacific/Auckland") == MARCH

    def test_spans_dst_change(self) -> None:
        found = self.stay('<TimeSpan Start="2026-03-28" End="2026-03-30"/>')
        assert found == domain_values.Stay(date(2026, 3, 28), date(2026, 3, 30))

    def test_accepts_duration(self) -> None:
        assert self.stay('<TimeSpan Start="2026-03-10" Duration="P2N"/>') == MARCH
        assert self.stay('<TimeSpan Start="2026-03-10" Duration="P2D"/>') == MARCH

    def test_accepts_long_stays_and_day_use(self) -> None:
        long = domain_values.Stay(date(2026, 3, 10), date(2026, 3, 10) + timedelta(days=400))
        assert self.stay('<TimeSpan Start="2026-03-10" End="2027-04-14"/>') == long
        day = domain_values.Stay(date(2026, 3, 10), date(2026, 3, 10))
        assert self.stay('<TimeSpan Start="2026-03-10" End="2026-03-10"/>') == day

    def test_falls_back_to_the_dates_of_the_rates(self) -> None:
        two = rates(("2026-03-10", "2026-03-11", "39.00"), ("2026-03-11", "2026-03-12", "49.00"))
        found = booking(reservation(rooms=room(two, time_span="")))
        assert found.stay == MARCH

    def test_combines_the_stays_of_all_rooms(self) -> None:
        later = room(time_span='<TimeSpan Start="2026-03-11" End="2026-03-15"/>')
        found = booking(reservation(rooms=room() + later))
        assert found.stay == domain_values.Stay(date(2026, 3, 10), date(2026, 3, 15))

    @pytest.mark.parametrize(
        ("time_span", "code", "path"),
        [
            ("", "missing_field", "TimeSpan/@Start"),
            ('<TimeSpan Start="2026-03-10"/>', "missing_field", "TimeSpan/@End"),
            ('<TimeSpan Start="soon" End="2026-03-12"/>', "bad_date", "TimeSpan/@Start"),
            ('<TimeSpan Start="2026-02-30" End="2026-03-12"/>', "bad_date", "TimeSpan/@Start"),
            ('<TimeSpan Start="2026-03-12" End="2026-03-10"/>', "stay_reversed", "TimeSpan/@End"),
            (
                '<TimeSpan Start="2026-03-10" Duration="long"/>',
                "bad_duration",
                "TimeSpan/@Duration",
            ),
        ],
    )
    def test_rejects_invalid_value_with_path(self, time_span: str, code: str, path: str) -> None:
        found = refusal(pushed(reservation(rooms=room(time_span=time_span))))
        place = "HotelReservations/HotelReservation[0]/RoomStays/RoomStay[0]"
        assert (found.code, found.path) == (code, f"{place}/{path}")


class TestRooms:
    def test_maps_number_of_units(self) -> None:
        found = booking(reservation(rooms=room(rates(units=3))))
        assert [(each.units, each.room_type_id) for each in found.rooms or ()] == [(3, "DBL")]

    def test_room_stay_with_several_types_is_one_room_each(self) -> None:
        """HTNG: at least one RoomRate for each room type."""
        king = rates(("2026-03-10", "2026-03-12", "80.00"), kind="King")
        twin = rates(("2026-03-10", "2026-03-11", "40.00"), kind="Twin", units=2)
        both = (king + twin).replace("</RoomRates><RoomRates>", "")
        guests = '<GuestCounts><GuestCount AgeQualifyingCode="10" Count="4"/></GuestCounts>'
        found = booking(reservation(rooms=room(both + guests)))
        reported = [
            (r.room_type_id, r.stay.departure.day, r.units, r.occupancy) for r in found.rooms or ()
        ]
        assert reported == [
            ("King", 12, 1, (domain_values.AgeCount(domain_values.AgeClass.ADULT, 4),)),
            ("Twin", 11, 2, ()),
        ]

    def test_maps_line_ids(self) -> None:
        typed = '<RoomTypes><RoomType RoomTypeCode="DBL" RoomID="101"/></RoomTypes>'
        (only,) = booking(reservation(rooms=room(typed))).rooms or ()
        assert (only.room_type_id, only.room_id) == ("DBL", "101")

    def test_counts_guests_by_age(self) -> None:
        guests = """<GuestCounts>
          <GuestCount AgeQualifyingCode="10" Count="2"/>
          <GuestCount AgeQualifyingCode="8" Count="0"/>
          <GuestCount AgeQualifyingCode="8" Age="9" Count="1"/>
          <GuestCount AgeQualifyingCode="7" Count="1"/>
          <GuestCount AgeQualifyingCode="4" Count="1"/>
        </GuestCounts>"""
        (only,) = booking(reservation(rooms=room(guests))).rooms or ()
        assert only.occupancy == (
            domain_values.AgeCount(domain_values.AgeClass.ADULT, 2),
            domain_values.AgeCount(domain_values.AgeClass.CHILD, 1, age=9),
            domain_values.AgeCount(domain_values.AgeClass.INFANT, 1),
            domain_values.AgeCount(domain_values.AgeClass.OTHER, 1, category="4"),
        )

    def test_guest_without_age_is_an_adult(self) -> None:
        guests = """<GuestCounts><GuestCount Count="2"/><GuestCount Count="1" Age="3"/>
          <GuestCount Count="1" Age="3"/></GuestCounts>"""
        (only,) = booking(reservation(rooms=room(guests))).rooms or ()
        assert only.occupancy == (
            domain_values.AgeCount(domain_values.AgeClass.ADULT, 2),
            domain_values.AgeCount(domain_values.AgeClass.CHILD, 2, age=3),
        )

    def test_of_a_cancellation_stay_unchanged_if_one_has_no_dates(self) -> None:
        for rooms in (room(time_span=""), room() + room(time_span="")):
            found = booking(reservation(rooms=rooms, attributes='ResStatus="Cancelled"'))
            assert (found.rooms, found.total) == (domain_values.ABSENT, domain_values.ABSENT)

    def test_does_not_invent_guests_for_a_blank_count(self) -> None:
        guests = '<GuestCounts><GuestCount AgeQualifyingCode="10" Count=""/></GuestCounts>'
        (only,) = booking(reservation(rooms=room(guests))).rooms or ()
        assert only.occupancy == ()

    @pytest.mark.parametrize(
        ("odd", "adults"),
        [
            ('AgeQualifyingCode="10" Count="many"', 2),
            ('AgeQualifyingCode="10" Count="-4"', 2),
            ('AgeQualifyingCode="10" Count="1" Age="grown up"', 3),
            ('Count="1" Age="3.5"', 2),
        ],
    )
    def test_odd_guest_count_stays_in_the_extras(self, odd: str, adults: int) -> None:
        guests = f'<GuestCount AgeQualifyingCode="10" Count="2"/><GuestCount {odd}/>'
        found = booking(reservation(rooms=room(f"<GuestCounts>{guests}</GuestCounts>")))
        (only,) = found.rooms or ()
        assert [(each.age_class.value, each.count) for each in only.occupancy] == [
            ("ADULT", adults)
        ]
        assert any("GuestCount[1]" in path for path, _ in found.extras or ())

    def test_rejects_invalid_count(self) -> None:
        found = refusal(pushed(reservation(rooms=room(rates(units=0)))))
        assert found.code == "bad_count"
        assert (found.path or "").endswith("RoomRate[0]/@NumberOfUnits")


class TestNightlyPrices:
    def prices(self, inside: str, *, of_room: str = "") -> list[tuple[int, int]]:
        (only, *_) = booking(reservation(rooms=room(inside, total=of_room))).rooms or ()
        return [(each.night.day, each.price.minor) for each in only.nightly_prices]

    def test_accepts_rates_with_exclusive_end(self) -> None:
        two = rates(("2026-03-10", "2026-03-11", "39.00"), ("2026-03-11", "2026-03-12", "49.00"))
        assert (
            self.prices(two) == self.prices(two, of_room=total("88.00")) == [(10, 3900), (11, 4900)]
        )

    def test_accepts_rates_with_inclusive_end(self) -> None:
        two = rates(("2026-03-10", "2026-03-10", "39.00"), ("2026-03-11", "2026-03-11", "49.00"))
        assert self.prices(two, of_room=total("88.00")) == [(10, 3900), (11, 4900)]

    def test_rate_of_several_nights_must_match_the_total(self) -> None:
        one = rates(("2026-03-10", "2026-03-12", "310.00"))
        assert self.prices(one, of_room=total("620.00")) == [(10, 31_000), (11, 31_000)]
        assert self.prices(one, of_room=total("310.00")) == []
        assert self.prices(one) == []

    def test_prices_are_per_unit(self) -> None:
        two = (("2026-03-10", "2026-03-11", "40.00"), ("2026-03-11", "2026-03-12", "40.00"))
        assert self.prices(rates(*two, units=2), of_room=total("160.00")) == [
            (10, 4000),
            (11, 4000),
        ]
        assert self.prices(rates(*two, units=2), of_room=total("80.00")) == []

    def test_rates_with_an_invalid_date_stay_in_the_extras(self) -> None:
        two = rates(("2026-03-10", "2026-03-11", "39.00"), ("tomorrow", "2026-03-12", "49.00"))
        found = booking(reservation(rooms=room(two)))
        (only,) = found.rooms or ()
        assert only.nightly_prices == ()
        assert {'"39.00"', '"49.00"', '"tomorrow"'} <= set(dict(found.extras or ()).values())

    def test_rates_that_decide_the_stay_must_have_valid_dates(self) -> None:
        two = rates(("2026-03-10", "2026-03-11", "39.00"), ("tomorrow", "2026-03-12", "49.00"))
        found = refusal(pushed(reservation(rooms=room(two, time_span=""))))
        assert (found.path or "").endswith("Rate[1]/@EffectiveDate")

    def test_rates_that_do_not_cover_the_stay_stay_in_the_extras(self) -> None:
        one = rates(("2026-03-10", "2026-03-11", "39.00"))
        found = booking(reservation(rooms=room(one)))
        (only,) = found.rooms or ()
        assert only.nightly_prices == ()
        assert '"39.00"' in dict(found.extras or ()).values()

    NET = """<RoomRates><RoomRate RoomTypeCode="DBL"><Rates>
      <Rate EffectiveDate="2026-03-10" ExpireDate="2026-03-11"><Base AmountBeforeTax="70"/>{}</Rate>
      <Rate EffectiveDate="2026-03-11" ExpireDate="2026-03-12"><Base AmountBeforeTax="75"/></Rate>
      </Rates></RoomRate></RoomRates>"""
    CHILD = """<AdditionalGuestAmounts><AdditionalGuestAmount AgeQualifyingCode="8">
      <Amount AmountBeforeTax="12.50"/></AdditionalGuestAmount></AdditionalGuestAmounts>"""

    def bases(self, inside: str, of_room: str) -> list[tuple[int, domain_values.PriceBasis | None]]:
        (only, *_) = booking(reservation(rooms=room(inside, total=of_room))).rooms or ()
        return [(each.price.minor, each.basis) for each in only.nightly_prices]

    def test_have_their_basis(self) -> None:
        gross = rates(("2026-03-10", "2026-03-12", "310.00"))
        assert set(self.bases(gross, total("620.00"))) == {(31_000, domain_values.PriceBasis.GROSS)}
        net = [(7_000, domain_values.PriceBasis.NET), (7_500, domain_values.PriceBasis.NET)]
        assert self.bases(self.NET.format(""), "") == net
        assert self.bases(self.NET.format(""), total("160.00")) == net
        taxed = '<Total AmountAfterTax="160"><Taxes Amount="15.00"/></Total>'
        assert self.bases(self.NET.format(""), taxed) == net

    def test_that_contradict_the_total_without_taxes_stay_in_the_extras(self) -> None:
        taxed = '<Total AmountAfterTax="160"><Taxes Amount="14.00"/></Total>'
        found = booking(reservation(rooms=room(self.NET.format(""), total=taxed)))
        assert (found.rooms or ())[0].nightly_prices == ()
        assert '"75"' in dict(found.extras or ()).values()

    def test_include_charges_for_further_guests_if_the_total_does(self) -> None:
        inside = self.NET.format(self.CHILD)
        taxed = '<Total AmountAfterTax="200"><Taxes Amount="{}"/></Total>'
        included = [(8_250, domain_values.PriceBasis.NET), (7_500, domain_values.PriceBasis.NET)]
        assert self.bases(inside, taxed.format("42.50")) == included
        apart = [(7_000, domain_values.PriceBasis.NET), (7_500, domain_values.PriceBasis.NET)]
        assert self.bases(inside, taxed.format("55.00")) == apart
        assert self.bases(inside, total("200")) == []

    def test_day_use_has_the_price_of_its_day(self) -> None:
        day = '<TimeSpan Start="2026-03-10" End="2026-03-10"/>'
        one = rates(("2026-03-10", "2026-03-11", "39.00"))
        (only,) = booking(reservation(rooms=room(one, time_span=day))).rooms or ()
        assert only.nightly_prices == (
            domain_values.NightlyPrice(
                date(2026, 3, 10), domain_values.Money(3900, "EUR"), domain_values.PriceBasis.GROSS
            ),
        )


class TestTotal:
    def of(self, payload: str, **hotel: str) -> object:
        return booking(reservation(f"<ResGlobalInfo>{payload}</ResGlobalInfo>"), **hotel).total

    def test_prefers_the_reservations_total(self) -> None:
        assert self.of(total("620.00")) == domain_values.Money(62_000, "EUR")

    def test_falls_back_to_the_sum_of_the_rooms(self) -> None:
        rooms = room(total=total("299")) + room(total=total("0.5"))
        assert booking(reservation(rooms=rooms)).total == domain_values.Money(29_950, "EUR")

    def test_is_null_if_a_room_has_none(self) -> None:
        rooms = room(total=total("299")) + room(total=total("1", CurrencyCode="USD"))
        assert booking(reservation(rooms=room(total=total("299")) + room())).total is None
        assert booking(reservation(rooms=rooms)).total is None
        assert booking(reservation(rooms=room())).total is None

    def test_is_null_if_rooms_are_priced_on_several_bases(self) -> None:
        net = room(total='<Total AmountBeforeTax="200" CurrencyCode="EUR"/>')
        taxes = '<Taxes Amount="20"/>'
        taxed = room(total=f'<Total AmountBeforeTax="200" CurrencyCode="EUR">{taxes}</Total>')
        gross = room(total=total("220"))
        assert booking(reservation(rooms=net + gross)).total is None
        assert booking(reservation(rooms=net * 2)).total == domain_values.Money(40_000, "EUR")
        assert booking(reservation(rooms=taxed + gross)).total == domain_values.Money(44_000, "EUR")

    def test_does_not_count_canceled_rooms(self) -> None:
        canceled = room(attributes='RoomStayStatus="Cancelled"', total=total("50"))
        found = booking(reservation(rooms=room(total=total("299")) + canceled))
        assert found.total == domain_values.Money(29_900, "EUR")
        unpriced = room(attributes='RoomStayStatus="Cancelled"')
        found = booking(reservation(rooms=unpriced + room(total=total("299"))))
        assert found.total == domain_values.Money(29_900, "EUR")

    def test_counts_all_rooms_of_a_canceled_booking(self) -> None:
        canceled = room(attributes='RoomStayStatus="Cancelled"', total=total("50"))
        header = 'ResStatus="Cancelled"'
        assert booking(
            reservation(rooms=canceled * 2, attributes=header)
        ).total == domain_values.Money(10_000, "EUR")

    def test_of_each_room_is_kept(self) -> None:
        rooms = room(total=total("299")) + room(total=total("50", CurrencyCode="USD")) + room()
        found = booking(reservation(rooms=rooms)).rooms or ()
        assert [each.total for each in found] == [
            domain_values.Money(29_900, "EUR"),
            domain_values.Money(5_000, "USD"),
            None,
        ]

    def test_is_traced_to_the_rooms_and_their_sum(self) -> None:
        canceled = room(attributes='RoomStayStatus="Cancelled"', total=total("50"))
        path = "RoomStays/RoomStay[{}]/Total/@AmountAfterTax"
        for info, targets in (
            ("", ["rooms[0].total, total", "rooms[1].total"]),
            (f"<ResGlobalInfo>{total('9')}</ResGlobalInfo>", ["rooms[0].total", "rooms[1].total"]),
        ):
            sent = reservation(GUEST + info, rooms=room(total=total("299")) + canceled)
            (item,) = read(pushed(sent), explain=True)
            trace = dict(item.field_trace)
            assert [trace[path.format(n)] for n in (0, 1)] == targets

    def test_of_rooms_is_not_traced_to_a_missing_sum(self) -> None:
        (item,) = read(pushed(reservation(rooms=room(total=total("299")) + room())), explain=True)
        path = "RoomStays/RoomStay[0]/Total/@AmountAfterTax"
        assert dict(item.field_trace)[path] == "rooms[0].total"

    def test_applies_decimal_places(self) -> None:
        assert self.of(total("32550", DecimalPlaces="2")) == domain_values.Money(32_550, "EUR")
        assert self.of(total("325.50", DecimalPlaces="2")) == domain_values.Money(32_550, "EUR")
        assert self.of(
            total("32550", DecimalPlaces="0", CurrencyCode="JPY")
        ) == domain_values.Money(32_550, "JPY")

    def test_uses_the_digits_of_the_currency(self) -> None:
        assert self.of(total("12800", CurrencyCode="JPY")) == domain_values.Money(12_800, "JPY")
        assert self.of(total("1.234", CurrencyCode="KWD")) == domain_values.Money(1_234, "KWD")
        assert self.of(total("290.000")) == domain_values.Money(29_000, "EUR")

    def test_adds_taxes_to_the_amount_before_tax(self) -> None:
        payload = """<Total AmountBeforeTax="90.00" CurrencyCode="EUR"><Taxes Amount="10.00">
          <Tax Amount="0" Percent="10"/></Taxes></Total>"""
        assert self.of(payload) == domain_values.Money(10_000, "EUR")

    def test_uses_the_amount_before_tax_without_taxes(self) -> None:
        assert self.of(
            '<Total AmountBeforeTax="90.00" CurrencyCode="EUR"/>'
        ) == domain_values.Money(9_000, "EUR")

    def test_uses_the_hotels_currency_by_default(self) -> None:
        assert self.of('<Total AmountAfterTax="90"/>', currency="CHF") == domain_values.Money(
            9_000, "CHF"
        )

    @pytest.mark.parametrize(
        ("payload", "minor"),
        [
            (total("12.345"), 1234),
            (total("12.5", CurrencyCode="JPY"), 12),
            (total("12345", DecimalPlaces="3"), 1234),
        ],
    )
    def test_is_rounded_with_a_remark(self, payload: str, minor: int) -> None:
        body = pushed(reservation(f"<ResGlobalInfo>{payload}</ResGlobalInfo>"))
        (item,) = read(body, explain=True)
        amount = snapshot_of(item).total
        assert isinstance(amount, domain_values.Money)
        assert amount.minor == minor
        assert dict(item.field_trace)["ResGlobalInfo/Total/@AmountAfterTax"] == "total (rounded)"

    @pytest.mark.parametrize(
        ("payload", "code"),
        [
            (total("1,234.00"), "bad_amount"),
            (total("1e3"), "bad_amount"),
            (total("12", CurrencyCode="EURO"), "unknown_currency"),
            (total("12", DecimalPlaces="many"), "bad_amount"),
        ],
    )
    def test_rejects_invalid_value_with_path(self, payload: str, code: str) -> None:
        found = refusal(pushed(reservation(f"<ResGlobalInfo>{payload}</ResGlobalInfo>")))
        place = "HotelReservations/HotelReservation[0]/ResGlobalInfo/Total/@AmountAfterTax"
        assert (found.code, found.path) == (code, place)


def person(name: str, inside: str = "", *, ids: str = "", attributes: str = "") -> str:
    return (
        f"<ResGuest {attributes}><Profiles><ProfileInfo>{ids}<Profile ProfileType='1'><Customer>"
        f"<PersonName><GivenName>{name}</GivenName><Surname>Aalto</Surname></PersonName>{inside}"
        "</Customer></Profile></ProfileInfo></Profiles></ResGuest>"
    )


class TestPeople:
    def test_maps_primary_guest_and_companions(self) -> None:
        guests = person("Ada") + person("Ben", attributes='PrimaryIndicator="1"')
        found = booking(reservation(f"<ResGuests>{guests}</ResGuests>"))
        assert isinstance(found.primary_guest, Party)
        assert (found.primary_guest.first_name, found.primary_guest.role) == (
            "Ben",
            PartyRole.PRIMARY,
        )
        assert [(p.first_name, p.role) for p in found.further_guests or ()] == [
            ("Ada", PartyRole.COMPANION)
        ]

    def test_maps_profile_id_with_context(self) -> None:
        ids = '<UniqueID Type="21" ID="LOYAL"/><UniqueID Type="1" ID="4711" ID_Context="PMS"/>'
        found = booking(reservation(f"<ResGuests>{person('Ada', ids=ids)}</ResGuests>"))
        assert isinstance(found.primary_guest, Party)
        assert found.primary_guest.guest_id == "PMS:4711"

    def test_normalizes_country_and_language(self) -> None:
        inside = '<Address><CountryName Code="UK"/></Address>'
        guests = person("Ada", inside).replace("<Customer>", '<Customer Language="en-UK">')
        found = booking(reservation(f"<ResGuests>{guests}</ResGuests>")).primary_guest
        assert isinstance(found, Party)
        assert (found.country, found.language) == ("GB", "en-GB")

    def test_keeps_country_name_in_the_extras(self) -> None:
        inside = "<Address><CountryName>Thailand</CountryName></Address>"
        found = booking(reservation(f"<ResGuests>{person('Ada', inside)}</ResGuests>"))
        assert isinstance(found.primary_guest, Party)
        assert found.primary_guest.country is None
        assert '"Thailand"' in dict(found.extras or ()).values()

    def test_keeps_unassigned_country_code_in_the_extras(self) -> None:
        inside = '<Address><CountryName Code="XX"/></Address>'
        found = booking(reservation(f"<ResGuests>{person('Ada', inside)}</ResGuests>"))
        assert isinstance(found.primary_guest, Party)
        assert found.primary_guest.country is None
        assert '"XX"' in dict(found.extras or ()).values()

    @pytest.mark.parametrize(
        ("attributes", "phone"),
        [
            ('CountryAccessCode="43" AreaCityCode="512" PhoneNumber="5550001"', "+43 512 5550001"),
            ('CountryAccessCode="+1" AreaCityCode="212" PhoneNumber=" 555 "', "+1 212 555"),
            ('AreaCityCode="0512" PhoneNumber="5550001"', "0512 5550001"),
            ('CountryAccessCode="43" PhoneNumber="+435125550001"', "+435125550001"),
        ],
    )
    def test_joins_the_parts_of_a_phone_number(self, attributes: str, phone: str) -> None:
        inside = f'<Telephone PhoneTechType="1" {attributes}/>'
        guests = f"<ResGuests>{person('Ada', inside)}</ResGuests>"
        found = booking(reservation(guests)).primary_guest
        assert isinstance(found, Party)
        assert found.phone == phone

    def test_skips_fax_numbers(self) -> None:
        inside = '<Telephone PhoneTechType="3" PhoneNumber="+391"/>'
        inside += '<Telephone PhoneTechType="5" PhoneNumber="+392"/>'
        found = booking(
            reservation(f"<ResGuests>{person('Ada', inside)}</ResGuests>")
        ).primary_guest
        assert isinstance(found, Party)
        assert found.phone == "+392"

    def test_skips_copy_of_the_primary_guest(self) -> None:
        again = person("Ada").replace("ResGuest", "X").replace("<X >", "").replace("</X>", "")
        other = again.replace("Ada", "Carl")
        info = f"<ResGlobalInfo>{again}</ResGlobalInfo>"
        assert booking(reservation(GUEST + info)).further_guests == ()
        info = f"<ResGlobalInfo>{other}</ResGlobalInfo>"
        (booker,) = booking(reservation(GUEST + info)).further_guests or ()
        assert (booker.first_name, booker.role) == ("Carl", PartyRole.BOOKER)

    def test_maps_companies_and_agents(self) -> None:
        for kind, source in (("3", BookingSource.CORPORATE), ("4", BookingSource.AGENT)):
            info = f"""<ResGlobalInfo><Profiles><ProfileInfo><UniqueID ID="77"/>
              <Profile ProfileType="{kind}"><CompanyInfo><CompanyName>Acme</CompanyName>
              <Email>a@example.com</Email></CompanyInfo></Profile></ProfileInfo></Profiles>
              </ResGlobalInfo>"""
            found = booking(reservation(GUEST + info))
            assert found.source is source
            assert found.further_guests == (
                Party(guest_id="77", role=PartyRole.OWNER, last_name="Acme", email="a@example.com"),
            )


class TestTexts:
    def test_separates_special_requests_and_notes(self) -> None:
        info = """<ResGlobalInfo><Comments>
          <Comment Name="included services"><ListItem ListItem="1" Language="en">Sauna</ListItem>
          </Comment><Comment Name="customer comment"><Text>
             A quiet room,
             please
          </Text></Comment></Comments>
          <SpecialRequests><SpecialRequest Name="PETS"><Text>A dog</Text></SpecialRequest>
          </SpecialRequests></ResGlobalInfo>"""
        found = booking(reservation(info))
        assert found.notes == "Sauna"
        assert found.special_requests == "PETS: A dog\nA quiet room,\nplease"

    def test_maps_comments_of_rooms(self) -> None:
        inside = """<Comments><Comment><Text>Late</Text></Comment></Comments>
          <SpecialRequests><SpecialRequest Name="bed"/></SpecialRequests>"""
        found = booking(reservation(rooms=room(inside)))
        assert (found.notes, found.special_requests) == ("Late", "bed")

    def test_empty_texts_are_null(self) -> None:
        info = "<ResGlobalInfo><Comments><Comment><Text/></Comment></Comments></ResGlobalInfo>"
        found = booking(reservation(info))
        assert (found.notes, found.special_requests) == (None, domain_values.ABSENT)


class TestSource:
    @pytest.mark.parametrize(
        ("channel", "source"),
        [
            ('Type="7" Primary="true"', BookingSource.OTA),
            ('Type="1"', BookingSource.AGENT),
            ('Type="4"', BookingSource.OTHER),
            ("", BookingSource.OTHER),
        ],
    )
    def test_is_mapped_by_channel_type(self, channel: str, source: BookingSource) -> None:
        pos = f"<POS><Source><BookingChannel {channel}/></Source></POS>"
        (shared,) = read(pushed(reservation(), pos=pos))
        assert snapshot_of(shared).source is source
        assert booking(reservation(pos + GUEST)).source is source

    def test_is_absent_without_any_hint(self) -> None:
        assert booking().source is domain_values.ABSENT


class TestPaymentData:
    CARD = """<Guarantee><GuaranteesAccepted><GuaranteeAccepted>
      <PaymentCard CardCode="VI" ExpireDate="0930" SeriesCode="987" CardNumber="4111111111111111">
        <CardHolderName>Ada Holder</CardHolderName>
        <CardNumber><PlainText>4111111111111111</PlainText></CardNumber>
        <ThreeDomainSecurity><Results><cavv>SECRETCAVV</cavv></Results></ThreeDomainSecurity>
      </PaymentCard></GuaranteeAccepted></GuaranteesAccepted></Guarantee>"""

    def test_is_dropped(self) -> None:
        rooms = ROOM.replace("<Total", f"{self.CARD}<Total", 1)
        for each in (
            reservation(rooms=rooms),
            reservation(f"<ResGlobalInfo>{self.CARD}</ResGlobalInfo>"),
        ):
            (item,) = read(pushed(each), explain=True)
            found = repr(snapshot_of(item)) + item.raw.decode() + repr(item.field_trace)
            for secret in ("4111", "987", "Ada Holder", "SECRETCAVV", "0930"):
                assert secret not in found, secret

    def test_is_dropped_from_rejected_items(self) -> None:
        each = reservation(
            f"<ResGlobalInfo>{self.CARD}</ResGlobalInfo>", attributes='ResStatus="?"'
        )
        (item,) = read(pushed(each))
        assert b"4111" not in item.raw
        assert b"PaymentCard" not in item.raw

    def test_is_masked_in_comments(self) -> None:
        info = "<ResGlobalInfo><Foo>pay with 4111111111111111</Foo></ResGlobalInfo>"
        read_again = read(scrub_bytes(pushed(reservation(info))))
        found = json.dumps(dict(booking_in(read_again).extras or ()))
        assert "pay with ************1111" in found
        assert "411111111111" not in found


class TestCancelRequest:
    def cancellation(self, inside: str, attributes: str = "") -> bytes:
        return f"<OTA_CancelRQ {OTA} Version='1.0' {attributes}>{inside}</OTA_CancelRQ>".encode()

    @pytest.mark.parametrize("kind", ["", 'CancelType="Cancel"', 'CancelType="Commit"'])
    def test_cancels_by_id(self, kind: str) -> None:
        sent = self.cancellation(
            '<POS><Source/></POS><UniqueID Type="14" ID="R-1"/>',
            f'{kind} TimeStamp="2026-02-03T04:05:06Z"',
        )
        (item,) = read(sent)
        found = snapshot_of(item)
        assert (found.external_id, found.status) == ("R-1", BookingStatus.CANCELED)
        assert found.version == domain_values.SourceVersion(
            datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC), 4_000
        )
        assert {found.stay, found.rooms, found.total, found.extras} == {domain_values.ABSENT}
        (again,) = read(item.raw)
        assert snapshot_of(again) == found

    def test_keeps_further_fields(self) -> None:
        inside = '<UniqueID ID="R-1"/><Reasons><Reason Type="5">ill</Reason></Reasons>'
        (item,) = read(self.cancellation(inside))
        assert dict(snapshot_of(item).extras or ())["Reasons/Reason"] == '"ill"'

    @pytest.mark.parametrize(
        ("inside", "attributes", "code", "path"),
        [
            ('<UniqueID ID="R-1"/>', 'CancelType="Ignore"', "unknown_value", "@CancelType"),
            ("", "", "missing_field", "UniqueID/@ID"),
            ('<UniqueID Type="16" ID="M"/>', "", "missing_field", "UniqueID/@ID"),
        ],
    )
    def test_rejects_request_that_cancels_nothing(
        self, inside: str, attributes: str, code: str, path: str
    ) -> None:
        found = refusal(self.cancellation(inside, attributes))
        assert (found.code, found.path) == (code, path)


class TestMessage:
    def test_empty_message_has_no_items(self) -> None:
        assert read(pushed()) == []
        assert read(b"<OTA_ResRetrieveRS><Success/><ReservationsList/></OTA_ResRetrieveRS>") == []
        assert read(b"<OTA_ResRetrieveRS><Success/></OTA_ResRetrieveRS>") == []

    def test_rejects_one_item_and_maps_the_others(self) -> None:
        bad = reservation(attributes='ResStatus="?"', ids='<UniqueID ID="R-2"/>')
        one, two, three = read(pushed(reservation(), bad, reservation()))
        assert (one.reason, three.reason) == (None, None)
        assert two.reason is not None
        assert two.reason.path == "HotelReservations/HotelReservation[1]/@ResStatus"
        assert two.external_id == "R-2"

    def test_rejects_custom_entities(self) -> None:
        with pytest.raises(ForbiddenXml):
            read(b'<!DOCTYPE a [<!ENTITY b "c">]>' + pushed(reservation()))

    def test_rejects_more_items_than_the_limit(self) -> None:
        body = pushed(*([reservation()] * 3))
        with pytest.raises(TooManyItems):
            provider.read_items(ItemKind.BOOKING, [body], context(), limit=2)

    @pytest.mark.parametrize("document", ["OTA_HotelResNotifRQ", "OTA_ResRetrieveRS"])
    @pytest.mark.parametrize("container", ["HotelReservations", "ReservationsList"])
    def test_accepts_both_lists_of_reservations(self, document: str, container: str) -> None:
        body = f"<{document}><{container}>{reservation()}</{container}></{document}>"
        (item,) = read(body.encode())
        assert snapshot_of(item).external_id == "R-1"
        (again,) = read(item.raw)
        assert again.snapshot == item.snapshot

    @pytest.mark.parametrize(
        "body",
        [
            b"<OTA_ResRetrieveRS/>",
            b"<OTA_ResRetrieveRS><Warnings/></OTA_ResRetrieveRS>",
            b"<OTA_HotelResNotifRQ/>",
            b"<OTA_HotelResNotifRQ><POS/></OTA_HotelResNotifRQ>",
            b"<OTA_HotelResNotifRQ><Success/></OTA_HotelResNotifRQ>",
            b"<ota_hotelresnotifrq/>",
        ],
    )
    def test_rejects_document_without_a_list(self, body: bytes) -> None:
        with pytest.raises(UnreadableMessage):
            read(body)

    @pytest.mark.parametrize(
        ("wrong", "path"),
        [
            (("HotelReservation ", "HotelReservaton "), "HotelReservations/HotelReservaton[0]"),
            (("HotelReservation ", "hotelReservation "), "HotelReservations/hotelReservation[0]"),
            (("<HotelReservations>", "<Hotelreservations>"), "Hotelreservations"),
            (
                ("HotelReservation ", 'HotelReservation xmlns="urn:other" '),
                "HotelReservations/HotelReservation[0]",
            ),
        ],
    )
    def test_rejects_unknown_element_by_path(self, wrong: tuple[str, str], path: str) -> None:
        inside = reservation().replace("</HotelReservation>", "")
        name = wrong[1].split()[0].strip("<>")
        body = pushed(inside + (f"</{name}>" if wrong[0].endswith(" ") else "</HotelReservation>"))
        text = body.decode().replace(*wrong)
        if name == "Hotelreservations":
            text = text.replace("</HotelReservations>", "</Hotelreservations>")
        (item,) = read(text.encode())
        assert item.reason is not None
        assert (item.reason.code, item.reason.path) == ("unknown_element", path)
        (again,) = read(item.raw)
        assert again.reason == item.reason

    def test_ignores_extensions_of_the_format(self) -> None:
        added = "<TPA_Extensions><Foo/></TPA_Extensions><Paging Next='2'/>"
        body = pushed(added, reservation(), added).decode()
        (item,) = read(body.replace("</OTA", f"{added}</OTA").encode())
        assert snapshot_of(item) == booking()

    def test_maps_the_others_beside_an_unknown_element(self) -> None:
        body = pushed(reservation(), "<HotelResevation/>", reservation())
        assert [item.reason is None for item in read(body)] == [True, False, True]

    @pytest.mark.parametrize("name", ["roomStays", "UniqueId", "Resguests", "RESGLOBALINFO"])
    def test_rejects_fields_in_the_wrong_case(self, name: str) -> None:
        found = refusal(pushed(reservation(f"{GUEST}<{name}/>")))
        parent = "HotelReservations/HotelReservation[0]"
        assert (found.code, found.path) == ("unknown_element", f"{parent}/{name}")

    def test_accepts_modify_notification(self) -> None:
        body = pushed(reservation(attributes=""), root='ResStatus="Modify"').decode()
        for name, other in (
            ("OTA_HotelResNotifRQ", "OTA_HotelResModifyNotifRQ"),
            ("HotelReservations", "HotelResModifies"),
            ("HotelReservation", "HotelResModify"),
        ):
            body = body.replace(f"<{name}", f"<{other}").replace(f"</{name}", f"</{other}")
        (item,) = read(body.encode())
        assert snapshot_of(item).external_id == "R-1"

    @given(st.text(alphabet="<>/=\"' abRoomStay&;?!", max_size=80))
    def test_random_document_is_mapped_or_rejected(self, rubbish: str) -> None:
        try:
            items = read(pushed(reservation(rubbish)))
        except UnreadableMessage:
            items = []
        assert all((item.snapshot is None) != (item.reason is None) for item in items)


class TestSamples:
    def test_maps_reservations_and_reports_quote_requests(self) -> None:
        reported = {}
        for name in (
            "alpinebits-2018_10-GuestRequests-OTA_HotelResNotifRQ-reservation-push.xml",
            "alpinebits-2018_10-GuestRequests-OTA_ResRetrieveRS-reservation.xml",
            "alpinebits-2018_10-GuestRequests-OTA_ResRetrieveRS-request-with-roomtype.xml",
            "siteminder-OTA_HotelResNotifRQ-cancel.xml",
        ):
            (item,) = read(sample(name))
            reported[name] = item.reason.code if item.reason else snapshot_of(item).status
        assert list(reported.values()) == [
            BookingStatus.CONFIRMED,
            BookingStatus.CONFIRMED,
            "quote_request",
            BookingStatus.CANCELED,
        ]

    def test_drops_card_of_alpinebits_sample(self) -> None:
        (item,) = read(
            sample("alpinebits-2018_10-GuestRequests-OTA_HotelResNotifRQ-reservation-push.xml")
        )
        found = snapshot_of(item)
        assert found.total == domain_values.Money(29_900, "EUR")
        assert found.stay == domain_values.Stay(date(2012, 1, 1), date(2012, 1, 12))
        assert b"PaymentCard" not in item.raw

    def test_siteminder_version_is_the_last_change(self) -> None:
        (item,) = read(sample("siteminder-OTA_HotelResNotifRQ-cancel.xml"))
        found = snapshot_of(item)
        assert found.version == domain_values.SourceVersion(
            datetime(2012, 3, 9, 19, 31, 52, tzinfo=UTC), 4_000
        )
        assert found.total == domain_values.Money(29_000, "AUD")
        assert found.further_guests == ()
