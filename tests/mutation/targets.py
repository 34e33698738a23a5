"""What is mutated, and the tests that must notice it: few and fast, without servers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

_KIT: Final = "adapters/outbound/provider_kit"
_KIT_TESTS: Final = "tests/adapters/provider_kit"
_STORES: Final = "adapters/outbound/persistence/stores"
_CONTRACTS: Final = "tests/contracts"


MIN_SCORE: Final = 0.85
"""Of each module."""


@dataclass(frozen=True, slots=True)
class Target:
    """`modules`: paths, each with the functions or classes that are mutated; all if none is named.
    `deselected`: parts of the names of tests that are not run, as they need a server or a long
    time."""

    modules: Mapping[str, tuple[str, ...]]
    tests: tuple[str, ...]
    deselected: tuple[str, ...] = field(default=("[postgres",))


TARGETS: Final[Mapping[str, Target]] = {
    "precedence": Target({"domain/precedence.py": ()}, ("tests/domain/test_version_conflicts.py",)),
    "status": Target({"domain/status.py": ()}, ("tests/domain/test_status.py",)),
    "cursors": Target(
        {
            "application/queries/find_bookings.py": (
                "FindBookings",
                "FindGuests",
                "_filter_text",
            ),
            "application/queries/result_pages.py": (),
            "adapters/outbound/persistence/queries/positions.py": (),
            "adapters/outbound/persistence/queries/booking_search.py": (),
            f"{_KIT}/pull/checkpoint.py": (),
            "domain/connection.py": ("Connection.synced", "Connection.sync_failed"),
        },
        (
            "tests/application/queries",
            "tests/adapters/persistence/test_positions.py",
            f"{_KIT_TESTS}/pull",
            "tests/domain/test_connection.py",
            f"{_CONTRACTS}/test_queries.py",
        ),
    ),
    "leases": Target(
        {
            "domain/sync_run.py": (),
            "application/events/relay_outbox.py": (),
            f"{_STORES}/connections.py": (
                "_ACQUIRE_LEASE_SQL",
                "StoredConnections.acquire_lease",
                "StoredConnections.renew_lease",
                "StoredConnections.release_lease",
                "StoredConnections._update_held",
            ),
            f"{_STORES}/sync_runs.py": (),
            f"{_STORES}/outbox.py": (),
        },
        (
            "tests/domain/test_sync_run.py",
            "tests/application/events",
            "tests/application/sync/test_sync_connection.py",
            f"{_CONTRACTS}/test_administration.py",
            f"{_CONTRACTS}/test_inbox_and_outbox.py",
        ),
    ),
    "idempotency": Target(
        {
            "application/ingest/idempotent_requests.py": (),
            "adapters/inbound/rest/idempotency.py": (),
            f"{_STORES}/idempotency_keys.py": (),
        },
        (
            "tests/application/ingest/test_idempotent_requests.py",
            "tests/http/test_idempotency.py",
            f"{_CONTRACTS}/test_credentials.py",
            f"{_CONTRACTS}/test_erasures.py",
        ),
    ),
    "masking": Target(
        {
            f"{_KIT}/card_scrubber.py": (),
            f"{_KIT}/masking/card_details.py": (),
            f"{_KIT}/masking/card_labels.py": (),
            f"{_KIT}/masking/card_numbers.py": (),
            f"{_KIT}/masking/id_fields.py": (),
            f"{_KIT}/masking/payload_values.py": (),
            f"{_KIT}/masking/plain_text.py": (),
        },
        (
            "tests/adapters/provider_kit/masking",
            "tests/adapters/provider_kit/test_card_scrubber.py",
        ),
    ),
    "host-policy": Target(
        {f"{_KIT}/http/host_policy.py": (), f"{_KIT}/http/guarded_connections.py": ()},
        (f"{_KIT_TESTS}/http",),
        deselected=("[postgres", "test_retries_read_timeout"),
    ),
}
