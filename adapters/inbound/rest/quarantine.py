"""What could not be understood, and trying it again."""

from flask import Response, request
from flask_smorest import Blueprint

from adapters.inbound.rest import schemas
from adapters.inbound.rest.admission import Admission
from adapters.inbound.rest.bodies import answer, as_id, query_integer
from adapters.inbound.rest.documents import quarantined_document, settlement_document
from adapters.inbound.rest.openapi import AFTER, LIMIT, answers, route
from adapters.inbound.rest.use_cases import PREFIX, UseCases
from domain.access import Scope


def blueprint(use_cases: UseCases, admit: Admission) -> Blueprint:
    quarantine = Blueprint(
        "quarantine", __name__, url_prefix=f"{PREFIX}/quarantine", description="Not understood"
    )

    @route(
        quarantine,
        "",
        summary="What could not be understood, oldest first",
        operationId="list_quarantine",
        parameters=[LIMIT, AFTER],
        responses=answers(
            {200: ("The items, without their bodies", schemas.QuarantineList)},
            *(400, 401, 403, 422, 429, 503),
        ),
    )
    def items() -> Response:
        principal = admit()
        principal.require(Scope.READ)
        given = request.args.get("after")
        after = as_id(given, "after") if given is not None else None
        found = use_cases.find_quarantine(principal, limit=query_integer("limit", 50), after=after)
        shown = [quarantined_document(item) for item in found.items]
        return answer({"items": shown, "next_after": found.next_after})

    @route(
        quarantine,
        "/<item_id>/replay",
        method="POST",
        summary="Try one again",
        operationId="replay_quarantined",
        responses=answers(
            {200: ("What became of it", schemas.SettlementAnswer)},
            *(400, 401, 403, 404, 409, 422, 429, 502, 503),
        ),
    )
    def replay(item_id: str) -> Response:
        principal = admit(changes=True)
        principal.require(Scope.SYNC)
        settled = use_cases.replay_quarantine(
            principal.hotel_id, as_id(item_id, "item_id"), provider=principal.provider
        )
        return answer(settlement_document(settled))

    return quarantine
