"""Attacks on the GraphQL endpoint, among them those of graphql-cop, and GraphQL over HTTP."""

from typing import Any

import pytest

from adapters.inbound.graphql.use_cases import GraphQLOptions
from tests.http.graphql_client import PATH, query_error, run_query
from tests.http.http_harness import Caller, HttpHarness

HOTEL = "{hotel {slug}}"
STRICT = "application/graphql-response+json"


class TestQuerySize:
    @pytest.mark.parametrize(
        "query",
        [
            "{" + " ".join(f"a{n}: hotel {{slug}}" for n in range(16)) + "}",
            "{" + " ".join(f"a{n}: __typename" for n in range(5_000)) + "}",
            "{__typename " + "@skip(if: false)" * 51 + "}",
            "{__typename " + "@aa" * 10_000 + "}",
            "{" + "hotel {slug} " * 1_000 + "}",
            "{" + "hotel " * 990 + "}",
            "{" + "hotel {...F} " * 140 + "} fragment F on Hotel {slug name}",
        ],
        ids=["aliases", "many aliases", "directives", "unknown directives", "tokens",
             "repeated fields", "repeated fields with a fragment"],
    )  # fmt: skip
    def test_beyond_a_limit_is_rejected(self, alpha: Caller, query: str) -> None:
        error = query_error(alpha, query)
        assert error["extensions"]["code"] in ("QUERY_TOO_LARGE", "GRAPHQL_VALIDATION_FAILED")
        assert "slug" not in error["message"]

    def test_in_depth_counts_fragments(self) -> None:
        installation = HttpHarness(graphql_options=GraphQLOptions(max_depth=4))
        installation.hotel("alpha")
        caller = installation.caller("alpha")
        run_query(caller, "{bookings {edges {node {id}}}}")
        deep = "{bookings {edges {node {stay {arrival}}}}}"
        hidden = """{bookings {...A}} fragment A on BookingConnection {edges {...B}}
          fragment B on BookingEdge {node {... on Booking {stay {...C}}}}
          fragment C on Stay {arrival}"""
        for query in (deep, hidden):
            assert "depth of 5" in query_error(caller, query)["message"]

    def test_of_doubling_fragments_is_rejected(self, alpha: Caller) -> None:
        exponential_fragments = " ".join(
            f"fragment F{n} on Booking {{...F{n + 1} ...F{n + 1}}}" for n in range(40)
        )
        query = (
            f"{{bookings {{edges {{node {{...F0}}}}}}}} {exponential_fragments} "
            "fragment F40 on Booking {id}"
        )
        assert query_error(alpha, query)["extensions"]["code"] == "QUERY_TOO_LARGE"

    def test_of_cyclic_fragments_is_rejected(self, alpha: Caller) -> None:
        query_error(alpha, "{hotel {...A}} fragment A on Hotel {...B} fragment B on Hotel {...A}")

    def test_of_the_body_is_limited(self, alpha: Caller) -> None:
        response = alpha.post(PATH, {"query": HOTEL, "variables": {"x": "y" * 300_000}})
        assert response.status_code == 413
        assert response.is_json

    def test_of_a_typical_query_is_accepted(self, alpha: Caller) -> None:
        run_query(
            alpha,
            """{bookings(first: 200) {edges {cursor node {id externalId status source
          confirmationNumber stay {arrival departure} total {amount currency}
          primaryGuest {firstName lastName email}}} pageInfo {hasNextPage endCursor}}}""",
        )


class TestIntrospection:
    @pytest.mark.parametrize(
        "query", ["{__schema {types {name}}}", '{__type(name: "Booking") {fields {name}}}']
    )
    def test_is_rejected(self, alpha: Caller, query: str) -> None:
        assert "introspection" in query_error(alpha, query)["message"].lower()

    def test_can_be_enabled(self) -> None:
        installation = HttpHarness(graphql_options=GraphQLOptions(introspection=True))
        installation.hotel("alpha")
        assert run_query(installation.caller("alpha"), "{__schema {types {name}}}")

    @pytest.mark.parametrize(
        "query",
        ["{bookingz {edges {cursor}}}", "{hotel {slog}}", "{hotel(hotl: 1) {slug}}",
         "{bookings(orderBy: ARRIVAL_AS) {edges {cursor}}}",
         "{hotel {...on Hotl {slug}}}", "{bookings(filter: {statu: CONFIRMED}) {edges {cursor}}}"],
    )  # fmt: skip
    def test_errors_have_no_suggestions(self, alpha: Caller, query: str) -> None:
        assert "Did you mean" not in query_error(alpha, query)["message"]

    def test_graphiql_is_not_served(self, alpha: Caller) -> None:
        response = alpha.get(PATH, Accept="text/html")
        assert (response.status_code, response.headers["Allow"]) == (405, "OPTIONS, POST")
        assert "html" not in response.content_type

    def test_tracing_is_not_served(self, alpha: Caller) -> None:
        response = alpha.post(PATH, {"query": HOTEL}, X_Apollo_Tracing="1", Apollo_Tracing="1")
        assert set(response.get_json()) == {"data"}


class TestTransport:
    @pytest.mark.parametrize(
        ("body", "status"),
        [
            (b"", 400), (b"{", 400), (b"null", 400), (b"[]", 400), (b'"x"', 400), (b"\xff", 400),
            (b'[{"query": "{hotel{slug}}"}]', 400),
            (b"{}", 400), (b'{"query": null}', 400), (b'{"query": 7}', 400),
            (b'{"query": ""}', 400),
            (b'{"query": ["{hotel{slug}}"]}', 400), (b'{"query": {"a": 1}}', 400),
            (b'{"query": "{hotel{slug}}", "variables": []}', 400),
            (b'{"query": "{hotel{slug}}", "variables": "x"}', 400),
            (b'{"query": "{hotel{slug}}", "operationName": 1}', 400),
            (b'{"query": "{hotel{slug}}", "extensions": []}', 400),
        ],
        ids=lambda value: value[:40].decode("latin-1") if isinstance(value, bytes) else None,
    )  # fmt: skip
    def test_rejects_an_invalid_request_with_json(
        self, alpha: Caller, body: bytes, status: int
    ) -> None:
        response = alpha.send(PATH, body)
        assert (response.status_code, response.is_json) == (status, True)
        assert response.get_json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"

    @pytest.mark.parametrize(
        "content_type",
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
         "application/graphql", "", "multipart/mixed; boundary=graphql; subscriptionspec=1.0"],
    )  # fmt: skip
    def test_rejects_another_content_type(self, alpha: Caller, content_type: str) -> None:
        response = alpha.send(PATH, b'{"query": "{hotel{slug}}"}', **{"Content-Type": content_type})
        assert (response.status_code, response.is_json) == (415, True)

    @pytest.mark.parametrize(
        ("query", "variables", "name"),
        [
            ("{", {}, None),
            ("{nothing}", {}, None),
            ("query A {hotel {slug}} query B {hotel {slug}}", {}, None),
            ("query A {hotel {slug}}", {}, "B"),
            ("fragment A on Hotel {slug}", {}, None),
            ("mutation {delete}", {}, None),
            ("subscription {bookings}", {}, None),
            ("query ($n: Int!) {bookings(first: $n) {edges {cursor}}}", {}, None),
            ("query ($n: Int!) {bookings(first: $n) {edges {cursor}}}", {"n": "x"}, None),
            ("\x00", {}, None),
            ("{hotel {slug}} \ud800", {}, None),
        ],
        ids=repr,
    )
    def test_status_of_request_errors_depends_on_the_accept_header(
        self, alpha: Caller, query: str, variables: dict[str, Any], name: str | None
    ) -> None:
        body = {"query": query, "variables": variables, "operationName": name}
        strict = alpha.post(PATH, body, Accept=STRICT)
        assert strict.status_code == 400
        if "\ud800" in query:
            return
        assert strict.content_type == f"{STRICT}; charset=utf-8"
        assert "data" not in strict.get_json()
        loose = alpha.post(PATH, body, Accept="application/json")
        assert loose.status_code == 200
        assert loose.content_type == "application/json; charset=utf-8"
        assert loose.get_json()["errors"]

    def test_returns_data_with_field_errors(self, alpha: Caller) -> None:
        query = '{booking(provider: "scripted", externalId: "1") {id} hotel {slug}}'
        response = alpha.post(PATH, {"query": query}, Accept=STRICT)
        assert response.status_code == 200
        document = response.get_json()
        assert document["data"] == {"booking": None, "hotel": {"slug": "alpha"}}
        assert document["errors"][0]["path"] == ["booking"]

    def test_accepts_null_for_optional_members(self, alpha: Caller) -> None:
        body = {"query": HOTEL, "variables": None, "operationName": None, "extensions": None}
        assert alpha.post(PATH, body).get_json()["data"]["hotel"]["slug"] == "alpha"

    def test_echoes_the_correlation_id(self, alpha: Caller) -> None:
        response = alpha.post(PATH, {"query": HOTEL}, X_Correlation_ID="asked-1")
        assert response.headers["X-Correlation-ID"] == "asked-1"
        assert response.headers["RateLimit-Policy"]


class TestDocumentCache:
    def test_is_bounded(self) -> None:
        installation = HttpHarness(graphql_options=GraphQLOptions(cached_documents=3))
        installation.hotel("alpha")
        caller = installation.caller("alpha")
        for n in range(10):
            run_query(caller, f"query Q{n} {{hotel {{slug}}}}")
            run_query(caller, f"query Q{n} {{hotel {{slug}}}}")
            query_error(caller, f"query Q{n} {{nothing}}")
