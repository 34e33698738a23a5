"""Event subscribers that other installed packages bring."""

from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final

from domain.messages import OutboxMessage
from ports.event_bus import Subscriber

GROUP: Final = "pms_adapter.subscribers"


def installed_subscribers() -> Mapping[str, Subscriber]:
    """Entry points of the group, each a callable that takes an OutboxMessage."""
    return {point.name: point.load() for point in entry_points(group=GROUP)}


def file_subscriber(path: Path) -> Subscriber:
    """A subscriber that appends each event as a line of JSON; for demos and debugging."""

    def write(message: OutboxMessage) -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write(message.body + "\n")

    return write
