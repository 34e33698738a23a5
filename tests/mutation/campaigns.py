"""`make campaign ARGS=mutation`."""

import subprocess
import sys
from collections.abc import Callable
from typing import Final


def run_mutation() -> bool:
    """In a process that has imported nothing of the project, so that each mutant's can do it."""
    done = subprocess.run([sys.executable, "-m", "tests.mutation"], check=False)
    return done.returncode == 0


CAMPAIGNS: Final[dict[str, Callable[[], bool]]] = {"mutation": run_mutation}
