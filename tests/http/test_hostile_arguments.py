"""NUL characters, numbers beyond every column and changed cursors are the caller's error, on every
database."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import TestResponse

from domain.access import FULL_READ
from tests.http.graphql_client import PATH, query_error
from tests.http.http_harness import Caller, HttpHarness, add_hotels, booking, guest, sql_harness

DIGITS = "9" * 5_000
NUL = "a\0b"
SURROGATE = "a\ud800"


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def installed(request: pytest.FixtureRequest) -> Iterator[HttpHarness]:
    if request.param == "memory":
        yield add_hotels(HttpHarness())
        return
    with sql_harness(request.getfixturevalue(f"upgraded_{request.param}_url")) as on_sql:
        yield add_hotels(on_sql)


@pytest.fixture
def caller(installed: HttpHarness) -> Caller:
    caller = installed.caller("alpha")
    caller.post("/api/pms/canonical/bookings", [booking(f"B{n}") for n in range(3)])
    caller.post("/api/pms/canonical/guests", [guest(f"G{n}") for n in range(3)])
    return caller


def post(caller: Caller, query: str, variables: str = "{}") -> TestResponse:
    """`variables`: JSON text."""
    body = f'{{"query": {json.dumps(query)}, "variables": {variables}}}'
    return caller.send(PATH, body.encode())


def assert_is_caller_error(response: TestResponse) -> None:
    document = response.get_json()
    if response.status_code == 200:
        codes = {error["extensions"]["code"] for error in document["errors"]}
        assert "INTERNAL_SERVER_ERROR" not in codes, document
    else:
        assert 400 <= response.status_code < 500, document


def assert_finds_nothing_or_is_caller_error(response: TestResponse) -> None:
    document = response.get_json()
    if response.status_code == 200 and "errors" not in document:
        [found] = document["data"].values()
        assert not (found["edges"] if isinstance(found, dict) else found)
    else:
        assert_is_caller_error(response)


TEXTS = {
    "bookings": "query ($t: String!) {bookings(filter: {%s: $t}) {edges {cursor}}}",
    "guests": "query ($t: String!) {guests(filter: {%s: $t}) {edges {cursor}}}",
    "after": "query ($t: String!) {%s(after: $t) {edges {cursor}}}",
}


class TestTexts:
    @pytest.mark.parametrize("text", [NUL, SURROGATE, "x" * 5_000], ids=["nul", "lone", "long"])
    def test_of_a_query_find_nothing(
        self, installed: HttpHarness, caller: Caller, text: str
    ) -> None:
        of_all_providers = installed.caller("alpha", provider=None, scopes=FULL_READ)
        queries = [
            *(
                TEXTS["bookings"] % name
                for name in ("provider", "guestEmail", "confirmationNumber")
            ),
            *(TEXTS["guests"] % name for name in ("provider", "email")),
            "query ($t: ID!) {guests(filter: {externalIds: [$t]}) {edges {cursor}}}",
            "query ($t: ID!) {guests(filter: {externalIds: [$t, $t]}) {edges {cursor}}}",
            'query ($t: ID!) {availability(filter: {from: "2026-03-01", to: "2026-03-09", '
            "roomTypes: [$t]}) {available}}",
            'query ($t: ID!) {booking(provider: "canonical", externalId: $t) {id}}',
            'query ($t: String!) {booking(provider: $t, externalId: "B1") {id}}',
            "query ($t: String!) {bookings(hotel: $t) {edges {cursor}}}",
            *(TEXTS["after"] % name for name in ("bookings", "guests", "syncRuns")),
        ]
        for query in queries:
            for each in (caller, of_all_providers):
                response = post(each, query, json.dumps({"t": text}))
                assert_finds_nothing_or_is_caller_error(response)

    @pytest.mark.parametrize("text", ["%00", "a%00b", "%ED%A0%80", "x" * 3_000])
    def test_of_a_url_are_rejected(self, caller: Caller, text: str) -> None:
        for path in (
            f"/api/pms/quarantine?after={text}",
            f"/api/pms/quarantine?limit={text}",
            f"/api/pms/sync/runs?after={text}",
            f"/api/pms/sync/runs?provider={text}&limit={text}",
            f"/api/pms/sync/runs/{text}",
            f"/api/pms/ingests/{text}",
        ):
            assert_is_caller_error(caller.get(path))
        for path in (
            f"/api/pms/{text}/bookings",
            f"/api/pms/canonical/webhook/{text}",
            f"/api/pms/{text}/webhook/key",
            f"/api/pms/quarantine/{text}/replay",
        ):
            assert_is_caller_error(caller.post(path, booking()))

    @pytest.mark.parametrize("text", [NUL, SURROGATE])
    def test_of_a_body_are_rejected(self, caller: Caller, text: str) -> None:
        for path, body in (
            ("/api/pms/sync", {"provider": text}),
            ("/api/pms/sync", {"kind": text}),
            ("/api/pms/guests/export", {"external_id": text}),
            ("/api/pms/guests/erase", {"booking_ids": [text]}),
        ):
            assert_is_caller_error(caller.post(path, body))
        for header in ("Idempotency_Key", "X_PMS_Hotel"):
            assert_is_caller_error(
                caller.post("/api/pms/sync", {"provider": "x"}, **{header: "\u00e9" * 300})
            )


class TestNumbers:
    @pytest.mark.parametrize("number", [DIGITS, f"-{DIGITS}", "1e999", "2147483648", "1.5"])
    def test_beyond_their_range_are_rejected(self, caller: Caller, number: str) -> None:
        for name in ("bookings(first", "guests(first", "syncRuns(first"):
            below = "{edges {cursor}}"
            assert_is_caller_error(post(caller, f"{{{name}: {number}) {below}}}"))
            query = f"query ($n: Int!) {{{name}: $n) {below}}}"
            assert_is_caller_error(post(caller, query, f'{{"n": {number}}}'))
        query = f'{{booking(provider: "canonical", externalId: {number}) {{id}}}}'
        response = post(caller, query)
        assert response.get_json().get("data") in (None, {"booking": None})

    def test_of_dates_are_rejected(self, caller: Caller) -> None:
        query = "query ($t: %s!) {bookings(filter: {%s: $t}) {edges {cursor}}}"
        for kind, name in (("Date", "arrival"), ("DateTime", "updatedSince")):
            for text in (DIGITS, "0000-01-01", "9999-99-99T00:00:00Z", "2026-03-01T00:00:00+99:99"):
                response = post(caller, query % (kind, name), json.dumps({"t": text}))
                assert_is_caller_error(response)
        for text in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"):
            response = post(caller, query % ("DateTime", "updatedSince"), json.dumps({"t": text}))
            assert_is_caller_error(response)

    @pytest.mark.parametrize("number", [DIGITS, f"-{DIGITS}", "1e999", str(2**63)])
    def test_of_a_url_or_body_are_rejected(self, caller: Caller, number: str) -> None:
        short = number[:3_000]
        for path in (
            f"/api/pms/quarantine?limit={short}",
            f"/api/pms/sync/runs?limit={short}",
            f"/api/pms/sync/runs?after={short}",
        ):
            assert_is_caller_error(caller.get(path))
        for path, body in (
            ("/api/pms/sync", '{"provider": %s}'),
            ("/api/pms/guests/export", '{"external_id": %s}'),
        ):
            assert_is_caller_error(caller.send(path, (body % number).encode()))


def changed_cursors(cursor: str) -> Iterator[str]:
    query_hash, key, row = json.loads(base64.urlsafe_b64decode(cursor + "=="))
    for changed in (
        [query_hash, "9" * 600, row],
        [query_hash, "-" + "9" * 600, row],
        [query_hash, str(2**63), row],
        [query_hash, "\u0661\u0662", row],
        [query_hash, "1_0", row],
        [query_hash, "0001-01-01\0", row],
        [query_hash, "", row],
        [query_hash, NUL, row],
        [query_hash, "2026-W01-1", row],
        [query_hash, key, NUL],
        [query_hash, key, "x"],
        [query_hash, key, ""],
        [query_hash, key, row + "0"],
        [query_hash, key, "f" * 400],
        [query_hash, key],
        [query_hash, [key], row],
        [query_hash, key, row, "more"],
        [key, row],
        {"a": 1},
        None,
        10**300,
    ):
        yield base64.urlsafe_b64encode(json.dumps(changed).encode()).decode().rstrip("=")
    yield from (
        "",
        "=",
        "a",
        "\u00e9",
        "%00",
        NUL,
        cursor[:-1],
        cursor + "A",
        "[" * 900,
        "x" * 5_000,
    )


class TestCursors:
    @pytest.mark.parametrize(
        "arguments",
        ["bookings(orderBy: ARRIVAL_ASC", "bookings(orderBy: UPDATED_DESC", "guests(first: 50"],
    )
    def test_that_were_changed_are_rejected(self, caller: Caller, arguments: str) -> None:
        query = f"query ($after: String) {{{arguments}, after: $after) {{edges {{cursor}}}}}}"
        found = post(caller, query).get_json()["data"]
        [edges] = [value["edges"] for value in found.values()]
        assert len(edges) == 3
        cursor = edges[0]["cursor"]
        for changed in changed_cursors(cursor):
            response = post(caller, query, json.dumps({"after": changed}))
            document: dict[str, Any] = response.get_json()
            if "errors" in document:
                assert_is_caller_error(response)
            else:
                # A place in the order, only not one that was returned.
                assert len(document["data"].popitem()[1]["edges"]) <= 3

    def test_name_their_argument(self, caller: Caller) -> None:
        error = query_error(caller, '{bookings(after: "x") {edges {cursor}}}')
        assert error["extensions"] == {"code": "bad_cursor", "field": "after"}
