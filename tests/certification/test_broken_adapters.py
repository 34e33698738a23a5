"""A suite is worth what it catches: each adapter here is wrong in one way."""

import pytest

from entrypoints.certification.registry import CHECKS
from entrypoints.certification.runner import CheckOutcome
from tests.certification.broken import ALL, Broken
from tests.certification.certifying import certified
from tests.certification.signed import candidate

NAMED = frozenset().union(*(broken.caught_by for broken in ALL))


class TestTheUnbrokenAdapter:
    def test_passes_every_check_that_catches_a_broken_one(self) -> None:
        report = certified(candidate(), NAMED)
        unlike = {
            r.check.id: r.reason for r in report.results if r.outcome is not CheckOutcome.PASSED
        }
        assert not unlike

    @pytest.mark.slow
    def test_passes_them_all(self) -> None:
        report = certified(candidate(), {check.id for check in CHECKS})
        assert {r.check.id: r.reason for r in report.of(CheckOutcome.FAILED)} == {}
        assert report.is_certified


class TestABrokenAdapter:
    @pytest.mark.parametrize("broken", ALL, ids=lambda broken: broken.name)
    def test_is_caught_by_the_checks_that_are_named_for_its_fault(self, broken: Broken) -> None:
        report = certified(candidate(broken.make), broken.caught_by)
        assert report.failed_ids() == broken.caught_by
        assert not report.is_certified

    @pytest.mark.slow
    @pytest.mark.parametrize("broken", ALL, ids=lambda broken: broken.name)
    def test_is_not_certified_and_shows_all_that_its_fault_breaks(self, broken: Broken) -> None:
        report = certified(candidate(broken.make), {check.id for check in CHECKS})
        assert report.failed_ids() >= broken.caught_by
