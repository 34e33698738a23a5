from collections.abc import Collection

from adapters.outbound.system import SystemClock
from entrypoints.certification.candidate import Candidate
from entrypoints.certification.registry import CHECKS
from entrypoints.certification.runner import CertificationReport, certify


def certify_with(candidate: Candidate, ids: Collection[str]) -> CertificationReport:
    checks = [check for check in CHECKS if check.id in ids]
    assert len(checks) == len(ids), "unknown check id"
    return certify(candidate, checks, clock=SystemClock())
