import threading
from typing import Any

import pytest

from adapters.outbound.provider_kit.simulation.server.fault_plan import parse_fault
from adapters.outbound.provider_kit.simulation.server.fault_responses import (
    NEW_FIELD,
    UNKNOWN_STATE,
    CorruptibleFields,
    corrupt_items,
    fault_reply,
    truncated_share,
)
from adapters.outbound.provider_kit.simulation.server.loopback_http import Reply

FIELDS = CorruptibleFields("phase", ("begin", "id"))


def corrupted(text: str, position: int = 0) -> list[dict[str, Any]]:
    answer: dict[str, Any] = {"count": 2, "stays": [{"id": "a", "begin": "x"}, {"id": "b"}]}
    corrupt_items(answer, [parse_fault(text)], FIELDS, lambda _: position)
    return list(answer["stays"])


class TestCorruption:
    def test_corrupts_the_first_needed_field_of_an_item(self) -> None:
        assert corrupted("wrong-types")[0] == {"id": "a", "begin": 17}
        assert corrupted("missing-field", 1)[1] == {}

    def test_corrupts_the_named_field(self) -> None:
        assert corrupted("missing-field,field=id")[0] == {"begin": "x"}

    def test_uses_the_vendors_name_of_the_state(self) -> None:
        assert corrupted("unknown-state")[0]["phase"] == UNKNOWN_STATE

    def test_adds_a_new_field_to_every_item(self) -> None:
        assert all(NEW_FIELD in item for item in corrupted("new-field"))

    def test_adds_a_payment_card_to_every_item(self) -> None:
        assert all("registeredCard" in item for item in corrupted("sensitive-field"))

    def test_adds_the_named_sensitive_field_to_every_item(self) -> None:
        assert all(item["pin"] for item in corrupted("sensitive-field,field=pin"))
        assert all(item["key"]["pin"] for item in corrupted("sensitive-field,field=key.pin"))

    def test_ignores_items_without_a_needed_field(self) -> None:
        answer: dict[str, Any] = {"items": [{"other": 1}]}
        corrupt_items(answer, [parse_fault("wrong-types")], FIELDS, lambda _: 0)
        assert answer == {"items": [{"other": 1}]}


class TestFaultReply:
    @pytest.mark.parametrize(("text", "header"), [("429", "1"), ("500", None), ("503", "1")])
    def test_is_rendered_by_the_vendor(self, text: str, header: str | None) -> None:
        statuses: list[tuple[int, str | None]] = []

        def render_error(status: int, retry_after: str | None) -> Reply:
            statuses.append((status, retry_after))
            return Reply(status)

        reply = fault_reply([parse_fault(text)], render_error, threading.Event(), {})
        assert reply == Reply(int(text))
        assert statuses == [(int(text), header)]

    def test_is_none_for_faults_of_the_content(self) -> None:
        injected = [parse_fault("truncated"), parse_fault("new-field")]
        assert fault_reply(injected, lambda status, _: Reply(status), threading.Event(), {}) is None
        assert truncated_share(injected) == 0.5
        assert truncated_share(injected[1:]) is None
