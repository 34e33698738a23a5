"""What Cloudbeds can do and what a connection to it needs.

Sources: the vendor's PMS API v1.3 description and the pages of developers.cloudbeds.com.
"""

from datetime import timedelta
from typing import Final

from domain.messages import ItemKind
from ports.providers import Capabilities, SettingSpec

NAME: Final = "cloudbeds"
HOSTS: Final = frozenset({"api.cloudbeds.com", "hotels.cloudbeds.com"})
BASE_URL: Final = "https://api.cloudbeds.com/api/v1.3"

PAGE_SIZE: Final = 100
"""The vendor's greatest."""

REQUESTS_PER_SECOND: Final = 5
"""Going over may get the credentials suspended by hand."""

OVERLAP: Final = timedelta(hours=1)
"""Changes that were committed late, under an earlier second, are read by the next delta."""

STAY_WINDOW: Final = timedelta(days=31)
RATE_WINDOW: Final = timedelta(days=30)
FETCHED_AVAILABILITY_DAYS: Final = 365

CAPABILITIES: Final = Capabilities(
    name=NAME,
    title="Cloudbeds",
    kinds=frozenset({ItemKind.BOOKING, ItemKind.GUEST, ItemKind.AVAILABILITY}),
    pulls=True,
    fetches_by_id=True,
    reports_deletions=True,
    webhooks=True,
    day_use=True,
    delta_misses=(
        "changes that leave a reservation's modification time alone: the vendor says that some do",
        "guests whose own change is not one of their reservation's: the list's time is that one's",
        "reservations that are not there any more at all: found gone by reconcile",
    ),
    trust="the unguessable URL alone: the vendor signs nothing",
    # Five attempts about a minute apart, by a third party's observation; the vendor names none.
    retry_window=timedelta(minutes=5),
    limits="5 requests a second; going over may suspend the credentials, not just answer 429",
    settings=(
        SettingSpec(
            name="api_key",
            help="the property's API key; or the OAuth2 credentials below",
            secret=True,
            required=False,
        ),
        SettingSpec(name="client_id", help="OAuth2: your app's id", secret=True, required=False),
        SettingSpec(
            name="client_secret", help="OAuth2: your app's secret", secret=True, required=False
        ),
        SettingSpec(
            name="refresh_token",
            help="OAuth2: what the property's consent gave; kept anew when the vendor replaces it",
            secret=True,
            required=False,
        ),
        SettingSpec(
            name="property_id",
            help="the property's id; found out if the credentials see only one",
            required=False,
        ),
        SettingSpec(name="base_url", help="address of the API", required=False, default=BASE_URL),
    ),
)
