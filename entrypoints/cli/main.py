"""`pms`: the command line of the PMS adapter layer."""

import os
from importlib import import_module
from typing import Final

import click

from entrypoints.cli.output import PmsCommandGroup, json_option

COMMANDS: Final = {
    "audit": "audit:audit",
    "connection": "connections:connection",
    "db": "database:db",
    "doctor": "doctor:doctor",
    "guest": "guests:guest",
    "hotel": "hotels:hotel",
    "map": "mapping:map_files",
    "provider": "providers:provider",
    "quarantine": "quarantine:quarantine",
    "relay": "processes:relay",
    "scheduler": "processes:scheduler",
    "secrets": "secrets:secrets",
    "simulate": "simulate:simulate",
    "sync": "syncs:sync",
    "token": "tokens:token",
    "up": "up:up",
    "verify": "syncs:verify_hotel",
    "web": "processes:web",
    "worker": "processes:worker",
}

_WRITING_FOR_OTHERS: Final = frozenset({"provider"})
"""It writes the source of a package; what all others write is their owner's only."""


class LazyCommandGroup(PmsCommandGroup):
    """Imports a command's module when the command is used: a product process loads neither
    simulators nor certification."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name].partition(":")
        command: click.Command = getattr(import_module(f"entrypoints.cli.{module}"), attribute)
        return command


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
