"""One PostgreSQL database for many tests: to remove the rows of a test takes a few milliseconds, to
clone a template some hundred."""

from typing import Any

import psycopg
from psycopg import sql

from adapters.outbound.persistence.migrations import upgrade
from tests.servers import PostgresServer

END_OTHER_CONNECTIONS = """
SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
CATALOGS = ("pg_class", "pg_attribute", "pg_constraint", "pg_trigger", "pg_proc")
SCHEMA_STATE = " UNION ALL ".join(
    f"SELECT count(*), max(xmin::text::bigint) FROM {catalog}" for catalog in CATALOGS
)
"""Every statement that changes the schema adds, removes or writes rows of these."""
TABLES = """
SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'schema_version'
"""
SEQUENCES = """
SELECT setval(format('%I', sequencename)::regclass, start_value, false) FROM pg_sequences
WHERE schemaname = 'public' AND sequencename NOT LIKE 'schema_version%'
"""


class ReusedDatabase:
    """A database with the newest schema. Where a test has changed the schema, the next test gets a
    new database."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._create()

    def emptied(self) -> str:
        """The URL; nothing is stored, and nobody is connected."""
        if not self._server.process.is_running:
            self._server.start()
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(END_OTHER_CONNECTIONS)
            if _schema_state(connection) == self._schema_state:
                connection.execute(self._delete_rows)
                connection.execute(SEQUENCES)
                return self._url
        self._server.drop_database(self._url)
        self._create()
        return self._url

    def _create(self) -> None:
        self._url = self._server.create_database()
        upgrade(self._url)
        with psycopg.connect(self._url, autocommit=True) as connection:
            self._schema_state = _schema_state(connection)
            self._delete_rows = _delete_rows(connection)


def _schema_state(connection: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    return connection.execute(SCHEMA_STATE.encode()).fetchall()


def _delete_rows(connection: psycopg.Connection[Any]) -> sql.Composed:
    """From every table, in any order."""
    names = [name for (name,) in connection.execute(TABLES)]
    deletes = [sql.SQL("DELETE FROM {}").format(sql.Identifier(name)) for name in names]
    return sql.SQL("; ").join([sql.SQL("SET session_replication_role = replica"), *deletes])
