"""The log of delivered events: a line per batch and subscriber, since a line per event costs more
than its delivery."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from domain.messages import OutboxMessage
from ports.event_bus import Failure

_LOG: Final = logging.getLogger("pms.events")


def log_delivered(
    sent: Sequence[OutboxMessage],
    failures: Sequence[tuple[OutboxMessage, Failure]],
    *,
    to: Sequence[str],
    now: datetime,
) -> None:
    """What each subscriber took of the batch; no line if it took nothing."""
    failed = {(failure.subscriber, message.id) for message, failure in failures}
    for subscriber in to:
        log_batch(subscriber, [m for m in sent if (subscriber, m.id) not in failed], now=now)


def log_batch(subscriber: str, taken: Sequence[OutboxMessage], *, now: datetime) -> None:
    """`lag_seconds`: the age of the oldest event."""
    if not taken:
        return
    lag = now - min(message.created_at for message in taken)
    _LOG.info(
        "events_delivered",
        extra={
            "subscriber": subscriber,
            "count": len(taken),
            "first_id": str(taken[0].id),
            "last_id": str(taken[-1].id),
            "lag_seconds": round(max(lag, timedelta(0)).total_seconds(), 3),
        },
    )
