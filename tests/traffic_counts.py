"""Numbers of statements and messages that servers get, in place of time: the same on every
machine."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
import redis
from psycopg import sql

from tests.servers import PostgresServer, database_name

_STATEMENT: Final = re.compile(rb"LOG:  (?:statement|execute [^:]*): (?!DEALLOCATE)")


class StatementLog:
    """Of a PostgreSQL server. BEGIN and COMMIT are statements, too; the driver's own housekeeping
    of prepared statements is not counted."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def count(self, act: Callable[[], object]) -> int:
        before = self._path.stat().st_size
        act()
        with self._path.open("rb") as file:
            file.seek(before)
            return len(_STATEMENT.findall(file.read()))


@contextmanager
def logged_statements(server: PostgresServer, url: str) -> Iterator[StatementLog]:
    """Those of connections to this database that are opened meanwhile."""
    name = sql.Identifier(database_name(url))
    with psycopg.connect(server.url(), autocommit=True) as admin:
        for setting, value in (("log_statement", "all"), ("log_parameter_max_length", "0")):
            admin.execute(
                sql.SQL("ALTER DATABASE {} SET {} = {}").format(
                    name, sql.Identifier(setting), value
                )
            )
        try:
            yield StatementLog(server.process.directory / "log")
        finally:
            admin.execute(sql.SQL("ALTER DATABASE {} RESET ALL").format(name))


class CountedRedis:
    """`messages` to the server: a pipeline is one, as the server gets it whole."""

    def __init__(self, url: str) -> None:
        self.messages = 0
        counted = self

        class Connection(redis.Connection):
            def send_packed_command(self, *arguments: Any, **options: Any) -> None:
                counted.messages += 1
                super().send_packed_command(*arguments, **options)

        pool = redis.ConnectionPool.from_url(url, connection_class=Connection)
        self.client = redis.Redis(connection_pool=pool)
        self.client.ping()

    def count(self, act: Callable[[], object]) -> int:
        before = self.messages
        act()
        return self.messages - before

    def commands(self, name: str) -> int:
        """How often the server ran this command so far."""
        stats: Any = self.client.info("commandstats")
        return int(stats.get(f"cmdstat_{name}", {}).get("calls", 0))
