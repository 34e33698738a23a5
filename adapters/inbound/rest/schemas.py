"""Marshmallow schemas: the description of our JSON in OpenAPI.

Requests are not parsed by them: the providers read the raw text, so that no amount ever passes
through a float and no bad item takes the others along.
"""

from typing import Any

from marshmallow import Schema, fields, validate

from domain.messages import InboxState, ItemKind, ItemOutcome
from domain.precedence import Channel
from domain.snapshots import MAX_ID, BookingSource, PartyRole
from domain.status import BookingStatus
from domain.sync_run import SyncKind, SyncStatus, SyncTrigger
from domain.values import AgeClass


class _BaseSchema(Schema):
    class Meta:
        unknown = "include"


def _text(description: str = "", **settings: Any) -> fields.String:
    metadata = {"description": description} if description else {}
    return fields.String(metadata=metadata, **settings)


def _optional_text(description: str = "") -> fields.String:
    return _text(description, allow_none=True)


def _choice(values: Any, **settings: Any) -> fields.String:
    return fields.String(validate=validate.OneOf([str(value) for value in values]), **settings)


def _external_id(**settings: Any) -> fields.String:
    return fields.String(validate=validate.Length(min=1, max=MAX_ID), **settings)


def _count() -> fields.Integer:
    """Rooms or nights; below 0 is overbooked."""
    return fields.Integer(strict=True, allow_none=True, validate=validate.Range(-100_000, 100_000))


class SourceVersion(_BaseSchema):
    """Orders what you send: an older version never overwrites a newer one."""

    updated_at = fields.AwareDateTime(required=True)
    sequence = fields.Integer(strict=True, allow_none=True, validate=validate.Range(min=0))


class Money(_BaseSchema):
    amount = _text(
        "In major units, with no more digits than the currency has; a JSON number is exact too",
        required=True,
    )
    currency = _text("ISO 4217", required=True, validate=validate.Regexp("^[A-Z]{3}$"))


class Stay(_BaseSchema):
    """Local hotel dates; the same day twice is a day use."""

    arrival = fields.Date(required=True)
    departure = fields.Date(required=True)


class AgeCount(_BaseSchema):
    age_class = _choice(AgeClass, required=True)
    count = fields.Integer(strict=True, required=True, validate=validate.Range(0, 9_999))
    age = fields.Integer(strict=True, allow_none=True)
    category = _optional_text()


class NightlyPrice(_BaseSchema):
    night = fields.Date(required=True)
    price = fields.Nested(Money, required=True)


class RoomStay(_BaseSchema):
    line_id = _optional_text()
    room_type_id = _optional_text()
    room_id = _optional_text()
    rate_plan_id = _optional_text()
    stay = fields.Nested(Stay)
    status = _choice(BookingStatus)
    occupancy = fields.List(fields.Nested(AgeCount), allow_none=True)
    nightly_prices = fields.List(fields.Nested(NightlyPrice), allow_none=True)
    units = fields.Integer(strict=True, validate=validate.Range(1, 999))


class Party(_BaseSchema):
    guest_id = _optional_text("The guest's external_id")
    role = _choice(PartyRole, allow_none=True)
    first_name = _optional_text()
    last_name = _optional_text()
    email = _optional_text()
    phone = _optional_text()
    country = _optional_text()
    language = _optional_text()


class CanonicalBooking(_BaseSchema):
    """A field that is left out stays as it is here; null clears it. A first message needs status
    and stay."""

    external_id = _external_id(required=True)
    source_version = fields.Nested(SourceVersion, required=True)
    deleted = fields.Boolean()
    status = _choice(BookingStatus)
    holds_inventory = fields.Boolean()
    confirmation_number = _optional_text()
    group_id = _optional_text()
    share_id = _optional_text()
    source = _choice(BookingSource)
    stay = fields.Nested(Stay)
    rooms = fields.List(fields.Nested(RoomStay), validate=validate.Length(min=1))
    primary_guest = fields.Nested(Party, allow_none=True)
    further_guests = fields.List(fields.Nested(Party), allow_none=True)
    total = fields.Nested(Money, allow_none=True)
    paid = fields.Nested(Money, allow_none=True)
    balance = fields.Nested(Money, allow_none=True)
    special_requests = _optional_text()
    notes = _optional_text()
    checked_in_at = fields.AwareDateTime(allow_none=True)
    checked_out_at = fields.AwareDateTime(allow_none=True)
    canceled_at = fields.AwareDateTime(allow_none=True)
    cancel_reason = _optional_text()
    extras = fields.Dict(metadata={"description": "Whatever else you want us to keep"})


class CanonicalGuest(_BaseSchema):
    external_id = _external_id(required=True)
    source_version = fields.Nested(SourceVersion, required=True)
    deleted = fields.Boolean()
    title = _optional_text()
    first_name = _optional_text()
    last_name = _optional_text()
    email = _optional_text()
    phone = _optional_text()
    address = _optional_text()
    city = _optional_text()
    region = _optional_text()
    postal_code = _optional_text()
    country = _optional_text()
    nationality = _optional_text()
    birth_date = fields.Date(allow_none=True)
    language = _optional_text()
    vip = fields.Boolean(allow_none=True)
    loyalty_number = _optional_text()
    loyalty_tier = _optional_text()
    loyalty_points = fields.Integer(strict=True, allow_none=True)
    id_document_type = _optional_text()
    id_document_number = _optional_text()
    preferences = _optional_text()
    notes = _optional_text()
    email_opt_in = fields.Boolean(allow_none=True)
    sms_opt_in = fields.Boolean(allow_none=True)
    total_stays = fields.Integer(strict=True, allow_none=True)
    total_spent = fields.Nested(Money, allow_none=True)
    last_stay_on = fields.Date(allow_none=True)
    merged_into = _optional_text("external_id of the guest that this one became part of")
    extras = fields.Dict()


class CanonicalAvailability(_BaseSchema):
    """One room type on one local date. `source_version` may say `observed` in place of a clock."""

    room_type_id = _external_id(required=True)
    date = fields.Date(required=True)
    source_version = fields.Nested(SourceVersion, required=True)
    total = _count()
    available = _count()
    occupied = _count()
    blocked = _count()
    lowest_rate = fields.Nested(Money, allow_none=True)
    closed = fields.Boolean(allow_none=True)
    closed_to_arrival = fields.Boolean(allow_none=True)
    closed_to_departure = fields.Boolean(allow_none=True)
    min_stay = _count()
    max_stay = _count()


class SyncRequest(Schema):
    """`provider` suffices where the hotel has one connection to it."""

    provider = fields.String()
    connection_id = fields.UUID()
    kind = _choice(SyncKind)


class FieldReason(_BaseSchema):
    code = fields.String(required=True)
    path = fields.String(required=True, allow_none=True)
    detail = fields.String(required=True)


class PushedItem(_BaseSchema):
    """`accepted`: stored, the outcome is at the batch's status_url."""

    index = fields.Integer(required=True)
    id = fields.UUID(required=True)
    external_id = fields.String(required=True, allow_none=True)
    outcome = _choice([*ItemOutcome, "accepted"], required=True)
    reason = fields.Nested(FieldReason, required=True, allow_none=True)


class PushResponse(_BaseSchema):
    batch_id = fields.UUID(required=True)
    status_url = fields.String(required=True)
    items = fields.List(fields.Nested(PushedItem), required=True)


class BatchResponse(PushResponse):
    state = _choice(["processing", "done"], required=True)


class SyncRunResponse(_BaseSchema):
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
    error = fields.Nested(FieldReason, required=True, allow_none=True)


class SyncRunList(_BaseSchema):
    runs = fields.List(fields.Nested(SyncRunResponse), required=True)
    total = fields.Integer(required=True)
    limit = fields.Integer(required=True)
    offset = fields.Integer(required=True)


class QuarantinedItem(_BaseSchema):
    id = fields.UUID(required=True)
    provider = fields.String(required=True)
    connection_id = fields.UUID(required=True)
    kind = _choice(ItemKind, required=True)
    origin = _choice(Channel, required=True)
    external_id = fields.String(required=True, allow_none=True)
    reason = fields.Nested(FieldReason, required=True, allow_none=True)
    received_at = fields.AwareDateTime(required=True)
    attempts = fields.Integer(required=True)
    correlation_id = fields.String(required=True)
    bytes = fields.Integer(required=True)


class QuarantineList(_BaseSchema):
    items = fields.List(fields.Nested(QuarantinedItem), required=True)
    next_after = fields.UUID(required=True, allow_none=True)


class InboxOutcomeResponse(_BaseSchema):
    id = fields.UUID(required=True)
    state = _choice(InboxState, required=True)
    external_id = fields.String(required=True, allow_none=True)
    outcome = _choice(ItemOutcome, required=True, allow_none=True)
    reason = fields.Nested(FieldReason, required=True, allow_none=True)


class HealthResponse(_BaseSchema):
    status = _choice(["ready", "unavailable"], required=True)
    parts = fields.Dict(required=True, keys=fields.String(), values=fields.String())


class Problem(_BaseSchema):
    """RFC 9457."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    instance = fields.String(required=True)
    code = fields.String(required=True)
    correlation_id = fields.String(required=True, allow_none=True)
    errors = fields.List(fields.Nested(FieldReason))
    limit = fields.Integer()
    position = fields.Integer()
