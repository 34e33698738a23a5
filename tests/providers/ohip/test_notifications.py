"""Business events to references."""

import json
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from adapters.outbound.providers.ohip.mapping.notifications import split_events
from ports.errors import UnreadableAnswer, UnreadableMessage
from ports.providers import Notification, Ref, RefKind
from tests.providers.ohip.payloads import context, provider, sample


def event(module: Any = "Reservation", action: str = "UPDATE RESERVATION", **header: Any) -> Any:
    payload = {
        "moduleName": module,
        "actionType": action,
        "actionId": "2130690",
        "primaryKey": "5001",
        "publisherId": 57489,
        "createdDateTime": "2026-02-03 04:05:06.0",
        "hotelId": "HOTEL9",
        **header,
    }
    header_only = {key: value for key, value in payload.items() if value is not ...}
    return {"businessEvent": {"header": header_only, "details": []}, "businessEventId": {"id": "1"}}


def parse_event(body: Any) -> Notification:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return provider.read_notification(raw, context())


def listed(*events: Any, mapping: str = "dataValueMapping") -> Any:
    return {"businessEventData": list(events), mapping: [{"dataElement": "ROOM TYPE"}]}


class TestEvents:
    @pytest.mark.parametrize("mapping", ["dataValueMapping", "DataValueMapping"])
    def test_list_returns_each_reference_once(self, mapping: str) -> None:
        body = listed(
            event(),
            event(action="CHECK IN"),
            event("Profile", "UPDATE PROFILE", primaryKey="7001"),
            mapping=mapping,
        )
        assert parse_event(body) == Notification(
            refs=(Ref(RefKind.BOOKING, "5001"), Ref(RefKind.GUEST, "7001")),
            property_id="HOTEL9",
        )

    @pytest.mark.parametrize("unwrap", [lambda e: e, lambda e: e["businessEvent"], lambda e: [e]])
    def test_parses_single_event(self, unwrap: Any) -> None:
        assert parse_event(unwrap(event())).refs == (Ref(RefKind.BOOKING, "5001"),)

    @pytest.mark.parametrize("way", [("payload", "data", "newEvent"), ("data", "newEvent")])
    def test_parses_streaming_envelope(self, way: tuple[str, ...]) -> None:
        body: Any = {
            "metadata": {"offset": "17"},
            "moduleName": "Reservation",
            "eventName": "NEW RESERVATION",
            "primaryKey": "5001",
            "hotelId": "HOTEL9",
        }
        for key in reversed(way):
            body = {key: body}
        assert parse_event(body).refs == (Ref(RefKind.BOOKING, "5001"),)

    @pytest.mark.parametrize("number", [14, "14"])
    def test_numeric_module_is_read_from_the_event_type(self, number: Any) -> None:
        assert parse_event(event(number, "NEW RESERVATION")).refs == (Ref(RefKind.BOOKING, "5001"),)
        assert parse_event(event(number, "NEW PROFILE")).refs == (Ref(RefKind.GUEST, "5001"),)
        assert parse_event(event(number, "NEW RATE")).refs == ()

    @pytest.mark.parametrize("key", [5001, "5001"])
    @pytest.mark.parametrize("action_id", [2130690, "2130690", ...])
    def test_accepts_numbers_and_text(self, key: Any, action_id: Any) -> None:
        body = event(primaryKey=key, actionId=action_id)
        assert parse_event(body).refs == (Ref(RefKind.BOOKING, "5001"),)

    def test_unknown_event_type_is_mapped_by_module(self) -> None:
        assert parse_event(event(action="BEAM UP")).refs == (Ref(RefKind.BOOKING, "5001"),)

    @pytest.mark.parametrize("element", ["RESV NAME ID", "RESV_NAME_ID", "Resv Name Id"])
    @pytest.mark.parametrize("number", [5001, "5001"])
    def test_references_the_reservation_of_a_posting(self, element: str, number: Any) -> None:
        posting = event("Cashiering", "NEW POSTING", primaryKey="880001")
        posting["businessEvent"]["details"] = [
            {"dataElement": "AMOUNT", "newValue": "50"},
            {"dataElement": element, "newValue": number},
        ]
        found = parse_event(listed(posting))
        assert (found.refs, found.ignored) == ((Ref(RefKind.BOOKING, "5001"),), ())

    @pytest.mark.parametrize(
        ("module", "action"),
        [
            ("Cashiering", "NEW POSTING"),
            ("Rate", "UPDATE RATE"),
            ("Housekeeping", "UPDATE ROOM STATUS"),
            ("Spaceport", "ROCKET LANDED"),
        ],
    )
    def test_ignores_unrelated_modules(self, module: str, action: str) -> None:
        payload = parse_event(event(module, action))
        assert (payload.refs, payload.ignored) == ((), (f"{module}/{action}",))

    @pytest.mark.parametrize(
        ("module", "action"),
        [
            ("Availability", "UPDATE"),
            ("Block", "UPDATE BLOCK"),
            ("NightAudit", "END OF DAY"),
            ("Housekeeping", "NEW OUT OF ORDER"),
        ],
    )
    def test_availability_events_refresh_availability(self, module: str, action: str) -> None:
        assert parse_event(event(module, action)).refs == (Ref(RefKind.AVAILABILITY),)


class TestEventKey:
    def test_does_not_depend_on_the_envelope(self) -> None:
        keys = {parse_event(body).event_key for body in (event(), [event()], listed(event()))}
        assert keys == {"1 2026-02-03 04:05:06.0"}

    def test_differs_by_time(self) -> None:
        later = event(createdDateTime="2026-02-03 04:05:07.0")
        assert parse_event(later).event_key != parse_event(event()).event_key

    @pytest.mark.parametrize("changes", [{"createdDateTime": ...}, {"createdDateTime": "x" * 300}])
    def test_is_missing_without_number_or_time(self, changes: Any) -> None:
        assert parse_event(event(**changes)).event_key is None

    def test_is_missing_for_several_events(self) -> None:
        assert parse_event(listed(event(), event("Profile"))).event_key is None


class TestPropertyId:
    def test_is_returned_for_one_hotel(self) -> None:
        assert parse_event(listed(event(), event())).property_id == "HOTEL9"

    def test_is_missing_for_several_hotels(self) -> None:
        body = listed(event(), event(hotelId="HOTEL8", primaryKey="6001"))
        payload = parse_event(body)
        assert (payload.property_id, len(payload.refs)) == (None, 2)


class TestMessage:
    @pytest.mark.parametrize("key", ["moduleName", "primaryKey"])
    def test_rejects_single_invalid_event(self, key: str) -> None:
        with pytest.raises(UnreadableMessage):
            parse_event(event(**{key: ...}))

    def test_skips_invalid_events(self) -> None:
        payload = parse_event(listed(event(primaryKey=...), event(), 17))
        assert payload.refs == (Ref(RefKind.BOOKING, "5001"),)
        assert [(each.reason.code, each.reason.path) for each in payload.unreadable] == [
            ("missing_field", "businessEventData[0].businessEvent.header.primaryKey"),
            ("wrong_type", "businessEventData[2]"),
        ]
        with pytest.raises(UnreadableMessage):
            provider.read_notification(payload.unreadable[0].raw, context())

    def test_empty_list_has_no_references(self) -> None:
        assert parse_event(listed()) == Notification()

    def test_parses_vendor_sample(self) -> None:
        payload = parse_event(sample("int-getBusinessEvents__resp-200.json"))
        assert [ref.kind for ref in payload.refs] == [
            RefKind.GUEST,
            RefKind.BOOKING,
            RefKind.BOOKING,
        ]
        assert payload.ignored == ()
        assert payload.property_id


class TestQueueResponse:
    def test_is_split_into_events(self) -> None:
        found = split_events(json.dumps(listed(event(), event(), 17)).encode())
        assert [json.loads(one) for one in found] == [event(), event(), 17]
        assert parse_event(found[0]).refs == (Ref(RefKind.BOOKING, "5001"),)

    @pytest.mark.parametrize("body", [b"", b"{}", b'{"businessEventData": []}', b"null"])
    def test_empty_response_has_no_events(self, body: bytes) -> None:
        assert split_events(body) == []

    @pytest.mark.parametrize(
        "body", [b'{"businessEventData": [', b'{"businessEventData": 5}', b"5"]
    )
    def test_keeps_invalid_response_as_one_body(self, body: bytes) -> None:
        assert split_events(body) == [body]

    def test_rejects_markup(self) -> None:
        with pytest.raises(UnreadableAnswer):
            split_events(b"<html>maintenance</html>")


class TestHotelOfEvents:
    """Named in the header of an event, or around the events."""

    OTHER: ClassVar = {"hotelId": "OTHER"}

    @pytest.mark.parametrize("way", [("payload", "data", "newEvent"), ("data", "newEvent")])
    @pytest.mark.parametrize("depth", [0, 1])
    def test_is_that_of_the_streaming_envelope(self, way: tuple[str, ...], depth: int) -> None:
        body: Any = event(hotelId=...)
        for position, key in reversed(list(enumerate(way))):
            body = {key: body, **(self.OTHER if position == depth else {})}
        assert parse_event(body).property_id == "OTHER"

    def test_is_that_of_the_list(self) -> None:
        body = {**self.OTHER, **listed(event(hotelId=...))}
        assert parse_event(body).property_id == "OTHER"
        assert parse_event([body]).property_id == "OTHER"
        (taken,) = split_events(json.dumps(body).encode())
        assert parse_event(taken).property_id == "OTHER"

    def test_decides_for_each_event_of_a_message(self) -> None:
        events = [event(primaryKey="1"), event(primaryKey="2", hotelId="H2"), event("Rate")]
        body = json.dumps({"hotelId": "H3", **listed(*events, event(hotelId=...))}).encode()
        own = provider.read_notification(body, replace(context(), property_id="HOTEL9"))
        assert (own.refs, own.property_id) == ((Ref(RefKind.BOOKING, "1"),), "HOTEL9")
        assert own.ignored == ("Rate/UPDATE RESERVATION",)
        assert [each.property_id for each in own.unreadable] == ["H2", "H3"]
        for each in own.unreadable:
            assert (each.reason.code, each.reason.path) == (
                "foreign_property",
                f"businessEventData[{1 if each.property_id == 'H2' else 3}]",
            )
            alone = provider.read_notification(each.raw, replace(context(), property_id="HOTEL9"))
            assert alone.property_id == each.property_id

    def test_of_one_other_hotel_leaves_the_message_as_it_is(self) -> None:
        body = json.dumps(listed(event(hotelId="H2"), event(hotelId="H2"))).encode()
        found = provider.read_notification(body, replace(context(), property_id="HOTEL9"))
        assert (found.property_id, found.unreadable) == ("H2", ())
