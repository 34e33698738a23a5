import json
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.outbound.providers.apaleo.notifications import as_time
from ports.errors import UnreadableMessage
from ports.providers import Notification, Ref, RefKind
from tests.adapters.apaleo.apaleo_payloads import context, provider, sample


def told(**changes: Any) -> Notification:
    said = {
        "topic": "Reservation",
        "type": "changed",
        "id": "00000000-0000-4000-8000-000000000001",
        "accountId": "ACC",
        "propertyId": "VIE",
        "timestamp": 1_772_366_400_000,
        "data": {"entityId": "QWERTYUI-1"},
        **changes,
    }
    body = {key: value for key, value in said.items() if value is not ...}
    return provider.read_notification(json.dumps(body).encode(), context())


BOOKING = (Ref(RefKind.BOOKING, "QWERTYUI-1"),)


class TestNotification:
    @pytest.mark.parametrize("topic", ["Reservation", "reservation", "RESERVATION"])
    @pytest.mark.parametrize("event", ["created", "check-in-reverted", "deleted", "unit-assigned"])
    def test_names_the_reservation_to_ask_for(self, topic: str, event: str) -> None:
        found = told(topic=topic, type=event)
        assert (found.refs, found.ignored, found.property_id) == (BOOKING, (), "VIE")

    def test_is_known_again_by_its_id(self) -> None:
        assert told().event_key == "00000000-0000-4000-8000-000000000001"
        assert told(id=...).event_key is None

    def test_names_a_booking_whose_reservations_are_meant(self) -> None:
        found = told(topic="Booking", data={"entityId": "QWERTYUI"})
        assert found.refs == (Ref(RefKind.BOOKING, "QWERTYUI"),)

    def test_of_a_kind_that_came_later_is_asked_for_and_told(self) -> None:
        found = told(type="teleported")
        assert (found.refs, found.ignored) == (BOOKING, ("reservation/teleported",))

    @pytest.mark.parametrize("topic", ["folio", "NightAudit", "account", "somethingNew"])
    def test_of_another_topic_is_ignored_by_its_name(self, topic: str) -> None:
        found = told(topic=topic)
        assert (found.refs, found.ignored) == ((), (f"{topic.lower()}/changed",))

    @pytest.mark.parametrize("topic", ["system", "System"])
    def test_of_the_health_check_is_accepted(self, topic: str) -> None:
        found = told(
            topic=topic, type="healthcheck", data=..., propertyId=..., propertyIds=["VIE", "MUC"]
        )
        assert (found.refs, found.ignored) == ((), ("system/healthcheck",))
        assert found.property_id is None

    def test_of_a_unit_asks_for_records_and_availability(self) -> None:
        kinds = {ref.kind for ref in told(topic="Unit", data=...).refs}
        assert kinds == {RefKind.RECORDS, RefKind.AVAILABILITY}

    @pytest.mark.parametrize(
        "stamp",
        [1_772_366_400, 1_772_366_400_000, "1772366400", "2026-03-01T12:00:00Z"],
    )
    def test_has_a_time_in_any_of_its_forms(self, stamp: object) -> None:
        assert as_time(stamp, "timestamp") == datetime(2026, 3, 1, 12, tzinfo=UTC)  # type: ignore[arg-type]
        assert told(timestamp=stamp).ignored == ()

    @pytest.mark.parametrize("stamp", ["yesterday", True, 10**30, {}])
    def test_of_an_unknown_time_is_taken_all_the_same(self, stamp: object) -> None:
        found = told(timestamp=stamp)
        assert (found.refs, found.ignored) == (BOOKING, ("timestamp",))

    @pytest.mark.parametrize(
        "changes", [{"topic": ...}, {"type": 7}, {"data": ...}, {"data": {"entityId": None}}]
    )
    def test_without_what_it_must_have_is_refused(self, changes: dict[str, Any]) -> None:
        with pytest.raises(UnreadableMessage):
            told(**changes)

    @pytest.mark.parametrize("body", [b"", b"[]", b"<html>"])
    def test_that_is_none_is_refused(self, body: bytes) -> None:
        with pytest.raises(UnreadableMessage):
            provider.read_notification(body, context())

    def test_of_a_third_party_is_understood(self) -> None:
        found = provider.read_notification(sample("3p-event-reservation-changed.json"), context())
        assert [ref.kind for ref in found.refs] == [RefKind.BOOKING]
        assert found.ignored == ()
