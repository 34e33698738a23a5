"""`python -m bench [ingest|sync|schedulers|tick]`: the first two by default; a table to read, and a
JSON line for each."""

import signal
import sys
from collections.abc import Sequence

import click

from bench import ingest, schedulers, sync, tick
from bench.report import Result

NAMES = ("ingest", "sync")
FURTHER = ("schedulers", "tick")


@click.command()
@click.argument("names", nargs=-1, type=click.Choice([*NAMES, *FURTHER]))
@click.option("--bookings", type=click.IntRange(1), default=100_000, show_default=True)
@click.option("--connections", type=click.IntRange(1), default=20_000, show_default=True)
@click.option("--rounds", type=click.IntRange(1), default=4, show_default=True)
@click.option("--seconds", type=click.FloatRange(0.1), default=6.0, show_default=True)
@click.option("--durable/--quick", default=True, help="PostgreSQL with fsync, or without.")
def main(
    names: Sequence[str],
    *,
    bookings: int,
    connections: int,
    rounds: int,
    seconds: float,
    durable: bool,
) -> None:
    """Run the benchmarks, each against a floor measured in the same run."""
    # On SIGTERM the servers are stopped as well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    selected = names or NAMES
    if "ingest" in selected:
        _print_result(ingest.measure(rounds=rounds, seconds=seconds, durable=durable))
    if "sync" in selected:
        _print_result(sync.measure(bookings=bookings, durable=durable))
    if "schedulers" in selected:
        _print_result(schedulers.measure())
    if "tick" in selected:
        _print_result(tick.measure(connections=connections, durable=durable))


def _print_result(result: Result) -> None:
    click.echo(result.table(), err=True)
    click.echo(result.line())


if __name__ == "__main__":
    main()
