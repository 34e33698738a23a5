"""Errors that Flask raises are problem documents too."""

import pytest

from tests.http.http_harness import Caller, HttpHarness, booking, is_problem
from tests.http.test_ingest import BOOKINGS


class TestFrameworkError:
    @pytest.mark.parametrize(
        ("method", "path", "status", "code"),
        [
            ("GET", "/", 404, "not_found"),
            ("GET", "/api/pms/nothing/here/at/all", 404, "not_found"),
            ("GET", BOOKINGS, 405, "method_not_allowed"),
            ("DELETE", BOOKINGS, 405, "method_not_allowed"),
            ("TRACE", "/healthz", 405, "method_not_allowed"),
            ("POST", "/readyz", 405, "method_not_allowed"),
            ("PUT", "/api/pms/sync", 405, "method_not_allowed"),
            ("GET", "/static/../../etc/passwd", 404, "not_found"),
        ],
    )
    def test_is_a_problem_document(
        self, installation: HttpHarness, method: str, path: str, status: int, code: str
    ) -> None:
        response = installation.client.open(path, method=method)
        problem = is_problem(response, status, code)
        assert problem["type"] == f"/api/docs#problem-{code}"
        assert ("Allow" in response.headers) == (status == 405)

    def test_type_links_to_its_description(self, installation: HttpHarness, alpha: Caller) -> None:
        page = installation.client.get("/api/docs").get_data(as_text=True)
        for code in ("unauthenticated", "too_many_items", "idempotency_key_reused"):
            assert f'id="problem-{code}"' in page


class TestResponse:
    @pytest.mark.parametrize("path", ["/healthz", "/nowhere", "/api/docs"])
    def test_has_security_headers_and_no_server_name(
        self, installation: HttpHarness, path: str
    ) -> None:
        headers = installation.client.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert headers["Cache-Control"] == "no-store"
        assert not {"Server", "X-Powered-By", "Access-Control-Allow-Origin"} & set(headers.keys())

    def test_allows_no_foreign_origin(self, installation: HttpHarness) -> None:
        preflight = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
        response = installation.client.options(BOOKINGS, headers=preflight)
        assert not [name for name, _ in response.headers if name.startswith("Access-Control")]

    def test_credentials_are_not_logged(
        self, alpha: Caller, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level("DEBUG")
        alpha.post(BOOKINGS, booking())
        everything = "".join(str(record.__dict__) for record in caplog.records)
        assert "http_request" in everything
        assert alpha.token not in everything
        assert "ada@example.com" not in everything
