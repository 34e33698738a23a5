"""GraphQL queries of tests."""

from typing import Any

from tests.http.http_harness import Caller

PATH = "/api/pms/graphql"


def run_query(caller: Caller, query: str, **variables: Any) -> Any:
    """The data of a response that must have no errors."""
    answer = caller.post(PATH, {"query": query, "variables": variables})
    document = answer.get_json()
    assert answer.status_code == 200
    assert "errors" not in document, document["errors"]
    return document["data"]


def query_error(caller: Caller, query: str, **variables: Any) -> dict[str, Any]:
    """The first error of a response that must have no data."""
    answer = caller.post(PATH, {"query": query, "variables": variables})
    document = answer.get_json()
    assert not any((document.get("data") or {}).values()), document
    error: dict[str, Any] = document["errors"][0]
    assert error["extensions"]["code"]
    return error
