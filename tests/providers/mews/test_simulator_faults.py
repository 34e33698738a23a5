import http.client
import json
from email.utils import parsedate_to_datetime

import pytest

from adapters.outbound.provider_kit.simulation.server.fault_plan import FaultKind, parse_fault
from adapters.outbound.providers.mews.simulator.rendering import MewsRenderer
from tests.providers.mews.simulator_client import DAY, RESERVATIONS, Wire, interval, wire_fixture

PAGE = {"Count": 20}


wire = wire_fixture(seed=9, bookings=120)


def once(wire: Wire, text: str) -> None:
    wire.simulator.faults.add(parse_fault(f"{text},times=1"))


class TestStatusFaults:
    @pytest.mark.parametrize("status", [401, 403, 408, 409, 429, 500, 503])
    def test_answer_once_with_the_status_and_a_message(self, wire: Wire, status: int) -> None:
        once(wire, str(status))
        answers = [wire.call("configuration/get") for _ in range(2)]
        assert [answer.status for answer in answers] == [status, 200]
        assert answers[0].json["Message"]
        assert answers[0].json["RequestId"] == answers[0].headers["request-id"]

    def test_send_retry_after_as_seconds_date_or_not_at_all(self, wire: Wire) -> None:
        headers = []
        for reported in ("7", "date", "missing"):
            once(wire, f"429,retry_after={reported}")
            headers.append(wire.call("configuration/get").headers.get("retry-after"))
        assert headers[0] == "7"
        assert headers[1] is not None
        assert parsedate_to_datetime(headers[1]).tzinfo is not None
        assert headers[2] is None


class TestWireFaults:
    def test_stall_closes_the_connection_without_a_response(self, wire: Wire) -> None:
        once(wire, "stall,seconds=0.05")
        with pytest.raises(http.client.RemoteDisconnected):
            wire.call("configuration/get")

    def test_stall_exceeds_a_shorter_client_timeout(self, wire: Wire) -> None:
        once(wire, "stall,seconds=600")
        request_client = Wire(wire.simulator, timeout_seconds=0.1)
        with pytest.raises(TimeoutError):
            request_client.call("configuration/get")
        request_client.close()

    def test_truncated_sends_less_than_announced(self, wire: Wire) -> None:
        once(wire, "truncated")
        with pytest.raises(http.client.IncompleteRead) as broken:
            wire.call(RESERVATIONS, Limitation=PAGE)
        assert broken.value.partial.startswith(b'{"Reservations":[')
        with pytest.raises(json.JSONDecodeError):
            json.loads(broken.value.partial)

    def test_html_has_status_200(self, wire: Wire) -> None:
        once(wire, "html")
        answer = wire.call(RESERVATIONS, Limitation=PAGE)
        assert (answer.status, answer.headers["content-type"]) == (200, "text/html")
        assert answer.text.startswith(b"<!DOCTYPE")


class TestContentFaults:
    def test_wrong_types_corrupts_one_item_of_the_page(self, wire: Wire) -> None:
        once(wire, "wrong-types")
        page = wire.call(RESERVATIONS, Limitation=PAGE).json["Reservations"]
        assert [type(item["ScheduledStartUtc"]) for item in page].count(int) == 1

    def test_missing_field_removes_it_from_one_item(self, wire: Wire) -> None:
        once(wire, "missing-field,field=State")
        page = wire.call(RESERVATIONS, Limitation=PAGE).json["Reservations"]
        assert ["State" in item for item in page].count(False) == 1

    def test_unknown_state_marks_one_item(self, wire: Wire) -> None:
        once(wire, "unknown-state")
        page = wire.call(RESERVATIONS, Limitation=PAGE).json["Reservations"]
        assert [item["State"] for item in page].count("Teleported") == 1

    def test_new_field_is_in_every_item(self, wire: Wire) -> None:
        once(wire, "new-field")
        page = wire.call(RESERVATIONS, Limitation=PAGE).json["Reservations"]
        assert all("SimulatedNewField" in item for item in page)

    @pytest.mark.parametrize("kind", ["wrong-types", "missing-field", "new-field"])
    def test_never_change_the_hotel(self, wire: Wire, kind: str) -> None:
        service = {"ServiceIds": [wire.simulator.catalog.stay_service_id], "Limitation": PAGE}
        complete = wire.call("rates/getAll", **service).json
        once(wire, kind)
        assert wire.call("rates/getAll", **service).json != complete
        assert wire.call("rates/getAll", **service).json == complete


def rendered_stays(wire: Wire) -> dict[str, list[dict[str, object]]]:
    """Reservation and order items of each stay."""
    records = wire.simulator.records
    renderer = MewsRenderer(records, wire.simulator.catalog)
    return {
        item.id: [
            renderer.reservation(item),
            *map(renderer.order_item, records.order_items_of(item)),
        ]
        for item in records.stays()
    }


class TestHotelFaults:
    def test_clock_back_stamps_the_next_changes_earlier(self, wire: Wire) -> None:
        records = wire.simulator.records
        now = records.now
        once(wire, "clock-back,seconds=3600")
        wire.call("configuration/get")
        assert records.now == now - 3600
        wire.simulator.advance(events=5)
        window = interval(now - 3600, now - 3000)
        assert wire.everything(RESERVATIONS, "Reservations", UpdatedUtc=window)

    def test_moving_items_are_missed_by_a_window_that_is_already_being_read(
        self, wire: Wire
    ) -> None:
        records = wire.simulator.records
        first = records.now - 80 * DAY
        window = interval(first, records.now)
        expected = {item.id for item in records.reservations.values() if item.updated >= first}
        once(wire, "moving-items")
        found = wire.everything(RESERVATIONS, "Reservations", count=10, UpdatedUtc=window)
        read = {item["Id"] for item in found}
        missed = expected - read
        late = interval(records.now, records.now)
        moved = wire.everything(RESERVATIONS, "Reservations", UpdatedUtc=late)
        assert missed
        assert missed <= {item["Id"] for item in moved}

    def test_hidden_update_changes_content_under_the_old_stamp(self, wire: Wire) -> None:
        before = rendered_stays(wire)
        once(wire, "hidden-update")
        wire.call("configuration/get")
        after = rendered_stays(wire)
        (changed,) = [key for key in before if before[key] != after[key]]
        stamps = [[part["UpdatedUtc"] for part in stays[changed]] for stays in (before, after)]
        assert stamps[0] == stamps[1]


class TestControl:
    def test_sets_and_clears_faults_while_it_runs(self, wire: Wire) -> None:
        fault = {"kind": FaultKind.SERVER_ERROR, "path": "configuration"}
        assert wire.control("faults", faults=[fault]).json == {"added": 1}
        assert [wire.call("configuration/get").status for _ in range(2)] == [500, 500]
        wire.control("faults", clear=True)
        assert wire.call("configuration/get").status == 200
        assert wire.send("GET", "/simulator/state", b"").json["faults"] == {"500": 2}
