"""Capabilities of Apaleo, and the settings of a connection.

Sources: Apaleo's Booking v1 and Inventory v1 descriptions, apaleo.dev (webhooks, rate limiting)
and its own n8n nodes.
"""

from datetime import timedelta
from typing import Final

from adapters.outbound.provider_kit.capabilities import api_capabilities, optional, required
from domain.messages import ItemKind

NAME: Final = "apaleo"
HOSTS: Final = frozenset({"api.apaleo.com", "identity.apaleo.com"})
BASE_URL: Final = "https://api.apaleo.com"
IDENTITY_URL: Final = "https://identity.apaleo.com"

PAGE_SIZE: Final = 200
OVERLAP: Final = timedelta(minutes=10)
"""The next delta reads changes that were committed late with an earlier time."""

STAY_WINDOW: Final = timedelta(days=31)
AVAILABILITY_DAYS: Final = 60
FETCHED_AVAILABILITY_DAYS: Final = 365

CAPABILITIES: Final = api_capabilities(
    name=NAME,
    title="Apaleo",
    # Booking v1 has no guest objects (no id, endpoint or time stamp): people are part of a
    # reservation, by role.
    kinds=frozenset({ItemKind.BOOKING, ItemKind.AVAILABILITY}),
    delta_misses=(
        "changes of the booker: the list of bookings has no filter by modification time",
        "the balance after a payment or charge: by the folio's webhook or by reconcile",
        "deleted reservations: reported by webhook only, detected by reconcile",
    ),
    delta_reports_payments=False,
    trust="the unguessable URL only: Apaleo does not sign webhooks",
    # "For about a day", as observed by a third party; not documented.
    retry_window=timedelta(days=1),
    limits="per client and account, not published; 429 has the time to wait",
    settings=(
        required("client_id", "id of your Apaleo client credentials", secret=True),
        required("client_secret", "secret of your Apaleo client credentials", secret=True),
        optional("property_id", "property id, e.g. MUC; optional if the account has one property"),
        optional("base_url", "URL of the API", default=BASE_URL),
        optional("identity_url", "URL of the identity server", default=IDENTITY_URL),
    ),
    id_fields=frozenset({"externalCode"}),
)
