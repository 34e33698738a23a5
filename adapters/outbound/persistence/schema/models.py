"""The tables as Peewee models. The migrations create them; a test compares the two.

Instants are microseconds since 1970, stay dates are dates, amounts are minor units. `document` is
JSON text without floats; no query reads it.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from peewee import (
    BigAutoField,
    BigIntegerField,
    BlobField,
    BooleanField,
    CompositeKey,
    DateField,
    Field,
    IntegerField,
    Model,
    TextField,
    UUIDField,
)

from adapters.outbound.persistence.engine.column_values import (
    instant_from_micros,
    micros_from_instant,
)

if TYPE_CHECKING:
    _Instant = Field[datetime]
    _OptionalInstant = Field[datetime | None]
else:
    _Instant = _OptionalInstant = Field


class InstantField(_Instant):
    field_type = "BIGINT"

    def db_value(self, value: datetime) -> int:
        return micros_from_instant(value)

    def python_value(self, value: int) -> datetime:
        return instant_from_micros(value)


class OptionalInstantField(_OptionalInstant):
    field_type = "BIGINT"

    def __init__(self) -> None:
        super().__init__(null=True)

    def db_value(self, value: datetime | None) -> int | None:
        return None if value is None else micros_from_instant(value)

    def python_value(self, value: int | None) -> datetime | None:
        return None if value is None else instant_from_micros(value)


class HotelRow(Model):
    id = UUIDField(primary_key=True)
    slug = TextField(unique=True)
    name = TextField()
    time_zone = TextField()
    currency = TextField()
    created_at = InstantField()
    enabled = BooleanField()

    class Meta:
        table_name = "hotels"


class ConnectionRow(Model):
    hotel_id = UUIDField()
    id = UUIDField(unique=True)
    provider = TextField()
    name = TextField()
    settings = TextField()
    key_hash = TextField(unique=True)
    sealed_secrets = BlobField()
    schedule = TextField()
    state = TextField()
    cursor = TextField(null=True)
    breaker_failures = IntegerField()
    breaker_retry_at = OptionalInstantField()
    next_sync_at = OptionalInstantField()
    next_reconcile_at = OptionalInstantField()
    last_synced_at = OptionalInstantField()
    last_inbound_at = OptionalInstantField()
    gap_seen_at = OptionalInstantField()
    control_applied_at = OptionalInstantField()
    last_error_code = TextField(null=True)
    revision = BigIntegerField()
    lease_holder = TextField(null=True)
    lease_expires_at = OptionalInstantField()
    fencing_number = BigIntegerField()

    class Meta:
        table_name = "connections"
        primary_key = CompositeKey("hotel_id", "id")


class SyncRunRow(Model):
    hotel_id = UUIDField()
    id = UUIDField(unique=True)
    connection_id = UUIDField()
    provider = TextField()
    kind = TextField()
    trigger = TextField()
    correlation_id = TextField()
    queued_at = InstantField()
    status = TextField()
    fencing_number = BigIntegerField()
    started_at = OptionalInstantField()
    finished_at = OptionalInstantField()
    checkpoint = TextField(null=True)
    pages = IntegerField()
    counts = TextField()
    transport = TextField()
    error_code = TextField(null=True)
    error_detail = TextField(null=True)
    attempts = IntegerField()
    fruitless_attempts = IntegerField()

    class Meta:
        table_name = "sync_runs"
        primary_key = CompositeKey("hotel_id", "id")


class ProviderKeyRow(Model):
    id = UUIDField(primary_key=True)
    provider = TextField()
    partner = TextField()
    secret_hash = TextField()
    created_at = InstantField()
    revoked_at = OptionalInstantField()

    class Meta:
        table_name = "provider_keys"


class AccessTokenRow(Model):
    id = UUIDField(primary_key=True)
    provider_key_id = UUIDField()
    provider = TextField()
    scopes = TextField()
    secret_hash = TextField()
    created_at = InstantField()
    expires_at = InstantField()
    revoked_at = OptionalInstantField()
    last_used_at = OptionalInstantField()

    class Meta:
        table_name = "access_tokens"


class TokenHotelRow(Model):
    hotel_id = UUIDField()
    token_id = UUIDField()
    position = IntegerField()

    class Meta:
        table_name = "token_hotels"
        primary_key = CompositeKey("hotel_id", "token_id")


class IdempotencyKeyRow(Model):
    """`status` is null while the request that acquired the key is being processed."""

    token_id = UUIDField()
    key = TextField()
    fingerprint = TextField()
    acquired_at = InstantField()
    expires_at = InstantField()
    status = IntegerField(null=True)
    body = BlobField(null=True)

    class Meta:
        table_name = "idempotency_keys"
        primary_key = CompositeKey("token_id", "key")


class ExternalRow(Model):
    """The columns of what a provider names by an id of its own."""

    hotel_id = UUIDField()
    provider = TextField()
    external_id = TextField()

    class Meta:
        primary_key = CompositeKey("hotel_id", "provider", "external_id")


class VersionedRow(Model):
    """The columns that bookings, guests and availability share."""

    version_at = InstantField()
    version_sequence = BigIntegerField()
    channel = TextField()
    observed_at = InstantField()
    overridden_at = OptionalInstantField()
    overridden_sequence = BigIntegerField(null=True)
    synced_at = InstantField()
    revision = BigIntegerField()

    class Meta:
        primary_key = False


class BookingRow(ExternalRow, VersionedRow):
    """`confirmation_number`, `guest_id`, `guest_email` are copies for searching; the document has
    the original values."""

    id = UUIDField()
    connection_id = UUIDField()
    status = TextField()
    holds_inventory = BooleanField()
    arrival = DateField()
    departure = DateField()
    source = TextField()
    confirmation_number = TextField(null=True)
    guest_id = TextField(null=True)
    guest_email = TextField(null=True)
    total_minor = BigIntegerField(null=True)
    total_currency = TextField(null=True)
    paid_minor = BigIntegerField(null=True)
    paid_currency = TextField(null=True)
    balance_minor = BigIntegerField(null=True)
    balance_currency = TextField(null=True)
    checked_in_at = OptionalInstantField()
    checked_out_at = OptionalInstantField()
    canceled_at = OptionalInstantField()
    deleted_at_source = OptionalInstantField()
    document = TextField()

    class Meta:
        table_name = "bookings"


class StatusHistoryRow(Model):
    hotel_id = UUIDField()
    booking_id = UUIDField()
    id = UUIDField()
    from_status = TextField(null=True)
    to_status = TextField()
    kind = TextField()
    version_at = InstantField()
    version_sequence = BigIntegerField()
    reference = TextField()
    at = InstantField()

    class Meta:
        table_name = "status_history"
        primary_key = CompositeKey("hotel_id", "booking_id", "id")


class GuestRow(ExternalRow, VersionedRow):
    """`email` is a copy for searching; the document has the original."""

    id = UUIDField()
    email = TextField(null=True)
    sealed_document_number = BlobField(null=True)
    deleted_at_source = OptionalInstantField()
    document = TextField()

    class Meta:
        table_name = "guests"


class AvailabilityRow(VersionedRow):
    hotel_id = UUIDField()
    provider = TextField()
    room_type_id = TextField()
    day = DateField()
    total = IntegerField(null=True)
    available = IntegerField(null=True)
    occupied = IntegerField(null=True)
    blocked = IntegerField(null=True)
    lowest_rate_minor = BigIntegerField(null=True)
    lowest_rate_currency = TextField(null=True)
    closed = BooleanField(null=True)
    closed_to_arrival = BooleanField(null=True)
    closed_to_departure = BooleanField(null=True)
    min_stay = IntegerField(null=True)
    max_stay = IntegerField(null=True)
    counted_rooms = TextField(null=True)

    class Meta:
        table_name = "availability"
        primary_key = CompositeKey("hotel_id", "provider", "room_type_id", "day")


class RoomTypeRow(ExternalRow):
    name = TextField()
    description = TextField(null=True)
    base_price_minor = BigIntegerField(null=True)
    base_price_currency = TextField(null=True)
    max_occupancy = IntegerField(null=True)
    amenities = TextField()
    updated_at = InstantField()

    class Meta:
        table_name = "room_types"


class RoomRow(ExternalRow):
    number = TextField()
    floor = TextField(null=True)
    room_type_id = TextField(null=True)
    status = TextField(null=True)
    updated_at = InstantField()

    class Meta:
        table_name = "rooms"


class RatePlanRow(ExternalRow):
    name = TextField()
    updated_at = InstantField()

    class Meta:
        table_name = "rate_plans"


class InboxRow(Model):
    hotel_id = UUIDField()
    id = UUIDField()
    connection_id = UUIDField()
    provider = TextField()
    kind = TextField()
    channel = TextField()
    received_at = InstantField()
    correlation_id = TextField()
    sealed_body = BlobField()
    batch_id = UUIDField()
    position = IntegerField()
    fingerprint = TextField()
    state = TextField()
    outcome = TextField(null=True)
    reason_code = TextField(null=True)
    reason_path = TextField(null=True)
    reason_detail = TextField(null=True)
    external_id = TextField(null=True)
    dedup_key = TextField(null=True)
    attempts = IntegerField()

    class Meta:
        table_name = "inbox"
        primary_key = CompositeKey("hotel_id", "id")


class OutboxRow(Model):
    """`position` is assigned by the database in the order of the inserts."""

    position = BigAutoField()
    hotel_id = UUIDField()
    id = UUIDField()
    type = TextField()
    ordering_key = TextField()
    created_at = InstantField()
    body = TextField()
    delivered_at = OptionalInstantField()

    class Meta:
        table_name = "outbox"


class PostponedRow(Model):
    hotel_id = UUIDField()
    message_id = UUIDField()
    subscriber = TextField()
    ordering_key = TextField()
    attempts = IntegerField()
    error_code = TextField()
    retry_at = InstantField()

    class Meta:
        table_name = "postponed_deliveries"
        primary_key = CompositeKey("hotel_id", "message_id", "subscriber")


class RelayLeaseRow(Model):
    name = TextField(primary_key=True)
    holder = TextField()
    expires_at = InstantField()

    class Meta:
        table_name = "relay_leases"


MODELS: tuple[type[Model], ...] = (
    HotelRow,
    ConnectionRow,
    SyncRunRow,
    ProviderKeyRow,
    AccessTokenRow,
    TokenHotelRow,
    IdempotencyKeyRow,
    BookingRow,
    StatusHistoryRow,
    GuestRow,
    AvailabilityRow,
    RoomTypeRow,
    RoomRow,
    RatePlanRow,
    InboxRow,
    OutboxRow,
    PostponedRow,
    RelayLeaseRow,
)
