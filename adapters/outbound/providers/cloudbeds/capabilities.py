"""Capabilities of Cloudbeds, and the settings of a connection.

Sources: the PMS API v1.3 description and the pages of developers.cloudbeds.com.
"""

from datetime import timedelta
from typing import Final

from domain.messages import ItemKind
from ports.providers import Capabilities, SettingSpec

NAME: Final = "cloudbeds"
HOSTS: Final = frozenset({"api.cloudbeds.com", "hotels.cloudbeds.com"})
BASE_URL: Final = "https://api.cloudbeds.com/api/v1.3"

PAGE_SIZE: Final = 100
"""The maximum."""

REQUESTS_PER_SECOND: Final = 5
"""Exceeding the limit may get the credentials suspended."""

OVERLAP: Final = timedelta(hours=1)
"""The next delta reads changes that were committed late with an earlier time."""

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
        "changes that do not change a reservation's modification time (documented)",
        "changes of guests only: the guest list has the modification time of the reservation",
        "removed reservations: detected by reconcile",
    ),
    trust="the unguessable URL only: Cloudbeds does not sign webhooks",
    # Five attempts about a minute apart, as observed by a third party; not documented.
    retry_window=timedelta(minutes=5),
    limits="5 requests per second; exceeding it gives 429 and may suspend the credentials",
    settings=(
        SettingSpec(
            name="api_key",
            help="API key of the property; alternatively the OAuth2 credentials below",
            secret=True,
            required=False,
        ),
        SettingSpec(
            name="client_id", help="OAuth2: client id of your app", secret=True, required=False
        ),
        SettingSpec(
            name="client_secret",
            help="OAuth2: client secret of your app",
            secret=True,
            required=False,
        ),
        SettingSpec(
            name="refresh_token",
            help="OAuth2: refresh token of the property; updated when Cloudbeds replaces it",
            secret=True,
            required=False,
        ),
        SettingSpec(
            name="property_id",
            help="property id; optional if the credentials have access to one property",
            required=False,
        ),
        SettingSpec(name="base_url", help="URL of the API", required=False, default=BASE_URL),
    ),
)
