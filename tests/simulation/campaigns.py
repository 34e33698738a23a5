"""Long runs of the simulation. Each prints its figures as JSON lines; False if one failed."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count, islice
from typing import Final

from tests.simulation.faults import FAULTS, PlantedFault
from tests.simulation.schedule import PROVIDERS, Schedule, generate_schedule, generate_year
from tests.simulation.shrink import shrink
from tests.simulation.simulate import Outcome, simulate

SEEDS: Final = 2_000
MAX_SEEDS_PER_FAULT: Final = 120


def print_figure(name: str, **values: object) -> None:
    print(json.dumps({"figure": name, **values}), flush=True)  # noqa: T201


@dataclass(frozen=True, slots=True)
class Catch:
    """The first seed that catches a planted fault. `seconds`: of all seeds until then."""

    fault: PlantedFault
    outcome: Outcome
    seeds: int
    seconds: float


def catch_fault(
    fault: PlantedFault, *, first_seed: int = 0, max_seeds: int = MAX_SEEDS_PER_FAULT
) -> Catch | None:
    """None if no seed breaks one of the fault's invariants."""
    seconds = 0.0
    for number, schedule in enumerate(islice(schedules_for(fault, first_seed), max_seeds), 1):
        with fault.plant():
            outcome = simulate(schedule)
        seconds += outcome.seconds
        if outcome.invariant in fault.invariants:
            return Catch(fault, outcome, number, seconds)
    return None


def schedules_for(fault: PlantedFault, first_seed: int = 0) -> Iterator[Schedule]:
    schedules = (generate_schedule(seed) for seed in count(first_seed))
    return (each for each in schedules if fault.shows_in(each.conditions))


def run_simulation(seeds: int = SEEDS) -> bool:
    failed, seconds, providers = [], 0.0, Counter[str]()
    interrupted = Counter[str]()
    for seed in range(seeds):
        outcome = simulate(generate_schedule(seed))
        seconds += outcome.seconds
        providers[outcome.schedule.conditions.provider] += 1
        interrupted.update({f"{p} {e}": n for (p, e), n in outcome.interrupted.items()})
        if outcome.violation:
            failed.append(seed)
            report(outcome)
    print_figure("simulation.seeds", value=seeds, failed=failed, by_provider=dict(providers))
    print_figure("simulation.interrupts", **dict(sorted(interrupted.items())))
    print_figure("simulation.seconds_of_processor", value=round(seconds, 1))
    return not failed


def run_years() -> bool:
    """One at each provider."""
    failed = []
    for seed, provider in enumerate(PROVIDERS):
        outcome = simulate(generate_year(seed, provider=provider))
        print_figure(
            "simulation.year",
            provider=provider,
            seconds_of_processor=round(outcome.seconds, 1),
            commits=len(outcome.trace),
            violation=str(outcome.violation or ""),
        )
        if outcome.violation:
            failed.append(provider)
    return not failed


def run_planted_faults() -> bool:
    missed = []
    for fault in FAULTS.values():
        caught = catch_fault(fault)
        if caught is None:
            missed.append(fault.name)
            print_figure("planted_fault", fault=fault.name, caught=False)
            continue
        with fault.plant():
            smallest = shrink(caught.outcome, max_trials=60)
        print_figure(
            "planted_fault",
            fault=fault.name,
            caught=True,
            seed=caught.outcome.schedule.conditions.seed,
            invariant=caught.outcome.invariant,
            seeds_tried=caught.seeds,
            seconds=round(caught.seconds, 2),
            shrunk_to=len(smallest.schedule.actions),
        )
    print_figure("planted_faults.missed", value=missed)
    return not missed


def report(failed: Outcome) -> Outcome:
    """Prints the seed, its smallest schedule and the command that replays it."""
    smallest = shrink(failed)
    print_figure(
        "failed_seed",
        seed=failed.schedule.conditions.seed,
        violation=str(smallest.violation),
        schedule=json.loads(smallest.schedule.to_json()),
        replay=f".venv/bin/python -m tests.simulation --seed {failed.schedule.conditions.seed}",
    )
    return smallest


CAMPAIGNS: Final[dict[str, Callable[[], bool]]] = {
    "simulation": run_simulation,
    "years": run_years,
    "planted-faults": run_planted_faults,
}
