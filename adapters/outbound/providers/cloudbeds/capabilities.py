"""Capabilities of Cloudbeds, and the settings of a connection.

Sources: the PMS API v1.3 description and the pages of developers.cloudbeds.com.
"""

from datetime import timedelta
from typing import Final

from adapters.outbound.provider_kit.capabilities import api_capabilities, optional

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

CAPABILITIES: Final = api_capabilities(
    name=NAME,
    title="Cloudbeds",
    delta_misses=(
        "changes that do not change a reservation's modification time (documented)",
        "changes of guests only: the guest list has the modification time of the reservation",
        "the balance after a payment or charge: by the transaction's webhook or by reconcile",
        "removed reservations: detected by reconcile",
    ),
    delta_reports_payments=False,
    trust="the unguessable URL only: Cloudbeds does not sign webhooks",
    # Five attempts about a minute apart, as observed by a third party; not documented.
    retry_window=timedelta(minutes=5),
    limits="5 requests per second; exceeding it gives 429 and may suspend the credentials",
    settings=(
        optional(
            "api_key",
            "API key of the property; alternatively the OAuth2 credentials below",
            secret=True,
        ),
        optional("client_id", "OAuth2: client id of your app", secret=True),
        optional("client_secret", "OAuth2: client secret of your app", secret=True),
        optional(
            "refresh_token",
            "OAuth2: refresh token of the property; updated when Cloudbeds replaces it",
            secret=True,
        ),
        optional(
            "property_id", "property id; optional if the credentials have access to one property"
        ),
        optional("base_url", "URL of the API", default=BASE_URL),
    ),
    # The names in a guest list are the guests' ids.
    id_fields=frozenset({"guestList", "thirdPartyIdentifier"}),
    # A guest's tax number is the number of an identity document in many countries. `Payment` and
    # `Payments` are the channel manager's.
    sensitive_fields=frozenset({"taxID", "taxId", "guestTaxId", "Payment", "Payments"}),
)
