"""The definition of a check and of the capabilities that it requires."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TypeVar

from domain.messages import ItemKind
from entrypoints.certification.check_context import CheckContext
from ports.providers import Capabilities

CheckFunction = Callable[[CheckContext], None]


class Requirement(StrEnum):
    """A capability that the provider must declare for a check to apply."""

    PULLS = "pulls"
    FETCHES = "fetches by id"
    WEBHOOKS = "webhooks"
    DELETION = "reports deletion"
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
    """`run` raises CheckFailed, CheckNotApplicable or whatever the adapter raises. A run that
    returns without an expectation counts as failed."""

    id: str
    title: str
    needs: tuple[Requirement, ...]
    run: CheckFunction

    @property
    def group(self) -> str:
        return self.id.partition(".")[0]


T = TypeVar("T")


def check(check_id: str, title: str, *needs: Requirement) -> Callable[[CheckFunction], Check]:
    """Decorator: turns a function into a Check, which the registry collects from its module."""
    return partial(Check, check_id, title, needs)


def _check_needing(*needs: Requirement) -> Callable[[str, str], Callable[[CheckFunction], Check]]:
    return lambda check_id, title: check(check_id, title, *needs)


def check_for_each(
    group: str, rows: Iterable[tuple[str, str, T]], *needs: Requirement
) -> Callable[[Callable[[CheckContext, T], None]], tuple[Check, ...]]:
    """Decorator: turns a function into one Check per row. A row has the id without its group, the
    title and the function's second argument."""

    def build(function: Callable[[CheckContext, T], None]) -> tuple[Check, ...]:
        def check_row(id_: str, title: str, row: T) -> Check:
            return Check(f"{group}.{id_}", title, needs, lambda ctx: function(ctx, row))

        return tuple(check_row(*row) for row in rows)

    return build


def pull_check_for_each(
    group: str, *rows: tuple[str, str, T]
) -> Callable[[Callable[[CheckContext, T], None]], tuple[Check, ...]]:
    return check_for_each(group, rows, Requirement.PULLS)


pull_check = _check_needing(Requirement.PULLS)
fetch_check = _check_needing(Requirement.FETCHES)
webhook_check = _check_needing(Requirement.WEBHOOKS)
notification_check = _check_needing(Requirement.WEBHOOKS, Requirement.FETCHES)
"""Of notifications that name bookings, which the adapter then fetches by id."""
