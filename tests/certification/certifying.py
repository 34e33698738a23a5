"""How the tests of this folder run checks."""

from collections.abc import Collection

from adapters.outbound.system import SystemClock
from entrypoints.certification.candidate import Candidate
from entrypoints.certification.registry import CHECKS
from entrypoints.certification.runner import CertificationReport, certify


def certified(candidate: Candidate, ids: Collection[str]) -> CertificationReport:
    checks = [check for check in CHECKS if check.id in ids]
    assert len(checks) == len(ids), "a check that was named does not exist"
    return certify(candidate, checks, clock=SystemClock())
