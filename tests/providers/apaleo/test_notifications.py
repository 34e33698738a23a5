import json
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.outbound.providers.apaleo.mapping.notifications import as_timestamp
from ports.errors import UnreadableMessage
from ports.providers import Notification, Ref, RefKind
from tests.providers.apaleo.payloads import context, event, provider, sample


def parse_event(**changes: Any) -> Notification:
    return provider.read_notification(json.dumps(event(**changes)).encode(), context())


BOOKING = (Ref(RefKind.BOOKING, "QWERTYUI-1"),)


class TestNotification:
    @pytest.mark.parametrize("topic", ["Reservation", "reservation", "RESERVATION"])
    @pytest.mark.parametrize("event", ["created", "check-in-reverted", "deleted", "unit-assigned"])
    def test_returns_reservation_reference(self, topic: str, event: str) -> None:
        found = parse_event(topic=topic, type=event)
        assert (found.refs, found.ignored, found.property_id) == (BOOKING, (), "VIE")

    def test_uses_event_id_as_key(self) -> None:
        assert parse_event().event_key == "00000000-0000-4000-8000-000000000001"
        assert parse_event(id=...).event_key is None

    def test_references_the_booking_of_a_booking_event(self) -> None:
        found = parse_event(topic="Booking", data={"entityId": "QWERTYUI"})
        assert found.refs == (Ref(RefKind.BOOKING, "QWERTYUI"),)

    def test_fetches_and_reports_unknown_event_type(self) -> None:
        found = parse_event(type="teleported")
        assert (found.refs, found.ignored) == (BOOKING, ("reservation/teleported",))

    @pytest.mark.parametrize("folio", ["QWERTYUI-1-1", "QWERTYUI-1-12"], ids=["first", "further"])
    @pytest.mark.parametrize("event", ["payment-posted", "charge-posted", "closed", "somethingNew"])
    def test_references_the_reservation_of_a_folio_event(self, folio: str, event: str) -> None:
        found = parse_event(topic="Folio", type=event, data={"entityId": folio})
        assert (found.refs, found.ignored) == (BOOKING, ())

    def test_references_a_folio_whose_id_names_no_reservation(self) -> None:
        found = parse_event(topic="folio", type="payment-posted", data={"entityId": "BAR-20260501"})
        assert found.refs == (Ref(RefKind.PAYMENT, "BAR-20260501"),)

    def test_rejects_a_folio_event_without_its_folio(self) -> None:
        with pytest.raises(UnreadableMessage, match="entityId"):
            parse_event(topic="Folio", data={})

    @pytest.mark.parametrize("topic", ["invoice", "NightAudit", "account", "somethingNew"])
    def test_ignores_unrelated_topic(self, topic: str) -> None:
        found = parse_event(topic=topic)
        assert (found.refs, found.ignored) == ((), (f"{topic.lower()}/changed",))

    @pytest.mark.parametrize("topic", ["system", "System"])
    def test_accepts_health_check(self, topic: str) -> None:
        found = parse_event(
            topic=topic, type="healthcheck", data=..., propertyId=..., propertyIds=["VIE", "MUC"]
        )
        assert (found.refs, found.ignored) == ((), ("system/healthcheck",))
        assert found.property_id is None

    def test_unit_event_refreshes_records_and_availability(self) -> None:
        kinds = {ref.kind for ref in parse_event(topic="Unit", data=...).refs}
        assert kinds == {RefKind.RECORDS, RefKind.AVAILABILITY}

    @pytest.mark.parametrize(
        "stamp",
        [1_772_366_400, 1_772_366_400_000, "1772366400", "2026-03-01T12:00:00Z"],
    )
    def test_accepts_all_timestamp_formats(self, stamp: object) -> None:
        assert as_timestamp(stamp, "timestamp") == datetime(2026, 3, 1, 12, tzinfo=UTC)  # type: ignore[arg-type]
        assert parse_event(timestamp=stamp).ignored == ()

    @pytest.mark.parametrize("stamp", ["yesterday", True, 10**30, {}])
    def test_accepts_unknown_timestamp_format(self, stamp: object) -> None:
        found = parse_event(timestamp=stamp)
        assert (found.refs, found.ignored) == (BOOKING, ("timestamp",))

    @pytest.mark.parametrize(
        "changes", [{"topic": ...}, {"type": 7}, {"data": ...}, {"data": {"entityId": None}}]
    )
    def test_rejects_missing_required_field(self, changes: dict[str, Any]) -> None:
        with pytest.raises(UnreadableMessage):
            parse_event(**changes)

    def test_parses_third_party_example(self) -> None:
        found = provider.read_notification(sample("3p-event-reservation-changed.json"), context())
        assert [ref.kind for ref in found.refs] == [RefKind.BOOKING]
        assert found.ignored == ()
