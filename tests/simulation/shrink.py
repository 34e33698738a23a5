"""Reduces the schedule of a failing seed: delta debugging of its list of actions."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from tests.simulation.simulate import Outcome, simulate

T = TypeVar("T")

MAX_TRIALS: Final = 300


def shrink(failed: Outcome, *, max_trials: int = MAX_TRIALS) -> Outcome:
    """The outcome of the smallest schedule found that breaks the same invariant."""
    best = failed

    def still_fails(actions: Sequence[object]) -> bool:
        nonlocal best
        outcome = simulate(replace(failed.schedule, actions=actions))  # type: ignore[arg-type]  # a part of its own actions
        is_same = outcome.invariant == failed.invariant
        if is_same and len(actions) < len(best.schedule.actions):
            best = outcome
        return is_same

    minimize(failed.schedule.actions, still_fails, max_trials=max_trials)
    return best


def minimize(
    items: Sequence[T], still_fails: Callable[[Sequence[T]], bool], *, max_trials: int = MAX_TRIALS
) -> Sequence[T]:
    """A part of `items`, in order, that still fails and of which no single chunk can be left out
    (Zeller's ddmin, by complements); after `max_trials` the smallest part so far."""
    chunk, trials = max(1, len(items) // 2), 0
    while items:
        reduced = False
        for start in range(0, len(items), chunk):
            trials += 1
            if trials > max_trials:
                return items
            rest = [*items[:start], *items[start + chunk :]]
            if still_fails(rest):
                items, reduced = rest, True
                break
        if not reduced:
            if chunk == 1:
                return items
            chunk = max(1, chunk // 2)
    return items
