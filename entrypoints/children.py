"""Child processes of `pms up`: started, watched, and ended with their parent, in order."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from domain.errors import ErrorKind, PmsError
from entrypoints.parents import end_with_parent

GRACE_SECONDS: Final = 8.0


class ChildEnded(PmsError):
    """A process of this installation ended by itself; its log tells why."""

    code = "process_ended"
    kind = ErrorKind.UNAVAILABLE


class Children:
    """Each runs in a session of its own, so that Ctrl-C reaches only the parent, which then ends
    them. On Linux they also end when the parent is killed."""

    def __init__(self, logs: Path, environment: Mapping[str, str]) -> None:
        self._logs = logs
        self._environment = dict(environment)
        self._running: list[tuple[str, subprocess.Popen[bytes]]] = []
        self._needed: set[str] = set()
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, name: str, command: Sequence[str], *, needed: bool = False) -> None:
        """`needed`: others may still use it while they end."""
        with self.log_of(name).open("ab") as log:
            process = subprocess.Popen(  # noqa: S603  # our own programs with our own arguments
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                start_new_session=True,
                preexec_fn=end_with_parent(os.getpid()),  # noqa: PLW1509  # the child only asks for a signal
            )
        self._running.append((name, process))
        if needed:
            self._needed.add(name)

    def start_pms(self, name: str, *arguments: str, needed: bool = False) -> None:
        self.start(name, [sys.executable, "-m", "entrypoints.cli", *arguments], needed=needed)

    def log_of(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    def require_all(self) -> None:
        """Raises ChildEnded naming the process and its log."""
        for name, process in self._running:
            if process.poll() is not None:
                log = self.log_of(name)
                raise ChildEnded(f"{name} ended with code {process.returncode}; see {log}")

    def stop(self) -> None:
        """All but those that others may still need at once, then these."""
        self._end([child for child in self._running if child[0] not in self._needed])
        self._end([child for child in self._running if child[0] in self._needed])
        self._running = []

    def _end(self, running: Sequence[tuple[str, "subprocess.Popen[bytes]"]]) -> None:
        for _, process in reversed(running):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        for _, process in running:
            try:
                process.wait(timeout=max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
