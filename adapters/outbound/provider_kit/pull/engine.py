"""Runs a vendor's pull: its phases in order, every page with its checkpoint, the cursor last."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import pairwise
from typing import Final, Generic, TypeVar

from adapters.outbound.provider_kit.pull.checkpoint import (
    Checkpoint,
    parse_checkpoint,
    parse_cursor_instant,
)
from domain.sync_run import SyncKind
from ports.providers import Page, PullRequest
from ports.system import Clock

C = TypeVar("C", bound=Checkpoint)

DELTA_ONLY: Final = frozenset({SyncKind.DELTA})
WINDOW_ONLY: Final = frozenset({SyncKind.FULL, SyncKind.RECONCILE})


@dataclass(frozen=True, slots=True)
class Phase(Generic[C]):
    """`pages`: from a checkpoint on, each page with the checkpoint after it. `kinds`: the sync
    kinds that have this phase. `is_single_page`: resuming after its page starts the next phase."""

    name: str
    pages: Callable[[C], Iterator[tuple[Page, C]]]
    kinds: Collection[SyncKind] = frozenset(SyncKind)
    is_single_page: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PullPlan(Generic[C]):
    """`initial`: the checkpoint of a new run, given the name of its first phase. `cursor`: of the
    next delta, given the last checkpoint."""

    checkpoint_type: type[C]
    phases: Sequence[Phase[C]]
    initial: Callable[[str], C]
    cursor: Callable[[C], str]


def run_pull(plan: PullPlan[C], request: PullRequest, clock: Clock) -> Iterator[Page]:
    phases = [phase for phase in plan.phases if request.kind in phase.kinds]
    names = [phase.name for phase in phases]
    following = dict(pairwise(names))
    checkpoint = _resume_checkpoint(plan, request, names)
    for phase in phases[names.index(checkpoint.phase) :]:
        if phase.name != checkpoint.phase:
            checkpoint = checkpoint.at(phase.name)
        for page, after in phase.pages(checkpoint):
            checkpoint = after.at(following[phase.name]) if phase.is_single_page else after
            yield replace(page, checkpoint=checkpoint.text())
    # A reconcile reads its window only: the next delta starts where it would have without it.
    cursor = None if request.kind is SyncKind.RECONCILE else plan.cursor(checkpoint)
    yield Page(items=(), observed_at=clock.now(), cursor=cursor)


def _resume_checkpoint(plan: PullPlan[C], request: PullRequest, names: Sequence[str]) -> C:
    checkpoint = parse_checkpoint(plan.checkpoint_type, request.checkpoint)
    if checkpoint is None or checkpoint.phase not in names:
        return plan.initial(names[0])
    return checkpoint


def full_without_cursor(
    request: PullRequest, parse: Callable[[str | None], date | None] = parse_cursor_instant
) -> PullRequest:
    """A delta without a readable cursor is a full pull."""
    is_full = request.kind is SyncKind.DELTA and parse(request.cursor) is None
    return replace(request, kind=SyncKind.FULL) if is_full else request


def delta_cursor(request: PullRequest) -> datetime | None:
    """Where changes start; None for a full pull and a reconcile."""
    return parse_cursor_instant(request.cursor) if request.kind is SyncKind.DELTA else None
