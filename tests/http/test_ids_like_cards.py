"""Two bookings whose ids look like card numbers, through all ways in and out."""

import json
import logging

import pytest

from adapters.outbound.provider_kit.card_scrubber import scrub_bytes
from adapters.outbound.providers.mock.provider import VENDOR
from adapters.outbound.providers.ohip.capabilities import CAPABILITIES as OHIP
from ports.providers import Capabilities
from tests.http.graphql_client import run_query
from tests.http.http_harness import Caller, HttpHarness, booking, guest
from tests.http.test_ingest import BOOKINGS, stored
from tests.http.test_quarantine_calls import QUARANTINE

ONE, OTHER = "4239000000030077", "4239000000110077"
SPELLED = "4111-1111-1111-1111"


def pair(**values: object) -> list[dict[str, object]]:
    return [booking(each, confirmation_number=each, **values) for each in (ONE, OTHER)]


class TestIdsThatLookLikeCardNumbers:
    def test_are_kept_in_answers_store_events_and_logs(
        self, installation: HttpHarness, alpha: Caller, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        items = alpha.post(BOOKINGS, pair()).get_json()["items"]
        assert [item["external_id"] for item in items] == [ONE, OTHER]
        assert stored(installation) == [ONE, OTHER]
        found = run_query(
            alpha, "{ bookings(first: 5) { edges { node { externalId confirmationNumber } } } }"
        )
        nodes = [edge["node"] for edge in found["bookings"]["edges"]]
        assert {(n["externalId"], n["confirmationNumber"]) for n in nodes} == {
            (ONE, ONE),
            (OTHER, OTHER),
        }
        assert "************" not in caplog.text

    def test_are_kept_in_references(self, alpha: Caller) -> None:
        merged = [guest(f"G{n}", merged_into=each) for n, each in enumerate((ONE, OTHER))]
        alpha.post("/api/pms/canonical/guests", merged)
        found = run_query(alpha, "{ guests { edges { node { mergedInto } } } }")
        targets = [edge["node"]["mergedInto"] for edge in found["guests"]["edges"]]
        assert sorted(targets) == [ONE, OTHER]

    @pytest.mark.parametrize(
        ("capabilities", "names"),
        [
            (OHIP, ("roomType", "ratePlanCode", "statCode")),
            (VENDOR.capabilities, ("room_type", "room", "rate")),
        ],
    )
    def test_are_kept_as_codes_of_rooms_and_rates(
        self, capabilities: Capabilities, names: tuple[str, ...]
    ) -> None:
        body = json.dumps(dict.fromkeys(names, ONE)).encode()
        assert scrub_bytes(body, capabilities.id_fields) == body

    def test_are_kept_for_a_replay(self, alpha: Caller) -> None:
        alpha.post(BOOKINGS, pair(status="GONE"))
        items = alpha.get(QUARANTINE).get_json()["items"]
        assert {item["external_id"] for item in items} == {ONE, OTHER}
        for item in items:
            outcome = alpha.post(f"{QUARANTINE}/{item['id']}/replay", {}).get_json()
            assert outcome["reason"]["path"] == "status"

    def test_are_refused_if_written_like_on_a_card(self, alpha: Caller) -> None:
        [item] = alpha.post(BOOKINGS, booking(SPELLED)).get_json()["items"]
        assert (item["outcome"], item["reason"]["code"]) == ("quarantined", "bad_id")
        assert SPELLED not in json.dumps(alpha.get(QUARANTINE).get_json())
