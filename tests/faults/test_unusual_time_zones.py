"""Stay dates are the hotel's own, whatever its zone and the night of the clock change."""

from collections.abc import Callable
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from adapters.outbound.providers.mews.simulator.server import MewsSimulator
from domain.sync_run import SyncKind
from tests import raw_sql
from tests.faults.stack_harness import open_stack


class TestStayDates:
    @pytest.mark.parametrize(
        ("zone", "today"),
        [
            ("Europe/Berlin", date(2031, 3, 29)),
            ("Europe/Berlin", date(2031, 10, 25)),
            # Midnight did not exist there on 2018-11-04, and was there twice on 2018-02-17.
            ("America/Sao_Paulo", date(2018, 11, 3)),
            ("America/Sao_Paulo", date(2018, 2, 16)),
            ("Pacific/Apia", date(2031, 3, 29)),
            ("Asia/Kathmandu", date(2031, 6, 1)),
        ],
    )
    def test_are_the_simulated_hotels(
        self,
        sqlite_url: str,
        simulate: Callable[..., MewsSimulator],
        tmp_path: Path,
        zone: str,
        today: date,
    ) -> None:
        simulator = simulate(60, time_zone=zone, start_date=today, seed=5)
        with open_stack(sqlite_url, tmp_path, simulator) as stack:
            stack.sync_until_completed()
            simulator.advance(days=2, events=10)
            stack.sync_until_completed()
            assert stack.verify().drift == 0
            stack.sync_until_completed(SyncKind.RECONCILE)
            stored = raw_sql.read(
                sqlite_url, "SELECT external_id, arrival, departure FROM bookings"
            )
            ours = {row[0]: (row[1], row[2]) for row in stored}
            stays = simulator.records.stays()
            expected = {
                item.id: (str(item.stay.arrival), str(item.stay.departure)) for item in stays
            }
            assert expected == ours
            assert any(item.stay.arrival <= today < item.stay.departure for item in stays)
            cells = raw_sql.read(sqlite_url, "SELECT DISTINCT day FROM availability ORDER BY day")
            assert len(cells) > 300
            days = [date.fromisoformat(str(row[0])) for row in cells]
            assert {(b - a).days for a, b in pairwise(days)} == {1}
