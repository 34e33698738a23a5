"""Capabilities of AlpineBits and OTA senders, and the settings of a connection.

Sources: the XSDs of AlpineBits 2015-07b to 2020-10 with the published examples, SiteMinder's
documentation, HTNG's inventory notification.
"""

from typing import Final

from adapters.outbound.provider_kit.capabilities import optional, required
from adapters.outbound.providers.alpinebits.mapping.code_tables import PAYMENT_NAMES
from domain.messages import ItemKind
from ports.providers import Capabilities

NAME: Final = "alpinebits"

CAPABILITIES: Final = Capabilities(
    name=NAME,
    title="AlpineBits / OTA XML",
    kinds=frozenset({ItemKind.BOOKING, ItemKind.AVAILABILITY}),
    pulls=True,
    pulled_by="url",
    fetches_by_id=False,
    reports_deletions=False,
    delta_reports_payments=False,
    webhooks=False,
    day_use=True,
    delta_misses=(
        "reservations that another client of the same server acknowledged",
        "free rooms: they are pushed only",
    ),
    trust="user name (the connection key) and password, by HTTP basic auth or WSSE UsernameToken",
    limits="2 MB per message",
    push_path="/api/pms/alpinebits",
    id_fields=frozenset({"InvCode", "InvTypeCode", "RoomTypeCode", "RatePlanCode"}),
    sensitive_fields=PAYMENT_NAMES,
    settings=(
        required("password", "the sender's password", secret=True),
        optional("hotel_code", "HotelCode that messages must have; if empty, any is accepted"),
        optional(
            "url", "URL of a server to pull reservations from; if empty, they are only pushed"
        ),
        optional("username", "user name at that server"),
        optional("server_password", "password at that server", secret=True),
        optional("protocol_version", "AlpineBits version to request", default="2020-10"),
    ),
)
