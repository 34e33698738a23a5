import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from entrypoints.cli.main import main
from entrypoints.local.demo import hold_instance_lock
from entrypoints.wiring.home_directory import ensure_private_home


def permissions(path: Path) -> int:
    return path.stat().st_mode & 0o777


class TestHomeDirectory:
    @pytest.fixture(autouse=True)
    def permissive_umask(self) -> Iterator[None]:
        before = os.umask(0o002)
        yield
        os.umask(before)

    def test_is_created_for_its_owner_only(self, tmp_path: Path) -> None:
        assert permissions(ensure_private_home(tmp_path / "deep" / "home")) == 0o700

    @pytest.mark.parametrize("name", ["secret_keys", "pms.sqlite3", "up.lock"])
    def test_with_wider_rights_is_restricted_if_it_has_our_files(
        self, tmp_path: Path, name: str
    ) -> None:
        tmp_path.chmod(0o755)
        (tmp_path / name).touch()
        assert permissions(ensure_private_home(tmp_path)) == 0o700

    def test_without_our_files_keeps_its_rights(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o755)
        (tmp_path / "theirs").touch()
        assert permissions(ensure_private_home(tmp_path)) == 0o755

    def test_is_private_after_any_first_command(self, tmp_path: Path) -> None:
        with hold_instance_lock(tmp_path / "up"):
            assert permissions(tmp_path / "up") == 0o700
        for command, name in ((("db", "upgrade"), "db"), (("doctor",), "doctor")):
            home = tmp_path / name
            CliRunner(env={"PMS_HOME": str(home)}).invoke(main, command, obj={"json": False})
            assert permissions(home) == 0o700
