"""The phases of a pull run in order, resume at their checkpoint and end with the cursor."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from adapters.outbound.provider_kit.pull.checkpoint import Checkpoint
from adapters.outbound.provider_kit.pull.engine import (
    DELTA_ONLY,
    WINDOW_ONLY,
    Phase,
    PullPlan,
    delta_cursor,
    full_without_cursor,
    run_pull,
)
from adapters.outbound.provider_kit.pull.reading import SeenItems, day_windows
from domain.sync_run import SyncKind
from domain.values import DateRange
from ports.providers import Page, PullRequest
from tests.providers.mews.payloads import SkippingClock

NOW = datetime(2026, 6, 1, tzinfo=UTC)
CURSOR = "2026-05-31T10:00:00Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCheckpoint(Checkpoint):
    started: date
    step: int = 0


CheckpointedPages = Iterator[tuple[Page, StepCheckpoint]]


class Recorder:
    """A vendor with three phases; `read` lists the steps that were read, by phase."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def plan(self) -> PullPlan[StepCheckpoint]:
        return PullPlan(
            checkpoint_type=StepCheckpoint,
            phases=(
                Phase("records", self._steps(1), is_single_page=True),
                Phase("events", self._steps(2), DELTA_ONLY),
                Phase("stays", self._steps(2), WINDOW_ONLY),
                Phase("cells", self._steps(1)),
            ),
            initial=lambda phase: StepCheckpoint(phase=phase, started=NOW.date()),
            cursor=lambda checkpoint: checkpoint.started.isoformat(),
        )

    def _steps(self, count: int) -> Callable[[StepCheckpoint], CheckpointedPages]:
        def pages(resume_from: StepCheckpoint) -> CheckpointedPages:
            for step in range(resume_from.step, count):
                self.read.append(f"{resume_from.phase} {step}")
                page = Page(items=(), observed_at=NOW)
                yield page, replace(resume_from, step=step + 1)

        return pages


def request(
    kind: SyncKind, checkpoint: str | None = None, cursor: str | None = None
) -> PullRequest:
    window = DateRange(date(2026, 5, 1), date(2026, 7, 1))
    return PullRequest(kind=kind, cursor=cursor, checkpoint=checkpoint, window=window)


def pull(kind: SyncKind, checkpoint: str | None = None) -> tuple[list[str], list[Page]]:
    recorder = Recorder()
    pages = list(run_pull(recorder.plan(), request(kind, checkpoint), SkippingClock()))
    return recorder.read, pages


class TestRun:
    def test_delta_reads_its_phases_in_order(self) -> None:
        assert pull(SyncKind.DELTA)[0] == ["records 0", "events 0", "events 1", "cells 0"]

    @pytest.mark.parametrize("kind", [SyncKind.FULL, SyncKind.RECONCILE])
    def test_others_read_the_window(self, kind: SyncKind) -> None:
        assert pull(kind)[0] == ["records 0", "stays 0", "stays 1", "cells 0"]

    @pytest.mark.parametrize("kind", list(SyncKind))
    def test_resumes_after_every_page(self, kind: SyncKind) -> None:
        steps, pages = pull(kind)
        for number, page in enumerate(pages[:-1], 1):
            assert pull(kind, page.checkpoint)[0] == steps[number:]

    def test_records_are_followed_by_the_next_phase(self) -> None:
        _, pages = pull(SyncKind.FULL)
        assert pages[0].checkpoint is not None
        assert '"phase":"stays"' in pages[0].checkpoint

    @pytest.mark.parametrize("kind", [SyncKind.DELTA, SyncKind.FULL])
    def test_only_the_last_page_has_the_cursor(self, kind: SyncKind) -> None:
        _, pages = pull(kind)
        assert [page.cursor for page in pages] == [None] * (len(pages) - 1) + ["2026-06-01"]

    def test_reconcile_has_no_cursor(self) -> None:
        assert {page.cursor for page in pull(SyncKind.RECONCILE)[1]} == {None}

    def test_checkpoint_of_a_phase_that_the_kind_lacks_starts_again(self) -> None:
        checkpoint = StepCheckpoint(phase="stays", started=NOW.date(), step=1).text()
        assert pull(SyncKind.DELTA, checkpoint)[0][0] == "records 0"


class TestCursor:
    @pytest.mark.parametrize("cursor", [None, "", "nonsense", "2026-05-31T10:00:00"])
    def test_unreadable_makes_a_delta_a_full_pull(self, cursor: str | None) -> None:
        asked = full_without_cursor(request(SyncKind.DELTA, cursor=cursor))
        assert (asked.kind, delta_cursor(asked)) == (SyncKind.FULL, None)

    def test_readable_starts_the_changes_of_a_delta_only(self) -> None:
        asked = request(SyncKind.DELTA, cursor=CURSOR)
        assert full_without_cursor(asked) == asked
        assert delta_cursor(asked) == datetime(2026, 5, 31, 10, tzinfo=UTC)
        assert delta_cursor(replace(asked, kind=SyncKind.RECONCILE)) is None


class TestDayWindows:
    def test_cover_the_days_without_gap_or_overlap(self) -> None:
        first = date(2026, 5, 1)
        windows = list(day_windows(first, first + timedelta(days=70), timedelta(days=31)))
        assert [(end - start).days for start, end in windows] == [31, 31, 8]
        assert [start for start, _ in windows[1:]] == [end for _, end in windows[:-1]]

    def test_of_no_days_are_none(self) -> None:
        assert list(day_windows(NOW.date(), NOW.date(), timedelta(days=31))) == []


def item_id(value: Any) -> str:
    return str(value["id"])


class TestSeenItems:
    def test_leaves_out_unchanged_repeats(self) -> None:
        seen = SeenItems()
        first = [{"id": "a", "v": 1}, {"id": "b", "v": 1}]
        assert seen.unseen(first, item_id) == first
        second = [{"id": "a", "v": 1}, {"id": "b", "v": 2}]
        assert seen.unseen(second, item_id) == second[1:]

    def test_keeps_values_without_an_id(self) -> None:
        seen = SeenItems()
        assert seen.unseen([1, 1], lambda _: None) == [1, 1]
