"""What a check is, and what it needs to mean anything."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from domain.messages import ItemKind
from entrypoints.certification.scene import Scene
from ports.providers import Capabilities


class Need(StrEnum):
    """What a provider has to declare for a check to mean anything to it."""

    PULLS = "pulls"
    FETCHES = "fetches by id"
    WEBHOOKS = "webhooks"
    DELETION = "tells deletion"
    AVAILABILITY = "availability"

    def is_met_by(self, can: Capabilities) -> bool:
        return {
            Need.PULLS: can.pulls,
            Need.FETCHES: can.fetches_by_id,
            Need.WEBHOOKS: can.webhooks,
            Need.DELETION: can.tells_deletion,
            Need.AVAILABILITY: ItemKind.AVAILABILITY in can.kinds,
        }[self]


@dataclass(frozen=True, slots=True)
class Check:
    """`look` raises Failed or NotApplicable, or whatever the adapter raises; a look that expected
    nothing is a failure, whatever it did not raise."""

    id: str
    title: str
    needs: tuple[Need, ...]
    look: Callable[[Scene], None]

    @property
    def group(self) -> str:
        return self.id.partition(".")[0]


def check(check_id: str, title: str, *needs: Need) -> Callable[[Callable[[Scene], None]], Check]:
    def made(look: Callable[[Scene], None]) -> Check:
        return Check(check_id, title, needs, look)

    return made
