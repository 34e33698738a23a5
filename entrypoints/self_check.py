"""`pms up --check`: the whole way of a booking through a running installation, unattended."""

import json
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any, Final

from domain.sync import SyncStatus
from entrypoints.hotel_check import CheckFailed, check_hotels
from entrypoints.up import Running
from entrypoints.waiting import wait_until

EVENT_SECONDS: Final = 30


def check(up: Running) -> dict[str, object]:
    """The figures: all hotels together, the way of a pushed booking, each hotel's own. Raises
    CheckFailed, NotInTime, ChildEnded with the reason."""
    hotels = check_hotels(up)
    started = time.monotonic()
    booking = _canonical_booking(up)
    _ingested(up, booking)
    ingested = time.monotonic()
    _read_back(up, booking)
    read = time.monotonic()
    _told(up, booking["external_id"])
    return {
        "ok": True,
        "sync_status": SyncStatus.COMPLETED,
        "sync_seconds": round(sum(hotel.sync_seconds for hotel in hotels), 2),
        "bookings": sum(hotel.bookings for hotel in hotels),
        "seen": sum(hotel.seen for hotel in hotels),
        "quarantined": sum(hotel.quarantined for hotel in hotels),
        "calls": sum(hotel.calls for hotel in hotels),
        "ingest_ms": round((ingested - started) * 1000, 1),
        "graphql_ms": round((read - ingested) * 1000, 1),
        "event_ms": round((time.monotonic() - ingested) * 1000, 1),
        "hotels": [asdict(hotel) for hotel in hotels],
    }


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
