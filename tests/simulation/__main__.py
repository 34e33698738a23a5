"""Replays, shrinks and hunts seeds: `python -m tests.simulation --help`."""

import sys
from contextlib import ExitStack
from pathlib import Path

import click

from tests.simulation.campaigns import CAMPAIGNS, report
from tests.simulation.faults import FAULTS
from tests.simulation.schedule import PROVIDERS, Schedule, generate_schedule
from tests.simulation.simulate import simulate


@click.command()
@click.option("--seed", type=int, default=0, help="The first seed.")
@click.option("--seeds", type=int, default=1, help="How many seeds.")
@click.option("--provider", type=click.Choice(PROVIDERS), help="Instead of the seed's own.")
@click.option("--turns", type=int, default=30, help="Length of the schedule.")
@click.option("--schedule", type=click.Path(path_type=Path), help="A file with a schedule as JSON.")
@click.option("--fault", type=click.Choice(sorted(FAULTS)), help="A fault to plant.")
@click.option("--campaign", type=click.Choice(sorted(CAMPAIGNS)), help="A whole campaign.")
@click.option("--show", is_flag=True, help="Print the schedule only.")
def main(  # noqa: PLR0917 one parameter per option
    seed: int,
    seeds: int,
    provider: str | None,
    turns: int,
    schedule: Path | None,
    fault: str | None,
    campaign: str | None,
    *,
    show: bool,
) -> None:
    """Simulate seeds; shrink and print those that break an invariant."""
    if campaign is not None:
        sys.exit(not CAMPAIGNS[campaign]())
    schedules = [
        generate_schedule(number, provider=provider, turns=turns)
        for number in range(seed, seed + seeds)
    ]
    if schedule is not None:
        schedules = [Schedule.from_json(schedule.read_text())]
    if show:
        for each in schedules:
            click.echo(each.to_json())
        return
    with ExitStack() as stack:
        if fault is not None:
            stack.enter_context(FAULTS[fault].plant())
        failed = [outcome for each in schedules if (outcome := simulate(each)).violation]
        for outcome in failed:
            report(outcome)
    click.echo(f"{len(schedules) - len(failed)} of {len(schedules)} seeds hold")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
