"""`pms db`."""

import click

from adapters.outbound.persistence import migrations
from entrypoints.cli.output import JsonCommandGroup, print_fields
from entrypoints.wiring.home_directory import ensure_private_home
from entrypoints.wiring.settings import load_settings


@click.group(cls=JsonCommandGroup)
def db() -> None:
    """Manage the database schema."""


@db.command("upgrade")
def upgrade_schema() -> None:
    """Upgrade the schema to this version; safe to repeat and to run on several machines at once."""
    settings = load_settings()
    ensure_private_home(settings.home)
    before = migrations.current(settings.database)
    print_fields({"from": before, "to": migrations.upgrade(settings.database)})


@db.command("downgrade")
@click.argument("version", type=int)
@click.confirmation_option(prompt="This deletes the data that only later versions store. Continue?")
def downgrade_schema(version: int) -> None:
    """Downgrade the schema to VERSION; 0 removes all tables."""
    url = load_settings().database
    before = migrations.current(url)
    print_fields({"from": before, "to": migrations.downgrade(url, version)})
