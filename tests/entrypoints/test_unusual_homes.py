"""`pms up --check` in unusual homes, as another user and from a read-only checkout."""

import json
import os
import shutil
import stat
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from entrypoints.wiring.settings import inherited_environment
from tests.product_packages import copy_packages

NOBODY = 65_534
PACKAGES = sysconfig.get_path("purelib")
UNUSUAL_NAME = "a b#c%20?=ü'\"\\"
"""Characters with a meaning in URLs, in Valkey's arguments or in its list of clients."""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Short enough for a socket below it."""
    path = Path(tempfile.mkdtemp(prefix="pms-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def run_check(
    folder: Path, *, checkout: Path, python: str = sys.executable, user: int | None = None
) -> dict[str, object]:
    """Runs the self check with its temporary home in `folder`; returns its figures."""
    environment = inherited_environment() | {
        "TMPDIR": str(folder),
        "PYTHONPATH": os.pathsep.join([str(checkout), PACKAGES]),
    }
    finished = subprocess.run(
        [python, "-m", "entrypoints.cli", "up", "--check", "--bookings", "15"],
        capture_output=True,
        check=False,
        cwd=checkout,
        env=environment | {"HOME": "/nonexistent"} if user else environment,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=240,
        user=user,
        group=user,
        extra_groups=[] if user else None,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    figures: dict[str, object] = json.loads(finished.stdout)
    return figures


def make_read_only(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        path.chmod(path.stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))


def other_user() -> int | None:
    """`nobody` for root, whom no right restricts; None for any other user."""
    return NOBODY if os.geteuid() == 0 else None


def python_for(user: int | None) -> str:
    """An interpreter of this version that the user can run with our packages; skips the test if
    there is none."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        with suppress(FileNotFoundError, PermissionError):
            environment = inherited_environment() | {"PYTHONPATH": PACKAGES}
            command = [python, "-c", "import flask, orjson, psycopg, redis"]
            options: dict[str, Any] = {"cwd": "/", "env": environment, "user": user, "group": user}
            if subprocess.run(command, check=False, **options).returncode == 0:
                return python
    pytest.skip(f"user {user} can't run {sys.executable} and no other {version} is installed")


class TestUnusualHomes:
    def test_passes_the_check(self, folder: Path) -> None:
        home = folder / UNUSUAL_NAME
        home.mkdir()
        figures = run_check(home, checkout=Path.cwd())
        assert (figures["ok"], figures["sync_status"]) == (True, "COMPLETED")

    def test_passes_the_check_as_another_user_from_a_read_only_checkout(self, folder: Path) -> None:
        user = other_user()
        python = python_for(user)
        checkout, home = folder / "checkout", folder / "home"
        checkout.mkdir()
        home.mkdir()
        copy_packages(checkout)
        make_read_only(checkout)
        if user is not None:
            os.chown(home, user, user)
        assert run_check(home, checkout=checkout, python=python, user=user)["ok"] is True
