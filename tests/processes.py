"""`pms …` as real processes: started, killed with all their children, and never left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from entrypoints.wiring.settings import inherited_environment

REPOSITORY = Path(__file__).parent.parent


@dataclass
class PmsProcesses:
    """Each in a session of its own; their output goes to one file each."""

    logs: Path
    environment: dict[str, str]
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(
        self, *arguments: str, module: str = "entrypoints.cli", **environment: str
    ) -> subprocess.Popen[bytes]:
        with (self.logs / f"{len(self.running)}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=REPOSITORY,
                env=inherited_environment() | self.environment | environment,
                start_new_session=True,
            )
        self.running.append(process)
        return process

    def run(self, *arguments: str, seconds: float = 60, **environment: str) -> int:
        return self.start(*arguments, **environment).wait(seconds)

    def output(self) -> str:
        return "".join(log.read_text(errors="replace") for log in sorted(self.logs.glob("*.log")))

    def terminate_all(self) -> None:
        for process in self.running:
            kill_process_tree(process)


def kill_process_tree(process: "subprocess.Popen[bytes]") -> None:
    """SIGKILL to it and to all of its session; RQ's job processes have sessions of their own."""
    process_tree = (
        psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
    )
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    for member in process_tree:
        with suppress(psutil.NoSuchProcess):
            member.kill()
    process.wait()


def wait_until(condition: Callable[[], object], *, seconds: float, description: str) -> None:
    """Polls until it is so; for processes, whose time is not ours."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {description}")
        time.sleep(0.05)


@contextmanager
def processes_with_cwd(directory: Path, **environment: str) -> Iterator[PmsProcesses]:
    directory.mkdir(parents=True, exist_ok=True)
    started = PmsProcesses(directory, environment)
    try:
        yield started
    finally:
        started.terminate_all()
