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

    @pytest.mark.parametrize(
        ("text", "accepted"),
        [
            ("flood", "truncated"),
            ("", "truncated"),
            ("500,often=1", "probability, times"),
            ("500,times", "setting=value"),
            ("500,probability=high", "0 to 1"),
            ("500,probability=1.5", "0 to 1"),
            ("500,times=0", "from 1 to"),
            ("stall,seconds=-1", "0 or more"),
            ("stall,seconds=nan", "0 or more"),
            ("429,retry_after=soon", "seconds, date or missing"),
        ],
    )
    def test_rejects_an_invalid_description_with_the_accepted_values(
        self, text: str, accepted: str
    ) -> None:
        with pytest.raises(InvalidFault, match=accepted):
            parse_fault(text)
