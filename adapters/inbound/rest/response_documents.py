"""Response bodies for orjson: the fields of a schema, read from our objects."""

from collections.abc import Sequence
from functools import cache

from marshmallow import Schema

from adapters.inbound.rest import schemas
from adapters.inbound.rest.use_cases import PREFIX
from application.ingest.ingest_items import PushedItem, PushResult
from domain.messages import InboxEntry, InboxItem, InboxState, ListedItem
from domain.sync_run import SyncRun

Document = dict[str, object]


def push_document(result: PushResult) -> Document:
    return {
        "batch_id": result.batch_id,
        "status_url": _ingest_url(result.batch_id),
        "items": [_pushed_item_document(index, item) for index, item in enumerate(result.items)],
    }


def _pushed_item_document(index: int, item: PushedItem) -> Document:
    outcome = item.outcome or "accepted"
    return _document(schemas.PushedItemSchema, item, index=index, id=item.inbox_id, outcome=outcome)


def batch_document(batch_id: object, items: Sequence[InboxEntry]) -> Document:
    is_processing = any(item.state is InboxState.RECEIVED for item in items)
    return {
        "batch_id": batch_id,
        "state": "processing" if is_processing else "done",
        "status_url": _ingest_url(batch_id),
        "items": [_batch_item_document(item) for item in items],
    }


def _batch_item_document(item: InboxEntry) -> Document:
    outcome = "accepted" if item.state is InboxState.RECEIVED else item.outcome
    return _document(schemas.PushedItemSchema, item, index=item.position, outcome=outcome)


def _ingest_url(batch_id: object) -> str:
    return f"{PREFIX}/ingests/{batch_id}"


def run_document(run: SyncRun) -> Document:
    status_url = f"{PREFIX}/sync/runs/{run.id}"
    return _document(schemas.SyncRunResponseSchema, run, status_url=status_url)


def quarantined_document(item: ListedItem) -> Document:
    """Without the body, which holds personal data."""
    return _document(
        schemas.QuarantinedItemSchema, item, bytes=item.body_bytes, readable=item.is_readable
    )


def outcome_document(item: InboxItem) -> Document:
    return _document(schemas.InboxOutcomeResponseSchema, item)


def _document(schema: type[Schema], source: object, **computed: object) -> Document:
    """The schema's fields: those of `computed`, the others from attributes of `source`."""
    return {
        name: computed[name] if name in computed else getattr(source, name)
        for name in _field_names(schema)
    }


@cache
def _field_names(schema: type[Schema]) -> tuple[str, ...]:
    return tuple(schema().fields)
