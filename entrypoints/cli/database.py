"""`pms db`."""

import click

from adapters.outbound.persistence import audited_migrations, migrations
from entrypoints.cli.open_container import open_container
from entrypoints.cli.output import JsonCommandGroup, print_fields
from entrypoints.wiring.home_directory import ensure_private_home
from entrypoints.wiring.process_needs import NEEDS


@click.group(cls=JsonCommandGroup)
def db() -> None:
    """Manage the database schema."""


@db.command("upgrade")
def upgrade_schema() -> None:
    """Upgrade the schema to this version; safe to repeat and to run on several machines at once."""
    with open_container(needs=NEEDS["db"]) as container:
        ensure_private_home(container.settings.home)
        url = container.settings.database
        before = migrations.current(url)
        print_fields(
            {"from": before, "to": audited_migrations.upgrade(url, container.audit.schema_change)}
        )


@db.command("downgrade")
@click.argument("version", type=int)
@click.confirmation_option(prompt="This deletes the data that only later versions store. Continue?")
def downgrade_schema(version: int) -> None:
    """Downgrade the schema to VERSION; 0 removes all tables."""
    with open_container(needs=NEEDS["db"]) as container:
        url = container.settings.database
        before = migrations.current(url)
        after = audited_migrations.downgrade(url, version, container.audit.schema_change)
        print_fields({"from": before, "to": after})
