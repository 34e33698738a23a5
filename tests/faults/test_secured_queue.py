"""Every process on a Valkey with TLS, a password and the ACL of `pms doctor --redis-acl`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from redis.exceptions import AuthenticationError, NoPermissionError
from redis.exceptions import ConnectionError as RedisConnectionError

from adapters.outbound.jobs import redis_clients
from adapters.outbound.jobs.redis_clients import require_redis
from domain.messages import InboxState
from ports.errors import Misconfigured
from tests import raw_sql
from tests.faults.process_installation import InstalledApp, Simulate, installed
from tests.faults.test_outages import await_run
from tests.processes import wait_until
from tests.secured_valkey import PASSWORD, USER, SecuredValkey, secured_valkey

FORBIDDEN = (
    *("CONFIG GET requirepass", "CONFIG SET dir /tmp", "CONFIG REWRITE"),
    *("FLUSHALL", "FLUSHDB", "SWAPDB 0 1", "KEYS *", "SCAN 0", "RANDOMKEY", "DBSIZE", "MONITOR"),
    *(
        "SAVE",
        "BGSAVE",
        "BGREWRITEAOF",
        "SHUTDOWN",
        "REPLICAOF 127.0.0.1 1",
        "FAILOVER",
        "LATENCY DOCTOR",
    ),
    *("ACL LIST", "ACL SETUSER pms +@all", "ACL WHOAMI", "CLIENT LIST", "CLIENT KILL TYPE normal"),
    *(
        "EVAL return(1) 0",
        "SCRIPT FLUSH",
        "SCRIPT KILL",
        "FUNCTION LIST",
        "MODULE LIST",
        "SLOWLOG GET",
    ),
    *("DUMP rq:a", "RESTORE rq:a 0 x", "MIGRATE 127.0.0.1 1 rq:a 0 1", "MOVE rq:a 1", "SORT rq:a"),
    *("COPY rq:a rq:b", "OBJECT FREQ rq:a", "PUBLISH rq:pubsub:worker stop", "WAIT 0 0"),
)
FOREIGN = (
    *(
        "GET other",
        "SET other 1",
        "DEL session:1",
        "RENAME rq:a other",
        "BLMOVE rq:a other LEFT LEFT 0",
    ),
    "SUBSCRIBE other",
)


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredValkey]:
    with secured_valkey(tmp_path_factory.mktemp("secured")) as server:
        yield server


class TestProcesses:
    def test_run_every_job_and_are_refused_nothing(
        self, valkey: SecuredValkey, sqlite_url: str, tmp_path: Path, simulate: Simulate
    ) -> None:
        """Ticks and a sync by the scheduler; a webhook and a deferred push by the web."""
        valkey.refused()
        with installed(sqlite_url, valkey.url, tmp_path / "home") as pms:
            simulator = simulate(60, start_date=pms.today)
            connection_id, webhook_path = pms.connect(simulator)
            pusher = pms.pusher()
            for command in (("scheduler",), ("worker",), ("worker", "--short-only")):
                pms.processes.start(*command)
            pms.start_web()
            await_run(pms, count=1)
            report = pms.container.verify_hotel(connection_id, correlation_id="verify")
            assert (report.drift, report.compared > 20) == (0, True)
            assert pusher.push("B-1", Prefer="respond-async") == 202
            event = {"Discriminator": "ServiceOrderUpdated", "Value": {"Id": "unknown"}}
            message = {"EnterpriseId": simulator.catalog.enterprise_id, "Events": [event]}
            assert pusher.post(webhook_path, message)[0] == 200
            wait_until(lambda: _is_worked_off(pms), seconds=90, description="the inbox")
        assert valkey.refused() == []

    def test_sign_in_by_password_only(self, valkey: SecuredValkey) -> None:
        for user, password in (("default", ""), (USER, ""), (USER, "guessed"), ("admin", PASSWORD)):
            with (
                redis.Redis.from_url(valkey.url_as(user, password)) as client,
                pytest.raises(AuthenticationError),
            ):
                client.ping()


class TestUser:
    @pytest.fixture
    def client(self, valkey: SecuredValkey) -> Iterator["redis.Redis"]:
        with redis.Redis.from_url(valkey.url) as client:
            yield client

    @pytest.mark.parametrize("command", [*FORBIDDEN, *FOREIGN])
    def test_is_refused_what_the_product_does_not_need(
        self, client: "redis.Redis", command: str
    ) -> None:
        with pytest.raises(NoPermissionError):
            client.execute_command(*command.split())

    def test_scripts_reach_no_other_keys(self, client: "redis.Redis") -> None:
        script = client.register_script("return redis.call('GET', 'other')")
        with pytest.raises(redis.ResponseError, match=r"(?i)permission|NOPERM"):
            script()


class TestError:
    @pytest.fixture(autouse=True)
    def one_retry(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(redis_clients, "START_RETRIES", 1)

    def test_names_the_user(self, valkey: SecuredValkey) -> None:
        with pytest.raises(Misconfigured, match=r"refuses the user or the password") as caught:
            require_redis(valkey.url_as(USER, "planted-guess"))
        assert "planted" not in str(caught.value)

    @pytest.mark.parametrize(("host", "has_ca"), [("127.0.0.1", True), ("localhost", False)])
    def test_names_the_certificate(self, valkey: SecuredValkey, host: str, has_ca: bool) -> None:
        url = (valkey.url if has_ca else valkey.url_without_ca).replace("localhost", host)
        with pytest.raises(Misconfigured, match=r"certificate that is not .*\?ssl_ca_certs="):
            require_redis(url)
        with redis.Redis.from_url(url) as client, pytest.raises(RedisConnectionError):
            client.ping()


def _is_worked_off(pms: InstalledApp) -> bool:
    states = raw_sql.read(pms.container.settings.database, "SELECT state FROM inbox")
    return {str(state) for (state,) in states}.isdisjoint({InboxState.RECEIVED})
