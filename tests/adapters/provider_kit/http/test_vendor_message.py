import json
from typing import Any

import pytest

from adapters.outbound.provider_kit.http.vendor_message import MAX_LENGTH, read_vendor_message


def message(value: Any) -> str | None:
    return read_vendor_message(json.dumps(value).encode())


class TestVendorMessage:
    @pytest.mark.parametrize(
        "body",
        [
            {"Message": "From must be before To", "RequestId": "r"},
            {"messages": ["From must be before To"]},
            {"success": False, "message": "From must be before To"},
            {"title": "Bad Request", "detail": "From must be before To", "o:errorCode": "X"},
            {"errors": {"code": "x", "title": "From must be before To"}},
            {"errors": [{"message": "From must be before To"}]},
            {"error": "invalid", "error_description": "From must be before To"},
            "From must be before To",
        ],
    )
    def test_is_found_in_the_formats_of_vendors(self, body: Any) -> None:
        assert message(body) == "From must be before To"

    @pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"[]", b"{}", b'{"Message": null}'])
    def test_is_none_in_other_bodies(self, body: bytes) -> None:
        assert read_vendor_message(body) is None

    @pytest.mark.parametrize(
        "secret",
        [
            "ada@example.com",
            "+43 1 555 0001",
            "4111 1111 1111 1111",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0",
            "https://api.example/bookings?token=abc",
            '"Ada Aalto"',
        ],
    )
    def test_masks_what_may_be_personal_or_secret(self, secret: str) -> None:
        found = message({"message": f"No booking for {secret} was found"})
        assert found is not None
        assert secret.strip('"') not in found
        assert found.startswith("No booking for ")

    def test_is_one_short_line(self) -> None:
        found = message({"message": "a\n\tb " + "word " * 100})
        assert found is not None
        assert found.startswith("a b word")
        assert len(found) <= MAX_LENGTH
