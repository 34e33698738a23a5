import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from tests import raw_sql, servers
from tests.reused_database import ReusedDatabase
from tests.servers import PostgresServer, ValkeyServer, database_name

OWNER_SCRIPT = """
import sys
from tests.servers import PostgresServer, ValkeyServer
servers = [PostgresServer(), ValkeyServer()]
for server in servers:
    server.start()
print(*[server.process.directory for server in servers], flush=True)
sys.stdin.read()
"""


def fetch_rows(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None


def wait_until(holds: Callable[[], bool], seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def ignored_signals(process_id: int) -> int:
    """As a bit mask."""
    status = Path(f"/proc/{process_id}/status").read_text()
    (mask,) = [line.split()[1] for line in status.splitlines() if line.startswith("SigIgn:")]
    return int(mask, 16)


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        yield client


class TestPostgres:
    def test_is_a_real_postgresql_18(self, postgres_url: str) -> None:
        assert str(fetch_rows(postgres_url, "SELECT version()")).startswith("PostgreSQL 18.")

    def test_provides_an_empty_database_to_each_test(self, postgres_url: str) -> None:
        query = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        assert fetch_rows(postgres_url, query) == 0

    def test_keeps_two_databases_apart(
        self, postgres_server: PostgresServer, postgres_url: str
    ) -> None:
        with postgres_server.database() as other:
            with psycopg.connect(postgres_url) as connection:
                connection.execute("CREATE TABLE mine (id int)")
            assert fetch_rows(postgres_url, "SELECT to_regclass('mine')::text") == "mine"
            assert fetch_rows(other, "SELECT to_regclass('mine')::text") is None

    def test_clones_a_template(self, postgres_server: PostgresServer, postgres_url: str) -> None:
        with psycopg.connect(postgres_url) as connection:
            connection.execute("CREATE TABLE mine AS SELECT 42 AS answer")
        with postgres_server.database(template=database_name(postgres_url)) as clone:
            assert fetch_rows(clone, "SELECT answer FROM mine") == 42

    @pytest.mark.parametrize("end", [PostgresServer.stop, PostgresServer.crash])
    def test_restarts_at_the_same_address_with_its_commits(
        self,
        postgres_server: PostgresServer,
        postgres_url: str,
        end: Callable[[PostgresServer], None],
    ) -> None:
        with psycopg.connect(postgres_url) as connection:
            connection.execute("CREATE TABLE mine AS SELECT 42 AS answer")
        end(postgres_server)
        with pytest.raises(psycopg.OperationalError):
            fetch_rows(postgres_url, "SELECT 1")
        postgres_server.start()
        assert fetch_rows(postgres_url, "SELECT answer FROM mine") == 42

    def test_works_where_only_root_may_enter_the_environment(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if os.geteuid() != 0:
            pytest.skip("only root has to hand the server to another user")
        monkeypatch.setattr(servers, "_can_run", lambda program: False)
        server = PostgresServer()
        try:
            server.start()
            assert fetch_rows(server.url(), "SELECT 1") == 1
        finally:
            server.close()


class TestReusedDatabase:
    INSERT = (
        "INSERT INTO outbox (hotel_id, id, type, ordering_key, created_at, body)"
        " VALUES (gen_random_uuid(), gen_random_uuid(), 't', 'k', 1, '{}') RETURNING position"
    )

    def test_is_emptied_and_counts_from_one_again(self, reused_postgres: ReusedDatabase) -> None:
        url = reused_postgres.emptied()
        assert raw_sql.one(url, self.INSERT) == 1
        assert reused_postgres.emptied() == url
        assert raw_sql.one(url, "SELECT count(*) FROM outbox") == 0
        assert raw_sql.one(url, self.INSERT) == 1

    def test_ends_the_connections_of_the_test_before(self, reused_postgres: ReusedDatabase) -> None:
        with psycopg.connect(reused_postgres.emptied()) as left_open:
            left_open.execute(self.INSERT)
            url = reused_postgres.emptied()
            with pytest.raises(psycopg.OperationalError):
                left_open.execute("SELECT 1")
        assert raw_sql.one(url, "SELECT count(*) FROM outbox") == 0

    @pytest.mark.parametrize(
        "statement",
        [
            "CREATE TABLE mine (id int)",
            "ALTER TABLE hotels ALTER COLUMN slug DROP NOT NULL",
            "DROP INDEX bookings_arrival",
            "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        ],
    )
    def test_with_another_schema_is_replaced(
        self, reused_postgres: ReusedDatabase, statement: str
    ) -> None:
        changed = reused_postgres.emptied()
        schema = raw_sql.schema_of(changed)
        with psycopg.connect(changed) as connection:
            connection.execute(statement.encode())
        replacement = reused_postgres.emptied()
        assert replacement != changed
        assert raw_sql.schema_of(replacement) == schema


class TestValkey:
    def test_is_a_real_valkey_9(self, client: redis.Redis) -> None:
        assert client.ping() is True
        info = client.info("server")
        assert isinstance(info, dict)
        assert info["valkey_version"].startswith("9.")

    @pytest.mark.parametrize("key", ["one", "two"])
    def test_provides_an_empty_keyspace_to_each_test(self, client: redis.Redis, key: str) -> None:
        assert client.dbsize() == 0
        client.set(key, "left behind")

    def test_restarts_empty_at_the_same_address(
        self, valkey_server: ValkeyServer, client: redis.Redis
    ) -> None:
        client.set("key", "value")
        valkey_server.stop()
        with pytest.raises(redis.ConnectionError):
            client.ping()
        valkey_server.start()
        assert client.get("key") is None

    @pytest.mark.parametrize("end", [ValkeyServer.stop, ValkeyServer.crash])
    def test_keeps_every_write_where_it_is_persistent(
        self, end: Callable[[ValkeyServer], None]
    ) -> None:
        server = ValkeyServer(persistent=True)
        try:
            server.start()
            with redis.Redis.from_url(server.url(), decode_responses=True) as client:
                client.set("key", "value")
                end(server)
                server.start()
                assert client.get("key") == "value"
        finally:
            server.close()


class TestServers:
    def test_end_and_leave_nothing_when_the_run_is_killed(self) -> None:
        owner = subprocess.Popen(
            [sys.executable, "-c", OWNER_SCRIPT],
            cwd=Path(__file__).parent.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert owner.stdout is not None
        assert owner.stdin is not None
        directories = [Path(name) for name in owner.stdout.readline().decode().split()]
        assert [path.is_dir() for path in directories] == [True, True]
        family = psutil.Process(owner.pid).children(recursive=True)
        assert {"postgres", "valkey-server"} <= {process.name() for process in family}
        owner.send_signal(signal.SIGKILL)
        owner.wait()
        owner.stdin.close()
        owner.stdout.close()
        assert wait_until(lambda: not any(is_alive(process) for process in family))
        assert not any(path.exists() for path in directories)

    @pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux shows these masks")
    def test_heed_signals_in_a_background_job_of_a_shell(self) -> None:
        """Its jobs ignore SIGINT and SIGQUIT; a server that does so has to be killed."""
        numbers = (signal.SIGINT, signal.SIGQUIT)
        handlers = [signal.signal(number, signal.SIG_IGN) for number in numbers]
        try:
            with ValkeyServer() as server, redis.Redis.from_url(server.url()) as client:
                process_id = client.info("server")["process_id"]  # type: ignore[index]  # not async
                ignored = ignored_signals(process_id)
        finally:
            for number, handler in zip(numbers, handlers, strict=True):
                signal.signal(number, handler)
        assert not any(ignored >> (number - 1) & 1 for number in numbers)

    def test_report_why_they_did_not_start(self, valkey_server: ValkeyServer) -> None:
        twin = ValkeyServer()
        twin.port = valkey_server.port
        try:
            with pytest.raises(servers.ServerStartError, match="already in use"):
                twin.start()
        finally:
            twin.close()
