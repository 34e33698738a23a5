from typing import Any

import pytest

from domain.sync_run import RunError, SyncCounts, SyncRun, SyncStatus, TransportCounts
from tests import builders
from tests.builders import MINUTE, T0

HOTEL = builders.hotel()
LATER = T0 + MINUTE


def run(**over: Any) -> SyncRun:
    return builders.sync_run(builders.connection(HOTEL), **over)


class TestSyncRun:
    def test_begins_and_is_resumed(self) -> None:
        begun = run().begin(fencing_number=4, now=T0)
        assert (begun.status, begun.fencing_number, begun.started_at) == (SyncStatus.RUNNING, 4, T0)
        again = begun.page_stored("p1", SyncCounts(seen=1)).begin(fencing_number=5, now=LATER)
        assert (again.started_at, again.attempts, again.checkpoint) == (T0, 2, "p1")
        assert again.fencing_number == 5

    def test_adds_up_its_pages(self) -> None:
        one = SyncCounts(
            seen=1, created=2, updated=3, unchanged=4, stale=5, quarantined=6, deleted=7
        )
        twice = run().page_stored("p1", one).page_stored(None, one)
        assert (twice.pages, twice.checkpoint) == (2, "p1")
        assert twice.counts == SyncCounts(
            seen=2, created=4, updated=6, unchanged=8, stale=10, quarantined=12, deleted=14
        )

    @pytest.mark.parametrize(
        ("quarantined", "status"), [(0, SyncStatus.COMPLETED), (1, SyncStatus.PARTIAL)]
    )
    def test_is_partial_if_any_item_was_quarantined(
        self, quarantined: int, status: SyncStatus
    ) -> None:
        transport = TransportCounts(calls=1, retries=2, waited_ms=3, bytes_received=4)
        made = run(counts=SyncCounts(quarantined=quarantined), transport=transport)
        done = made.finish(now=LATER, transport=transport)
        assert (done.status, done.finished_at) == (status, LATER)
        assert done.transport == TransportCounts(calls=2, retries=4, waited_ms=6, bytes_received=8)

    def test_truncates_the_error_detail(self) -> None:
        failed = run().fail(
            now=LATER,
            error=RunError(code="down", detail="x" * 900),
            transport=TransportCounts(calls=3),
        )
        assert (failed.status, failed.finished_at) == (SyncStatus.FAILED, LATER)
        assert (failed.error_code, len(failed.error_detail or "")) == ("down", 500)
        assert failed.transport.calls == 3

    def test_is_final_in_three_statuses(self) -> None:
        final = {status for status in SyncStatus if status.is_final}
        assert final == {SyncStatus.COMPLETED, SyncStatus.PARTIAL, SyncStatus.FAILED}
