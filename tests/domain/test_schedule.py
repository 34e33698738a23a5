from datetime import timedelta

from domain.schedule import Schedule
from tests.builders import MINUTE


class TestSchedule:
    def test_spreads_hotels_over_a_tenth_of_the_interval(self) -> None:
        schedule = Schedule(delta_every=timedelta(minutes=10))
        assert [schedule.jitter(f) for f in (0.0, 0.5)] == [timedelta(0), timedelta(seconds=30)]
        assert schedule.jitter(0.999) < MINUTE
