"""`pms` commands, each in a home of its own."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner, Result

from adapters.outbound.persistence.engine.database_urls import SQLITE_LIMIT
from adapters.outbound.providers.mews.simulator.server import (
    MewsSimulator,
    MewsSimulatorOptions,
    start_simulator,
)
from adapters.outbound.security.sealing import new_key
from entrypoints.cli.main import main
from entrypoints.local.demo import hold_instance_lock
from tests import raw_sql
from tests.servers import free_port
from tests.simulator_control import clear_faults, inject_faults

CLIENT_TOKEN, ACCESS_TOKEN = "simulated-client-1", "simulated-access-1"
TOKENS = ("--secret", "client_token", "--secret", "access_token")


@dataclass
class Pms:
    """Runs `pms` in a home of its own and keeps all output, to search it for secrets."""

    home: Path
    environment: dict[str, str] = field(default_factory=dict)
    printed: list[str] = field(default_factory=list)

    def run(self, *arguments: str, typed: str | None = None, **environment: str) -> Result:
        given = {"PMS_HOME": str(self.home), **self.environment, **environment}
        result = CliRunner(env=given).invoke(main, arguments, typed, obj={"json": False})
        self.printed.append(result.output)
        assert result.exception is None or isinstance(result.exception, SystemExit), result
        return result

    def json(self, *arguments: str, typed: str | None = None) -> Any:
        result = self.run(*arguments, "--json", typed=typed)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def error_line(self, *arguments: str, typed: str | None = None, **environment: str) -> str:
        """Runs a command that fails; returns its only line, on standard error."""
        result = self.run(*arguments, typed=typed, **environment)
        assert result.exit_code == 1, result.output
        assert result.stdout == ""
        (line,) = result.stderr.splitlines()
        assert re.fullmatch(r"error: .+ \[[a-z_]+\]", line), line
        return line

    def connect(self, simulator: MewsSimulator, *, access_token: str = ACCESS_TOKEN) -> Any:
        return self.json(
            *("connection", "add", "vienna", "mews"),
            *("--set", f"base_url={simulator.base_url}"),
            *TOKENS,
            typed=f"{CLIENT_TOKEN}\n{access_token}\n",
        )


@pytest.fixture
def home_directory(tmp_path: Path) -> Pms:
    pms = Pms(tmp_path / "home", {"PMS_ALLOWED_HOSTS": "127.0.0.1", "PMS_ALLOW_PLAIN_HTTP": "yes"})
    assert pms.json("db", "upgrade")["to"] > 0
    return pms


@pytest.fixture
def pms(home_directory: Pms) -> Pms:
    added = home_directory.json(
        *("hotel", "add", "vienna", "--name", "Hotel Vienna"),
        *("--time-zone", "Europe/Vienna", "--currency", "EUR"),
    )
    assert added["slug"] == "vienna"
    return home_directory


@pytest.fixture(scope="module")
def simulator() -> Iterator[MewsSimulator]:
    today = datetime.now(UTC).date()
    running = start_simulator(MewsSimulatorOptions(bookings=60, start_date=today))
    yield running
    running.stop()


@pytest.fixture
def connected(pms: Pms, simulator: MewsSimulator) -> Iterator[Pms]:
    """Its simulator, which the tests of the module share, is left without faults."""
    pms.connect(simulator)
    assert pms.json("connection", "test", "vienna")["works"] is True
    yield pms
    clear_faults(simulator)


def production_environment(pms: Pms, keys: str | None = None) -> dict[str, str]:
    """Production, where loopback is not an allowed host."""
    keys = keys or (pms.home / "secret_keys").read_text()
    hosts = {"PMS_ALLOWED_HOSTS": "other.example", "PMS_ALLOW_PLAIN_HTTP": "no"}
    database = f"sqlite:///{pms.home / 'pms.sqlite3'}"
    stores = {"PMS_SECRET_KEYS": keys, "PMS_DATABASE_URL": database}
    return {"PMS_ENV": "production", **stores, **hosts}


class TestDb:
    def test_upgrades_downgrades_and_upgrades_again(self, home_directory: Pms) -> None:
        newest = home_directory.json("db", "upgrade")["to"]
        assert home_directory.json("db", "downgrade", "0", "--yes") == {"from": newest, "to": 0}
        assert home_directory.json("db", "upgrade") == {"from": 0, "to": newest}
        assert home_directory.json("db", "upgrade") == {"from": newest, "to": newest}

    def test_commands_ask_for_an_upgrade_without_a_schema(self, tmp_path: Path) -> None:
        assert "pms db upgrade" in Pms(tmp_path).error_line("hotel", "list")


class TestHotel:
    def test_is_listed_and_shown(self, pms: Pms) -> None:
        (listed,) = pms.json("hotel", "list")
        shown = pms.json("hotel", "show", "vienna")
        assert listed.items() <= shown.items()
        assert (shown["bookings"], shown["connections"]) == (0, [])
        assert "Hotel Vienna" in pms.run("hotel", "list").stdout

    @pytest.mark.parametrize(
        "bad",
        [
            {"slug": "Not A Slug"},
            {"zone": "Europe/Atlantis"},
            {"currency": "EURO"},
            {"slug": "vienna"},
        ],
    )
    def test_rejects_invalid_values(self, pms: Pms, bad: dict[str, str]) -> None:
        values = {"slug": "graz", "zone": "Europe/Vienna", "currency": "EUR", **bad}
        pms.error_line(
            *("hotel", "add", values["slug"], "--name", "Graz"),
            *("--time-zone", values["zone"], "--currency", values["currency"]),
        )
        assert len(pms.json("hotel", "list")) == 1

    def test_keeps_data_for_the_days_it_is_told(self, pms: Pms) -> None:
        before = pms.json("hotel", "retention", "vienna")
        assert (before["runs_days"], before["history_days"]) == (90, None)
        changed = pms.json("hotel", "retention", "vienna", "--runs", "forever", "--inbox", "8")
        assert changed == before | {"runs_days": None, "inbox_days": 8}
        assert changed.items() <= pms.json("hotel", "show", "vienna").items()
        assert changed == pms.json("hotel", "retention", "vienna")

    @pytest.mark.parametrize("days", ["0", "-1", "ever", "36501"])
    def test_rejects_days_out_of_range(self, pms: Pms, days: str) -> None:
        assert pms.run("hotel", "retention", "vienna", "--runs", days).exit_code == 2
        assert "inbox" in pms.error_line("hotel", "retention", "vienna", "--inbox", "1")


class TestConnection:
    def test_is_added_tested_paused_resumed_and_listed(
        self, pms: Pms, simulator: MewsSimulator
    ) -> None:
        added = pms.connect(simulator)
        assert added["state"] == "new"
        assert added["webhook_path"].startswith("/api/pms/mews/webhook/")
        tested = pms.json("connection", "test", added["id"])
        assert (tested["works"], tested["error"]) == (True, None)
        assert pms.json("connection", "list", "vienna")[0]["state"] == "active"
        assert pms.json("connection", "pause", "vienna")["state"] == "paused"
        assert pms.json("connection", "resume", "vienna/mews")["state"] == "active"

    def test_of_a_disabled_hotel_announces_no_sync(self, connected: Pms) -> None:
        def announced() -> set[object]:
            (listed,) = connected.json("connection", "list", "vienna")
            status = connected.json("sync", "status", "vienna")
            return {listed["next_sync_at"], status["connections"][0]["next_sync_at"]}

        assert None not in announced()
        connected.json("hotel", "disable", "vienna")
        assert announced() == {None}
        assert connected.json("connection", "resume", "vienna")["next_sync_at"] is None

    def test_with_a_wrong_token_fails_with_suggestions(
        self, pms: Pms, simulator: MewsSimulator
    ) -> None:
        pms.connect(simulator, access_token="wrong-token")
        result = pms.run("connection", "test", "vienna", "--json")
        tested = json.loads(result.stdout)
        assert (result.exit_code, tested["works"]) == (1, False)
        assert tested["error"] == "provider_credentials_refused"
        assert len(tested["suggestions"]) > 1
        assert pms.json("connection", "list")[0]["state"] == "new"

    def test_to_a_forbidden_host_fails_its_test(self, pms: Pms, simulator: MewsSimulator) -> None:
        pms.connect(simulator)
        line = pms.error_line("connection", "test", "vienna", **production_environment(pms))
        assert "host" in line

    def test_to_a_forbidden_host_is_neither_added_nor_set(
        self, pms: Pms, simulator: MewsSimulator
    ) -> None:
        address = ("--set", "base_url=http://169.254.169.254/")
        line = pms.error_line(
            *("connection", "add", "vienna", "mews", *address, *TOKENS), typed="x\ny\n"
        )
        assert "host" in line
        assert pms.json("connection", "list") == []
        pms.connect(simulator)
        assert "host" in pms.error_line("connection", "set", "vienna/mews", *address)
        assert pms.json("connection", "test", "vienna")["works"] is True

    def test_is_added_without_a_call(self, pms: Pms) -> None:
        unknown_address = f"base_url=http://127.0.0.1:{free_port()}"
        added = pms.json(
            *("connection", "add", "vienna", "mews", "--set", unknown_address, *TOKENS),
            typed="x\ny\n",
        )
        assert added["state"] == "new"

    def test_works_after_setting_the_right_token(self, pms: Pms, simulator: MewsSimulator) -> None:
        pms.connect(simulator, access_token="wrong-token")
        assert pms.run("connection", "test", "vienna").exit_code == 1
        change = ("connection", "set", "vienna/mews", "--secret", "access_token")
        changed = pms.json(*change, typed=ACCESS_TOKEN)
        assert changed["next"] == "pms connection test vienna/mews"
        assert ACCESS_TOKEN not in pms.printed[-1]
        assert pms.json("connection", "test", "vienna")["works"] is True
        assert "next" not in pms.json(*change, typed=ACCESS_TOKEN)
        assert pms.run("connection", "set", "vienna/mews").exit_code == 2
        pms.error_line("connection", "set", "vienna/mews", "--set", "colour=red")

    @pytest.mark.parametrize("command", ["add", "set"])
    def test_takes_no_secret_from_arguments(
        self, pms: Pms, simulator: MewsSimulator, command: str
    ) -> None:
        target: tuple[str, ...] = ("vienna", "mews")
        if command == "set":
            pms.connect(simulator)
            target = ("vienna/mews",)
        given = ("--set", "access_token=planted-secret")
        line = pms.error_line("connection", command, *target, *given)
        assert "--secret access_token" in line
        assert "--secret-file access_token=FILE" in line
        assert "planted-secret" not in line

    def test_takes_secrets_from_files(
        self, pms: Pms, simulator: MewsSimulator, tmp_path: Path
    ) -> None:
        files = {"client_token": CLIENT_TOKEN, "access_token": ACCESS_TOKEN}
        for name, value in files.items():
            (tmp_path / name).write_text(f"{value}\n")
        options = [f"--secret-file={name}={tmp_path / name}" for name in files]
        address = f"--set=base_url={simulator.base_url}"
        pms.json("connection", "add", "vienna", "mews", address, *options)
        assert pms.json("connection", "test", "vienna")["works"] is True

    @pytest.mark.parametrize(
        ("option", "reason"),
        [
            ("--secret-file=client_token=/missing/file", "/missing/file can't be read: No such"),
            ("--secret-file=client_token=/dev/null", "/dev/null is empty"),
            ("--secret=client_token", "standard input has no line for it"),
        ],
    )
    def test_error_names_the_source_of_a_missing_secret(
        self, pms: Pms, option: str, reason: str
    ) -> None:
        assert reason in pms.error_line("connection", "add", "vienna", "mews", option)

    def test_gets_a_new_webhook_path(self, pms: Pms, simulator: MewsSimulator) -> None:
        first = pms.connect(simulator)["webhook_path"]
        second = pms.json("connection", "rotate-key", "vienna/mews")["webhook_path"]
        assert first != second
        assert second.startswith("/api/pms/mews/webhook/")

    def test_never_prints_secrets(self, pms: Pms, simulator: MewsSimulator) -> None:
        pms.connect(simulator, access_token="planted-secret")
        for command in ("connection list", "connection test vienna", "hotel show vienna", "doctor"):
            pms.run(*command.split())
            pms.run(*command.split(), "--json")
        everything = "".join(pms.printed)
        assert "planted-secret" not in everything
        assert CLIENT_TOKEN not in everything
        key = (pms.home / "secret_keys").read_text()
        assert key not in everything
        assert key.partition(":")[2] not in everything

    @pytest.mark.parametrize(
        "arguments",
        [
            ("add", "nowhere", "mews"),
            ("add", "vienna", "opera2000"),
            ("add", "vienna", "mews", "--set", "client_token=x"),
            ("add", "vienna", "mews", "--secret", "client_token"),
            ("add", "vienna", "mews", "--set", "colour=red"),
            ("test", "nowhere"),
            ("test", "vienna/mews"),
            ("pause", "01a20000-0000-7000-8000-000000000000"),
        ],
    )
    def test_rejects_invalid_arguments_in_one_line(
        self, pms: Pms, arguments: tuple[str, ...]
    ) -> None:
        pms.error_line("connection", *arguments)


class TestToken:
    def issue(self, pms: Pms) -> Any:
        if not pms.json("connection", "list"):
            pms.json("connection", "add", "vienna", "canonical")
        return pms.json("token", "issue", "vienna", "--provider", "canonical", "--scope", "ingest")

    def test_is_shown_once_rotated_and_revoked(self, pms: Pms) -> None:
        first = self.issue(pms)
        second = pms.json("token", "rotate", first["id"], "--overlap-hours", "1")
        assert first["token"] != second["token"]
        assert first["scopes"] == second["scopes"] == ["ingest"]
        pms.json("token", "revoke", second["id"])
        listed = {row["id"]: row for row in pms.json("token", "list", "vienna")}
        assert listed[second["id"]]["revoked_at"]
        assert not listed[first["id"]]["revoked_at"]
        for token_output in pms.printed[-1:]:
            assert first["token"] not in token_output
            assert second["token"] not in token_output

    def test_is_revoked_with_the_key_of_its_partner(self, pms: Pms) -> None:
        self.issue(pms)
        revoked = pms.json("token", "revoke-key", "canonical", "default")
        assert revoked["partner"] == "default"
        pms.error_line("token", "revoke-key", "canonical", "nobody")
        again = ("token", "issue", "vienna", "--provider", "canonical")
        assert "revoked" in pms.error_line(*again)

    def test_rejects_an_unknown_id(self, pms: Pms) -> None:
        for verb in ("rotate", "revoke"):
            pms.error_line("token", verb, "01a20000-0000-7000-8000-000000000000")


class TestSync:
    def test_runs_in_this_process_and_leaves_no_drift(self, connected: Pms) -> None:
        first = connected.json("sync", "run", "vienna")
        assert (first["status"], first["kind"], first["trigger"]) == ("COMPLETED", "full", "first")
        assert connected.json("sync", "run", "vienna")["kind"] == "delta"
        assert connected.json("sync", "run", "vienna", "--full")["updated"] == 0
        assert connected.json("sync", "reconcile", "vienna")["kind"] == "reconcile"
        assert len(connected.json("sync", "status", "vienna")["runs"]) == 4
        (report,) = connected.json("verify", "vienna")
        assert report["drift"] == 0
        assert report["compared"] > 0
        assert connected.json("hotel", "show", "vienna")["bookings"] >= 60

    def test_verify_fails_on_drift(self, connected: Pms, simulator: MewsSimulator) -> None:
        connected.run("sync", "run", "vienna")
        simulator.advance(events=40)
        result = connected.run("verify", "vienna", "--json")
        assert result.exit_code == 1
        assert json.loads(result.stdout)[0]["drift"] > 0

    def test_rejects_a_connection_that_was_never_tested(
        self, pms: Pms, simulator: MewsSimulator
    ) -> None:
        pms.connect(simulator)
        assert "connection test" in pms.error_line("sync", "run", "vienna")

    def test_that_fails_exits_with_1_and_its_error(
        self, pms: Pms, simulator: MewsSimulator
    ) -> None:
        pms.connect(simulator)
        pms.json("connection", "test", "vienna")
        result = pms.run("sync", "run", "vienna", "--json", **production_environment(pms))
        assert result.exit_code == 1
        assert json.loads(result.stdout)["status"] == "FAILED"

    def test_shows_what_the_provider_says_only_if_it_is_asked_for(
        self, connected: Pms, simulator: MewsSimulator
    ) -> None:
        inject_faults(simulator, "403,path=reservations/getAll")
        connected.run("sync", "run", "vienna")
        run, *_ = connected.json("sync", "status", "vienna")["runs"]
        assert run["vendor_message"].startswith("HTTP 403")
        show = ("sync", "show", "vienna", run["id"])
        assert connected.json(*show) == run
        shown = connected.json(*show, "--vendor-message")
        assert shown.pop("vendor_response").startswith('{"Message":')
        assert shown == run
        assert "sync status" in connected.error_line("sync", "show", "vienna", str(UUID(int=1)))


class TestQuarantine:
    def test_is_listed_shown_and_replayed(
        self, connected: Pms, tmp_path: Path, simulator: MewsSimulator
    ) -> None:
        inject_faults(simulator, "unknown-state,path=reservations/getAll")
        result = connected.run("sync", "run", "vienna", "--json")
        clear_faults(simulator)
        assert (result.exit_code, json.loads(result.stdout)["status"]) == (1, "PARTIAL")
        item, *_ = connected.json("quarantine", "list", "vienna")
        assert item["path"].endswith(".State")
        shown = connected.json("quarantine", "show", "vienna", item["id"])
        assert "Teleported" in shown["payload"]
        replayed, *_ = connected.json("quarantine", "replay", "vienna", "--all")
        assert replayed["id"] == item["id"]
        connected.error_line("quarantine", "show", "vienna", "01a20000-0000-7000-8000-000000000000")

    def test_is_replayed_on_all_pages_or_by_code(
        self, connected: Pms, simulator: MewsSimulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("entrypoints.cli.quarantine._PAGE_SIZE", 1)
        inject_faults(simulator, "unknown-state,path=reservations/getAll")
        connected.run("sync", "run", "vienna", "--json")
        listed = connected.json("quarantine", "list", "vienna", "--code", "unknown_value")
        assert len(listed) > 1
        assert connected.json("quarantine", "list", "vienna", "--code", "bad_id") == []
        by_id = ("quarantine", "list", "vienna", "--external-id")
        assert connected.json(*by_id, listed[0]["external_id"])[0]["id"] == listed[0]["id"]
        assert connected.json(*by_id, "nobody") == []
        assert connected.json("quarantine", "replay", "vienna", "--code", "bad_id") == []
        of_code = connected.json("quarantine", "replay", "vienna", "--code", "unknown_value")
        assert [item["id"] for item in of_code] == [item["id"] for item in listed]
        every = connected.json("quarantine", "replay", "vienna", "--all")
        left = connected.json("quarantine", "list", "vienna")
        assert {item["id"] for item in left} <= {item["id"] for item in every}

    def test_is_discarded_by_id_or_by_filter(
        self, connected: Pms, simulator: MewsSimulator
    ) -> None:
        inject_faults(simulator, "unknown-state,path=reservations/getAll")
        connected.run("sync", "run", "vienna", "--json")
        listed = connected.json("quarantine", "list", "vienna")
        discard = ("quarantine", "discard", "vienna")
        one = (*discard, listed[0]["id"])
        assert connected.run(*one, typed="n\n").exit_code == 1
        assert connected.json(*one, "--yes") == {"discarded": 1}
        assert "no item" in connected.error_line(*one, "--yes")
        left = listed[1]["id"]
        twice = (*discard, left, left, listed[0]["id"], "--yes")
        assert listed[0]["id"] in connected.error_line(*twice)
        assert connected.run(*discard, "--yes").exit_code == 2
        assert connected.run(*one, "--all", "--yes").exit_code == 2
        older = ("--older-than", "1", "--kind", "booking", "--provider", "mews")
        assert connected.json(*discard, *older, "--yes") == {"discarded": 0}
        assert connected.json(*discard, "--code", "bad_id") == {"discarded": 0}
        by_code = connected.run(*discard, "--code", "unknown_value", typed="y\n")
        assert str(len(listed) - 1) in by_code.stdout
        assert f"Discard {len(listed) - 1} quarantined" in by_code.stderr
        assert connected.json("quarantine", "list", "vienna") == []

    def test_that_cannot_be_opened_is_shown_as_such(
        self, connected: Pms, simulator: MewsSimulator
    ) -> None:
        inject_faults(simulator, "unknown-state,path=reservations/getAll")
        connected.run("sync", "run", "vienna", "--json")
        clear_faults(simulator)
        item, *_ = connected.json("quarantine", "list", "vienna")
        url = f"sqlite:///{connected.home / 'pms.sqlite3'}"
        statement = "UPDATE inbox SET sealed_body = %s WHERE id = %s"
        raw_sql.write(url, statement, b"broken", UUID(item["id"]).hex)
        listed, *others = connected.json("quarantine", "list", "vienna")
        assert (listed["id"], listed["readable"]) == (item["id"], False)
        assert all(other["readable"] for other in others)
        shown = connected.json("quarantine", "show", "vienna", item["id"])
        assert (shown["readable"], shown["payload"]) == (False, None)
        replayed = {
            row["id"]: row for row in connected.json("quarantine", "replay", "vienna", "--all")
        }
        assert len(replayed) == len(others) + 1
        assert "cannot be opened" in replayed[item["id"]]["reason"]
        discarded = connected.json("quarantine", "discard", "vienna", item["id"], "--yes")
        assert discarded == {"discarded": 1}

    def test_list_may_be_empty(self, pms: Pms) -> None:
        assert pms.json("quarantine", "list", "vienna") == []
        assert "Nothing" in pms.run("quarantine", "list", "vienna").stdout


class TestProvider:
    def test_list_names_each_with_its_settings(self, home_directory: Pms) -> None:
        listed = {row["name"]: row for row in home_directory.json("provider", "list")}
        assert {"mews", "canonical"} <= listed.keys()
        assert "access_token (secret, required)" in listed["mews"]["settings"]
        assert "mews" in home_directory.run("provider", "list").stdout


class TestDoctor:
    def test_lists_every_setting_and_hides_secrets(self, home_directory: Pms) -> None:
        key = new_key("planted")
        url = "redis://:planted-password@127.0.0.1:1/0"
        result = home_directory.run("doctor", "--json", PMS_SECRET_KEYS=key, PMS_REDIS_URL=url)
        token_output = json.loads(result.stdout)
        values = {row["variable"]: row["value"] for row in token_output["settings"]}
        assert values["PMS_SECRET_KEYS"] == "(set)"
        assert values["PMS_REDIS_URL"] == "redis://…@127.0.0.1:1/0"
        assert "planted" not in result.output
        assert result.exit_code == 1
        assert {row["check"]: row["result"] for row in token_output["checks"]}["store"] == "ok"

    def test_prints_a_new_sealing_key(self, home_directory: Pms) -> None:
        key = home_directory.run("doctor", "--new-key").stdout.strip()
        assert (
            home_directory.run(
                "hotel", "list", **production_environment(home_directory, key)
            ).exit_code
            == 0
        )

    def test_shows_that_production_is_on_sqlite(self, home_directory: Pms) -> None:
        path = home_directory.home / "pms.sqlite3"
        path.chmod(0o640)
        variables = production_environment(home_directory, new_key("k"))
        shown = json.loads(home_directory.run("doctor", "--json", **variables).stdout)
        assert [row["result"] for row in shown["checks"] if row["check"] == "database file"] == [
            f"ok, but this is SQLite: {SQLITE_LIMIT}",
            f"ok, but other users of this machine can read {path}; chmod 600 it",
        ]

    def test_production_names_the_database_that_it_needs(self, home_directory: Pms) -> None:
        variables = {"PMS_ENV": "production", "PMS_SECRET_KEYS": new_key("k")}
        for command in ("doctor", "web", "worker", "relay"):
            line = home_directory.error_line(command, **variables)
            assert line.startswith("error: PMS_DATABASE_URL: production requires a database; ")
            assert f"sqlite:///{home_directory.home / 'pms.sqlite3'}" in line


class TestUp:
    def test_rejects_a_home_directory_in_use(self, home_directory: Pms) -> None:
        with hold_instance_lock(home_directory.home):
            assert "another `pms up`" in home_directory.error_line("up")

    def test_rejects_production(self, home_directory: Pms) -> None:
        line = home_directory.error_line("up", PMS_ENV="production", PMS_SECRET_KEYS=new_key("k"))
        assert "PMS_ENV" in line


class TestError:
    @pytest.mark.parametrize(
        ("environment", "named"),
        [
            ({"PMS_FOO": "1"}, "PMS_FOO"),
            ({"PMS_ENV": "production"}, "PMS_SECRET_KEYS"),
            ({"PMS_PORT": "http"}, "PMS_PORT"),
            ({"PMS_SECRET_KEYS": "planted-nonsense"}, "key"),
            ({"PMS_DATABASE_URL": "oracle://planted@db"}, "PMS_DATABASE_URL"),
            ({"PMS_DATABASE_URL": "postgresql://x:planted@127.0.0.1:1/x"}, ""),
        ],
    )
    def test_of_a_setting_is_one_line_that_names_it(
        self, home_directory: Pms, environment: dict[str, str], named: str
    ) -> None:
        line = home_directory.error_line(
            "hotel",
            "add",
            "x",
            "--name",
            "X",
            "--time-zone",
            "UTC",
            "--currency",
            "EUR",
            **environment,
        )
        assert named in line
        assert "planted" not in line

    @pytest.mark.parametrize(
        "command",
        ["hotel show", "sync run", "sync status", "verify", "token list", "quarantine list"],
    )
    def test_of_a_missing_hotel_names_the_command_that_lists_hotels(
        self, home_directory: Pms, command: str
    ) -> None:
        line = home_directory.error_line(*command.split(), "nowhere")
        assert "pms hotel list" in line

    def test_is_json_with_the_json_option(self, home_directory: Pms) -> None:
        result = home_directory.run("--json", "hotel", "show", "nowhere")
        assert result.exit_code == 1
        assert json.loads(result.stderr)["error"]["code"] == "hotel_not_found"

    @pytest.mark.parametrize("option", ["--help", "-h"])
    def test_is_none_with_the_help_option(self, home_directory: Pms, option: str) -> None:
        for name in (*main.commands,):
            assert home_directory.run(name, option).exit_code == 0
