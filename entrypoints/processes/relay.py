"""`pms relay`: delivers events from the outbox to the subscribers."""

import logging
from typing import Final

from domain.errors import PmsError
from entrypoints.processes.stop_signals import stop_on_signals
from entrypoints.wiring.container import Container

log = logging.getLogger(__name__)

IDLE_SECONDS: Final = 0.5
OUTAGE_SECONDS: Final = 2.0


def run_relay(container: Container) -> None:
    """Runs until SIGTERM or SIGINT. Several may run: one leads, the others stand by."""
    stop_requested = stop_on_signals()
    while not stop_requested.is_set():
        try:
            if container.relay_outbox() == 0:
                stop_requested.wait(IDLE_SECONDS)
        except PmsError as error:
            log.warning("relay_unavailable", extra={"code": error.code})
            stop_requested.wait(OUTAGE_SECONDS)
