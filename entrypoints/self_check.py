"""`pms up --check`: the whole way of a booking through a running installation, unattended."""

import json
import time
import urllib.request
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from domain.errors import ErrorKind, PmsError
from domain.sync import SyncRun, SyncStatus
from entrypoints.up import Running, first_sync
from entrypoints.waiting import wait_until

SYNC_SECONDS: Final = 240
EVENT_SECONDS: Final = 30


class CheckFailed(PmsError):
    """The installation does not do what it should."""

    code = "check_failed"
    kind = ErrorKind.BUG


def check(up: Running) -> dict[str, object]:
    """The figures. Raises CheckFailed, NotInTime, ChildEnded with the reason."""
    started = time.monotonic()
    run = _synced(up)
    synced = time.monotonic()
    booking = _canonical_booking(up)
    _ingested(up, booking)
    ingested = time.monotonic()
    _read_back(up, booking)
    read = time.monotonic()
    _told(up, booking["external_id"])
    return {
        "ok": True,
        "sync_status": run.status,
        "sync_seconds": round(synced - started, 2),
        "bookings": up.container.store.queries.count_bookings(run.hotel_id),
        "seen": run.counts.seen,
        "quarantined": run.counts.quarantined,
        "calls": run.transport.calls,
        "ingest_ms": round((ingested - synced) * 1000, 1),
        "graphql_ms": round((read - ingested) * 1000, 1),
        "event_ms": round((time.monotonic() - ingested) * 1000, 1),
    }


def _synced(up: Running) -> SyncRun:
    queued = first_sync(up)
    if queued is None:
        raise CheckFailed("this home was synced before; the check wants a fresh one")
    queries = up.container.store.queries

    def current() -> SyncRun:
        return queries.sync_run(queued.hotel_id, queued.id) or queued

    wait_until(
        lambda: current().status.is_final, up.children, seconds=SYNC_SECONDS, what="the first sync"
    )
    run = current()
    if run.status is not SyncStatus.COMPLETED:
        raise CheckFailed(f"the first sync ended as {run.status}: {run.error_code or run.counts}")
    return run


def _canonical_booking(up: Running) -> dict[str, Any]:
    now = up.container.clock.now()
    arrival = (now + timedelta(days=30)).date()
    return {
        "external_id": f"check-{up.container.ids.new()}",
        "source_version": {"updated_at": now.isoformat()},
        "status": "CONFIRMED",
        "stay": {
            "arrival": arrival.isoformat(),
            "departure": (arrival + timedelta(days=2)).isoformat(),
        },
        "total": {"amount": "240.50", "currency": "EUR"},
    }


def _ingested(up: Running, booking: Mapping[str, Any]) -> None:
    answer = _post(up, "/api/pms/canonical/bookings", booking)
    if [item.get("outcome") for item in answer.get("items", [])] != ["applied"]:
        raise CheckFailed(f"the booking was not applied: {answer}")


def _read_back(up: Running, booking: Mapping[str, Any]) -> None:
    query = (
        'query($id: ID!) { booking(provider: "canonical", externalId: $id)'
        " { externalId status total { amount currency } } }"
    )
    variables = {"id": booking["external_id"]}
    answer = _post(up, "/api/pms/graphql", {"query": query, "variables": variables})
    found = (answer.get("data") or {}).get("booking")
    expected = {
        "externalId": booking["external_id"],
        "status": booking["status"],
        "total": booking["total"],
    }
    if found != expected:
        raise CheckFailed(f"GraphQL does not give the booking back: {answer}")


def _told(up: Running, external_id: str) -> None:
    def delivered() -> bool:
        if not up.events.exists():
            return False
        lines = up.events.read_text().splitlines()
        events = (json.loads(line) for line in lines if external_id in line)
        return any(event["type"] == "pms.booking.synced" for event in events)

    wait_until(delivered, up.children, seconds=EVENT_SECONDS, what="the booking's event")


def _post(up: Running, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(  # noqa: S310  # http on loopback
        f"{up.home_url}{path}",
        data=json.dumps(body).encode(),
        headers={
            "Content-Type": "application/json",
            "X-PMS-Provider-Key": up.demo.canonical_key,
            "Authorization": f"Bearer {up.demo.canonical_token}",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  # as above
            read: dict[str, Any] = json.load(answer)
            return read
    except OSError as error:
        raise CheckFailed(f"{path}: {error}") from error
