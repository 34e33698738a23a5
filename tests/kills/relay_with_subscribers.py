"""Runs `pms …` with two more subscribers, as plug-ins would add them.

Arguments: a folder, then the command's own. `slow` takes a tenth of a second for each event,
`hangs` does not return while the folder has a file `hang`. Each writes its events to a file of its
name.
"""

import sys
import time
from collections.abc import Mapping
from pathlib import Path

from domain.messages import OutboxMessage
from entrypoints.cli.main import main
from entrypoints.wiring import container
from entrypoints.wiring.subscribers import file_subscriber
from ports.event_bus import Subscriber

SECONDS = 0.1


def subscribers(folder: Path) -> Mapping[str, Subscriber]:
    write_slowly = file_subscriber(folder / "slow.jsonl")
    write = file_subscriber(folder / "hangs.jsonl")

    def slow(message: OutboxMessage) -> None:
        time.sleep(SECONDS)
        write_slowly(message)

    def hangs(message: OutboxMessage) -> None:
        while (folder / "hang").exists():
            time.sleep(SECONDS)
        write(message)

    return {"slow": slow, "hangs": hangs}


if __name__ == "__main__":
    added = subscribers(Path(sys.argv[1]))
    # No plug-in is installed for it.
    setattr(container, "installed_subscribers", lambda: added)  # noqa: B010
    main(sys.argv[2:])
