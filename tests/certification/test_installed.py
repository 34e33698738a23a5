import pytest

from entrypoints.certification.candidate import candidate_of
from entrypoints.certification.outcomes import CheckOutcome
from entrypoints.certification.registry import CHECKS
from entrypoints.local.installed_simulators import simulator_names
from ports.errors import UnknownProvider
from tests.certification.certifying import certify_with

QUICK = {"auth", "fetch", "limit", "money", "trust"}


def failures(name: str, groups: set[str]) -> dict[str, str]:
    ids = {check.id for check in CHECKS if check.group in groups}
    report = certify_with(candidate_of(name), ids)
    assert report.of(CheckOutcome.PASSED)
    return {result.check.id: result.reason for result in report.of(CheckOutcome.FAILED)}


class TestInstalledAdapter:
    @pytest.mark.parametrize("name", simulator_names())
    def test_passes_the_quick_checks(self, name: str) -> None:
        assert failures(name, QUICK) == {}

    @pytest.mark.slow
    @pytest.mark.parametrize("name", simulator_names())
    def test_passes_the_slow_checks(self, name: str) -> None:
        assert failures(name, {check.group for check in CHECKS} - QUICK) == {}

    def test_is_not_a_candidate_without_a_simulator(self) -> None:
        with pytest.raises(UnknownProvider, match="no simulator"):
            candidate_of("canonical")
