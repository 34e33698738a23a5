"""`make campaign ARGS=NAME` runs the named campaign; other arguments go to pytest, which runs the
tests marked `slow`."""

import subprocess
import sys

from tests.attacks import campaigns as attacks
from tests.kills import campaigns as kills
from tests.mutation import campaigns as mutation
from tests.simulation import campaigns as simulation

CAMPAIGNS = {
    **simulation.CAMPAIGNS,
    **attacks.CAMPAIGNS,
    **kills.CAMPAIGNS,
    **mutation.CAMPAIGNS,
}


def main(arguments: list[str]) -> int:
    if arguments and arguments[0] in CAMPAIGNS:
        return 0 if CAMPAIGNS[arguments[0]]() else 1
    # In a new process: pytest must import its plug-ins before anything else does.
    command = [sys.executable, "-m", "pytest", "--quiet", "-m", "slow", *arguments]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
