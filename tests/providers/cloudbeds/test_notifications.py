import json
from typing import Any

import pytest

from adapters.outbound.provider_kit.card_scrubber import scrub_bytes
from ports.errors import UnreadableMessage
from ports.providers import Notification, Ref, RefKind
from tests.providers.cloudbeds.payloads import context, provider, sample


def parse_event(**changes: Any) -> Notification:
    payload = {
        "version": "1.0",
        "event": "reservation/status_changed",
        "timestamp": 1766005022.073195,
        "propertyID": 777,
        "propertyID_str": "777",
        "reservationID": "7001",
        **changes,
    }
    body = {key: value for key, value in payload.items() if value is not ...}
    masked = scrub_bytes(json.dumps(body).encode(), provider.capabilities.id_fields)
    return provider.read_notification(masked, context())


BOOKING = (Ref(RefKind.BOOKING, "7001"),)
OTHER = {"propertyID": ..., "propertyID_str": ..., "reservationID": ...}


class TestNotification:
    @pytest.mark.parametrize(
        "event",
        [
            "created",
            "status_changed",
            "dates_changed",
            "accommodation_changed",
            "accommodation_removed",
            "notes_changed",
            "deleted",
        ],
    )
    def test_returns_reservation_reference(self, event: str) -> None:
        found = parse_event(event=f"reservation/{event}")
        assert (found.refs, found.ignored, found.property_id) == (BOOKING, (), "777")

    @pytest.mark.parametrize("reservation_id", ["7001", 7001])
    def test_accepts_other_key_spelling(self, reservation_id: object) -> None:
        found = parse_event(**OTHER, reservationId=reservation_id, propertyId="777")
        assert (found.refs, found.property_id) == (BOOKING, "777")

    @pytest.mark.parametrize("key", ["reservationID", "reservationId"])
    @pytest.mark.parametrize("suffix", ["", "_str"])
    def test_id_that_looks_like_a_card_is_fetched(self, key: str, suffix: str) -> None:
        looks_like_a_card = "4239000000030077"
        found = parse_event(**(OTHER | {f"{key}{suffix}": looks_like_a_card}))
        assert found.refs == (Ref(RefKind.BOOKING, looks_like_a_card),)

    def test_guest_event_references_guest_and_reservation(self) -> None:
        found = parse_event(event="guest/assigned", guestId=501, guestId_str="501")
        assert set(found.refs) == {*BOOKING, Ref(RefKind.GUEST, "501")}
        single_reservation = parse_event(
            **OTHER, event="guest/details_changed", guestID="501", propertyId=777
        )
        assert single_reservation.refs == (Ref(RefKind.GUEST, "501"),)

    def test_transaction_references_its_reservation(self) -> None:
        assert parse_event(event="transaction/created").refs == BOOKING

    @pytest.mark.parametrize("number", [4711, "4711"])
    def test_references_the_reservation_of_an_accounting_event(self, number: object) -> None:
        found = parse_event(
            **OTHER,
            event="accounting/transaction",
            propertyId="777",
            sourceKind="RESERVATION",
            sourceId=number,
            timestamp=...,
        )
        assert (found.refs, found.ignored) == ((Ref(RefKind.BOOKING, "4711"),), ())

    def test_parses_accounting_event_without_time(self) -> None:
        found = parse_event(
            **OTHER, event="accounting/transaction", propertyId="777", timestamp=...
        )
        assert (found.refs, found.ignored) == ((), ("accounting/transaction",))
        assert found.property_id == "777"

    def test_room_event_refreshes_records_and_block_event_availability(self) -> None:
        dirty = parse_event(**OTHER, event="housekeeping/room_condition_changed", roomId="1")
        blocked = parse_event(**OTHER, event="roomblock/created")
        assert dirty.refs == (Ref(RefKind.RECORDS),)
        assert blocked.refs == (Ref(RefKind.AVAILABILITY),)

    def test_fetches_and_reports_unknown_event_type(self) -> None:
        found = parse_event(event="reservation/teleported")
        assert (found.refs, found.ignored) == (BOOKING, ("reservation/teleported",))

    def test_ignores_unrelated_topic(self) -> None:
        found = parse_event(**OTHER, event="weather/changed")
        assert (found.refs, found.ignored) == ((), ("weather/changed",))

    @pytest.mark.parametrize(("state", "off"), [("disabled", True), ("enabled", False)])
    def test_reports_disabled_app(self, state: str, *, off: bool) -> None:
        found = parse_event(**OTHER, event="integration/appstate_changed", newState=state)
        ignored = () if off else ("integration/appstate_changed",)
        assert (found.disabled, found.refs, found.ignored) == (off, (), ignored)

    @pytest.mark.parametrize("stamp", ["yesterday", True, {}])
    def test_accepts_unknown_timestamp_format(self, stamp: object) -> None:
        found = parse_event(timestamp=stamp)
        assert (found.refs, found.ignored) == (BOOKING, ("timestamp",))

    def test_event_key_has_event_references_and_time(self) -> None:
        again = parse_event(propertyID=..., reservationID=..., reservationId="7001")
        assert parse_event().event_key == again.event_key is not None
        others = [
            parse_event(event="reservation/dates_changed"),
            parse_event(reservationID="7002"),
            parse_event(timestamp=1766005022.073196),
        ]
        assert len({parse_event().event_key, *(other.event_key for other in others)}) == 4

    @pytest.mark.parametrize("time", [..., None, "yesterday"])
    def test_has_no_event_key_without_time(self, time: object) -> None:
        assert parse_event(timestamp=time).event_key is None

    @pytest.mark.parametrize(
        "changes",
        [
            {"event": ...},
            {"event": 7},
            {"reservationID": ...},
            {"reservationID": {}},
            {"event": "guest/created"},
        ],
    )
    def test_rejects_missing_required_field(self, changes: dict[str, Any]) -> None:
        with pytest.raises(UnreadableMessage):
            parse_event(**changes)

    @pytest.mark.parametrize(
        ("name", "kind", "key"),
        [
            ("webhook-reservation-created.json", RefKind.BOOKING, "reservationID"),
            ("webhook-reservation-dates_changed.json", RefKind.BOOKING, "reservationId"),
            ("webhook-guest-created.json", RefKind.GUEST, "guestId_str"),
        ],
    )
    def test_parses_third_party_example(self, name: str, kind: RefKind, key: str) -> None:
        body = sample(name)
        found = provider.read_notification(body, context())
        assert found.refs == (Ref(kind, json.loads(body)[key]),)
        assert found.ignored == ()
        assert found.property_id is not None
