"""Checkpoints that version 0.1 stored are read as the position that they were written for."""

import json
from collections.abc import Iterator
from datetime import date, datetime

import pytest

from adapters.outbound.provider_kit.pull.checkpoint import (
    ChangesCheckpoint,
    Checkpoint,
    PagedCheckpoint,
    parse_checkpoint,
)
from adapters.outbound.providers.mews.client.paginator import MewsCheckpoint
from adapters.outbound.providers.ohip.client.pull import OhipCheckpoint
from tests.upgrade.old_installation import checkpoints

TYPES: dict[str, type[Checkpoint]] = {
    "apaleo": PagedCheckpoint,
    "cloudbeds": PagedCheckpoint,
    "mews": MewsCheckpoint,
    "ohip": OhipCheckpoint,
}


def stored_checkpoints() -> Iterator[tuple[str, str]]:
    for provider in TYPES:
        of_provider = checkpoints()[provider]
        for text in (of_provider["stored"], *(each["text"] for each in of_provider["checkpoints"])):
            yield provider, text


@pytest.mark.parametrize(("provider", "text"), list(stored_checkpoints()))
class TestStoredCheckpoint:
    def test_is_read_as_the_same_position(self, provider: str, text: str) -> None:
        position = parse_checkpoint(TYPES[provider], text)
        assert position is not None
        assert json.loads(position.text()) == json.loads(text)


class TestStoredCheckpointOfADeclarativeVendor:
    @pytest.mark.parametrize(
        "text", [each["text"] for each in checkpoints()["simple vendors"]["checkpoints"]]
    )
    def test_is_read_as_the_same_position(self, text: str) -> None:
        expected = json.loads(text)
        since, newest = (
            None if expected[name] is None else datetime.fromisoformat(expected[name])
            for name in ("since", "newest")
        )
        day = None if expected["day"] is None else date.fromisoformat(expected["day"])
        assert parse_checkpoint(ChangesCheckpoint, text) == ChangesCheckpoint(
            phase=expected["phase"], since=since, newest=newest, day=day
        )
