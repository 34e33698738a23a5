"""The status of a push that was accepted to be applied later."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from application.access.authenticate import Principal
from application.errors import NotFound
from domain.messages import ListedItem
from ports.queries import Queries


@dataclass(frozen=True, slots=True)
class FindBatch:
    queries: Queries

    def __call__(self, principal: Principal, batch_id: UUID) -> Sequence[ListedItem]:
        """The items in the order of the push. Raises NotFound."""
        items = self.queries.batch(principal.hotel_id, batch_id)
        if not items or not principal.covers_provider(items[0].provider):
            raise NotFound("there is no such batch")
        return items
