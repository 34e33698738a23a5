"""The adapters that are installed here pass: all that have a simulator, whichever they are."""

import pytest

from entrypoints.certification.installed_candidates import candidate_of
from entrypoints.certification.registry import CHECKS
from entrypoints.certification.runner import CheckOutcome
from entrypoints.local.installed_simulators import simulator_names
from ports.errors import UnknownProvider
from tests.certification.certifying import certified

QUICK = {"auth", "fetch", "limit", "money", "trust"}


def failures(name: str, groups: set[str]) -> dict[str, str]:
    ids = {check.id for check in CHECKS if check.group in groups}
    report = certified(candidate_of(name), ids)
    assert report.of(CheckOutcome.PASSED)
    return {result.check.id: result.reason for result in report.of(CheckOutcome.FAILED)}


class TestEveryInstalledAdapter:
    @pytest.mark.parametrize("name", simulator_names())
    def test_passes_the_checks_that_take_no_time(self, name: str) -> None:
        assert failures(name, QUICK) == {}

    @pytest.mark.slow
    @pytest.mark.parametrize("name", simulator_names())
    def test_passes_the_others_as_well(self, name: str) -> None:
        assert failures(name, {check.group for check in CHECKS} - QUICK) == {}

    def test_of_a_vendor_without_a_simulator_is_told_to_have_nothing_to_be_held_against(
        self,
    ) -> None:
        with pytest.raises(UnknownProvider, match="no simulator"):
            candidate_of("canonical")
