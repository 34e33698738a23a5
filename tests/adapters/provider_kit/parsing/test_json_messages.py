import pytest

from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.json_messages import (
    numbered_entries,
    parse_body,
    split_bodies,
)
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.read_items import JsonEntry
from ports.errors import TooManyItems, UnreadableMessage


def split_list(value: Json) -> list[JsonEntry]:
    assert isinstance(value, list)
    return numbered_entries("data", value)


def reject(value: Json) -> Json:
    raise UnreadableField("event", "missing_field", "a value")


class TestSplitBodies:
    def test_numbers_the_entries_of_each_body(self) -> None:
        found = split_bodies([b"[1, 2]", b"[3]"], split_list, limit=3)
        assert found == [JsonEntry("data[0]", 1), JsonEntry("data[1]", 2), JsonEntry("data[0]", 3)]

    def test_applies_the_limit_to_all_bodies_together(self) -> None:
        with pytest.raises(TooManyItems):
            split_bodies([b"[1, 2]", b"[3]"], split_list, limit=2)

    def test_rejects_a_body_that_is_not_json(self) -> None:
        with pytest.raises(UnreadableMessage) as caught:
            split_bodies([b"[1", b"[]"], split_list, limit=2)
        assert caught.value.details == {"position": 2}


class TestParseBody:
    def test_names_the_path_of_an_unreadable_field(self) -> None:
        with pytest.raises(UnreadableMessage) as caught:
            parse_body(b"{}", reject)
        assert caught.value.details == {"path": "event"}
