import pytest

from adapters.outbound.provider_kit.simulation.server.fault_plan import (
    Fault,
    FaultPlan,
    InvalidFault,
    parse_fault,
)


def drawn(faults: list[Fault], seed: int, calls: int = 200) -> list[int]:
    plan = FaultPlan(faults, seed=seed)
    return [len(plan.inject("reservations/getAll")) for _ in range(calls)]


class TestFaultPlan:
    def test_injects_a_fault_so_many_times_on_matching_paths(self) -> None:
        plan = FaultPlan([parse_fault("500,times=2,path=reservations")])
        paths = ["customers/getAll", *["reservations/getAll"] * 3]
        assert [len(plan.inject(path)) for path in paths] == [0, 1, 1, 0]

    def test_is_deterministic_for_a_seed(self) -> None:
        faults = [parse_fault("500,probability=0.3")]
        assert drawn(faults, 1) == drawn(faults, 1) != drawn(faults, 2)
        assert 30 < sum(drawn(faults, 1)) < 90

    @pytest.mark.parametrize("text", ["flood", "500,often=1", "500,probability=high", "500,times"])
    def test_rejects_an_invalid_description(self, text: str) -> None:
        with pytest.raises(InvalidFault):
            parse_fault(text)
