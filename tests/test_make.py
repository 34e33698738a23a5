"""`make` sets up `.venv` with visible progress, and makes a moved or broken one anew."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.product_packages import ROOT

FILES = ("Makefile", ".ci/venv", "setup.cfg", "pyproject.toml", "constraints.txt")
INTERPRETER = """#!/bin/bash
# Answers like Python, except that `-m venv` and `-m pip` only write what the script looks at.
case "$1 $2" in
  "-m venv")
    mkdir -p "$3/bin"
    cp "$0" "$3/bin/python"
    echo "#!$PWD/$3/bin/python" > "$3/bin/pip"
    printf '#!/bin/bash\\necho "pms $*"\\n' > "$3/bin/pms"
    chmod +x "$3/bin/pms"
    ;;
  "-m pip")
    echo "Collecting one"
    echo "Collecting two"
    [ -z "$RELEASE" ] || read -r _ < "$RELEASE"
    [ -z "$FAILS" ] || { echo "no such package"; exit 1; }
    echo "$@" >> installed.txt
    ;;
  *) exec %s "$@" ;;
esac
"""
SLEEP = f"""#!/bin/bash
# Shorter than `.ci/venv` asks for: pip ends at once here.
exec {shutil.which("sleep")} 0.05
"""


class Checkout:
    """A copy of what `make` reads, with an interpreter that installs nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / ".ci").mkdir(parents=True)
        for name in FILES:
            shutil.copy(ROOT / name, folder / name)
        (folder / "programs").mkdir()
        for program, text in (
            (self.interpreter, INTERPRETER % sys.executable),
            (self.sleep, SLEEP),
        ):
            program.write_text(text)
            program.chmod(0o755)

    @property
    def interpreter(self) -> Path:
        return self.folder / "programs/interpreter"

    @property
    def sleep(self) -> Path:
        return self.folder / "programs/sleep"

    @property
    def installations(self) -> int:
        path = self.folder / "installed.txt"
        return len(path.read_text().splitlines()) if path.exists() else 0

    @contextmanager
    def making(self, **environment: str) -> Iterator["subprocess.Popen[str]"]:
        path = os.pathsep.join([str(self.sleep.parent), os.environ["PATH"]])
        process = subprocess.Popen(
            ["make", "--no-print-directory", "run", f"PYTHON={self.interpreter}", "ARGS=--check"],
            cwd=self.folder,
            env={"PATH": path, "PROGRESS_SECONDS": "1", **environment},
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    def make(self, *, code: int = 0, **environment: str) -> str:
        """The output of `make run`."""
        with self.making(**environment) as process:
            output, _ = process.communicate(timeout=60)
            assert process.returncode == code, output
            return output


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "checkout")


class TestMake:
    def test_sets_up_once(self, checkout: Checkout) -> None:
        first = checkout.make()
        assert "Making .venv with Python 3" in first
        assert "Installing the packages" in first
        assert first.endswith("pms up --check\n")
        assert "-c constraints.txt -e .[dev]" in (checkout.folder / "installed.txt").read_text()
        assert checkout.make() == "pms up --check\n"
        assert checkout.installations == 1

    def test_shows_progress_while_it_installs(self, checkout: Checkout, tmp_path: Path) -> None:
        release = tmp_path / "release"
        os.mkfifo(release)
        with checkout.making(RELEASE=str(release)) as process:
            assert process.stdout is not None
            assert any("2 packages found" in line for line in process.stdout)
            release.write_text("go on\n")
            output, _ = process.communicate(timeout=60)
        assert output.endswith("pms up --check\n")

    def test_installs_again_after_a_change_of_the_requirements(self, checkout: Checkout) -> None:
        checkout.make()
        ready = checkout.folder / ".venv/ready"
        later = ready.stat().st_mtime + 1
        os.utime(checkout.folder / "constraints.txt", (later, later))
        assert "Making .venv" not in checkout.make()
        assert checkout.installations == 2

    def test_makes_a_moved_environment_anew(self, checkout: Checkout, tmp_path: Path) -> None:
        checkout.make()
        checkout.folder = checkout.folder.rename(tmp_path / "moved to a folder with blanks")
        assert ".venv can't be used (it was moved); making it anew" in checkout.make()
        assert checkout.installations == 2
        assert checkout.make() == "pms up --check\n"

    @pytest.mark.parametrize("damage", ["missing", "broken", "dangling"])
    def test_makes_an_environment_with_a_broken_interpreter_anew(
        self, checkout: Checkout, damage: str
    ) -> None:
        checkout.make()
        python = checkout.folder / ".venv/bin/python"
        python.unlink()
        if damage == "dangling":
            python.symlink_to("/nowhere/python3")
        if damage == "broken":
            python.write_text("#!/nowhere/python3\n")
            python.chmod(0o755)
        output = checkout.make()
        assert ".venv can't be used (its Python does not run); making it anew" in output
        assert checkout.installations == 2

    def test_makes_an_environment_of_another_version_anew(self, checkout: Checkout) -> None:
        checkout.make()
        python = checkout.folder / ".venv/bin/python"
        python.write_text("#!/bin/bash\necho 3.9\n")
        output = checkout.make()
        assert ".venv can't be used (its Python is 3.9); making it anew" in output
        assert checkout.installations == 2

    def test_shows_what_pip_printed_when_it_fails(self, checkout: Checkout) -> None:
        output = checkout.make(code=2, FAILS="yes")
        assert "no such package\nInstalling the packages failed." in output
        assert checkout.make().endswith("pms up --check\n")

    def test_names_every_step_of_the_tests(self) -> None:
        command = ["make", "-n", "test"]
        steps = subprocess.run(command, capture_output=True, check=True, cwd=ROOT, text=True).stdout
        assert steps.index("Checking with ruff") < steps.index("Running the tests")
