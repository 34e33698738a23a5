"""Event subscribers: plug-ins of other packages, and the one that writes a file."""

import logging
from collections.abc import Mapping
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Final, cast

from adapters.outbound.private_files import open_private
from domain.messages import OutboxMessage
from entrypoints.wiring.plugins import call_plugin, describe_error
from ports.errors import Misconfigured
from ports.event_bus import Subscriber

log = logging.getLogger(__name__)

GROUP: Final = "pms_adapter.subscribers"


def installed_subscribers() -> Mapping[str, Subscriber]:
    """Entry points of the group, each a callable that takes an OutboxMessage.

    One that can't be loaded rejects every event: the relay keeps its events and delivers them once
    a start of the process can load it.
    """
    return {point.name: _load_subscriber(point) for point in entry_points(group=GROUP)}


def _load_subscriber(point: EntryPoint) -> Subscriber:
    def reject_events(error: BaseException) -> Subscriber:
        log.error(
            "subscriber_unusable",
            extra={
                "subscriber": point.name,
                "target": point.value,
                "problem": describe_error(error),
            },
        )
        return partial(_reject_event, point.name)

    return call_plugin(lambda: cast("Subscriber", point.load()), reject_events)


def _reject_event(subscriber: str, _message: OutboxMessage) -> None:
    raise Misconfigured("This subscriber's plug-in can't be used", subscriber=subscriber)


def file_subscriber(path: Path) -> Subscriber:
    """Appends each event as a line of JSON; for demos and debugging. A new file is its owner's."""

    def write(message: OutboxMessage) -> None:
        with open(path, "a", encoding="utf-8", opener=open_private) as file:
            file.write(message.body + "\n")

    return write
