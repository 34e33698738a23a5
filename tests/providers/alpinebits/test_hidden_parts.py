"""Documents whose names hide what decides a reservation, and documents of several hotels."""

from functools import partial

import pytest

from adapters.outbound.provider_kit.parsing.xml_text import parse_xml
from adapters.outbound.providers.alpinebits.mapping.free_rooms import read_free_rooms
from domain.messages import ItemKind
from domain.snapshots import AvailabilitySet
from ports.errors import TooManyItems, UnreadableMessage
from ports.providers import HotelContext, ReadItem
from tests.providers.alpinebits.free_room_payloads import NOON, SOAP, counts, enveloped, line
from tests.providers.alpinebits.payloads import (
    ROOM,
    booking,
    provider,
    pushed,
    read,
    refusal,
    reservation,
    snapshot_of,
)

RESERVATION = "HotelReservations/HotelReservation[0]"
STAY = f"{RESERVATION}/RoomStays/RoomStay[0]"
TYPE = f"{STAY}/RoomTypes/RoomType[0]"
GLOBAL = "<ResGlobalInfo><TimeSpan Start='2026-03-10' End='2026-03-12'/></ResGlobalInfo>"
OURS = HotelContext(time_zone="Europe/Rome", currency="EUR", observed_at=NOON, property_id="1")
hotel = partial('<Inventories HotelCode="{}">{}</Inventories>'.format)


def changed(sent: str, other: str) -> bytes:
    """Of a reservation with everything that decides it."""
    body = pushed(reservation(GLOBAL)).decode()
    assert sent in body
    return body.replace(sent, other).encode()


class TestHiddenNames:
    @pytest.mark.parametrize(
        ("sent", "other", "path"),
        [
            ("RoomStays>", "RoomSatys>", f"{RESERVATION}/RoomSatys"),
            ("RoomStays>", "Rooms>", f"{RESERVATION}/Rooms"),
            ("<RoomStays>", "<More><RoomStay/></More><RoomStays>", f"{RESERVATION}/More"),
            ("RoomStay>", "roomStay>", f"{RESERVATION}/RoomStays/roomStay"),
            ("RoomStay>", "Room>", f"{RESERVATION}/RoomStays/Room"),
            ("ResGlobalInfo>", "ResGlobalnfo>", f"{RESERVATION}/ResGlobalnfo"),
            ("<Total ", "<Totals ", f"{STAY}/Totals"),
            ("<TimeSpan S", "<Timespan S", f"{STAY}/Timespan"),
            ("<TimeSpan Start='", "<TimeSpann Start='", f"{RESERVATION}/ResGlobalInfo/TimeSpann"),
            ("ResStatus", "resStatus", f"{RESERVATION}/@resStatus"),
            ("CreateDateTime", "LastModifiedDateTime", f"{RESERVATION}/@LastModifiedDateTime"),
            ("CreateDateTime", "CreatedDateTime", f"{RESERVATION}/@CreatedDateTime"),
            ("AmountAfterTax", "AmountAfterTaxes", f"{STAY}/Total/@AmountAfterTaxes"),
            ("CurrencyCode", "currencyCode", f"{STAY}/Total/@currencyCode"),
            ('RoomTypeCode="', 'NumberOfUnit="3" RoomTypeCode="', f"{TYPE}/@NumberOfUnit"),
            ("<RoomStays>", "<RoomStays xmlns='urn:x'>", f"{RESERVATION}/RoomStays"),
            ("<RoomStay>", "<RoomStay xmlns='urn:x'>", STAY),
            ('<TimeSpan Start="', '<TimeSpan xmlns="urn:x" Start="', f"{STAY}/TimeSpan"),
            ("<UniqueID ", "<UniqueID xmlns='urn:x' ", f"{RESERVATION}/UniqueID"),
        ],
    )  # fmt: skip
    def test_are_rejected_by_their_path(self, sent: str, other: str, path: str) -> None:
        found = refusal(changed(sent, other))
        assert found.code in ("unknown_element", "unknown_attribute")
        assert found.path == path

    def test_of_a_second_room_have_its_number(self) -> None:
        odd = ROOM.replace("TimeSpan", "TimeSpam")
        assert refusal(pushed(reservation(rooms=ROOM + odd))).path == (
            f"{RESERVATION}/RoomStays/RoomStay[1]/TimeSpam"
        )

    @pytest.mark.parametrize(
        "extension",
        [
            "<TPA_Extensions><RoomStays/></TPA_Extensions>",
            "<Services><Service><Price><Total AmountAftertax='1'/></Price></Service></Services>",
            "<x:RoomNote xmlns:x='urn:x' TimeSpan='1'/>",
            "<WrittenConfInst><SupplementalData/></WrittenConfInst>",
        ],
    )
    def test_are_not_those_of_extensions(self, extension: str) -> None:
        (item,) = read(pushed(reservation(extension)))
        assert snapshot_of(item).stay == booking().stay

    def test_of_a_creation_do_not_matter_beside_the_last_change(self) -> None:
        attributes = (
            'ResStatus="Modify" LastModifyDateTime="2026-02-03T10:00:00Z" CreatedDateTime=""'
        )
        (item,) = read(pushed(reservation(attributes=attributes)))
        assert item.reason is None

    def test_spoil_no_other_reservation(self) -> None:
        odd = reservation().replace("RoomStays", "RoomSatys")
        found = read(pushed(reservation(), odd, reservation(ids='<UniqueID ID="R-3"/>')))
        assert [item.reason is None for item in found] == [True, False, True]

    def test_rooms_of_two_lists_are_all_read(self) -> None:
        twice = reservation().replace("</RoomStays>", f"</RoomStays><RoomStays>{ROOM}</RoomStays>")
        rooms = booking(twice).rooms
        assert isinstance(rooms, tuple)
        assert len(rooms) == 2


class TestCalendar:
    @pytest.mark.parametrize(
        ("span", "code"),
        [
            ('<TimeSpan Start="9999-12-30" Duration="P9N"/>', "bad_duration"),
            ('<RoomRates><RoomRate><Rates><Rate EffectiveDate="9999-12-31"/></Rates></RoomRate>'
             "</RoomRates>", "bad_date"),
        ],
    )  # fmt: skip
    def test_ends_without_spoiling_other_reservations(self, span: str, code: str) -> None:
        odd = reservation().replace('<TimeSpan Start="2026-03-10" End="2026-03-12"/>', span)
        good, bad = read(pushed(reservation(), odd))
        assert (good.reason, bad.reason and bad.reason.code) == (None, code)


class TestEnvelope:
    def test_with_several_documents_is_rejected(self) -> None:
        document = pushed(reservation()).decode()
        bodies = f"<s:Body>{document}</s:Body>"
        for inside in (bodies + bodies, f"<s:Body>{document}{document}</s:Body>", "<s:Body/>"):
            envelope = f'<s:Envelope xmlns:s="{SOAP}">{inside}</s:Envelope>'
            with pytest.raises(UnreadableMessage, match="SOAP body"):
                read(envelope.encode())


def free_rooms(*containers: str, context: HotelContext = OURS) -> list[ReadItem]:
    body = f'<OTA_HotelInvCountNotifRQ Version="4">{"".join(containers)}</OTA_HotelInvCountNotifRQ>'
    plain = read_free_rooms([body.encode()], context, limit=10, explain=True)
    soap = read_free_rooms([enveloped(body.encode())], context, limit=10, explain=True)
    assert [i.source_property for i in plain] == [i.source_property for i in soap]
    return plain


class TestSeveralHotels:
    def test_have_an_item_each(self) -> None:
        ours, other = free_rooms(hotel("1", line(("2", 3))), hotel("2", line(("2", 4))))
        assert isinstance(ours.snapshot, AvailabilitySet)
        assert {cell.available for cell in ours.snapshot.cells} == {3}
        assert ours.refused_if_foreign("1") is ours
        reason = other.refused_if_foreign("1").reason
        assert reason is not None
        assert reason.code == "foreign_property"
        assert [each.get("HotelCode") for each in parse_xml(other.raw).children] == ["2"]
        for item in (ours, other):
            (again,) = read_free_rooms([item.raw], OURS, limit=10, explain=False)
            assert (again.snapshot, again.source_property) == (item.snapshot, item.source_property)

    def test_do_not_spoil_each_other(self) -> None:
        bad, good = free_rooms(
            hotel("2", "<Inventory Odd='1'>x</Inventory>"), hotel("1", line(("2", 3)))
        )
        assert (bad.reason is None, good.reason) == (False, None)

    @pytest.mark.parametrize("codes", [("1", "1"), ("1", ""), ("", "")])
    def test_need_different_codes(self, codes: tuple[str, str]) -> None:
        (item,) = free_rooms(*(hotel(code, line(("2", 3))) for code in codes))
        assert item.reason is not None
        assert item.reason.path == "Inventories"

    def test_are_rejected_by_a_connection_of_any_hotel(self) -> None:
        parts = (hotel("1", line(("2", 3))), hotel("2", line(("2", 4))))
        any_hotel = HotelContext(time_zone="Europe/Rome", currency="EUR", observed_at=NOON)
        (item,) = free_rooms(*parts, context=any_hotel)
        assert item.reason is not None

    def test_are_items_within_the_limit(self) -> None:
        with pytest.raises(TooManyItems):
            free_rooms(*(hotel(str(n), line(("2", 3))) for n in range(11)))

    def test_of_one_are_a_single_item(self) -> None:
        body = counts(line(("2", 3)))
        assert len(read_free_rooms([body], OURS, limit=10, explain=False)) == 1


class TestHotelOfReservation:
    @pytest.mark.parametrize(
        ("infos", "named"),
        [
            ("<BasicPropertyInfo HotelCode='1'/>", "1"),
            ("<BasicPropertyInfo HotelCode='1'/><BasicPropertyInfo HotelCode='2'/>", "2"),
            ("<BasicPropertyinfo hotelCode=' 2 '/>", "2"),
            ("<BasicPropertyInfo HotelCode=''/>", None),
        ],
    )
    def test_is_another_one_if_any_part_is(self, infos: str, named: str | None) -> None:
        body = pushed(reservation(f"<ResGlobalInfo>{infos}</ResGlobalInfo>"))
        found = provider.read_items(ItemKind.BOOKING, [body], OURS, limit=10, explain=False)[
            0
        ].source_property
        assert (found.id if found else None) == named
