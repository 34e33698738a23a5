"""Upgrades and downgrades of the schema that are recorded in the audit log."""

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from peewee import Database

from adapters.outbound.persistence import migrations
from adapters.outbound.persistence.schema.tables import AUDIT_LOG
from adapters.outbound.persistence.stores.audit import audit_row
from domain.audit import AuditEntry

DescribeChange: TypeAlias = Callable[[int, int], AuditEntry]
"""The entry, of the versions before and after."""


def upgrade(url: str, describe: DescribeChange) -> int:
    """As `migrations.upgrade`."""
    return migrations.upgrade(url, partial(_record, describe))


def downgrade(url: str, to: int, describe: DescribeChange) -> int:
    """As `migrations.downgrade`."""
    return migrations.downgrade(url, to, partial(_record, describe))


def _record(describe: DescribeChange, database: Database, before: int, after: int) -> None:
    """In the migration's transaction, whose connection is Peewee's."""
    statement = AUDIT_LOG.insert.replace("%s", database.param)
    database.execute_sql(statement, audit_row(describe(before, after)))  # type: ignore[no-untyped-call]  # as Peewee's stubs have it
