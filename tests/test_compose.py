from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from entrypoints.cli.main import main

ROOT = Path(__file__).parents[1]
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

    def test_sets_what_production_refuses_to_start_without(self, services: dict[str, Any]) -> None:
        needed = {"PMS_ENV", "PMS_DATABASE_URL", "PMS_REDIS_URL", "PMS_SECRET_KEYS"}
        assert {
            name for name in OWN_SERVICES if needed - set(services[name]["environment"])
        } == set()

    def test_carries_no_secret(self, services: dict[str, Any]) -> None:
        assert services["postgres"]["environment"]["POSTGRES_PASSWORD"].startswith("${")
        assert services["web"]["environment"]["PMS_SECRET_KEYS"].startswith("${")

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
