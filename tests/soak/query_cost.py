"""Hotels with the largest data that is accepted, and what one request to them takes.

As a program it measures one request in a process of its own: `python -m tests.soak.query_cost URL
HOTEL REQUEST` prints the CPU-seconds of this process (the database server's are not in them), the
growth of its peak memory, the response's bytes, status and error code, and the page that was asked
for: in a query `%(first)d` is the largest page that is not refused.
"""

import base64
import gc
import hashlib
import json
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from werkzeug.test import TestResponse

from domain.connection import Connection
from domain.messages import InboxState, ItemOutcome
from domain.snapshots import Party, PartyRole, RoomStay
from domain.status import BookingStatus
from domain.values import AgeClass, AgeCount, Money, NightlyPrice, PriceBasis, Reason, Stay
from tests import builders
from tests.http.graphql_client import PATH
from tests.http.http_harness import Caller, HttpHarness, sql_harness

FIRST_DAY: Final = date(2026, 6, 1)
NIGHTS: Final = 30
MEGABYTE: Final = 1_000_000
KEY: Final = "1:" + base64.b64encode(hashlib.sha256(b"query cost").digest()).decode()
"""The same in the process that fills the database and in those that query it."""


def add_large_hotels(url: str) -> None:
    """`group`: bookings of many rooms and nights. `texts`: bookings, guests and quarantined items
    with long texts. `typical`: bookings of one room, and availability of 400 days."""
    with sql_harness(url, key=KEY) as harness:
        for slug in ("group", "texts", "typical"):
            harness.hotel(slug)
            harness.connection(slug)
        _add_group_bookings(harness, harness.stored_connection("group", "canonical"))
        _add_long_texts(harness, harness.stored_connection("texts", "canonical"))
        _add_typical(harness, harness.stored_connection("typical", "canonical"))


def _add_group_bookings(harness: HttpHarness, of: Connection) -> None:
    companion = Party(role=PartyRole.COMPANION, first_name="Ada", last_name="Byron")
    for number in range(200):
        primary = replace(companion, role=PartyRole.PRIMARY, guest_id=f"P{number:03}")
        booking = builders.booking(
            of,
            f"G{number:03}",
            stay=Stay(FIRST_DAY, FIRST_DAY + timedelta(days=NIGHTS)),
            rooms=_rooms(20),
            primary_guest=primary,
            further_guests=(companion,) * 20,
            extras=tuple((f"custom.field_{n:02}", '"a value"') for n in range(50)),
        )
        # Also the history of a booking that was reinstated again and again.
        with harness.store.unit_of_work() as uow:
            uow.bookings.save([booking])
            uow.guests.save([builders.guest(of, f"P{number:03}", first_name="Ada")])
            uow.bookings.record([builders.status_change(booking) for _ in range(100)])
            uow.commit()


def _rooms(count: int, nights: int = NIGHTS) -> tuple[RoomStay, ...]:
    days = [FIRST_DAY + timedelta(days=n) for n in range(nights)]
    return tuple(
        RoomStay(
            line_id=str(number),
            room_type_id="DBL",
            rate_plan_id="BAR",
            stay=Stay(FIRST_DAY, FIRST_DAY + timedelta(days=nights)),
            status=BookingStatus.CONFIRMED,
            occupancy=(AgeCount(AgeClass.ADULT, 2), AgeCount(AgeClass.CHILD, 1, 7)),
            nightly_prices=tuple(
                NightlyPrice(day, Money(10_000 + number, "EUR"), PriceBasis.GROSS) for day in days
            ),
        )
        for number in range(count)
    )


def _add_long_texts(harness: HttpHarness, of: Connection) -> None:
    text = "a long text " * (MEGABYTE // 12)
    for number in range(60):
        with harness.store.unit_of_work() as uow:
            uow.bookings.save([builders.booking(of, f"T{number:03}", notes=text)])
            uow.guests.save([builders.guest(of, f"T{number:03}", notes=text)])
            uow.inbox.add([_quarantined(of, text)])
            uow.commit()


def _quarantined(of: Connection, text: str) -> Any:
    return builders.inbox_item(
        of,
        body=json.dumps({"external_id": "T", "notes": text}).encode(),
        state=InboxState.QUARANTINED,
        outcome=ItemOutcome.QUARANTINED,
        reason=Reason("bad_text", "notes", "shorten it"),
    )


def _add_typical(harness: HttpHarness, of: Connection) -> None:
    bookings = [
        builders.booking(of, f"B{n:03}", rooms=_rooms(1, nights=3), notes="Late arrival.")
        for n in range(200)
    ]
    days = [FIRST_DAY + timedelta(days=n) for n in range(400)]
    cells = [
        builders.cell(of, day, f"R{n:02}", total=10, available=4, lowest_rate=Money(9_900, "EUR"))
        for day in days
        for n in range(25)
    ]
    with harness.store.unit_of_work() as uow:
        uow.bookings.save(bookings)
        uow.availability.save(cells)
        uow.commit()


@contextmanager
def caller_of(url: str, hotel: str) -> Iterator[Caller]:
    """Of a hotel that `add_large_hotels` added."""
    with sql_harness(url, key=KEY) as harness:
        yield harness.caller(hotel, partner=str(builders.new_id()))


def _send(caller: Caller, request: str) -> TestResponse:
    """A path to GET, or a GraphQL query."""
    if request.startswith("/"):
        return caller.get(request)
    return caller.post(PATH, {"query": request, "variables": {"n": 200.0}})


def _error_code(response: TestResponse) -> str | None:
    errors = response.get_json().get("errors") or [{}]
    code: str | None = errors[0].get("extensions", {}).get("code")
    return code


def _largest_page(caller: Caller, request: str) -> int:
    """By bisection; the queries also warm up the process."""
    low, high = 1, 201
    while high - low > 1:
        middle = (low + high) // 2
        is_accepted = _error_code(_send(caller, request % {"first": middle})) is None
        low, high = (middle, high) if is_accepted else (low, middle)
    return low


def _reset_peak_memory() -> int:
    """The peak from here on, in KiB; Linux alone can forget the one of the start."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return _peak_memory()


def _peak_memory() -> int:
    """In KiB. Linux counts the parent process in `ru_maxrss`."""
    with suppress(OSError):
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def measure(url: str, hotel: str, request: str) -> dict[str, object]:
    with caller_of(url, hotel) as caller:
        first = _largest_page(caller, request) if "%(first)d" in request else None
    # Another harness: no document is cached.
    with caller_of(url, hotel) as caller:
        _send(caller, "{hotel {slug}}")
        gc.collect()
        memory, start = _reset_peak_memory(), time.process_time()
        response = _send(caller, request % {"first": first} if first else request)
        seconds, grown = time.process_time() - start, _peak_memory() - memory
        return {
            "first": first,
            "cpu_seconds": round(seconds, 3),
            "memory_mb": round(grown / 1024, 1),
            "response_bytes": len(response.get_data()),
            "status": response.status_code,
            "code": _error_code(response),
        }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(*sys.argv[1:])))
