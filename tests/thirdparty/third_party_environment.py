"""A virtual environment of a third party, with the layer installed.

A .pth file adds the project's own site-packages, so that nothing is downloaded; packages installed
here do not change the project's environment.
"""

import json
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from entrypoints.wiring.settings import inherited_environment
from tests.processes import REPOSITORY

PACKAGE = Path(__file__).parent / "package"
SECONDS = 300
_OFFLINE = {
    "PIP_NO_INDEX": "1",
    "PIP_CONFIG_FILE": "/dev/null",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_INPUT": "1",
}

Completed = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class ThirdPartyEnvironment:
    """`folder`: working directory, virtual environment and PMS_HOME."""

    folder: Path

    @classmethod
    def create(cls, folder: Path) -> "ThirdPartyEnvironment":
        venv.create(folder / "venv", with_pip=False)
        environment = cls(folder)
        ours = sysconfig.get_path("purelib")
        purelib = environment.run(
            "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"
        ).stdout
        # addsitedir also processes the .pth files there, e.g. of an editable install.
        line = f"import site; site.addsitedir({ours!r})\n"
        (Path(purelib.strip()) / "layer.pth").write_text(line)
        return environment

    @property
    def python(self) -> Path:
        return self.folder / "venv/bin/python"

    @property
    def environment(self) -> Mapping[str, str]:
        own = {"PMS_HOME": str(self.folder / "home"), "PYTHONDONTWRITEBYTECODE": "1"}
        return inherited_environment() | _OFFLINE | own

    def run(self, *arguments: str, expected: int = 0) -> Completed:
        completed = subprocess.run(
            [str(self.python), *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        output = f"{completed.stdout}\n{completed.stderr}"
        assert completed.returncode == expected, f"{completed.returncode}\n{output}"
        return completed

    def pms(self, *arguments: str, expected: int = 0) -> Completed:
        return self.run("-m", "entrypoints.cli", *arguments, expected=expected)

    def json(self, *arguments: str, expected: int = 0) -> Any:
        return json.loads(self.pms(*arguments, "--json", expected=expected).stdout)

    def install(self, package: Path) -> None:
        """Installs a wheel built from a copy of the folder `package`."""
        copied = self.folder / "sources" / package.name
        shutil.copytree(package, copied, ignore=shutil.ignore_patterns("__pycache__"))
        wheels = self.folder / "wheels" / package.name
        options = ("--no-deps", "--no-build-isolation", "--wheel-dir", str(wheels))
        self.run("-m", "pip", "wheel", "--quiet", *options, str(copied))
        (wheel,) = wheels.glob("*.whl")
        self.run("-m", "pip", "install", "--quiet", "--no-deps", str(wheel))

    def install_editable(self, package: Path) -> None:
        options = ("--quiet", "--no-deps", "--no-build-isolation", "--editable")
        self.run("-m", "pip", "install", *options, str(package))

    def list_providers(self) -> dict[str, Any]:
        return {row["name"]: row for row in self.json("provider", "list")}


def run_tool(name: str, *arguments: str, cwd: Path) -> Completed:
    """Runs one of the project's tools; MYPYPATH since mypy ignores an editable install."""
    return subprocess.run(
        [sys.executable, "-m", name, *arguments],
        cwd=cwd,
        env=inherited_environment() | {"MYPYPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
