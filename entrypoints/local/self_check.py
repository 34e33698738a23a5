"""`pms up --check`: follows a booking from push to event through a running installation."""

import json
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any, Final

from domain.sync_run import SyncStatus
from entrypoints.local.hotel_self_check import SelfCheckFailed, check_hotels
from entrypoints.local.installation import LocalInstallation
from entrypoints.local.polling import wait_until

EVENT_TIMEOUT_SECONDS: Final = 30


def check(up: LocalInstallation) -> dict[str, object]:
    """Figures of all hotels together, of a pushed booking and of each hotel. Raises CheckFailed,
    WaitTimedOut, ChildProcessExited."""
    hotels = check_hotels(up)
    started = time.monotonic()
    booking = _canonical_booking(up)
    _push_booking(up, booking)
    ingested = time.monotonic()
    _require_readable(up, booking)
    document = time.monotonic()
    _wait_for_event(up, booking["external_id"])
    return {
        "ok": True,
        "sync_status": SyncStatus.COMPLETED,
        "sync_seconds": round(sum(hotel.sync_seconds for hotel in hotels), 2),
        "bookings": sum(hotel.bookings for hotel in hotels),
        "seen": sum(hotel.seen for hotel in hotels),
        "quarantined": sum(hotel.quarantined for hotel in hotels),
        "calls": sum(hotel.calls for hotel in hotels),
        "ingest_ms": round((ingested - started) * 1000, 1),
        "graphql_ms": round((document - ingested) * 1000, 1),
        "event_ms": round((time.monotonic() - ingested) * 1000, 1),
        "hotels": [asdict(hotel) for hotel in hotels],
    }


def _canonical_booking(up: LocalInstallation) -> dict[str, Any]:
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


def _push_booking(up: LocalInstallation, booking: Mapping[str, Any]) -> None:
    response = _post_json(up, "/api/pms/canonical/bookings", booking)
    if [item.get("outcome") for item in response.get("items", [])] != ["applied"]:
        raise SelfCheckFailed(f"the booking was not applied: {response}")


def _require_readable(up: LocalInstallation, booking: Mapping[str, Any]) -> None:
    query = (
        'query($id: ID!) { booking(provider: "canonical", externalId: $id)'
        " { externalId status total { amount currency } } }"
    )
    variables = {"id": booking["external_id"]}
    response = _post_json(up, "/api/pms/graphql", {"query": query, "variables": variables})
    booking_read = (response.get("data") or {}).get("booking")
    expected = {
        "externalId": booking["external_id"],
        "status": booking["status"],
        "total": booking["total"],
    }
    if booking_read != expected:
        raise SelfCheckFailed(f"GraphQL does not return the pushed booking: {response}")


def _wait_for_event(up: LocalInstallation, external_id: str) -> None:
    def is_delivered() -> bool:
        if not up.events.exists():
            return False
        lines = up.events.read_text().splitlines()
        events = (json.loads(line) for line in lines if external_id in line)
        return any(event["type"] == "pms.booking.synced" for event in events)

    wait_until(
        is_delivered, up.children, seconds=EVENT_TIMEOUT_SECONDS, description="the booking's event"
    )


def _post_json(up: LocalInstallation, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(  # noqa: S310  # http on loopback
        f"{up.web_url}{path}",
        data=json.dumps(body).encode(),
        headers={
            "Content-Type": "application/json",
            "X-PMS-Provider-Key": up.demo.canonical_key,
            "Authorization": f"Bearer {up.demo.canonical_token}",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310  # as above
            document: dict[str, Any] = json.load(response)
            return document
    except OSError as error:
        raise SelfCheckFailed(f"{path}: {error}") from error
