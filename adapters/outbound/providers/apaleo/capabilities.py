"""What Apaleo can do and what a connection to it needs.

Sources: the vendor's Booking v1 and Inventory v1 descriptions, apaleo.dev (webhooks, rate limiting)
and its own n8n nodes.
"""

from datetime import timedelta
from typing import Final

from domain.messages import ItemKind
from ports.providers import Capabilities, SettingSpec

NAME: Final = "apaleo"
HOSTS: Final = frozenset({"api.apaleo.com", "identity.apaleo.com"})
BASE_URL: Final = "https://api.apaleo.com"
IDENTITY_URL: Final = "https://identity.apaleo.com"

PAGE_SIZE: Final = 200
OVERLAP: Final = timedelta(minutes=10)
"""Changes that were committed late, under an earlier second, are read by the next delta."""

STAY_WINDOW: Final = timedelta(days=31)
AVAILABILITY_DAYS: Final = 60
FETCHED_AVAILABILITY_DAYS: Final = 365

CAPABILITIES: Final = Capabilities(
    name=NAME,
    title="Apaleo",
    # Booking v1 has no guests of their own: no id, no endpoint, no time stamp. People are told with
    # each reservation and kept there, by role.
    kinds=frozenset({ItemKind.BOOKING, ItemKind.AVAILABILITY}),
    pulls=True,
    fetches_by_id=True,
    reports_deletions=True,
    webhooks=True,
    day_use=True,
    delta_misses=(
        "changes of the booker: the bookings' list has no filter by modification",
        "the balance after a posting that leaves the reservation's own time stamp alone",
        "deleted reservations: they are told by webhook alone and found gone by reconcile",
    ),
    trust="the unguessable URL alone: the vendor signs nothing",
    # Repeated "for about a day" by a third party's observation; the vendor names no number.
    retry_window=timedelta(days=1),
    limits="per client and account, not published; 429 tells when to come back",
    settings=(
        SettingSpec(name="client_id", help="id of your client credentials at Apaleo", secret=True),
        SettingSpec(name="client_secret", help="their secret", secret=True),
        SettingSpec(
            name="property_id",
            help="the property's id, e.g. MUC; found out if the account has only one",
            required=False,
        ),
        SettingSpec(name="base_url", help="address of the API", required=False, default=BASE_URL),
        SettingSpec(
            name="identity_url",
            help="address that gives out the tokens",
            required=False,
            default=IDENTITY_URL,
        ),
    ),
)
