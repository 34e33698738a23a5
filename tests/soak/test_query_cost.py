"""What the dearest requests take, and another hotel's wait beside them. Prints one JSON line each.

The queries are those that were found to take most within the limits, not a proof that none takes
more. Figures of one machine: nothing is asserted about time.
"""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

from adapters.outbound.persistence.migrations import upgrade
from entrypoints.local.demo import connect_canonical
from tests.faults.process_installation import BookingPusher, InstalledApp, booking, installed
from tests.http.graphql_client import PATH
from tests.soak.query_cost import add_large_hotels

pytestmark = pytest.mark.slow

PAGE = "%(first)d"
"""The largest page that is accepted."""
YEAR = 'from: "2026-06-01", to: "2027-07-01"'
TEN = ", ".join(f'"R{n:02}"' for n in range(10))


def page(of: str, fields: str, first: str = PAGE) -> str:
    return f"{of}(first: {first}) {{edges {{node {{{fields}}}}}}}"


def aliased(field: str) -> str:
    return " ".join(f"a{n}: {field}" for n in range(15))


PRICES = "rooms {nightlyPrices {night basis price {amount minor currency}}}"
CELL = "roomTypeId date total available closed minStay lowestRate {amount currency}"
TYPICAL = """id externalId status stay {arrival departure} primaryGuest {lastName email}
    rooms {roomTypeId nightlyPrices {night price {amount}}}"""
LISTS = "furtherGuests {firstName lastName} extras {path json} guest {lastName}"
REQUESTS = {
    "page_by_float": ("group", f"query ($n: Int!) {{{page('bookings', PRICES, '$n')}}}"),
    "prices": ("group", f"{{{page('bookings', PRICES)}}}"),
    "nights": ("group", f"{{{page('bookings', 'rooms {nightlyPrices {night}}')}}}"),
    "other_lists": ("group", f"{{{page('bookings', LISTS)}}}"),
    "contents": ("group", f"{{{page('bookings', 'notes')}}}"),
    "histories": ("group", f"{{{page('bookings', 'statusHistory {at from to kind}')}}}"),
    "many_pages": ("group", f"{{{aliased(page('bookings', 'id'))}}}"),
    "many_pages_of_guests": ("group", f"{{{aliased(page('guests', 'id'))}}}"),
    "many_lists_of_runs": ("group", f"{{{aliased(page('syncRuns', 'id'))}}}"),
    "typical_bookings": ("typical", f"{{{page('bookings', TYPICAL, '200')}}}"),
    "cells": ("typical", f"{{availability(filter: {{{YEAR}}}) {{date}}}}"),
    "cells_of_ten_room_types": (
        "typical",
        f"{{availability(filter: {{{YEAR}, roomTypes: [{TEN}]}}) {{{CELL}}}}}",
    ),
    "ids_beside_long_texts": ("texts", f"{{{page('bookings', 'externalId', '60')}}}"),
    "long_texts": ("texts", f"{{{page('bookings', 'notes')}}}"),
    "all_long_texts": ("texts", f"{{{page('bookings', 'notes', '60')}}}"),
    "long_texts_of_guests": ("texts", f"{{{page('guests', 'notes')}}}"),
    "ids_of_guests_with_long_texts": ("texts", f"{{{page('guests', 'externalId', '60')}}}"),
    "quarantine": ("texts", "/api/pms/quarantine?limit=60"),
    "repeated_fields": ("typical", "{" + "hotel " * 990 + "}"),
    "repeated_objects": ("typical", "{" + "hotel {slug} " * 70 + "}"),
}


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


def report(**figures: object) -> None:
    sys.stderr.write(json.dumps(figures) + "\n")


class TestRequest:
    def test_of_the_dearest_kinds(self, database_url: str) -> None:
        upgrade(database_url)
        add_large_hotels(database_url)
        for name, (hotel, request) in REQUESTS.items():
            command = [sys.executable, "-m", "tests.soak.query_cost", database_url, hotel, request]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            measured = json.loads(done.stdout)
            report(request=name, database=database_url.partition(":")[0], **measured)
            assert measured["code"] in (None, "QUERY_TOO_LARGE", "GRAPHQL_VALIDATION_FAILED")


LIGHT = f"{{{page('bookings', 'id externalId status stay {arrival departure}', '10')}}}"
WHOLE = "id externalId rooms {roomTypeId status} primaryGuest {lastName email} notes extras {path}"
HEAVY = f"{{{page('bookings', WHOLE, '200')} b: {page('bookings', WHOLE, '200')}}}"


class TestOtherHotel:
    def test_waits_beside_twenty_parallel_queries(
        self, database_url: str, redis_url: str, tmp_path: Path
    ) -> None:
        with installed(database_url, redis_url, tmp_path) as app:
            busy = app.pusher()
            quiet = self.second_hotel(app, busy.key)
            app.start_web()
            for pusher in (busy, quiet):
                sent = [booking(f"B{n}") for n in range(200)]
                assert pusher.post("/api/pms/canonical/bookings", sent)[0] == 200
            alone = self.median(quiet)
            command = [sys.executable, "-m", "tests.soak.parallel_load", str(busy.port)]
            with subprocess.Popen(
                [*command, busy.key, busy.token, HEAVY],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            ) as load:
                assert load.stdout is not None
                load.stdout.readline()
                beside = self.median(quiet)
                answers, _ = load.communicate()
            report(
                other_hotel_p50_ms=round(beside * 1_000, 1),
                alone_p50_ms=round(alone * 1_000, 1),
                ratio=round(beside / alone, 1),
                database=database_url.partition(":")[0],
                answers=json.loads(answers),
            )
            assert set(json.loads(answers)) <= {"200", "429"}

    def second_hotel(self, app: InstalledApp, key: str) -> BookingPusher:
        app.add_hotel("graz")
        _, token = connect_canonical(app.container, "graz")
        return BookingPusher(app.container.settings.port, key, token)

    def median(self, pusher: BookingPusher, *, number: int = 300) -> float:
        def measure() -> float:
            start = time.perf_counter()
            status, document = pusher.post(PATH, {"query": LIGHT})
            assert (status, "errors" in document) == (200, False), document
            return time.perf_counter() - start

        return statistics.median(measure() for _ in range(number))
