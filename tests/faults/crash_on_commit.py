"""Runs `pms …` and ends or stops it around one of its commits.

Arguments: `before` or `after` (SIGKILL, as a power cut would), or `stopped` (SIGSTOP before it),
the number of the commit (from 1), then the command's own.
"""

import os
import signal
import sys
import threading

from adapters.outbound.persistence.unit_of_work import StoredUnitOfWork
from entrypoints.cli.main import main


def interrupt(when: str, number: int) -> None:
    commit = StoredUnitOfWork.commit
    count = 0

    def counted(self: StoredUnitOfWork) -> None:
        nonlocal count
        count += 1
        if (when, count) == ("before", number):
            os.kill(os.getpid(), signal.SIGKILL)
        if (when, count) == ("stopped", number):
            self.open_session.rows("SELECT 1")  # sends the statements that waited for the next one
            # To this thread: it would go on while another one takes the process's signal.
            signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
        commit(self)
        if (when, count) == ("after", number):
            os.kill(os.getpid(), signal.SIGKILL)

    StoredUnitOfWork.commit = counted  # type: ignore[method-assign]  # the interruption is put in here


if __name__ == "__main__":
    interrupt(sys.argv[1], int(sys.argv[2]))
    main(sys.argv[3:])
