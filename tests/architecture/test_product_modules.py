"""What a process of the product loads: neither simulators nor other test equipment."""

import json
import subprocess
import sys

import pytest

from tests.product_packages import ROOT

TEST_EQUIPMENT = (
    "adapters.outbound.memory",
    "adapters.outbound.provider_kit.simulation",
    "entrypoints.certification",
    "entrypoints.local",
    "entrypoints.scaffold",
)
REPORT = "import json, sys; print(json.dumps(sorted(sys.modules)))"
LOAD_PROVIDERS = (
    "from importlib.metadata import entry_points; "
    "[point.load() for point in entry_points(group='pms_adapter.providers')]; "
)


def loaded_modules(code: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", code + REPORT],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    modules: list[str] = json.loads(done.stdout.splitlines()[-1])
    return modules


def find_test_equipment(modules: list[str]) -> list[str]:
    return [
        name
        for name in modules
        if name.startswith(TEST_EQUIPMENT)
        or (name.startswith("adapters.outbound.providers.") and ".simulator" in name)
    ]


class TestProductProcess:
    @pytest.mark.parametrize("command", ["web", "worker", "scheduler", "relay"])
    def test_loads_no_test_equipment_by_its_command(self, command: str) -> None:
        code = (
            "from entrypoints.cli.main import main; "
            f"main(['{command}', '--help'], standalone_mode=False); "
        )
        modules = loaded_modules(code)
        assert f"entrypoints.processes.{command}" in modules
        assert find_test_equipment(modules) == []

    @pytest.mark.parametrize("module", ["entrypoints.processes.wsgi", "entrypoints.wsgi"])
    def test_loads_no_test_equipment_as_a_wsgi_application(self, module: str) -> None:
        assert find_test_equipment(loaded_modules(f"import {module}; ")) == []

    def test_loads_no_test_equipment_with_its_providers(self) -> None:
        modules = loaded_modules(LOAD_PROVIDERS)
        assert "adapters.outbound.providers.mews.provider" in modules
        assert find_test_equipment(modules) == []

    def test_would_be_caught(self) -> None:
        modules = loaded_modules("import adapters.outbound.providers.mews.simulator.server; ")
        assert find_test_equipment(modules) != []
