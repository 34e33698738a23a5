"""`pms up`: started, stopped by Ctrl-C and by a kill, and started again."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import psutil
import pytest

from entrypoints.local.installed_simulators import simulator_names
from tests.processes import PmsProcesses, processes_with_cwd, wait_until
from tests.servers import free_port

LINUX = pytest.mark.skipif(
    not hasattr(os, "pidfd_open"), reason="only Linux ends children with their parent"
)


@pytest.fixture
def pms(tmp_path: Path) -> Iterator[PmsProcesses]:
    """Its home has a path short enough for a socket."""
    home = tmp_path / "h"
    environment = {"PMS_HOME": str(home), "PMS_PORT": str(free_port()), "PMS_WEB_WORKERS": "1"}
    with processes_with_cwd(tmp_path / "logs", **environment) as processes:
        yield processes


def up(
    pms: PmsProcesses, *arguments: str
) -> "tuple[subprocess.Popen[bytes], list[psutil.Process]]":
    """Returns the process once it has printed its welcome, and its descendants."""
    before = pms.output().count("Ctrl-C stops everything")
    process = pms.start("up", "--bookings", "60", "--live-every", "0", *arguments)

    def wait_for_welcome() -> bool:
        assert process.poll() is None, pms.output()
        return pms.output().count("Ctrl-C stops everything") > before

    wait_until(wait_for_welcome, seconds=90, description="the welcome")
    return process, psutil.Process(process.pid).children(recursive=True)


def run_check(pms: PmsProcesses, *arguments: str, seconds: float) -> dict[str, dict[str, object]]:
    """Returns the figures of each hotel by provider."""
    code = pms.run("up", "--check", "--bookings", "25", *arguments, seconds=seconds)
    assert code == 0, pms.output()
    figures = json.loads(pms.output().splitlines()[-1])
    assert figures["ok"] is True
    for hotel in figures["hotels"]:
        assert (hotel["sync_status"], hotel["drift"]) == ("COMPLETED", 0)
        assert hotel["bookings"] >= 25
    return {hotel["provider"]: hotel for hotel in figures["hotels"]}


def orphans(children: list[psutil.Process]) -> list[list[str]]:
    """Returns the command lines of the children that still run."""
    found = []
    for child in children:
        with suppress(psutil.NoSuchProcess):
            if child.is_running() and child.status() != psutil.STATUS_ZOMBIE:
                found.append(child.cmdline())
    return found


def wait_for_exit(children: list[psutil.Process], *, seconds: float) -> None:
    with suppress(AssertionError):
        wait_until(lambda: not orphans(children), seconds=seconds, description="their end")
    assert orphans(children) == []


def runs_of(pms: PmsProcesses) -> list[tuple[str, str, str]]:
    path = Path(pms.environment["PMS_HOME"]) / "pms.sqlite3"
    with closing(sqlite3.connect(path, timeout=60)) as database:
        return database.execute("SELECT trigger, status, kind FROM sync_runs").fetchall()


def kill_orphans(children: list[psutil.Process]) -> None:
    for child in children:
        if child.is_running():
            child.kill()


class TestUp:
    def test_check_passes(self, pms: PmsProcesses) -> None:
        code = pms.run("up", "--check", "--bookings", "100", seconds=180)
        assert code == 0, pms.output()
        figures = json.loads(pms.output().splitlines()[-1])
        assert (figures["ok"], figures["sync_status"]) == (True, "COMPLETED")

    def test_check_passes_with_several_providers(self, pms: PmsProcesses) -> None:
        wanted = ("--provider", "apaleo", "--provider", "alpinebits")
        hotels = run_check(pms, *wanted, seconds=180)
        assert list(hotels) == ["apaleo", "alpinebits"]
        assert hotels["apaleo"]["webhooks_received"] is True

    @pytest.mark.slow
    def test_check_passes_with_every_provider(self, pms: PmsProcesses) -> None:
        """Slow: some vendors allow only a few requests per second."""
        assert set(run_check(pms, "--all-providers", seconds=400)) == set(simulator_names())

    def test_error_names_the_providers_with_a_simulator(self, pms: PmsProcesses) -> None:
        assert pms.run("up", "--provider", "teleported", seconds=30) == 1
        assert f"there are {', '.join(simulator_names())}" in pms.output()
        assert not (Path(pms.environment["PMS_HOME"]) / "pms.sqlite3").exists()

    def test_rejects_a_port_that_another_server_has(self, pms: PmsProcesses) -> None:
        with socket.create_server(("127.0.0.1", int(pms.environment["PMS_PORT"]))):
            assert pms.run("up", seconds=30) == 1
        assert "PMS_PORT: another server has port" in pms.output()
        assert "--port" in pms.output()
        assert not (Path(pms.environment["PMS_HOME"]) / "pms.sqlite3").exists()

    @LINUX
    def test_killed_leaves_no_orphans_and_continues_with_an_added_hotel(
        self, pms: PmsProcesses
    ) -> None:
        first, children = up(pms)
        try:
            assert len(children) >= 7
            first.kill()
            first.wait()
            wait_for_exit(children, seconds=40)

            second, children = up(pms, "--provider", "apaleo")
            first_run_ids = [run for run in runs_of(pms) if run[0] == "first"]
            assert first_run_ids == [("first", "COMPLETED", "full")] * 2
            assert pms.run("verify", "demo", "--json") == 0
            assert pms.run("verify", "demo-apaleo", "--json") == 0
            second.send_signal(signal.SIGINT)
            assert second.wait(90) == 0
            assert orphans(children) == []
        finally:
            kill_orphans(children)
