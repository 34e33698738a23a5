"""Quarantined items, their replay and removal."""

from typing import Final

from flask import Response, request
from flask_smorest import Blueprint

from adapters.inbound.rest import schemas
from adapters.inbound.rest.admission import Admission
from adapters.inbound.rest.openapi import AFTER, LIMIT, responses_spec, route
from adapters.inbound.rest.request_bodies import json_response, parse_id, parse_query_integer
from adapters.inbound.rest.response_documents import outcome_document, quarantined_document
from adapters.inbound.rest.use_cases import PREFIX, RestUseCases
from domain.access import Scope

_PAGE: Final = [LIMIT, AFTER]
_LISTED: Final = responses_spec(
    {200: ("The items, without their bodies", schemas.QuarantineListSchema)},
    *(400, 401, 403, 422, 429, 503),
)
_REPLAYED: Final = responses_spec(
    {200: ("The outcome", schemas.InboxOutcomeResponseSchema)},
    *(400, 401, 403, 404, 409, 422, 429, 502, 503),
)
_DISCARDED: Final = responses_spec(
    {200: ("The number of discarded items, 1", schemas.DiscardResponseSchema)},
    *(400, 401, 403, 404, 409, 422, 429, 503),
)


def blueprint(use_cases: RestUseCases, admit: Admission) -> Blueprint:
    items = Blueprint("quarantine", __name__, url_prefix=PREFIX, description="Rejected items")

    @route(items, "/quarantine", "Quarantined items, oldest first", _LISTED, parameters=_PAGE)
    def list_quarantine() -> Response:
        principal = admit()
        principal.require(Scope.READ)
        after_text = request.args.get("after")
        after = parse_id(after_text, "after") if after_text is not None else None
        page = use_cases.find_quarantine(
            principal, limit=parse_query_integer("limit", 50), after=after
        )
        documents = [quarantined_document(item) for item in page.items]
        return json_response({"items": documents, "next_after": page.next_after})

    @route(items, "POST /quarantine/<item_id>/replay", "Replay a quarantined item", _REPLAYED)
    def replay_quarantined(item_id: str) -> Response:
        principal = admit(changes=True)
        principal.require(Scope.SYNC)
        outcome = use_cases.replay_quarantine(
            principal.hotel_id, parse_id(item_id, "item_id"), provider=principal.provider
        )
        return json_response(outcome_document(outcome))

    @route(items, "DELETE /quarantine/<item_id>", "Discard a quarantined item", _DISCARDED)
    def discard_quarantined(item_id: str) -> Response:
        principal = admit(changes=True)
        principal.require(Scope.SYNC)
        use_cases.discard_quarantine.one(
            principal.hotel_id,
            parse_id(item_id, "item_id"),
            provider=principal.provider,
        )
        return json_response({"discarded": 1})

    return items
