"""What other users of the machine, and other processes of ours, can read of an installation."""

import os
import signal
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from adapters.outbound.security.sealing import new_key
from entrypoints.wiring.process_needs import NEEDS
from tests.entrypoints.test_up import kill_orphans, pms, up
from tests.processes import PmsProcesses, wait_until
from tests.secured_valkey import PASSWORD, SecuredValkey, secured_valkey

__all__ = ["pms"]

DATABASE_PASSWORD = "planted-database-password"
FILES = {
    *("pms.sqlite3", "pms.sqlite3-wal", "pms.sqlite3-shm", "secret_keys", "demo.json", "up.lock"),
    *("events.jsonl", "valkey.sock", "logs", "logs/web.log", "logs/simulator-mews.log"),
}


@pytest.fixture
def open_umask() -> Iterator[None]:
    """Without any restriction; child processes inherit it."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[SecuredValkey]:
    with secured_valkey(tmp_path) as server:
        yield server


def role_of(process: psutil.Process) -> str:
    """The command of ours that it runs, by its log, as RQ and gunicorn set titles of their own."""
    log = Path(os.readlink(f"/proc/{process.pid}/fd/1"))
    return log.stem.partition("-")[0].replace("simulator", "simulate")


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
class TestUp:
    def test_home_is_its_users_only(self, pms: PmsProcesses, open_umask: None) -> None:
        process, children = up(pms)
        try:
            home = Path(pms.environment["PMS_HOME"])
            is_written = (home / "events.jsonl").exists
            wait_until(is_written, seconds=60, description="an event")
            modes = {path: path.lstat().st_mode for path in (home, *home.rglob("*"))}
            assert {str(path.relative_to(home)) for path in modes} >= FILES
            assert {
                str(path.relative_to(home)): oct(mode)
                for path, mode in modes.items()
                if stat.S_IMODE(mode) != (0o700 if stat.S_ISDIR(mode) else 0o600)
            } == {}
            process.send_signal(signal.SIGINT)
            assert process.wait(90) == 0
        finally:
            kill_orphans(children)

    def test_gives_each_process_the_secrets_that_it_needs(
        self,
        pms: PmsProcesses,
        valkey: SecuredValkey,
        postgres_url: str,
    ) -> None:
        key = new_key("planted")
        pms.environment |= {
            "PMS_SECRET_KEYS": key,
            "PMS_REDIS_URL": valkey.url,
            "PMS_DATABASE_URL": postgres_url.replace("@", f":{DATABASE_PASSWORD}@"),
            "PGPASSWORD": DATABASE_PASSWORD,
            "SPT_NOENV": "1",  # leaves the environment where /proc shows it
        }
        secrets = {
            "secret_keys": key.partition(":")[2],
            "redis_url": PASSWORD,
            "database_url": DATABASE_PASSWORD,
        }
        _, children = up(pms)
        try:
            seen: set[str] = set()
            for child in children:
                with suppress(FileNotFoundError, psutil.NoSuchProcess):  # a work horse that ended
                    seen.add(self.checked_role(child, secrets))
            assert seen == {"web", "worker", "scheduler", "relay", "simulate"}
        finally:
            kill_orphans(children)

    def checked_role(self, process: psutil.Process, secrets: Mapping[str, str]) -> str:
        role, given = role_of(process), "\n".join(process.environ().values())
        found = {name for name, text in secrets.items() if text in given}
        assert (role, found) == (role, NEEDS[role])
        assert not [text for text in secrets.values() if text in str(process.cmdline())]
        return role
