"""Each import contract is broken by an import planted against it."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.product_packages import ROOT, copy_packages

LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")

# Module that gets the import, what it imports, the contract that must break.
REST = "adapters/inbound/rest/planted.py"
STORE = "adapters/outbound/persistence/planted.py"
VENDOR = "adapters/outbound/providers/mews/planted.py"
KIT = "adapters/outbound/provider_kit/planted.py"
CLIENT = "adapters/outbound/providers/mews/client/planted.py"
ENGINE = "adapters/outbound/persistence/engine/planted.py"
HTTP = "adapters/outbound/provider_kit/http/planted.py"
PARSING = "adapters/outbound/provider_kit/parsing/planted.py"
PROCESS = "entrypoints/processes/planted.py"
WIRING = "entrypoints/wiring/planted.py"
PRODUCT = "product-without-test-equipment"
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
    ("application/planted.py", "domain.sync", "names-of-version-0-1"),
    (KIT, "ports.conversations", "names-of-version-0-1"),
    (REST, "adapters.outbound.memory", PRODUCT),
    (CLIENT, "adapters.outbound.providers.mews.simulator", PRODUCT),
    ("adapters/outbound/providers/mews/mapping/planted.py", "adapters.outbound.memory", PRODUCT),
    ("adapters/outbound/providers/mews/provider.py", "entrypoints.scaffold", PRODUCT),
    (HTTP, "adapters.outbound.provider_kit.simulation", PRODUCT),
    ("application/planted.py", "adapters.outbound.providers.apaleo.simulator", PRODUCT),
    (WIRING, "adapters.outbound.memory", PRODUCT),
    (WIRING, "entrypoints.local", PRODUCT),
    (PROCESS, "entrypoints.certification", PRODUCT),
    (PROCESS, "entrypoints.scaffold", PRODUCT),
    (WIRING, "entrypoints.processes", "entry-points"),
    (PROCESS, "entrypoints.local", "entry-points"),
    ("entrypoints/local/planted.py", "entrypoints.cli", "entry-points"),
    ("entrypoints/certification/planted.py", "entrypoints.cli", "entry-points"),
    (ENGINE, "adapters.outbound.persistence.schema", "persistence"),
    (
        "adapters/outbound/persistence/schema/planted.py",
        "adapters.outbound.persistence.stores",
        "persistence",
    ),
    (
        "adapters/outbound/persistence/stores/planted.py",
        "adapters.outbound.persistence.queries",
        "persistence",
    ),
    (PARSING, "adapters.outbound.provider_kit.http", "provider-kit"),
    (HTTP, "adapters.outbound.provider_kit.declarative", "provider-kit"),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The product's packages; a test takes away what it planted there."""
    root = tmp_path_factory.mktemp("copy")
    copy_packages(root)
    shutil.copy(ROOT / "setup.cfg", root)
    return root


@contextmanager
def planted(path: Path, text: str) -> Iterator[None]:
    """Appends to a module, or adds one with its package."""
    before = path.read_text() if path.exists() else None
    is_new_package = not path.parent.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{before or ''}\n{text}\n")
    try:
        yield
    finally:
        if before is not None:
            path.write_text(before)
        elif is_new_package:
            shutil.rmtree(path.parent)
        else:
            path.unlink()


def lint(root: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    selected = [f"--contract={contract}" for contract in contracts]
    return subprocess.run(
        [LINT_IMPORTS, "--cache-dir", root / "cache", *selected],
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
        with planted(copy / module, f"import {imported}"):
            done = lint(copy, contract)
        assert done.returncode == 1, done.stdout + done.stderr
        assert "BROKEN" in done.stdout, done.stdout + done.stderr

    def test_breaks_on_a_cycle_between_modules(self, copy: Path) -> None:
        with (
            planted(copy / "domain/one.py", "import domain.other"),
            planted(copy / "domain/other.py", "import domain.one"),
        ):
            done = lint(copy, "acyclic")
        assert done.returncode == 1
        assert "BROKEN" in done.stdout, done.stdout + done.stderr

    @pytest.mark.parametrize(
        ("container", "contract"),
        [
            ("adapters/outbound", "driven-siblings"),
            ("adapters/outbound/persistence", "persistence"),
            ("adapters/outbound/provider_kit", "provider-kit"),
            ("entrypoints", "entry-points"),
        ],
    )
    def test_breaks_when_a_package_is_not_listed(
        self, copy: Path, container: str, contract: str
    ) -> None:
        with planted(copy / container / "unlisted/__init__.py", ""):
            assert lint(copy, contract).returncode == 1

    def test_holds_without_a_violation(self, copy: Path) -> None:
        contracts = {contract for _, _, contract in PLANTED}
        done = lint(copy, *contracts)
        assert done.returncode == 0, done.stdout
        assert f"{len(contracts)} kept" in done.stdout
