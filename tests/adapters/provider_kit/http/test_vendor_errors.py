import json
from typing import Any

import pytest

from adapters.outbound.provider_kit.http.vendor_errors import (
    MAX_LENGTH,
    OAUTH_PHRASES,
    find_phrase,
    printable_code,
    read_vendor_error,
)


def summary(value: Any, status: int = 422) -> str | None:
    error = read_vendor_error(json.dumps(value).encode(), status=status)
    return error and error.summary


class TestVendorError:
    @pytest.mark.parametrize(
        "body",
        [
            {"Message": "From must be before To", "RequestId": "r"},
            {"messages": ["From must be before To"]},
            {"success": False, "message": "From must be before To"},
            {"title": "Bad Request", "detail": "From must be before To"},
            {"errors": {"title": "From must be before To"}},
            {"errors": [{"message": "From must be before To"}]},
            {"error": "invalid", "error_description": "From must be before To"},
            "From must be before To",
        ],
    )
    def test_has_a_known_phrase_in_the_formats_of_vendors(self, body: Any) -> None:
        assert summary(body) == "HTTP 422, validation failed"

    @pytest.mark.parametrize(
        "body",
        [
            {"title": "Bad Request", "o:errorCode": "OPERAWS-OAF01010"},
            {"errors": [{"code": "OPERAWS-OAF01010", "title": "Bad Request"}]},
            {"error": {"errorCode": "OPERAWS-OAF01010", "message": "Bad Request"}},
            [{"Code": "OPERAWS-OAF01010", "message": "Bad Request"}],
        ],
    )
    def test_has_the_code_of_the_vendor(self, body: Any) -> None:
        assert summary(body, 400) == "HTTP 400, code OPERAWS-OAF01010, validation failed"

    @pytest.mark.parametrize(("code", "phrase"), OAUTH_PHRASES.items())
    def test_knows_the_codes_of_oauth(self, code: str, phrase: str) -> None:
        assert summary({"error": code, "error_description": "Ada"}) == (
            f"HTTP 422, code {code}, {phrase}"
        )

    @pytest.mark.parametrize(
        "body", [b"", b" ", b"<html>Ada</html>", b"<!DOCTYPE html><html>Ada</html>"]
    )
    def test_is_none_without_a_body_and_of_a_page(self, body: bytes) -> None:
        assert read_vendor_error(body, status=500) is None

    @pytest.mark.parametrize("body", [b"{", b"[]", b"{}", b'{"Message": null}', b"Ada \xff"])
    def test_has_the_status_only_if_nothing_else_is_known(self, body: bytes) -> None:
        error = read_vendor_error(body, status=500)
        assert error is not None
        assert error.summary == "HTTP 500"

    @pytest.mark.parametrize(
        "value",
        [
            "Ada Aalto",
            "Aalto",
            "X4711009",
            "ada@example.com",
            "+43 1 555 0001",
            "4111 1111 1111 1111",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0",
            "https://api.example/bookings?token=abc",
        ],
    )
    def test_summary_holds_no_value_of_the_response(self, value: str) -> None:
        for body in (
            {"message": f"No booking for {value} was found", "RequestId": value, value: value},
            {"error": value, "error_description": f"{value} is invalid"},
            {"errors": [f"{value} is required"], "detail": value},
        ):
            error = read_vendor_error(json.dumps(body).encode(), status=400)
            assert error is not None
            assert value not in f"{error.summary} {error!r}"

    @pytest.mark.parametrize(
        "code", ["Ada Aalto", "Aalto", "aalto", "X47110099", "a" * 31, "ada@x.example", ""]
    )
    def test_leaves_out_what_does_not_look_like_a_code(self, code: str) -> None:
        assert printable_code(code) is None
        assert summary({"code": code, "message": "?"}) == "HTTP 422"

    def test_keeps_the_text_without_cards(self) -> None:
        text = "No booking for Ada Aalto, 4111 1111 1111 1111"
        error = read_vendor_error(json.dumps({"message": text}).encode(), status=404)
        assert error is not None
        assert "Ada Aalto" in error.text
        assert "4111 1111 1111" not in error.text

    def test_text_has_a_limit(self) -> None:
        error = read_vendor_error(b"word " * 10_000, status=404)
        assert error is not None
        assert len(error.text) == MAX_LENGTH


@pytest.mark.parametrize(
    ("message", "phrase"),
    [
        ("Rate limit exceeded", "rate limited"),
        ("Invalid AccessToken.", "credentials refused"),
        ("Invalid access token", "credentials refused"),
        ("Access token has expired", "credentials refused"),
        ("Access denied for scope bookings.read", "permission missing"),
        ("This endpoint is deprecated", "not supported"),
        ("The integration is disabled", "integration disabled"),
        ("Reservation does not exist", "not found"),
        ("The record was changed by another user", "conflict"),
        ("Interval exceeds 100 hours", "limit exceeded"),
        ("The request timed out", "timed out"),
        ("Down for maintenance", "temporarily unavailable"),
        ("From must be before To", "validation failed"),
        ("Something went wrong", "internal error"),
        ("Aalto", None),
        ("", None),
    ],
)
def test_phrase_is_one_of_ours(message: str, phrase: str | None) -> None:
    assert find_phrase(message) == phrase
