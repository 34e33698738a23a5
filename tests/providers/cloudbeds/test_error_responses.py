"""Errors that Cloudbeds sends with status 200."""

import json

import pytest

from adapters.outbound.provider_kit.http.messages import HttpResponse
from adapters.outbound.provider_kit.http.status_errors import NotFoundAtProvider
from adapters.outbound.providers.cloudbeds.client.api import check_success, parse_list
from ports import errors


def answer(body: object) -> HttpResponse:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpResponse(status=200, headers={}, body=text)


class TestErrorResponse:
    @pytest.mark.parametrize(
        ("message", "error"),
        [
            ("Rate limit exceeded", errors.RateLimited),
            ("Access denied", errors.CredentialsRefused),
            ("The access token provided is invalid", errors.CredentialsRefused),
            ("You don't have permission for this scope", errors.CredentialsRefused),
            ("User who approved this connection is not active anymore", errors.CredentialsRefused),
            ("Reservation not found", NotFoundAtProvider),
            ("This guest does not exist", NotFoundAtProvider),
            ("Internal error, try again later", errors.ProviderUnavailable),
            ("Parameter checkInFrom is not a valid date", errors.ProviderRejected),
            (None, errors.ProviderRejected),
            (["surprise"], errors.ProviderRejected),
        ],
    )
    def test_is_classified_by_its_message(
        self, message: object, error: type[errors.ProviderError]
    ) -> None:
        with pytest.raises(errors.ProviderError) as reported:
            check_success(answer({"success": False, "message": message}))
        assert type(reported.value) is error

    def test_message_is_never_quoted(self) -> None:
        with pytest.raises(errors.ProviderError) as reported:
            check_success(
                answer({"success": False, "message": "No access for Ada Aalto, token abc"})
            )
        assert "Aalto" not in f"{reported.value!r} {reported.value.details}"

    @pytest.mark.parametrize(
        "body", [b"<html>Service maintenance</html>", b"", b"[]", {"data": []}, b'{"success":']
    )
    def test_rejects_other_bodies(self, body: object) -> None:
        with pytest.raises(errors.UnreadableAnswer):
            check_success(answer(body))

    @pytest.mark.parametrize("payload", [True, "true", 1])
    def test_success_is_not_an_error(self, payload: object) -> None:
        assert check_success(answer({"success": payload, "data": []}))["data"] == []


class TestList:
    def test_accepts_map_and_empty_values(self) -> None:
        assert parse_list({"data": {"7": {"a": 1}}}, "data") == [{"a": 1}]
        for empty in ([], {}, "", None):
            assert parse_list({"data": empty}, "data") == []

    @pytest.mark.parametrize("body", [{}, {"data": "x"}, {"data": 7}])
    def test_rejects_other_values(self, body: dict[str, object]) -> None:
        with pytest.raises(errors.UnreadableAnswer):
            parse_list(body, "data")  # type: ignore[arg-type]  # a test's own dict
