"""`pms`: the command line of the PMS adapter layer."""

import click

from entrypoints.cli.connections import connection
from entrypoints.cli.database import db
from entrypoints.cli.doctor import doctor
from entrypoints.cli.hotels import hotel
from entrypoints.cli.mapping import map_files
from entrypoints.cli.output import PmsCommandGroup, json_option
from entrypoints.cli.processes import relay, scheduler, web, worker
from entrypoints.cli.providers import provider
from entrypoints.cli.quarantine import quarantine
from entrypoints.cli.simulate import simulate
from entrypoints.cli.syncs import sync, verify_hotel
from entrypoints.cli.tokens import token
from entrypoints.cli.up import up


@click.group(
    cls=PmsCommandGroup,
    context_settings={"help_option_names": ["-h", "--help"], "obj": {"json": False}},
)
@click.version_option(package_name="pms-adapter-layer", prog_name="pms")
@json_option
def main() -> None:
    """Replicate bookings, guests and availability from the PMS of every hotel.

    Start everything on this machine with a simulated hotel: pms up
    """


for _command in (
    up,
    db,
    hotel,
    connection,
    token,
    sync,
    verify_hotel,
    map_files,
    quarantine,
    simulate,
    provider,
    web,
    worker,
    scheduler,
    relay,
    doctor,
):
    main.add_command(_command)
