"""Capabilities of OPERA Cloud, and the settings of a connection.

Sources: Oracle's descriptions rsv, crm, inv, int, bof and oauth (oracle/hospitality-api-docs,
25.5) and the OHIP user guide (limits, polling, streaming).
"""

from typing import Final

from adapters.outbound.provider_kit.capabilities import api_capabilities, optional, required

NAME: Final = "ohip"
HOSTS: Final = frozenset({"*.oraclecloud.com"})
"""Gateways are per customer: NAME.hospitality-api.REGION.ocs.oraclecloud.com. A connection calls
the host of its `base_url` only."""

PAGE_SIZE: Final = 100
LIST_CAP: Final = 1_000
"""A list ends at this record, whatever `totalResults` and `hasMore` are."""

IDS_PER_REQUEST: Final = 20
EVENTS_PER_CALL: Final = 20
EVENT_CALLS_PER_RUN: Final = 50
"""1,000 events; further ones stay in the queue for the next run."""

STAY_WINDOW_DAYS: Final = 31
LOOKBACK_DAYS: Final = 7
"""Maximum number of past business days in a delta."""

STATISTICS_DAYS: Final = 62
FETCHED_AVAILABILITY_DAYS: Final = 186
COUNTS: Final = (
    "RoomPhysicalRoomsYN",
    "RoomOOOYN",
    "RoomOOSRoomsYN",
    "RoomRoomsSoldYN",
    "RoomAvailRoomsYN",
)
"""Requested statistics; each name has a value, in the same order."""

CALLS_PER_SECOND: Final = 20
"""The limit is 50 for all clients of one environment."""

CAPABILITIES: Final = api_capabilities(
    name=NAME,
    title="OPERA Cloud (OHIP)",
    delta_misses=(
        "business events whose queue response was lost: by a broken connection, or by a crash "
        "before our commit",
        "business events that the hotel has not configured; all of them without external_system",
        "changes without an event, except reservations created, canceled, arriving or departing on "
        "the business days since the last delta: there is no filter by modification time",
        "the balance after a payment or charge, unless the hotel configured the Cashiering events "
        "with their element RESV NAME ID",
        "profiles changed without an event: they are read by event, or with pull_profiles",
        "a guest's details inside bookings after the profile changed",
    ),
    delta_filters_by_modification=False,
    trust="the unguessable URL only: events are pushed by your relay, not by Oracle",
    list_cap=LIST_CAP,
    # A relay may push the events of all hotels of a chain to one URL.
    account_settings=("base_url", "app_key", "client_id"),
    id_fields=frozenset({"primaryKey", "ratePlanCode", "roomType", "statCode"}),
    # Of payment cards.
    sensitive_fields=frozenset({"authorizationApproval", "authorizationInfo"}),
    limits="50 requests a second and environment, shared; events: 20 a call, 300 calls a minute",
    settings=(
        required("base_url", "URL of the environment's gateway, https://…oraclecloud.com"),
        required("property_id", "hotel code in OPERA, e.g. HOTEL1"),
        required("app_key", "application key (x-app-key)", secret=True),
        required("client_id", "client id of the environment", secret=True),
        required("client_secret", "client secret of the environment", secret=True),
        optional("enterprise_id", "enterprise id (OCIM environments)"),
        optional("scope", "scope of the token (OCIM environments)"),
        optional("username", "integration user (environments without OCIM)", secret=True),
        optional("password", "password of the integration user", secret=True),
        optional(
            "external_system",
            "external system whose business events are read; it must not have other readers",
        ),
        optional(
            "pull_profiles",
            "yes: full and reconcile read each guest's profile, one call each",
            default="no",
        ),
    ),
)
