"""`pms relay`: delivers events from the outbox to the subscribers."""

import logging
from contextlib import suppress
from typing import Final

from adapters.outbound.jobs.outage_log import OutageLog
from domain.errors import PmsError
from entrypoints.processes.stop_signals import stop_on_signals
from entrypoints.wiring.container import Container

log = logging.getLogger(__name__)

IDLE_SECONDS: Final = 0.5
OUTAGE_SECONDS: Final = 2.0


def run_relay(container: Container) -> None:
    """Runs until SIGTERM or SIGINT, then lets another lead. Several may run: one leads, the others
    stand by."""
    stop_requested = stop_on_signals()
    outage = OutageLog(log, "relay")
    while not stop_requested.is_set():
        try:
            sent = container.relay_outbox(stop_requested.is_set)
            outage.worked()
            if sent == 0:
                stop_requested.wait(IDLE_SECONDS)
        except PmsError as error:
            outage.failed(code=error.code)
            stop_requested.wait(OUTAGE_SECONDS)
    with suppress(PmsError):
        container.relay_outbox.give_up_lease()
