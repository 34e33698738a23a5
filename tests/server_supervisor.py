"""Runs one server for a test run and ends it with that run, however the run ends.

Arguments: the owner's process id, the user to run as ("" for the same), the server's directory,
its command. The line `stop` or `crash` on stdin ends the server and leaves its directory. If the
owner is gone (end of file, or another parent process), the server ends, its directory is removed.
"""

import os
import select
import shutil
import signal
import subprocess
import sys

# SIGINT: PostgreSQL's fast shutdown, Valkey's orderly one. SIGQUIT ends all PostgreSQL processes
# without a checkpoint, like a power cut, and Valkey without saving.
SIGNALS = {"stop": signal.SIGINT, "crash": signal.SIGQUIT, "": signal.SIGQUIT}


def supervise(owner: int, user: str, directory: str, command: list[str]) -> int:
    _heed_signals()
    with open(f"{directory}/log", "ab") as log:
        server = subprocess.Popen(
            command,
            cwd=directory,
            user=user or None,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    stop_command = _next_command(owner, server)
    if stop_command is None:
        return server.returncode or 1
    server.send_signal(SIGNALS[stop_command])
    try:
        server.wait(20)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
    if not stop_command:
        shutil.rmtree(directory, ignore_errors=True)
    return 0


def _heed_signals() -> None:
    """A shell starts its background jobs with SIGINT and SIGQUIT ignored; the server inherits that,
    and Valkey would stay until it is killed."""
    for number in (signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)


def _next_command(owner: int, server: subprocess.Popen[bytes]) -> str | None:
    """The owner's command, "" when the owner is gone, None when the server ended by itself."""
    while server.poll() is None:
        readable, _, _ = select.select([sys.stdin], [], [], 0.5)
        if readable:
            return sys.stdin.readline().strip()
        if os.getppid() != owner:
            return ""
    return None


if __name__ == "__main__":
    sys.exit(supervise(int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:]))
