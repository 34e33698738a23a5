"""Checkpoints that version 0.1 stored are read as the position that they were written for."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from adapters.outbound.providers.apaleo.client import checkpoint as apaleo
from adapters.outbound.providers.cloudbeds.client import checkpoint as cloudbeds
from adapters.outbound.providers.mews.client import checkpoint as mews
from adapters.outbound.providers.ohip.client import checkpoint as ohip
from tests.upgrade.old_installation import checkpoints

PARSERS: dict[str, Callable[[str], Any]] = {
    "apaleo": apaleo.parse_checkpoint,
    "cloudbeds": cloudbeds.parse_checkpoint,
    "mews": mews.parse_checkpoint,
    "ohip": ohip.parse_checkpoint,
}


def stored_checkpoints() -> Iterator[tuple[str, str]]:
    for provider in PARSERS:
        of_provider = checkpoints()[provider]
        for text in (of_provider["stored"], *(each["text"] for each in of_provider["checkpoints"])):
            yield provider, text


@pytest.mark.parametrize(("provider", "text"), list(stored_checkpoints()))
class TestStoredCheckpoint:
    def test_is_read_as_the_same_position(self, provider: str, text: str) -> None:
        position = PARSERS[provider](text)
        assert position is not None
        assert json.loads(position.text()) == json.loads(text)
