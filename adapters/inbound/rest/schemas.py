"""Marshmallow schemas of requests and responses, for OpenAPI; nothing is parsed by them."""

from typing import Any

from marshmallow import Schema, fields, validate

from domain.connection import ConnectionState
from domain.messages import InboxState, ItemKind, ItemOutcome
from domain.precedence import Channel
from domain.sync_run import SyncKind, SyncStatus, SyncTrigger


class _BaseSchema(Schema):
    class Meta:
        unknown = "include"


def _choice(values: Any, **settings: Any) -> fields.String:
    return fields.String(validate=validate.OneOf([str(value) for value in values]), **settings)


class SyncRequestSchema(Schema):
    """`provider` is enough if the hotel has one connection to it."""

    class Meta:
        unknown = "raise"

    provider = fields.String(allow_none=True)
    connection_id = fields.UUID(allow_none=True)
    kind = _choice(SyncKind)


class FieldReasonSchema(_BaseSchema):
    code = fields.String(required=True)
    path = fields.String(required=True, allow_none=True)
    detail = fields.String(required=True)


class SyncErrorSchema(FieldReasonSchema):
    """`path`: of the request, or in the list that was being read. `vendor_message`: of the
    provider's response the HTTP status, its error code and a known phrase."""

    vendor_message = fields.String(required=True, allow_none=True)


class PushedItemSchema(_BaseSchema):
    """`accepted`: stored; the outcome will be at the batch's `status_url`."""

    index = fields.Integer(required=True)
    id = fields.UUID(required=True)
    external_id = fields.String(required=True, allow_none=True)
    outcome = _choice([*ItemOutcome, "accepted"], required=True)
    reason = fields.Nested(FieldReasonSchema, required=True, allow_none=True)


class PushResponseSchema(_BaseSchema):
    batch_id = fields.UUID(required=True)
    status_url = fields.String(required=True)
    items = fields.List(fields.Nested(PushedItemSchema), required=True)


class BatchResponseSchema(PushResponseSchema):
    state = _choice(["processing", "done"], required=True)


class SyncRunResponseSchema(_BaseSchema):
    """`folded_runs`: idle deltas right before this one that it stands for, `transport` included;
    `idle_since`: when the first of them started."""

    id = fields.UUID(required=True)
    status_url = fields.String(required=True)
    connection_id = fields.UUID(required=True)
    provider = fields.String(required=True)
    kind = _choice(SyncKind, required=True)
    trigger = _choice(SyncTrigger, required=True)
    status = _choice(SyncStatus, required=True)
    correlation_id = fields.String(required=True)
    queued_at = fields.AwareDateTime(required=True)
    started_at = fields.AwareDateTime(required=True, allow_none=True)
    finished_at = fields.AwareDateTime(required=True, allow_none=True)
    attempts = fields.Integer(required=True)
    pages = fields.Integer(required=True)
    counts = fields.Dict(required=True, keys=fields.String(), values=fields.Integer())
    transport = fields.Dict(required=True, keys=fields.String(), values=fields.Integer())
    error = fields.Nested(SyncErrorSchema, required=True, allow_none=True)
    folded_runs = fields.Integer(required=True)
    idle_since = fields.AwareDateTime(required=True, allow_none=True)


class ConnectionSchema(_BaseSchema):
    """`stopped_at`: since when nothing is requested until a person resumes it. `next_sync_at`: not
    before the breaker's pause ends; null unless the connection is active."""

    id = fields.UUID(required=True)
    provider = fields.String(required=True)
    name = fields.String(required=True)
    state = _choice(ConnectionState, required=True)
    stopped_at = fields.AwareDateTime(required=True, allow_none=True)
    error_code = fields.String(required=True, allow_none=True)
    error_detail = fields.String(required=True, allow_none=True)
    last_synced_at = fields.AwareDateTime(required=True, allow_none=True)
    last_inbound_at = fields.AwareDateTime(required=True, allow_none=True)
    next_sync_at = fields.AwareDateTime(required=True, allow_none=True)


class ConnectionListSchema(_BaseSchema):
    connections = fields.List(fields.Nested(ConnectionSchema), required=True)


class SyncRunListSchema(_BaseSchema):
    runs = fields.List(fields.Nested(SyncRunResponseSchema), required=True)
    next_after = fields.String(required=True, allow_none=True)


class QuarantinedItemSchema(_BaseSchema):
    """`readable`: false if the stored payload can't be opened; null if it is too large to be
    checked in a list."""

    id = fields.UUID(required=True)
    provider = fields.String(required=True)
    connection_id = fields.UUID(required=True)
    kind = _choice(ItemKind, required=True)
    channel = _choice(Channel, required=True)
    external_id = fields.String(required=True, allow_none=True)
    reason = fields.Nested(FieldReasonSchema, required=True, allow_none=True)
    received_at = fields.AwareDateTime(required=True)
    attempts = fields.Integer(required=True)
    correlation_id = fields.String(required=True)
    bytes = fields.Integer(required=True, allow_none=True)
    readable = fields.Boolean(required=True, allow_none=True)


class QuarantineListSchema(_BaseSchema):
    items = fields.List(fields.Nested(QuarantinedItemSchema), required=True)
    next_after = fields.UUID(required=True, allow_none=True)


class InboxOutcomeResponseSchema(_BaseSchema):
    id = fields.UUID(required=True)
    state = _choice(InboxState, required=True)
    external_id = fields.String(required=True, allow_none=True)
    outcome = _choice(ItemOutcome, required=True, allow_none=True)
    reason = fields.Nested(FieldReasonSchema, required=True, allow_none=True)


class DiscardResponseSchema(_BaseSchema):
    discarded = fields.Integer(required=True)


class GuestRequestSchema(Schema):
    """The guest of this id, and the guests without an id on these bookings."""

    class Meta:
        unknown = "raise"

    external_id = fields.String(allow_none=True, validate=validate.Length(min=1))
    booking_ids = fields.List(fields.String(validate=validate.Length(min=1)))


class GuestExportSchema(_BaseSchema):
    """Guests and bookings in the canonical format; `received`: the payloads that name the guest."""

    provider = fields.String(required=True)
    exported_at = fields.AwareDateTime(required=True)
    guests = fields.List(fields.Dict(), required=True)
    bookings = fields.List(fields.Dict(), required=True)
    received = fields.List(fields.Dict(), required=True)


class GuestErasureSchema(_BaseSchema):
    """Numbers of rows; `payloads`: received payloads replaced by a marker."""

    guests = fields.Integer(required=True)
    bookings = fields.Integer(required=True)
    payloads = fields.Integer(required=True)
    identity_hash = fields.String(required=True)


class HealthResponseSchema(_BaseSchema):
    status = _choice(["ready", "unavailable"], required=True)
    parts = fields.Dict(required=True, keys=fields.String(), values=fields.String())


class ProblemSchema(_BaseSchema):
    """RFC 9457."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    instance = fields.String(required=True)
    code = fields.String(required=True)
    correlation_id = fields.String(required=True, allow_none=True)
    errors = fields.List(fields.Nested(FieldReasonSchema))
    limit = fields.Integer()
    position = fields.Integer()
