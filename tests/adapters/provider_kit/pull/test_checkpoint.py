"""Texts stored by version 0.1 resume at the same place."""

import json
from typing import Final

import pytest

from adapters.outbound.provider_kit.pull.checkpoint import (
    ChangesCheckpoint,
    Checkpoint,
    PagedCheckpoint,
    parse_checkpoint,
    parse_cursor_instant,
)
from adapters.outbound.providers.mews.client.paginator import MewsCheckpoint
from adapters.outbound.providers.ohip.client.pull import OhipCheckpoint

STORED: Final[dict[str, tuple[type[Checkpoint], list[str]]]] = {
    "apaleo": (
        PagedCheckpoint,
        [
            '{"format":1,"phase":"changes","newest":"2026-11-26T06:03:14Z"'
            ',"since":"2026-11-26T05:53:14Z","page":1}',
            '{"format":1,"phase":"availability","newest":"2026-11-26T06:11:26Z"'
            ',"since":"2026-11-26T06:11:26Z","day":"2027-01-26","page":1}',
            '{"format":1,"phase":"stays","newest":"2026-11-26T06:11:26Z"'
            ',"since":"2026-11-26T06:01:26Z","page":1}',
            '{"format":1,"phase":"stays","newest":"2026-11-26T06:11:26Z"'
            ',"since":"2026-11-26T06:01:26Z","day":"2026-09-28","page":2}',
        ],
    ),
    "cloudbeds": (
        PagedCheckpoint,
        [
            '{"format":1,"phase":"changes","newest":"2026-11-26T05:05:19Z"'
            ',"since":"2026-11-26T04:05:19Z","page":1}',
            '{"format":1,"phase":"changed-guests","newest":"2026-11-26T05:11:14Z"'
            ',"since":"2026-11-26T04:05:19Z","page":2}',
            '{"format":1,"phase":"availability","newest":"2026-11-26T05:11:14Z"'
            ',"since":"2026-11-26T04:05:19Z","day":"2026-12-27","page":1}',
            '{"format":1,"phase":"guests","newest":"2026-11-26T05:11:14Z"'
            ',"since":"2026-11-26T04:11:14Z","page":1}',
            '{"format":1,"phase":"guests","newest":"2026-11-26T05:11:14Z"'
            ',"since":"2026-11-26T04:11:14Z","day":"2026-10-29","page":2}',
            '{"format":1,"phase":"stays","newest":"2026-11-26T05:11:14Z"'
            ',"since":"2026-11-26T04:11:14Z","day":"2026-10-29","page":2}',
        ],
    ),
    "mews": (
        MewsCheckpoint,
        [
            '{"format":1,"until":"2026-11-26T05:04:14Z","phase":"changes"}',
            '{"format":1,"until":"2026-11-26T05:04:14Z","phase":"changes"'
            ',"start":"2026-11-26T04:52:58Z","end":"2026-11-26T05:04:14Z"'
            ',"below":"2026-11-26T05:03:58Z"'
            ',"cursor":"5cd14d64-7395-49c3-90a7-db2ac19137a7"}',
            '{"format":1,"until":"2026-11-26T05:04:14Z","phase":"changes"'
            ',"start":"2026-11-26T05:04:14Z"}',
            '{"format":1,"until":"2026-11-26T05:04:14Z","phase":"customers"}',
            '{"format":1,"until":"2026-11-26T05:04:14Z","phase":"customers"'
            ',"start":"2026-11-26T04:52:58Z","end":"2026-11-26T05:04:14Z"'
            ',"below":"2026-11-26T05:03:58Z"'
            ',"cursor":"8dd4a75e-1570-429f-a057-9cfb1c8ab4e8"}',
            '{"format":1,"until":"2026-11-26T05:04:14Z","phase":"customers"'
            ',"start":"2026-11-26T05:04:14Z"}',
            '{"format":1,"until":"2026-11-26T05:04:14Z","phase":"charges"'
            ',"start":"2026-11-26T04:52:58Z","end":"2026-11-26T05:04:14Z"'
            ',"below":"2026-11-26T05:04:14Z"'
            ',"cursor":"0c68efac-b7e1-4944-a6ac-3e746a416e48"}',
            '{"format":1,"until":"2026-11-26T05:04:14Z","phase":"charges"'
            ',"start":"2026-11-26T05:04:14Z"}',
            '{"format":1,"until":"2026-11-26T05:04:14Z","phase":"availability"'
            ',"start":"2027-01-24T23:00:00Z"}',
            '{"format":1,"until":"2026-11-26T05:04:14Z","phase":"stays"}',
            '{"format":1,"until":"2026-11-26T05:04:14Z","phase":"stays"'
            ',"start":"2026-09-27T22:00:00Z","end":"2026-12-21T22:00:00Z"'
            ',"cursor":"5cd14d64-7395-49c3-90a7-db2ac19137a7"}',
            '{"format":1,"until":"2026-11-26T05:04:14Z","phase":"stays"'
            ',"start":"2026-12-21T22:00:00Z"}',
        ],
    ),
    "ohip": (
        OhipCheckpoint,
        [
            '{"format":1,"phase":"events","today":"2026-11-26","since":"2026-11-26"'
            ',"step":1,"offset":0}',
            '{"format":1,"phase":"days","today":"2026-11-26","since":"2026-11-26"'
            ',"step":0,"offset":1,"last":"100082"}',
            '{"format":1,"phase":"availability","today":"2026-11-26"'
            ',"since":"2026-11-26","step":1,"offset":0}',
            '{"format":1,"phase":"stays","today":"2026-11-26","since":"2026-11-26"'
            ',"step":1,"offset":2,"last":"100063"}',
        ],
    ),
}
DECLARED: Final = (
    '{"format":1,"phase":"bookings","since":"2026-03-01T10:00:00+00:00",'
    '"newest":"2026-03-01T10:00:00.250000+00:00","day":null}'
)
CASES: Final = [
    pytest.param(kind, text, id=f"{vendor}-{json.loads(text)['phase']}")
    for vendor, (kind, texts) in STORED.items()
    for text in texts
]


class TestStoredByVersion01:
    @pytest.mark.parametrize(("kind", "text"), CASES)
    def test_is_read_and_written_unchanged(self, kind: type[Checkpoint], text: str) -> None:
        checkpoint = parse_checkpoint(kind, text)

        assert checkpoint is not None
        assert json.loads(checkpoint.text()) == json.loads(text)

    def test_of_a_declared_vendor_keeps_fractions_of_a_second(self) -> None:
        checkpoint = parse_checkpoint(ChangesCheckpoint, DECLARED)

        assert checkpoint is not None
        assert checkpoint.newest == parse_cursor_instant("2026-03-01T10:00:00.25+00:00")
        assert parse_checkpoint(ChangesCheckpoint, checkpoint.text()) == checkpoint

    def test_of_a_declared_vendor_without_changes_has_no_instants(self) -> None:
        text = '{"format":1,"phase":"records","since":null,"newest":null,"day":null}'

        assert parse_checkpoint(ChangesCheckpoint, text) == ChangesCheckpoint(
            phase="records", since=None, newest=None
        )


class TestUnreadable:
    @pytest.mark.parametrize(
        "text",
        [
            "",
            "nonsense",
            "{}",
            '{"format":0}',
            '{"format":1,"phase":"stays"}',
            '{"format":2,"phase":"stays","newest":"2026-01-01T00:00:00Z",'
            '"since":"2026-01-01T00:00:00Z","page":1}',
            '{"format":1,"phase":"stays","newest":"2026-01-01T00:00:00Z",'
            '"since":"2026-01-01T00:00:00Z","page":"one"}',
        ],
    )
    def test_text_starts_the_run_again(self, text: str) -> None:
        assert parse_checkpoint(PagedCheckpoint, text) is None


class TestPhaseChange:
    def test_resets_the_place_within_the_phase(self) -> None:
        text = STORED["cloudbeds"][1][-1]
        checkpoint = parse_checkpoint(PagedCheckpoint, text)

        assert checkpoint is not None
        after = checkpoint.at("availability")
        assert (after.phase, after.day, after.page) == ("availability", None, 1)
        assert (after.since, after.newest) == (checkpoint.since, checkpoint.newest)
