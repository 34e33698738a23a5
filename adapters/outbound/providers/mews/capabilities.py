"""Capabilities of Mews, and the settings of a connection.

Sources: guidelines/environments.md (hosts, limits), guidelines/authentication.md (tokens),
events/wh-faq.md.
"""

from datetime import timedelta
from typing import Final

from adapters.outbound.provider_kit.capabilities import api_capabilities, optional, required

NAME: Final = "mews"
HOSTS: Final = frozenset({"api.mews.com", "api.mews-demo.com"})
BASE_URL: Final = "https://api.mews.com"
CLIENT_NAME: Final = "PMS Adapter Layer 0.2.0"

RATE_LIMIT: Final = 180
RATE_WINDOW_SECONDS: Final = 30.0
"""Mews allows 200 in a sliding window; the margin is for the difference of the clocks."""

MAX_PER_PAGE: Final = 1_000
MAX_IDS_PER_REQUEST: Final = 1_000
MAX_INTERVAL: Final = timedelta(days=85)
"""Mews allows 3 months; the shortest three have 89 days."""

OVERLAP: Final = timedelta(minutes=10)
"""The next delta reads changes that were committed late with an earlier time."""

AVAILABILITY_DAYS: Final = 60
FETCHED_AVAILABILITY_DAYS: Final = 365

CAPABILITIES: Final = api_capabilities(
    name=NAME,
    title="Mews",
    delta_misses=(
        "companions added or removed without an update of the reservation",
        "changes without a new UpdatedUtc",
    ),
    trust="the unguessable URL only: Mews does not sign webhooks",
    # "resent after a few minutes, discarded after repeated attempts": no numbers are published.
    retry_window=timedelta(hours=1),
    limits="200 requests per access token in 30 seconds; 1,000 items a page; intervals of 3 months",
    account_settings=("client_token",),
    id_fields=frozenset({"Number", "ChannelManagerNumber"}),
    settings=(
        required("client_token", "token of your Mews client application", secret=True),
        required("access_token", "token of this hotel's connection", secret=True),
        optional("base_url", "URL of the platform, without /api/connector", default=BASE_URL),
        optional("client_name", "client name and version to send to Mews", default=CLIENT_NAME),
        optional("service_ids", "accommodation services, comma-separated; detected if empty"),
    ),
)
