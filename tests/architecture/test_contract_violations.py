"""A contract that nothing can break proves nothing: each planted import must break its own."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")
PACKAGES = ("domain", "ports", "application", "adapters", "entrypoints")

# Module that gets the import, what it imports, the contract that must break.
REST = "adapters/inbound/rest/planted.py"
STORE = "adapters/outbound/persistence/planted.py"
VENDOR = "adapters/outbound/providers/mews/planted.py"
KIT = "adapters/outbound/provider_kit/planted.py"
PLANTED = [
    ("domain/booking.py", "flask", "pure-core"),
    ("domain/booking.py", "logging", "silent-domain"),
    ("domain/booking.py", "ports", "layers"),
    ("ports/planted.py", "application", "layers"),
    ("ports/planted.py", "os", "pure-core"),
    ("application/planted.py", "adapters", "layers"),
    ("application/planted.py", "random", "pure-core"),
    ("application/planted.py", "peewee", "pure-core"),
    ("adapters/planted.py", "entrypoints", "layers"),
    (REST, "ports", "driving-through-use-cases"),
    (REST, "adapters.outbound.memory", "in-meets-out-only-at-the-root"),
    (REST, "adapters.inbound.graphql", "driving-siblings"),
    (REST, "peewee", "orm-stays-home"),
    (STORE, "application", "driven-below-use-cases"),
    (STORE, "adapters.outbound.jobs", "driven-siblings"),
    (STORE, "redis", "queue-stays-home"),
    (STORE, "rq", "queue-stays-home"),
    (VENDOR, "adapters.outbound.providers.mock", "vendor-siblings"),
    (VENDOR, "requests", "http-client-stays-home"),
    (KIT, "adapters.outbound.memory", "driven-siblings"),
    ("entrypoints/planted.py", "pytest", "no-test-code"),
]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for package in PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=ignored)
    shutil.copy(ROOT / "setup.cfg", tmp_path)
    return tmp_path


def lint(root: Path, contract: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINT_IMPORTS, "--no-cache", "--contract", contract],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )


class TestContract:
    @pytest.mark.parametrize(("module", "imported", "contract"), PLANTED)
    def test_breaks_when_violated(
        self, copy: Path, module: str, imported: str, contract: str
    ) -> None:
        planted = copy / module
        planted.parent.mkdir(parents=True, exist_ok=True)
        before = planted.read_text() if planted.exists() else ""
        planted.write_text(f"{before}\nimport {imported}\n")
        done = lint(copy, contract)
        assert done.returncode == 1, done.stdout + done.stderr
        assert "BROKEN" in done.stdout, done.stdout + done.stderr

    def test_breaks_on_a_cycle_between_siblings(self, copy: Path) -> None:
        (copy / "domain/one.py").write_text("import domain.other\n")
        (copy / "domain/other.py").write_text("import domain.one\n")
        done = lint(copy, "acyclic")
        assert done.returncode == 1
        assert "BROKEN" in done.stdout, done.stdout + done.stderr

    def test_breaks_when_a_driven_adapter_is_left_out(self, copy: Path) -> None:
        unlisted = copy / "adapters/outbound/unlisted"
        unlisted.mkdir()
        (unlisted / "__init__.py").touch()
        assert lint(copy, "driven-siblings").returncode == 1
