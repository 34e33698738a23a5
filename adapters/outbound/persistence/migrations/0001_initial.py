"""Every table of the first release.

A migration is frozen: it imports nothing of the product, and a later change of the schema is a
later migration.
"""

from typing import Any

TABLES = {
    "hotels": """
        id {uuid} NOT NULL PRIMARY KEY,
        slug text NOT NULL UNIQUE,
        name text NOT NULL,
        time_zone text NOT NULL,
        currency text NOT NULL,
        created_at bigint NOT NULL,
        enabled boolean NOT NULL
    """,
    "connections": """
        hotel_id {uuid} NOT NULL REFERENCES hotels (id),
        id {uuid} NOT NULL UNIQUE,
        provider text NOT NULL,
        name text NOT NULL,
        settings text NOT NULL,
        key_hash text NOT NULL UNIQUE,
        sealed_secrets {bytes} NOT NULL,
        schedule text NOT NULL,
        state text NOT NULL CHECK (state IN ('new', 'active', 'paused', 'stopped')),
        cursor text,
        breaker_failures integer NOT NULL,
        breaker_retry_at bigint,
        next_sync_at bigint,
        next_reconcile_at bigint,
        last_synced_at bigint,
        last_heard_at bigint,
        gap_seen_at bigint,
        obeyed_at bigint,
        last_error_code text,
        revision bigint NOT NULL,
        lease_holder text,
        lease_expires_at bigint,
        fencing_number bigint NOT NULL,
        PRIMARY KEY (hotel_id, id),
        UNIQUE (hotel_id, name)
    """,
    "sync_runs": """
        hotel_id {uuid} NOT NULL,
        id {uuid} NOT NULL UNIQUE,
        connection_id {uuid} NOT NULL,
        provider text NOT NULL,
        kind text NOT NULL,
        trigger text NOT NULL,
        correlation_id text NOT NULL,
        queued_at bigint NOT NULL,
        status text NOT NULL
            CHECK (status IN ('QUEUED', 'RUNNING', 'COMPLETED', 'PARTIAL', 'FAILED')),
        fencing_number bigint NOT NULL,
        started_at bigint,
        finished_at bigint,
        checkpoint text,
        pages integer NOT NULL,
        counts text NOT NULL,
        transport text NOT NULL,
        error_code text,
        error_detail text,
        attempts integer NOT NULL,
        fruitless_attempts integer NOT NULL,
        PRIMARY KEY (hotel_id, id)
    """,
    "provider_keys": """
        id {uuid} NOT NULL PRIMARY KEY,
        provider text NOT NULL,
        partner text NOT NULL,
        secret_hash text NOT NULL,
        created_at bigint NOT NULL,
        revoked_at bigint,
        UNIQUE (provider, partner)
    """,
    "access_tokens": """
        id {uuid} NOT NULL PRIMARY KEY,
        provider_key_id {uuid} NOT NULL REFERENCES provider_keys (id),
        provider text NOT NULL,
        scopes text NOT NULL,
        secret_hash text NOT NULL,
        created_at bigint NOT NULL,
        expires_at bigint NOT NULL,
        revoked_at bigint,
        last_used_at bigint
    """,
    "token_hotels": """
        hotel_id {uuid} NOT NULL REFERENCES hotels (id),
        token_id {uuid} NOT NULL REFERENCES access_tokens (id),
        position integer NOT NULL,
        PRIMARY KEY (hotel_id, token_id)
    """,
    "idempotency_keys": """
        token_id {uuid} NOT NULL,
        key text NOT NULL,
        fingerprint text NOT NULL,
        taken_at bigint NOT NULL,
        expires_at bigint NOT NULL,
        status integer,
        body {bytes},
        PRIMARY KEY (token_id, key)
    """,
    "bookings": """
        hotel_id {uuid} NOT NULL,
        provider text NOT NULL,
        external_id text NOT NULL,
        id {uuid} NOT NULL,
        connection_id {uuid} NOT NULL,
        status text NOT NULL CHECK (status IN
            ('PENDING', 'CONFIRMED', 'CHECKED_IN', 'CHECKED_OUT', 'CANCELED', 'NO_SHOW')),
        holds_inventory boolean NOT NULL,
        arrival {date} NOT NULL,
        departure {date} NOT NULL,
        source text NOT NULL,
        confirmation_number text,
        guest_id text,
        guest_email text,
        total_minor bigint,
        total_currency text,
        paid_minor bigint,
        paid_currency text,
        balance_minor bigint,
        balance_currency text,
        checked_in_at bigint,
        checked_out_at bigint,
        canceled_at bigint,
        deleted_at_source bigint,
        version_at bigint NOT NULL,
        version_sequence bigint NOT NULL,
        origin text NOT NULL,
        observed_at bigint NOT NULL,
        overridden_at bigint,
        overridden_sequence bigint,
        synced_at bigint NOT NULL,
        revision bigint NOT NULL,
        document text NOT NULL,
        PRIMARY KEY (hotel_id, provider, external_id),
        CHECK (arrival <= departure),
        CHECK ((total_minor IS NULL) = (total_currency IS NULL)),
        CHECK ((paid_minor IS NULL) = (paid_currency IS NULL)),
        CHECK ((balance_minor IS NULL) = (balance_currency IS NULL))
    """,
    "status_history": """
        hotel_id {uuid} NOT NULL,
        booking_id {uuid} NOT NULL,
        id {uuid} NOT NULL,
        from_status text,
        to_status text NOT NULL,
        kind text NOT NULL,
        version_at bigint NOT NULL,
        version_sequence bigint NOT NULL,
        reference text NOT NULL,
        at bigint NOT NULL,
        PRIMARY KEY (hotel_id, booking_id, id),
        CONSTRAINT known_transition CHECK (
            to_status IN
                ('PENDING', 'CONFIRMED', 'CHECKED_IN', 'CHECKED_OUT', 'CANCELED', 'NO_SHOW')
            AND CASE kind
            WHEN 'created' THEN from_status IS NULL
            WHEN 'forward' THEN from_status IS NOT NULL AND from_status || '>' || to_status IN (
                'PENDING>CONFIRMED', 'PENDING>CHECKED_IN', 'PENDING>CHECKED_OUT',
                'PENDING>CANCELED', 'PENDING>NO_SHOW', 'CONFIRMED>CHECKED_IN',
                'CONFIRMED>CHECKED_OUT', 'CONFIRMED>CANCELED', 'CONFIRMED>NO_SHOW',
                'CHECKED_IN>CHECKED_OUT')
            WHEN 'correction' THEN from_status IS NOT NULL AND from_status IN
                ('PENDING', 'CONFIRMED', 'CHECKED_IN', 'CHECKED_OUT', 'CANCELED', 'NO_SHOW')
                AND from_status <> to_status AND from_status || '>' || to_status NOT IN (
                'PENDING>CONFIRMED', 'PENDING>CHECKED_IN', 'PENDING>CHECKED_OUT',
                'PENDING>CANCELED', 'PENDING>NO_SHOW', 'CONFIRMED>CHECKED_IN',
                'CONFIRMED>CHECKED_OUT', 'CONFIRMED>CANCELED', 'CONFIRMED>NO_SHOW',
                'CHECKED_IN>CHECKED_OUT')
            ELSE FALSE END)
    """,
    "guests": """
        hotel_id {uuid} NOT NULL,
        provider text NOT NULL,
        external_id text NOT NULL,
        id {uuid} NOT NULL,
        email text,
        sealed_document_number {bytes},
        deleted_at_source bigint,
        version_at bigint NOT NULL,
        version_sequence bigint NOT NULL,
        origin text NOT NULL,
        observed_at bigint NOT NULL,
        overridden_at bigint,
        overridden_sequence bigint,
        synced_at bigint NOT NULL,
        revision bigint NOT NULL,
        document text NOT NULL,
        PRIMARY KEY (hotel_id, provider, external_id)
    """,
    "availability": """
        hotel_id {uuid} NOT NULL,
        provider text NOT NULL,
        room_type_id text NOT NULL,
        day {date} NOT NULL,
        total integer,
        available integer,
        occupied integer,
        blocked integer,
        lowest_rate_minor bigint,
        lowest_rate_currency text,
        closed boolean,
        closed_to_arrival boolean,
        closed_to_departure boolean,
        min_stay integer,
        max_stay integer,
        version_at bigint NOT NULL,
        version_sequence bigint NOT NULL,
        origin text NOT NULL,
        observed_at bigint NOT NULL,
        overridden_at bigint,
        overridden_sequence bigint,
        synced_at bigint NOT NULL,
        revision bigint NOT NULL,
        PRIMARY KEY (hotel_id, provider, room_type_id, day)
    """,
    "room_types": """
        hotel_id {uuid} NOT NULL,
        provider text NOT NULL,
        external_id text NOT NULL,
        name text NOT NULL,
        description text,
        base_price_minor bigint,
        base_price_currency text,
        max_occupancy integer,
        amenities text NOT NULL,
        updated_at bigint NOT NULL,
        PRIMARY KEY (hotel_id, provider, external_id)
    """,
    "rooms": """
        hotel_id {uuid} NOT NULL,
        provider text NOT NULL,
        external_id text NOT NULL,
        number text NOT NULL,
        floor text,
        room_type_id text,
        status text,
        updated_at bigint NOT NULL,
        PRIMARY KEY (hotel_id, provider, external_id)
    """,
    "rate_plans": """
        hotel_id {uuid} NOT NULL,
        provider text NOT NULL,
        external_id text NOT NULL,
        name text NOT NULL,
        updated_at bigint NOT NULL,
        PRIMARY KEY (hotel_id, provider, external_id)
    """,
    "inbox": """
        hotel_id {uuid} NOT NULL,
        id {uuid} NOT NULL,
        connection_id {uuid} NOT NULL,
        provider text NOT NULL,
        kind text NOT NULL,
        origin text NOT NULL,
        received_at bigint NOT NULL,
        correlation_id text NOT NULL,
        sealed_body {bytes} NOT NULL,
        batch_id {uuid} NOT NULL,
        position integer NOT NULL,
        fingerprint text NOT NULL,
        state text NOT NULL CHECK (state IN ('received', 'done', 'quarantined')),
        outcome text,
        reason_code text,
        reason_path text,
        reason_detail text,
        external_id text,
        attempts integer NOT NULL,
        PRIMARY KEY (hotel_id, id)
    """,
    "outbox": """
        position {position},
        hotel_id {uuid} NOT NULL,
        id {uuid} NOT NULL,
        type text NOT NULL,
        ordering_key text NOT NULL,
        created_at bigint NOT NULL,
        body text NOT NULL,
        delivered_at bigint,
        {outbox_key} (hotel_id, id)
    """,
    "postponed_deliveries": """
        hotel_id {uuid} NOT NULL,
        message_id {uuid} NOT NULL,
        subscriber text NOT NULL,
        ordering_key text NOT NULL,
        attempts integer NOT NULL,
        error_code text NOT NULL,
        retry_at bigint NOT NULL,
        PRIMARY KEY (hotel_id, message_id, subscriber)
    """,
    "relay_leases": """
        name text NOT NULL PRIMARY KEY,
        holder text NOT NULL,
        expires_at bigint NOT NULL
    """,
}

INDEXES = (
    "CREATE INDEX connections_due ON connections (state, next_sync_at)",
    "CREATE INDEX sync_runs_newest ON sync_runs (hotel_id, queued_at, id)",
    "CREATE UNIQUE INDEX sync_runs_unfinished ON sync_runs (connection_id)"
    " WHERE status IN ('QUEUED', 'RUNNING')",
    "CREATE INDEX token_hotels_token ON token_hotels (token_id)",
    "CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at)",
    "CREATE UNIQUE INDEX bookings_id ON bookings (hotel_id, id)",
    "CREATE INDEX bookings_arrival ON bookings (hotel_id, arrival, id)",
    "CREATE INDEX bookings_departure ON bookings (hotel_id, departure)",
    "CREATE INDEX bookings_synced ON bookings (hotel_id, synced_at, id)",
    "CREATE INDEX bookings_number ON bookings (hotel_id, confirmation_number)"
    " WHERE confirmation_number IS NOT NULL",
    "CREATE INDEX bookings_email ON bookings (hotel_id, guest_email) WHERE guest_email IS NOT NULL",
    "CREATE INDEX bookings_guest ON bookings (hotel_id, guest_id) WHERE guest_id IS NOT NULL",
    "CREATE UNIQUE INDEX guests_id ON guests (hotel_id, id)",
    "CREATE INDEX guests_email ON guests (hotel_id, email) WHERE email IS NOT NULL",
    "CREATE INDEX availability_day ON availability (hotel_id, day)",
    "CREATE INDEX inbox_batch ON inbox (hotel_id, batch_id, position)",
    "CREATE INDEX inbox_waiting ON inbox (received_at) WHERE state = 'received'",
    "CREATE INDEX inbox_done ON inbox (received_at) WHERE state = 'done'",
    "CREATE INDEX inbox_known_bad ON inbox (hotel_id, fingerprint) WHERE state = 'quarantined'",
    "CREATE INDEX inbox_quarantine ON inbox (hotel_id, id) WHERE state = 'quarantined'",
    "CREATE INDEX outbox_waiting ON outbox (position) WHERE delivered_at IS NULL",
    "CREATE INDEX outbox_waiting_id ON outbox (id) WHERE delivered_at IS NULL",
    "CREATE INDEX outbox_delivered ON outbox (delivered_at) WHERE delivered_at IS NOT NULL",
    "CREATE INDEX postponed_keys ON postponed_deliveries (subscriber, ordering_key)",
)

POSTGRES = {
    "uuid": "uuid",
    "bytes": "bytea",
    "date": "date",
    "position": "bigint GENERATED ALWAYS AS IDENTITY",
    "outbox_key": "PRIMARY KEY",
}
SQLITE = {
    "uuid": "text",
    "bytes": "blob",
    "date": "text",
    "position": "integer PRIMARY KEY AUTOINCREMENT",
    "outbox_key": "UNIQUE",
}


def up(_migrator: Any, db: Any) -> None:
    types = SQLITE if "sqlite" in type(db).__name__.lower() else POSTGRES
    for name, columns in TABLES.items():
        db.execute_sql(f"CREATE TABLE {name} ({columns.format(**types)})")
    for statement in INDEXES:
        db.execute_sql(statement)


def down(_migrator: Any, db: Any) -> None:
    for name in reversed(TABLES):
        db.execute_sql(f"DROP TABLE {name}")
