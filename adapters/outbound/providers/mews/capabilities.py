"""What Mews can do and what a connection to it needs.

guidelines/environments.md (hosts, limits), guidelines/authentication.md (tokens), events/wh-faq.md.
"""

from datetime import timedelta
from typing import Final

from domain.messages import ItemKind
from ports.providers import Capabilities, SettingSpec

NAME: Final = "mews"
HOSTS: Final = frozenset({"api.mews.com", "api.mews-demo.com"})
BASE_URL: Final = "https://api.mews.com"
CLIENT_NAME: Final = "PMS Adapter Layer 0.1.0"

RATE_LIMIT: Final = 180
RATE_WINDOW_SECONDS: Final = 30.0
"""The vendor allows 200 in a sliding window, as a best effort; the margin is for two clocks."""

MAX_PER_PAGE: Final = 1_000
MAX_IDS_PER_REQUEST: Final = 1_000
MAX_INTERVAL: Final = timedelta(days=85)
"""The vendor allows 3 months; the shortest three are 89 days long."""

OVERLAP: Final = timedelta(minutes=10)
"""Changes that were committed late, under an earlier second, are read by the next delta."""

AVAILABILITY_DAYS: Final = 60
FETCHED_AVAILABILITY_DAYS: Final = 365

CAPABILITIES: Final = Capabilities(
    name=NAME,
    title="Mews",
    kinds=frozenset({ItemKind.BOOKING, ItemKind.GUEST, ItemKind.AVAILABILITY}),
    pulls=True,
    fetches_by_id=True,
    reports_deletions=True,
    webhooks=True,
    day_use=True,
    delta_misses=(
        "companions added or removed where the reservation itself is not updated",
        "changes that the hotel makes without a new UpdatedUtc",
    ),
    trust="the unguessable URL alone: the vendor signs nothing",
    # "resent after a few minutes, discarded after repeated attempts": no number is published.
    retry_window=timedelta(hours=1),
    limits="200 requests per access token in 30 seconds; 1,000 items a page; 3 months an interval",
    account_settings=("client_token",),
    settings=(
        SettingSpec(name="client_token", help="token of your Mews client application", secret=True),
        SettingSpec(name="access_token", help="token of this hotel's connection", secret=True),
        SettingSpec(
            name="base_url",
            help="platform address, without /api/connector",
            required=False,
            default=BASE_URL,
        ),
        SettingSpec(
            name="client_name",
            help="name and version that Mews sees of us",
            required=False,
            default=CLIENT_NAME,
        ),
        SettingSpec(
            name="service_ids",
            help="accommodation services, separated by commas; found out if not given",
            required=False,
        ),
    ),
)
