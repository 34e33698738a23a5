"""`pms relay`: from the outbox to the subscribers."""

import logging
import signal
from threading import Event
from typing import Final

from domain.errors import PmsError
from entrypoints.container import Container

log = logging.getLogger(__name__)

IDLE_SECONDS: Final = 0.5
OUTAGE_SECONDS: Final = 2.0


def run_relay(container: Container) -> None:
    """Until SIGTERM or SIGINT. Several may run: one leads, the others stand by."""
    stopping = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    while not stopping.is_set():
        try:
            if container.relay_outbox() == 0:
                stopping.wait(IDLE_SECONDS)
        except PmsError as error:
            log.warning("relay_waits", extra={"code": error.code})
            stopping.wait(OUTAGE_SECONDS)
