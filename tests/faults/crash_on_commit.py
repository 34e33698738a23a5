"""Runs `pms …` and ends it as a power cut would, around one of its commits.

Arguments: `before` or `after`, the number of the commit (from 1), then the command's own.
"""

import os
import signal
import sys

from adapters.outbound.persistence.unit_of_work import StoredUnitOfWork
from entrypoints.cli.main import main


def crash(when: str, number: int) -> None:
    commit = StoredUnitOfWork.commit
    count = 0

    def counted(self: StoredUnitOfWork) -> None:
        nonlocal count
        count += 1
        if (when, count) == ("before", number):
            os.kill(os.getpid(), signal.SIGKILL)
        commit(self)
        if (when, count) == ("after", number):
            os.kill(os.getpid(), signal.SIGKILL)

    StoredUnitOfWork.commit = counted  # type: ignore[method-assign]  # the crash is put in here


if __name__ == "__main__":
    crash(sys.argv[1], int(sys.argv[2]))
    main(sys.argv[3:])
