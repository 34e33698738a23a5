"""What OPERA Cloud can do and what a connection to it needs.

Sources: the vendor's descriptions rsv, crm, inv, int, bof and oauth (oracle/hospitality-api-docs,
25.5) and the OHIP user guide (limits, polling, streaming).
"""

from typing import Final

from domain.messages import ItemKind
from ports.providers import Capabilities, SettingSpec

NAME: Final = "ohip"
HOSTS: Final = frozenset({"*.oraclecloud.com"})
"""Gateways are per customer: NAME.hospitality-api.REGION.ocs.oraclecloud.com."""

PAGE_SIZE: Final = 100
IDS_PER_REQUEST: Final = 20
EVENTS_PER_CALL: Final = 20
EVENT_CALLS_PER_RUN: Final = 50
"""1,000 events; those that are left wait in the vendor's queue for the next run."""

STAY_WINDOW_DAYS: Final = 31
LOOKBACK_DAYS: Final = 7
"""Business days that a delta looks back at most."""

STATISTICS_DAYS: Final = 62
FETCHED_AVAILABILITY_DAYS: Final = 186
COUNTS: Final = (
    "RoomPhysicalRoomsYN",
    "RoomOOOYN",
    "RoomOOSRoomsYN",
    "RoomRoomsSoldYN",
    "RoomAvailRoomsYN",
)
"""Statistics that are asked for; each name goes with a value, in the same order."""

CALLS_PER_SECOND: Final = 20
"""50 are shared by all who ask one environment; the 51st waits there."""

CAPABILITIES: Final = Capabilities(
    name=NAME,
    title="OPERA Cloud (OHIP)",
    kinds=frozenset({ItemKind.BOOKING, ItemKind.GUEST, ItemKind.AVAILABILITY}),
    pulls=True,
    fetches_by_id=True,
    reports_deletions=True,
    webhooks=True,
    day_use=True,
    delta_misses=(
        "business events that the vendor took from its queue for an answer that never reached our "
        "database: a lost connection, or a crash between the answer and our commit",
        "business events that the hotel did not configure, and all of them without external_system",
        "changes that no event tells, but for what was created, cancelled, arrives or departs on "
        "the business days since the last delta: there is no filter by modification",
        "profiles that changed without an event: they are read by event, and with pull_profiles",
        "a guest's details inside bookings after the profile changed",
    ),
    trust="the unguessable URL alone: events are pushed by a relay of yours, not by the vendor",
    # A relay may push the events of all hotels of a chain to one of their URLs.
    account_settings=("base_url", "app_key", "client_id"),
    limits="50 requests a second and environment, shared; events: 20 a call, 300 calls a minute",
    settings=(
        SettingSpec(name="base_url", help="your environment's gateway, https://…oraclecloud.com"),
        SettingSpec(name="property_id", help="the hotel's code in OPERA, e.g. HOTEL1"),
        SettingSpec(name="app_key", help="the application's key (x-app-key)", secret=True),
        SettingSpec(name="client_id", help="client id of the environment", secret=True),
        SettingSpec(name="client_secret", help="its secret", secret=True),
        SettingSpec(name="enterprise_id", help="enterprise id (OCIM environments)", required=False),
        SettingSpec(name="scope", help="scope of the token (OCIM environments)", required=False),
        SettingSpec(
            name="username",
            help="integration user (environments without OCIM)",
            secret=True,
            required=False,
        ),
        SettingSpec(name="password", help="the integration user's", secret=True, required=False),
        SettingSpec(
            name="external_system",
            help="external system whose business events are taken; it must be for us alone",
            required=False,
        ),
        SettingSpec(
            name="pull_profiles",
            help="yes: full and reconcile read each guest's profile, a call each",
            required=False,
            default="no",
        ),
    ),
)
