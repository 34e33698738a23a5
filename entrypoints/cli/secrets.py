"""`pms secrets`."""

import click

from entrypoints.cli.open_container import open_container
from entrypoints.cli.output import JsonCommandGroup, print_fields


@click.group(cls=JsonCommandGroup)
def secrets() -> None:
    """Manage the keys that seal stored values."""


@secrets.command("rotate")
def rotate_secrets() -> None:
    """Seal all stored values with the newest key (the first of PMS_SECRET_KEYS).

    Add the key to every process first. Everything keeps running meanwhile; run it again after an
    interruption. Exit code 1 if a value cannot be opened by any configured key.
    """
    with open_container() as container:
        result = container.rotate_secrets()
        print_fields({"resealed": result.resealed, "unreadable": result.unreadable})
        if result.unreadable:
            raise SystemExit(1)
