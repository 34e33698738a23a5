"""Providers' error responses in full: only these commands show them."""

from application.privacy.reveal_texts import VendorResponse


def response_fields(response: VendorResponse) -> dict[str, object]:
    """`vendor_response` of a sync run or inbox item; None if there is none, or none any more."""
    fields: dict[str, object] = {"vendor_response": response.text}
    return fields if response.is_readable else {**fields, "vendor_response_readable": False}
