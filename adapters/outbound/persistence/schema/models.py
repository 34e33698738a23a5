"""The small tables, which Peewee queries, as its models; the others are in `tables`."""

from datetime import datetime
from typing import TYPE_CHECKING

from peewee import (
    BigIntegerField,
    BlobField,
    BooleanField,
    CompositeKey,
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
    last_error_detail = TextField(null=True)
    stopped_at = OptionalInstantField()
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
    error_path = TextField(null=True)
    vendor_message = TextField(null=True)
    attempts = IntegerField()
    fruitless_attempts = IntegerField()
    paused_state = TextField(null=True)
    folded_runs = IntegerField()
    idle_since = OptionalInstantField()

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
    read_extensions = TextField()
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


MODELS: tuple[type[Model], ...] = (
    HotelRow,
    ConnectionRow,
    SyncRunRow,
    ProviderKeyRow,
    AccessTokenRow,
    TokenHotelRow,
)
