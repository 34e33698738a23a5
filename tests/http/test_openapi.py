"""The OpenAPI description is valid, and the responses conform to it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode, checks
from schemathesis.specs.openapi import checks as openapi_checks

from domain.access import Scope
from tests.http.http_harness import Caller, HttpHarness, booking, cell, guest

OPENAPI = "/api/docs/openapi.json"
OPERATIONS = {
    ("post", "/api/pms/{provider}/bookings"),
    ("post", "/api/pms/{provider}/guests"),
    ("post", "/api/pms/{provider}/availability"),
    ("get", "/api/pms/ingests/{batch_id}"),
    ("post", "/api/pms/{provider}/webhook/{connection_key}"),
    ("post", "/api/pms/alpinebits"),
    ("post", "/api/pms/sync"),
    ("get", "/api/pms/sync/runs"),
    ("get", "/api/pms/sync/runs/{run_id}"),
    ("get", "/api/pms/connections"),
    ("get", "/api/pms/quarantine"),
    ("post", "/api/pms/quarantine/{item_id}/replay"),
    ("delete", "/api/pms/quarantine/{item_id}"),
    ("post", "/api/pms/guests/export"),
    ("post", "/api/pms/guests/erase"),
    ("get", "/healthz"),
    ("get", "/readyz"),
}

INEXACT = {
    ("post", "/api/pms/{provider}/bookings"),
    ("post", "/api/pms/{provider}/guests"),
    ("post", "/api/pms/{provider}/availability"),
    ("post", "/api/pms/{provider}/webhook/{connection_key}"),
    ("post", "/api/pms/alpinebits"),
}
WITHOUT_INVALID = {"/healthz", "/readyz", "/api/pms/connections"}
"""Every request is valid: they read nothing of it but texts."""
AGREEMENT = (openapi_checks.positive_data_acceptance, openapi_checks.negative_data_rejection)


@pytest.fixture
def spec(installation: HttpHarness) -> dict[str, Any]:
    response: dict[str, Any] = installation.client.get(OPENAPI).get_json()
    return response


class TestDescription:
    def test_is_openapi_3_1_with_all_operations(self, spec: dict[str, Any]) -> None:
        assert spec["openapi"] == "3.1.0"
        operations = {
            (method, path)
            for path, item in spec["paths"].items()
            for method in item
            if method != "parameters"
        }
        assert operations == OPERATIONS

    def test_operation_ids_are_unique(self, spec: dict[str, Any]) -> None:
        names = [
            operation["operationId"]
            for item in spec["paths"].values()
            for method, operation in item.items()
            if method != "parameters"
        ]
        assert len(names) == len(set(names)) == len(OPERATIONS)

    def test_schemas_are_valid_json_schema(self, spec: dict[str, Any]) -> None:
        for schema in spec["components"]["schemas"].values():
            jsonschema.Draft202012Validator.check_schema(schema)

    @pytest.mark.parametrize(
        ("name", "document"),
        [
            ("CanonicalBooking", booking(rooms=[{"room_type_id": "DBL", "units": 1}], notes=None)),
            ("CanonicalGuest", guest(birth_date=None)),
            ("CanonicalAvailability", cell("2026-03-10", lowest_rate=None, available=-2)),
        ],
    )
    def test_accepts_valid_documents(
        self, spec: dict[str, Any], name: str, document: dict[str, Any]
    ) -> None:
        schema = {"$ref": f"#/components/schemas/{name}", "components": spec["components"]}
        jsonschema.validate(document, schema)

    def test_page_loads_no_external_resources(self, installation: HttpHarness) -> None:
        page = installation.client.get("/api/docs")
        text = page.get_data(as_text=True)
        assert page.content_type.startswith("text/html")
        assert "<script" not in text
        assert "http://" not in text
        assert "https://" not in text
        assert "/api/pms/sync/runs/{run_id}" in text


class TestSchemathesis:
    """Seeded and bounded; the long campaign is marked slow."""

    CHECKS = (
        checks.not_a_server_error,
        openapi_checks.status_code_conformance,
        openapi_checks.content_type_conformance,
        openapi_checks.response_schema_conformance,
        openapi_checks.response_headers_conformance,
    )

    def test_finds_no_undescribed_response(self, installation: HttpHarness, alpha: Caller) -> None:
        self.run_campaign(installation, alpha, examples=4)

    @pytest.mark.slow
    def test_finds_none_in_a_long_campaign(self, installation: HttpHarness, alpha: Caller) -> None:
        self.run_campaign(installation, alpha, examples=300)

    @pytest.mark.parametrize("mode", list(GenerationMode))
    def test_server_and_description_agree_on_what_is_valid(
        self, installation: HttpHarness, mode: GenerationMode
    ) -> None:
        """Of pushes the description is not complete: a stay has rules that a schema cannot say."""
        caller = installation.caller("alpha", scopes=frozenset({Scope.ADMIN}))
        schema = schemathesis.openapi.from_wsgi(OPENAPI, installation.app)
        operations = [result.ok() for result in schema.get_all_operations()]
        exact = [each for each in operations if (each.method, each.path) not in INEXACT]
        assert len(exact) == len(OPERATIONS) - len(INEXACT) == 12
        for operation in exact:
            if mode is GenerationMode.POSITIVE or operation.path not in WITHOUT_INVALID:
                self.search(
                    operation.as_strategy(generation_mode=mode),
                    caller.headers,
                    examples=4,
                    checks=AGREEMENT,
                    before=lambda: installation.clock.advance(timedelta(minutes=2)),
                )

    def run_campaign(self, installation: HttpHarness, caller: Caller, *, examples: int) -> None:
        schema = schemathesis.openapi.from_wsgi(OPENAPI, installation.app)
        for result in schema.get_all_operations():
            operation = result.ok()
            headers = caller.headers if "webhook" not in operation.path else {}
            self.search(operation.as_strategy(), headers, examples=examples, checks=self.CHECKS)

    @staticmethod
    def search(
        strategy: Any,
        headers: dict[str, str],
        *,
        examples: int,
        checks: Any,
        before: Callable[[], object] = lambda: None,
    ) -> None:
        @given(strategy)
        @settings(
            max_examples=examples,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def search(case: schemathesis.Case) -> None:
            before()
            if "provider" in case.path_parameters:
                case.path_parameters["provider"] = "canonical"
            case.call_and_validate(headers=headers, checks=checks)

        search()
