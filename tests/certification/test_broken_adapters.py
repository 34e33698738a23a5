import pytest

from entrypoints.certification.outcomes import CheckOutcome
from entrypoints.certification.registry import CHECKS
from tests.certification.broken import ALL, BrokenAdapter
from tests.certification.certifying import certify_with
from tests.certification.signed import candidate

IDS = frozenset().union(*(broken.caught_by for broken in ALL))


class TestUnmodifiedAdapter:
    def test_passes_every_check_that_catches_a_broken_adapter(self) -> None:
        report = certify_with(candidate(), IDS)
        others = [each for each in report.results if each.outcome is not CheckOutcome.PASSED]
        assert {each.check.id: each.reason for each in others} == {}

    @pytest.mark.slow
    def test_passes_every_check(self) -> None:
        report = certify_with(candidate(), {check.id for check in CHECKS})
        assert {r.check.id: r.reason for r in report.of(CheckOutcome.FAILED)} == {}
        assert report.is_certified


class TestBrokenAdapter:
    @pytest.mark.parametrize("broken", ALL, ids=lambda broken: broken.name)
    def test_fails_the_checks_for_its_bug(self, broken: BrokenAdapter) -> None:
        report = certify_with(candidate(broken.make), broken.caught_by)
        assert report.failed_ids() == broken.caught_by
        assert not report.is_certified

    @pytest.mark.slow
    @pytest.mark.parametrize("broken", ALL, ids=lambda broken: broken.name)
    def test_fails_certification_by_all_checks(self, broken: BrokenAdapter) -> None:
        report = certify_with(candidate(broken.make), {check.id for check in CHECKS})
        assert report.failed_ids() >= broken.caught_by
