"""A full disk under PostgreSQL and under SQLite: a tmpfs of a fixed size, which only root can
mount."""

import errno
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.kills.installation import kills_installation
from tests.kills.outages import PROCESSES, measure_outage
from tests.kills.partners import ingest
from tests.kills.report import report
from tests.servers import PostgresServer, ValkeyServer

MEGABYTES: Final = 1_000
OUTAGES: Final = 3
_BLOCK: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class SmallDisk:
    folder: Path

    @contextmanager
    def full(self) -> Iterator[None]:
        """A file takes all that is left."""
        ballast = self.folder / "ballast"
        _fill(ballast)
        try:
            yield
        finally:
            ballast.unlink()


def _fill(file: Path) -> None:
    """In blocks, then in bytes, until nothing is left."""
    handle = os.open(file, os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        for size in (_BLOCK, 4_096, 1):
            _write_until_full(handle, size)
    finally:
        os.close(handle)


def _write_until_full(handle: int, size: int) -> None:
    try:
        while os.write(handle, b"\0" * size) == size:
            pass
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise


@contextmanager
def small_disk(megabytes: int) -> Iterator[SmallDisk]:
    """Raises CalledProcessError where this process may not mount one."""
    with tempfile.TemporaryDirectory(prefix="pms-disk-", dir="/tmp") as name:
        folder = Path(name)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", name]
        subprocess.run(mount, check=True, capture_output=True)
        try:
            yield SmallDisk(folder)
        finally:
            subprocess.run(["umount", "--lazy", name], check=True)


Outage = Callable[[], AbstractContextManager[None]]


@contextmanager
def _postgres_on(disk: SmallDisk) -> Iterator[tuple[str, Outage]]:
    with PostgresServer(parent=disk.folder) as postgres, postgres.database() as url:

        @contextmanager
        def full() -> Iterator[None]:
            with disk.full():
                yield
            if not postgres.process.is_running:  # it panics where its log has no room
                postgres.start()

        yield url, full


@contextmanager
def _sqlite_on(disk: SmallDisk) -> Iterator[tuple[str, Outage]]:
    yield f"sqlite:///{disk.folder / 'pms.sqlite3'}", disk.full


DATABASES: Final[
    Mapping[str, Callable[[SmallDisk], AbstractContextManager[tuple[str, Outage]]]]
] = {"postgres": _postgres_on, "sqlite": _sqlite_on}
"""The URL of a database on the disk, and what fills the disk for a while."""


def disk_full() -> bool:
    return all([_fill_disk_under(name) for name in DATABASES])


def _fill_disk_under(name: str) -> bool:
    with ExitStack() as cleanup:
        folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="pms-kills-")))
        disk = cleanup.enter_context(small_disk(MEGABYTES))
        valkey = cleanup.enter_context(ValkeyServer())
        url, full = cleanup.enter_context(DATABASES[name](disk))
        installation = cleanup.enter_context(
            kills_installation(url, valkey.url(), folder, partners=3, hotels=4)
        )
        installation.start(*PROCESSES)
        installation.start_web()
        with ingest(installation.partners) as pushing:
            for _ in range(OUTAGES):
                measure_outage(installation, pushing, f"{name}: disk full", full(), refuses=True)
        return report(
            "disk-full",
            installation.verify(),
            database=name,
            acknowledged=pushing.acknowledged,
            answers=dict(pushing.answers),
            exited=installation.exited(),
        )


CAMPAIGNS: Final[dict[str, Callable[[], bool]]] = {"disk-full": disk_full}
