import json
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
YAML_FILES = [
    ".pre-commit-config.yaml",
    ".github/workflows/ci.yaml",
    ".github/ISSUE_TEMPLATE/bug.yaml",
    ".github/ISSUE_TEMPLATE/feature.yaml",
    ".github/ISSUE_TEMPLATE/provider.yaml",
]


class TestContributorFiles:
    @pytest.mark.parametrize("name", YAML_FILES)
    def test_yaml_is_valid(self, name: str) -> None:
        assert isinstance(yaml.safe_load((ROOT / name).read_text()), dict)

    def test_workflow_runs_the_ci_script(self) -> None:
        workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yaml").read_text())
        steps = workflow["jobs"]["test"]["steps"]
        assert [step["run"] for step in steps if "run" in step] == ["bash .ci/run"]

    def test_ci_script_calls_make_test(self) -> None:
        assert "exec make test" in (ROOT / ".ci/run").read_text()

    def test_hooks_run_tools_of_the_virtual_environment(self) -> None:
        hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
        check = (ROOT / "Makefile").read_text()
        for hook in hooks:
            tool = hook["entry"].split()[0].removeprefix(".venv/bin/")
            assert f"$(BIN)/{tool}" in check, tool

    def test_issue_forms_name_their_fields_once(self) -> None:
        for name in YAML_FILES[2:]:
            body = yaml.safe_load((ROOT / name).read_text())["body"]
            ids = [field["id"] for field in body]
            assert len(ids) == len(set(ids)) > 0

    def test_devcontainer_prepares_the_checks(self) -> None:
        container = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text())
        assert container["postCreateCommand"] == "make check"

    def test_license_is_the_declared_one(self) -> None:
        assert "Apache License" in (ROOT / "LICENSE").read_text()[:200]
