"""Somebody else's Python environment: it has the layer, and what they install into it.

It stands on the project's own environment by a .pth, so nothing is asked of the network, and what
is installed into it is installed nowhere else.
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

Ended = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Stranger:
    """`desk`: the folder they work in; nothing of ours lies there."""

    desk: Path

    @classmethod
    def at(cls, desk: Path) -> "Stranger":
        venv.create(desk / "venv", with_pip=False)
        found = cls(desk)
        ours = sysconfig.get_path("purelib")
        folder = found.run("-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout
        # addsitedir, so that the .pth files in there (an editable install's) are heeded as well.
        line = f"import site; site.addsitedir({ours!r})\n"
        (Path(folder.strip()) / "layer.pth").write_text(line)
        return found

    @property
    def python(self) -> Path:
        return self.desk / "venv/bin/python"

    @property
    def environment(self) -> Mapping[str, str]:
        own = {"PMS_HOME": str(self.desk / "home"), "PYTHONDONTWRITEBYTECODE": "1"}
        return inherited_environment() | _OFFLINE | own

    def run(self, *arguments: str, expected: int = 0) -> Ended:
        ended = subprocess.run(
            [str(self.python), *arguments],
            cwd=self.desk,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert ended.returncode == expected, f"{ended.returncode}\n{ended.stdout}\n{ended.stderr}"
        return ended

    def pms(self, *arguments: str, expected: int = 0) -> Ended:
        return self.run("-m", "entrypoints.cli", *arguments, expected=expected)

    def json(self, *arguments: str, expected: int = 0) -> Any:
        return json.loads(self.pms(*arguments, "--json", expected=expected).stdout)

    def install(self, folder: Path) -> None:
        """As a wheel, built from a copy."""
        copied = self.desk / "sources" / folder.name
        shutil.copytree(folder, copied, ignore=shutil.ignore_patterns("__pycache__"))
        wheels = self.desk / "wheels" / folder.name
        built = ("--no-deps", "--no-build-isolation", "--wheel-dir", str(wheels))
        self.run("-m", "pip", "wheel", "--quiet", *built, str(copied))
        (wheel,) = wheels.glob("*.whl")
        self.run("-m", "pip", "install", "--quiet", "--no-deps", str(wheel))

    def install_editable(self, folder: Path) -> None:
        how = ("--quiet", "--no-deps", "--no-build-isolation", "--editable")
        self.run("-m", "pip", "install", *how, str(folder))

    def listed(self) -> dict[str, Any]:
        return {row["name"]: row for row in self.json("provider", "list")}


def tool(name: str, *arguments: str, cwd: Path) -> Ended:
    """One of the project's own tools. Type checkers don't follow an editable install."""
    return subprocess.run(
        [sys.executable, "-m", name, *arguments],
        cwd=cwd,
        env=inherited_environment() | {"MYPYPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
