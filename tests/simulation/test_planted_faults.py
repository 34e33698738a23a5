"""The simulation finds faults: five of the planted ones in turn, another five every day. `make
campaign ARGS=planted-faults` plants all."""

from datetime import date

import pytest

from tests.simulation.campaigns import catch_fault
from tests.simulation.faults import FAULTS, PlantedFault
from tests.simulation.shrink import shrink

PER_DAY = 5


def faults_of(day: date) -> list[PlantedFault]:
    every = list(FAULTS.values())
    first = day.toordinal() * PER_DAY % len(every)
    return (every + every)[first : first + PER_DAY]


class TestPlantedFault:
    def test_each_of_the_list_is_there(self) -> None:
        assert len(FAULTS) == 21

    @pytest.mark.parametrize("fault", faults_of(date.today()), ids=lambda fault: fault.name)  # noqa: DTZ011 any day will do
    def test_is_caught(self, fault: PlantedFault) -> None:
        caught = catch_fault(fault)
        assert caught is not None, fault.name

    def test_shrinks_to_a_few_actions(self) -> None:
        fault = FAULTS["event-outside-the-transaction"]
        caught = catch_fault(fault)
        assert caught is not None
        with fault.plant():
            smallest = shrink(caught.outcome)
        assert smallest.invariant == caught.outcome.invariant
        assert len(smallest.schedule.actions) <= 3
