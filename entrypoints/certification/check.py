"""What a check is, and what it needs to mean anything."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from domain.messages import ItemKind
from entrypoints.certification.check_context import CheckContext
from ports.providers import Capabilities


class Requirement(StrEnum):
    """What a provider has to declare for a check to mean anything to it."""

    PULLS = "pulls"
    FETCHES = "fetches by id"
    WEBHOOKS = "webhooks"
    DELETION = "tells deletion"
    AVAILABILITY = "availability"

    def is_satisfied_by(self, capabilities: Capabilities) -> bool:
        return {
            Requirement.PULLS: capabilities.pulls,
            Requirement.FETCHES: capabilities.fetches_by_id,
            Requirement.WEBHOOKS: capabilities.webhooks,
            Requirement.DELETION: capabilities.reports_deletions,
            Requirement.AVAILABILITY: ItemKind.AVAILABILITY in capabilities.kinds,
        }[self]


@dataclass(frozen=True, slots=True)
class Check:
    """`look` raises Failed or NotApplicable, or whatever the adapter raises; a look that expected
    nothing is a failure, whatever it did not raise."""

    id: str
    title: str
    needs: tuple[Requirement, ...]
    run_check: Callable[[CheckContext], None]

    @property
    def group(self) -> str:
        return self.id.partition(".")[0]


def check(
    check_id: str, title: str, *needs: Requirement
) -> Callable[[Callable[[CheckContext], None]], Check]:
    def decorate(run_check: Callable[[CheckContext], None]) -> Check:
        return Check(check_id, title, needs, run_check)

    return decorate
