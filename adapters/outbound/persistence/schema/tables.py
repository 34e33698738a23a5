"""The tables with bulk writes. The migrations create them; a test compares the two.

Instants are microseconds since 1970, stay dates are dates, amounts are minor units. `document` is
JSON text without floats; no query reads it.
"""

from typing import Final

from adapters.outbound.persistence.engine.tables import Table

_EXTERNAL: Final = "hotel_id uuid, provider text, external_id text"
_EXTERNAL_KEY: Final = ("hotel_id", "provider", "external_id")
_VERSIONED: Final = """version_at bigint, version_sequence bigint, channel text, observed_at bigint,
    overridden_at bigint null, overridden_sequence bigint null, synced_at bigint, revision bigint"""
"""The columns that bookings, guests and availability share."""

_SIZE: Final = "size_revision bigint null, document_bytes integer null, extra_count integer null"
"""They count at revision `size_revision` only: earlier versions leave them as they were."""

BOOKINGS: Final = Table.define(
    "bookings",
    _EXTERNAL_KEY,
    f"""{_EXTERNAL}, {_VERSIONED},
    id uuid, connection_id uuid, status text, holds_inventory boolean, arrival date, departure date,
    source text, confirmation_number text null, guest_id text null, guest_email text null,
    total_minor bigint null, total_currency text null,
    paid_minor bigint null, paid_currency text null,
    balance_minor bigint null, balance_currency text null,
    checked_in_at bigint null, checked_out_at bigint null, canceled_at bigint null,
    deleted_at_source bigint null, document text, {_SIZE},
    room_count integer null, price_count integer null, occupancy_count integer null,
    party_count integer null""",
)
"""`confirmation_number`, `guest_id`, `guest_email` are copies for searching; the document has the
original values."""

TOMBSTONES: Final = Table.define(
    "booking_tombstones",
    _EXTERNAL_KEY,
    f"""{_EXTERNAL}, {_VERSIONED}, connection_id uuid,
    content_version_at bigint null, content_version_sequence bigint null, document text""",
)
"""Deletions and cancellations that arrived before their booking. `synced_at`: when recorded."""

STATUS_HISTORY: Final = Table.define(
    "status_history",
    ("hotel_id", "booking_id", "id"),
    """hotel_id uuid, booking_id uuid, id uuid, from_status text null, to_status text, kind text,
    version_at bigint, version_sequence bigint, reference text, at bigint""",
)

GUESTS: Final = Table.define(
    "guests",
    _EXTERNAL_KEY,
    f"""{_EXTERNAL}, {_VERSIONED},
    id uuid, email text null, sealed_document_number bytea null, deleted_at_source bigint null,
    document text, {_SIZE}""",
)
"""`email` is a copy for searching; the document has the original."""

AVAILABILITY: Final = Table.define(
    "availability",
    ("hotel_id", "provider", "room_type_id", "day"),
    f"""{_VERSIONED}, hotel_id uuid, provider text, room_type_id text, day date,
    total integer null, available integer null, occupied integer null, blocked integer null,
    lowest_rate_minor bigint null, lowest_rate_currency text null,
    closed boolean null, closed_to_arrival boolean null, closed_to_departure boolean null,
    min_stay integer null, max_stay integer null, counted_rooms text null""",
)

ROOM_TYPES: Final = Table.define(
    "room_types",
    _EXTERNAL_KEY,
    f"""{_EXTERNAL}, name text, description text null,
    base_price_minor bigint null, base_price_currency text null, max_occupancy integer null,
    amenities text, updated_at bigint""",
)
ROOMS: Final = Table.define(
    "rooms",
    _EXTERNAL_KEY,
    f"""{_EXTERNAL}, number text, floor text null, room_type_id text null, status text null,
    updated_at bigint""",
)
RATE_PLANS: Final = Table.define(
    "rate_plans", _EXTERNAL_KEY, f"{_EXTERNAL}, name text, updated_at bigint"
)

INBOX: Final = Table.define(
    "inbox",
    ("hotel_id", "id"),
    """hotel_id uuid, id uuid, connection_id uuid, provider text, kind text, channel text,
    received_at bigint, correlation_id text, sealed_body bytea, batch_id uuid, position integer,
    fingerprint text, state text, outcome text null,
    reason_code text null, reason_path text null, reason_detail text null,
    external_id text null, dedup_key text null, attempts integer, body_bytes integer null""",
)
OUTBOX: Final = Table.define(
    "outbox",
    (),
    """position bigserial, hotel_id uuid, id uuid, type text, ordering_key text, created_at bigint,
    body text, delivered_at bigint null""",
)
"""`position` is assigned by the database in the order of the inserts."""
POSTPONED: Final = Table.define(
    "postponed_deliveries",
    ("hotel_id", "message_id", "subscriber"),
    """hotel_id uuid, message_id uuid, subscriber text, ordering_key text, attempts integer,
    error_code text, retry_at bigint, position bigint null""",
)
RELAY_LEASES: Final = Table.define(
    "relay_leases", ("name",), "name text, holder text, expires_at bigint"
)
IDEMPOTENCY_KEYS: Final = Table.define(
    "idempotency_keys",
    ("token_id", "key"),
    """token_id uuid, key text, fingerprint text, acquired_at bigint, expires_at bigint,
    status integer null, body bytea null""",
)
"""`status` is null while the request that acquired the key is being processed."""

ERASURE_KEYS: Final = Table.define("erasure_keys", ("hotel_id",), "hotel_id uuid, sealed_key bytea")
ERASED_IDENTITIES: Final = Table.define(
    "erased_identities",
    ("hotel_id", "identity_hash"),
    "hotel_id uuid, identity_hash text, erased_at bigint",
)
PRIVACY_REQUESTS: Final = Table.define(
    "privacy_requests",
    ("hotel_id", "id"),
    "hotel_id uuid, id uuid, at bigint, action text, actor text, identity_hash text",
)
AUDIT_LOG: Final = Table.define(
    "audit_log",
    ("id",),
    "id uuid, at bigint, actor text, action text, hotel_id uuid null, subject text, details text, "
    "actor_label text, channel text, address text null, state_before text, state_after text",
)
VENDOR_ERROR_TEXTS: Final = Table.define(
    "vendor_error_texts",
    ("hotel_id", "subject_id"),
    "hotel_id uuid, subject_id uuid, connection_id uuid, received_at bigint, sealed_text bytea",
)
"""`subject_id`: of a sync run or inbox row. Apart from those, which are listed and rewritten."""

HOTEL_RETENTION: Final = Table.define(
    "hotel_retention",
    ("hotel_id",),
    "hotel_id uuid, bookings_days integer null, history_days integer null, "
    "runs_days integer null, inbox_days integer null, outbox_days integer null, "
    "next_purge_at bigint",
)

TABLES: Final = (
    *(BOOKINGS, TOMBSTONES, STATUS_HISTORY, GUESTS, AVAILABILITY, ROOM_TYPES, ROOMS, RATE_PLANS),
    *(INBOX, OUTBOX, POSTPONED, RELAY_LEASES, IDEMPOTENCY_KEYS),
    *(
        ERASURE_KEYS,
        ERASED_IDENTITIES,
        PRIVACY_REQUESTS,
        AUDIT_LOG,
        VENDOR_ERROR_TEXTS,
        HOTEL_RETENTION,
    ),
)
