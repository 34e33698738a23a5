import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from adapters.outbound.persistence import migrations
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

    def test_restricts_our_files_and_no_others(self, tmp_path: Path) -> None:
        (tmp_path / "logs").mkdir()
        ours = ["pms.sqlite3", "pms.sqlite3-wal", "events.jsonl", "demo.json", "logs/web.log"]
        for name in (*ours, "theirs", "logs/theirs"):
            (tmp_path / name).touch()
            (tmp_path / name).chmod(0o664)
        (tmp_path / "simulated-x.journal").symlink_to(tmp_path / "theirs")
        ensure_private_home(tmp_path)
        assert {permissions(tmp_path / name) for name in ours} == {0o600}
        assert permissions(tmp_path / "logs") == 0o700
        assert permissions(tmp_path / "theirs") == permissions(tmp_path / "logs/theirs") == 0o664

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
            assert [path for path in home.iterdir() if permissions(path) & 0o077] == []

    def test_database_elsewhere_is_its_owners_under_any_server(self, tmp_path: Path) -> None:
        """Of a WSGI server that is not started by `pms`."""
        path = tmp_path / "data" / "pms.sqlite3"
        migrations.upgrade(f"sqlite:///{path}")
        with closing(sqlite3.connect(path)) as reader:
            reader.execute("SELECT count(*) FROM hotels")
            found = {each.name: permissions(each) for each in path.parent.iterdir()}
        assert found.pop("pms.sqlite3") == 0o600
        assert set(found.values()) <= {0o600}
        assert permissions(path.parent) == 0o700
