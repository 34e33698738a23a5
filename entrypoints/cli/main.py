"""`pms`: the command line of the PMS adapter layer."""

import os
from importlib import import_module
from typing import Final, NamedTuple

import click
from click.shell_completion import CompletionItem

from entrypoints.cli.output import PmsCommandGroup, json_option


class LazyCommand(NamedTuple):
    """`place`: module and attribute. `summary`: the first sentence of its help."""

    place: str
    summary: str

    def load(self) -> click.Command:
        module, _, attribute = self.place.partition(":")
        command: click.Command = getattr(import_module(f"entrypoints.cli.{module}"), attribute)
        return command


COMMANDS: Final = {
    "audit": LazyCommand("audit:audit", "Read the log of administrative acts."),
    "connection": LazyCommand(
        "connections:connection", "Manage the accounts of hotels at PMS providers."
    ),
    "db": LazyCommand("database:db", "Manage the database schema."),
    "doctor": LazyCommand("doctor:doctor", "Show every setting and check every part."),
    "guest": LazyCommand("guests:guest", "Find, export and erase the data of a guest."),
    "hotel": LazyCommand("hotels:hotel", "Manage hotels, the tenants."),
    "map": LazyCommand(
        "mapping:map_files",
        "Map FILES in the format of PROVIDER to canonical JSON, one line per item.",
    ),
    "provider": LazyCommand("providers:provider", "Manage the installed PMS providers."),
    "quarantine": LazyCommand(
        "quarantine:quarantine", "Inspect, replay and discard quarantined items."
    ),
    "relay": LazyCommand("processes:relay", "Deliver events from the outbox to the subscribers."),
    "scheduler": LazyCommand(
        "processes:scheduler",
        "Enqueue the tick at its interval; a worker then enqueues all due work.",
    ),
    "secrets": LazyCommand("secrets:secrets", "Manage the keys that seal stored values."),
    "simulate": LazyCommand(
        "simulate:simulate",
        "Simulate a PMS: an HTTP server over a seeded hotel, on this machine only.",
    ),
    "sync": LazyCommand("syncs:sync", "Run and inspect syncs."),
    "token": LazyCommand("tokens:token", "Manage the credentials of partners."),
    "up": LazyCommand(
        "up:up",
        "Start everything on this machine with simulated hotels; by default one Mews hotel.",
    ),
    "verify": LazyCommand(
        "syncs:verify_hotel",
        "Compare our copy of HOTEL with its providers and report drift by field.",
    ),
    "web": LazyCommand("processes:web", "Serve the HTTP API and GraphQL with gunicorn."),
    "worker": LazyCommand("processes:worker", "Run syncs, webhooks and ticks."),
}

_WRITING_FOR_OTHERS: Final = frozenset({"provider"})
"""It writes the source of a package; what all others write is their owner's only."""


class LazyCommandGroup(PmsCommandGroup):
    """Imports a command's module when the command is used: a product process loads neither
    simulators nor certification."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        found = COMMANDS.get(name)
        return found and found.load()

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """As click does, without importing the commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, each.summary) for name, each in COMMANDS.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """As click does, without importing the commands."""
        commands = [
            CompletionItem(name, help=each.summary)
            for name, each in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return [*commands, *click.Command.shell_complete(self, ctx, incomplete)]


@click.group(
    cls=LazyCommandGroup,
    context_settings={"help_option_names": ["-h", "--help"], "obj": {"json": False}},
)
@click.version_option(package_name="pms-adapter-layer", prog_name="pms")
@json_option
@click.pass_context
def main(context: click.Context) -> None:
    """Replicate bookings, guests and availability from the PMS of every hotel.

    Start everything on this machine with a simulated hotel: pms up
    """
    if context.invoked_subcommand not in _WRITING_FOR_OTHERS:
        umask = os.umask(0o077)
        context.call_on_close(lambda: os.umask(umask))
