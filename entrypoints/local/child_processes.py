"""Child processes of `pms up`, which end with their parent."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from adapters.outbound.private_files import open_private
from domain.errors import ErrorKind, PmsError
from entrypoints.processes.parent_death_signal import set_parent_death_signal
from entrypoints.wiring.process_needs import child_environment
from entrypoints.wiring.settings import Settings

STOP_TIMEOUT_SECONDS: Final = 8.0


class ChildProcessExited(PmsError, code="process_exited", kind=ErrorKind.UNAVAILABLE):
    """A process of this installation exited unexpectedly; its log has the reason."""


class ChildProcesses:
    """Each runs in its own session, so that Ctrl-C reaches only the parent, which then stops them.
    On Linux they also end when the parent is killed."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._logs = logs = settings.home / "logs"
        self._running: list[tuple[str, subprocess.Popen[bytes]]] = []
        self._stop_last: set[str] = set()
        logs.mkdir(mode=0o700, parents=True, exist_ok=True)

    def start(self, name: str, command: Sequence[str], *, stop_last: bool = False) -> None:
        """A program of others, which gets no settings. `stop_last`: others may use it until they
        have stopped."""
        self._start(name, command, child_environment(self._settings, None), stop_last=stop_last)

    def start_pms(self, name: str, *arguments: str, stop_last: bool = False) -> None:
        """A command of ours, with the settings that it needs."""
        environment = child_environment(self._settings, arguments[0])
        command = [sys.executable, "-m", "entrypoints.cli", *arguments]
        self._start(name, command, environment, stop_last=stop_last)

    def _start(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], *, stop_last: bool
    ) -> None:
        with open(self.log_path(name), "ab", opener=open_private) as log:
            process = subprocess.Popen(  # noqa: S603  # our own programs with our own arguments
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
                preexec_fn=set_parent_death_signal(os.getpid()),  # noqa: PLW1509  # the child only requests a signal
            )
        self._running.append((name, process))
        if stop_last:
            self._stop_last.add(name)

    def log_path(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    def require_running(self) -> None:
        """Raises ChildProcessExited with the process and its log."""
        for name, process in self._running:
            if process.poll() is not None:
                log = self.log_path(name)
                raise ChildProcessExited(f"{name} exited with code {process.returncode}; see {log}")

    def stop(self) -> None:
        """Stops all others together, then those started with `stop_last`."""
        self._terminate([child for child in self._running if child[0] not in self._stop_last])
        self._terminate([child for child in self._running if child[0] in self._stop_last])
        self._running = []

    def _terminate(self, running: Sequence[tuple[str, "subprocess.Popen[bytes]"]]) -> None:
        for _, process in reversed(running):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_TIMEOUT_SECONDS
        for _, process in running:
            try:
                process.wait(timeout=max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
