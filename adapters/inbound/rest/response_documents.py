"""What we answer, in snake_case, as objects that orjson writes."""

from collections.abc import Sequence

from adapters.inbound.rest.use_cases import PREFIX
from application.ingest.ingest_items import PushedItem, PushResult
from domain.messages import InboxItem, InboxOutcome, InboxState
from domain.sync_run import SyncRun
from domain.values import Reason


def push_document(result: PushResult) -> dict[str, object]:
    return {
        "batch_id": result.batch_id,
        "status_url": f"{PREFIX}/ingests/{result.batch_id}",
        "items": [_pushed_item_document(index, item) for index, item in enumerate(result.items)],
    }


def _pushed_item_document(index: int, item: PushedItem) -> dict[str, object]:
    """An item that waits has no outcome yet, whatever its provisional one is."""
    return {
        "index": index,
        "id": item.inbox_id,
        "external_id": item.external_id,
        "outcome": item.outcome or "accepted",
        "reason": item.reason,
    }


def batch_document(batch_id: object, items: Sequence[InboxItem]) -> dict[str, object]:
    waiting = sum(item.state is InboxState.RECEIVED for item in items)
    return {
        "batch_id": batch_id,
        "state": "processing" if waiting else "done",
        "status_url": f"{PREFIX}/ingests/{batch_id}",
        "items": [
            {
                "index": item.position,
                "id": item.id,
                "external_id": item.external_id,
                "outcome": "accepted" if item.state is InboxState.RECEIVED else item.outcome,
                "reason": item.reason,
            }
            for item in items
        ],
    }


def run_document(run: SyncRun) -> dict[str, object]:
    failure = Reason(run.error_code, None, run.error_detail or "") if run.error_code else None
    return {
        "id": run.id,
        "status_url": f"{PREFIX}/sync/runs/{run.id}",
        "connection_id": run.connection_id,
        "provider": run.provider,
        "kind": run.kind,
        "trigger": run.trigger,
        "status": run.status,
        "correlation_id": run.correlation_id,
        "queued_at": run.queued_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "attempts": run.attempts,
        "pages": run.pages,
        "counts": run.counts,
        "transport": run.transport,
        "error": failure,
    }


def quarantined_document(item: InboxItem) -> dict[str, object]:
    """Without the body: it holds personal data."""
    return {
        "id": item.id,
        "provider": item.provider,
        "connection_id": item.connection_id,
        "kind": item.kind,
        "origin": item.channel,
        "external_id": item.external_id,
        "reason": item.reason,
        "received_at": item.received_at,
        "attempts": item.attempts,
        "correlation_id": item.correlation_id,
        "bytes": len(item.body),
    }


def outcome_document(settlement: InboxOutcome) -> dict[str, object]:
    return {
        "id": settlement.item_id,
        "state": settlement.state,
        "external_id": settlement.external_id,
        "outcome": settlement.outcome,
        "reason": settlement.reason,
    }
