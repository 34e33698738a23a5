"""Export and erasure of a guest's data. The ids are in the body, as URLs get into logs."""

from dataclasses import asdict
from typing import Final

from flask import Response
from flask_smorest import Blueprint

from adapters.inbound.rest import schemas
from adapters.inbound.rest.admission import Admission
from adapters.inbound.rest.openapi import any_field_of, request_body_spec, responses_spec, route
from adapters.inbound.rest.request_bodies import json_response, parse_json_object, read_json_body
from adapters.inbound.rest.use_cases import PREFIX, RestUseCases
from application.access.authenticate import Principal
from application.errors import InvalidRequest
from application.privacy.stored_person import PersonRequest
from domain.access import Scope

_FIELDS: Final = frozenset({"external_id", "booking_ids"})
_ERRORS: Final = (400, 401, 403, 404, 413, 415, 422, 429, 503)
_EXPORTED: Final = responses_spec(
    {200: ("Everything stored of the guest", schemas.GuestExportSchema)}, *_ERRORS
)
_ERASED: Final = responses_spec(
    {200: ("What was erased; repeatable", schemas.GuestErasureSchema)}, *_ERRORS
)


def blueprint(use_cases: RestUseCases, admit: Admission) -> Blueprint:
    guests = Blueprint("guests", __name__, url_prefix=PREFIX, description="Guests' rights")
    body_spec = request_body_spec(
        any_field_of(schemas.GuestRequestSchema, "external_id", "booking_ids")
    )

    @route(guests, "POST /guests/export", "Export a guest", _EXPORTED, requestBody=body_spec)
    def export_guest() -> Response:
        return json_response(use_cases.export_guest(_parse_request(admit(changes=True))))

    @route(guests, "POST /guests/erase", "Erase a guest", _ERASED, requestBody=body_spec)
    def erase_guest() -> Response:
        return json_response(asdict(use_cases.erase_guest(_parse_request(admit(changes=True)))))

    return guests


def _parse_request(principal: Principal) -> PersonRequest:
    """Raises Forbidden, InvalidRequest."""
    principal.require(Scope.ADMIN)
    body = parse_json_object(read_json_body())
    for name in body:
        if name not in _FIELDS:
            raise InvalidRequest(f"send only {', '.join(sorted(_FIELDS))}", field=name[:40])
    external_id, booking_ids = body.get("external_id"), body.get("booking_ids", [])
    if not isinstance(external_id, str | None) or external_id == "":
        raise InvalidRequest("external_id: send a text", field="external_id")
    if not isinstance(booking_ids, list) or not all(isinstance(b, str) and b for b in booking_ids):
        raise InvalidRequest("booking_ids: send an array of texts", field="booking_ids")
    return PersonRequest(
        hotel_id=principal.hotel_id,
        provider=principal.provider or "",
        external_id=external_id,
        booking_ids=frozenset(booking_ids),
    )
