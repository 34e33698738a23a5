"""A setting that can't work gives one line and exit code 1, in every command that needs it."""

import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from adapters.outbound.jobs import redis_clients
from adapters.outbound.provider_kit.simulation.server.options import SimulatorOptions
from entrypoints.cli.main import main
from tests.servers import free_port

COMMANDS = [
    ["doctor"],
    ["hotel", "list"],
    ["db", "upgrade"],
    ["up"],
    ["web"],
    ["worker"],
    ["scheduler"],
    ["relay"],
]
QUEUE_COMMANDS = [["worker"], ["scheduler"], ["up"]]


def error_line(command: list[str], **environment: str) -> str:
    """The only line of output, on standard error; on a free port, which `pms up` checks first."""
    environment = {"PMS_PORT": str(free_port()), **environment}
    result = CliRunner(env=environment).invoke(main, command, obj={"json": False})
    assert isinstance(result.exception, SystemExit), result
    assert (result.exit_code, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert re.fullmatch(r"error: .+ \[[a-z_]+\]", line)
    return line


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
class TestEveryCommand:
    def test_rejects_a_home_that_is_a_file(self, tmp_path: Path, command: list[str]) -> None:
        home = tmp_path / "file"
        home.touch()
        assert "PMS_HOME" in error_line(command, PMS_HOME=str(home))

    def test_rejects_a_home_that_nobody_can_write(self, command: list[str]) -> None:
        """/proc takes no folders, not even root's."""
        assert "PMS_HOME" in error_line(command, PMS_HOME="/proc/pms")

    @pytest.mark.parametrize("url", ["localhost:6379", "redis://", "redis://h:port", "redis://[::"])
    def test_rejects_a_bad_redis_url(self, tmp_path: Path, command: list[str], url: str) -> None:
        assert "PMS_REDIS_URL: give redis" in error_line(
            command, PMS_HOME=str(tmp_path), PMS_REDIS_URL=url
        )

    def test_rejects_a_bad_database_url(self, tmp_path: Path, command: list[str]) -> None:
        url = "postgresql://pms:planted@db:port/pms"
        line = error_line(command, PMS_HOME=str(tmp_path), PMS_DATABASE_URL=url)
        assert "PMS_DATABASE_URL: give" in line
        assert "planted" not in line


class TestProcesses:
    @pytest.mark.parametrize("command", QUEUE_COMMANDS, ids=" ".join)
    def test_name_a_redis_that_does_not_answer(
        self, tmp_path: Path, command: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(redis_clients, "START_RETRIES", 1)
        environment = {"PMS_HOME": str(tmp_path), "PMS_REDIS_URL": "redis://:planted@127.0.0.1:9"}
        line = error_line(command, **environment)
        assert "PMS_REDIS_URL: the server at 127.0.0.1:9 does not answer" in line
        assert "planted" not in line

    @pytest.mark.parametrize("command", [*QUEUE_COMMANDS, ["doctor"]], ids=" ".join)
    def test_reject_a_home_too_long_for_a_socket(self, tmp_path: Path, command: list[str]) -> None:
        """Its bytes count: the path has fewer than 100 characters."""
        room = 95 - len(str(tmp_path))
        home = tmp_path / ("ü" * room)
        assert len(str(home)) < 100 < len(os.fsencode(home))
        assert "PMS_HOME: the path is too long" in error_line(command, PMS_HOME=str(home))

    @pytest.mark.parametrize("command", ["web", "worker", "relay"])
    def test_reject_a_database_file_of_another_kind(self, tmp_path: Path, command: str) -> None:
        file = tmp_path / "notes.txt"
        file.write_text("no database " * 100)
        line = error_line([command], PMS_HOME=str(tmp_path), PMS_DATABASE_URL=f"sqlite:///{file}")
        assert "not an SQLite database" in line

    @pytest.mark.parametrize("command", ["web", "worker", "relay"])
    def test_reject_invalid_sealing_keys(self, tmp_path: Path, command: str) -> None:
        line = error_line([command], PMS_HOME=str(tmp_path), PMS_SECRET_KEYS="planted")
        assert "id:base64" in line
        assert "planted" not in line


class TestHomeWithInvalidFiles:
    @pytest.mark.parametrize("command", [["hotel", "list"], ["web"], ["up"]], ids=" ".join)
    def test_names_keys_that_are_no_text(self, tmp_path: Path, command: list[str]) -> None:
        (tmp_path / "secret_keys").write_bytes(b"\xff\xfe\x00")
        assert "id:base64" in error_line(command, PMS_HOME=str(tmp_path))

    @pytest.mark.parametrize(
        "content", [b"", b"{nope", b"\xff", b"[1]", b"{}", b'{"hotels": [{"x": 1}]}', b'{"x": 1}']
    )
    def test_names_a_demo_that_cannot_be_read(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "demo.json").write_bytes(content)
        assert "demo.json" in error_line(["up"], PMS_HOME=str(tmp_path))

    @pytest.mark.parametrize("name", ["up.lock", "demo.json", "logs"])
    def test_names_a_file_of_the_wrong_kind(self, tmp_path: Path, name: str) -> None:
        path = tmp_path / name
        path.touch() if name == "logs" else path.mkdir()
        assert str(path) in error_line(["up"], PMS_HOME=str(tmp_path))


@pytest.mark.parametrize("command", [["provider", "list"], ["doctor", "--new-key"]], ids=" ".join)
def test_commands_that_need_no_home_work_without_one(command: list[str]) -> None:
    result = CliRunner(env={"PMS_HOME": "/proc/pms"}).invoke(main, command, obj={"json": False})
    assert result.exit_code == 0, result.output


class TestSimulate:
    @pytest.mark.parametrize(
        ("option", "message"),
        [
            ("--fault=flood", "--fault: no fault 'flood'; faults: 401"),
            ("--fault=429,probability=2", "--fault: probability must be a number from 0 to 1"),
            ("--time-zone=Europe/Atlantis", "IANA"),
            ("--currency=EURO", "ISO 4217"),
            ("--webhook-url=http://hotel.example/", "an address of this machine"),
            ("--webhook-auth=user:planted", "--webhook-auth-file FILE"),
            (
                "--webhook-url=http://127.0.0.1:1/api/pms/mews/webhook/planted",
                "--webhook-url-file FILE",
            ),
            ("--webhook-auth-file=/dev/null", "--webhook-auth-file: /dev/null is empty"),
        ],
    )
    def test_rejects_an_invalid_option(self, option: str, message: str) -> None:
        line = error_line(["simulate", "mews", "--bookings", "1", option])
        assert message in line
        assert "planted" not in line

    @pytest.mark.parametrize("name", ["url", "auth"])
    def test_reads_secrets_of_the_receiver_from_files(
        self, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        started: list[SimulatorOptions] = []
        module = "entrypoints.cli.simulate."
        monkeypatch.setattr(f"{module}_start", lambda _, options: started.append(options))
        monkeypatch.setattr(f"{module}_serve_until_stopped", lambda _: None)
        (tmp_path / "secret").write_text("http://127.0.0.1:1/x\n")
        arguments = ["simulate", "mews", f"--webhook-{name}-file", str(tmp_path / "secret")]
        assert CliRunner().invoke(main, arguments, obj={"json": False}).exit_code == 0
        (options,) = started
        assert getattr(options, f"webhook_{name}") == "http://127.0.0.1:1/x"
