import json
import subprocess
import sys
from pathlib import Path

from tests.product_packages import PACKAGES, ROOT

PROBE = Path(__file__).with_name("import_probe.py")


def probe(*roots: str, root: Path = ROOT) -> tuple[int, list[list[str]]]:
    done = subprocess.run(
        [sys.executable, str(PROBE), *roots],
        cwd=root,
        env={"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    return answer["modules"], answer["effects"]


class TestImports:
    def test_have_no_effect_and_need_no_setting(self) -> None:
        modules, effects = probe(*PACKAGES)
        assert modules > len(PACKAGES)
        assert effects == []

    def test_with_an_effect_are_found(self, tmp_path: Path) -> None:
        package = tmp_path / "planted"
        package.mkdir()
        (package / "__init__.py").touch()
        (package / "opens.py").write_text("import sqlite3\nsqlite3.connect(':memory:').close()\n")
        (package / "reads.py").write_text("import os\nos.environ['PMS_ENV']\n")
        _, effects = probe("planted", root=tmp_path)
        assert effects == [
            ["planted.opens", "sqlite3.connect"],
            ["planted.reads", "KeyError('PMS_ENV')"],
        ]
