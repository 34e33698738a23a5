import pytest

from adapters.outbound.providers.mock.simulator.server import start_simulator
from entrypoints.certification.candidate import Candidate
from entrypoints.certification.outcomes import CheckOutcome
from entrypoints.certification.registry import CHECKS
from tests.certification.broken import (
    ALL,
    BrokenAdapter,
    DeclaresACapAndIgnoresIt,
    ReadsBeyondTheCap,
)
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


class TestListCap:
    """Applies to vendors that declare where their lists end; the unmodified adapter has no end."""

    def test_fails_an_adapter_that_loses_bookings_silently(self) -> None:
        report = certify_with(candidate(DeclaresACapAndIgnoresIt), {"paging.list_cap"})
        assert report.failed_ids() == {"paging.list_cap"}

    def test_passes_an_adapter_that_reads_on(self) -> None:
        mock = Candidate("mock", ReadsBeyondTheCap, start_simulator)
        report = certify_with(mock, {"paging.list_cap"})
        assert [each.outcome for each in report.results] == [CheckOutcome.PASSED]


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
