"""What AlpineBits and OTA senders can do and what a connection to one needs.

Sources: the XSDs of AlpineBits 2015-07b to 2020-10 with the published examples, SiteMinder's
developer pages, HTNG's inventory notification.
"""

from typing import Final

from domain.messages import ItemKind
from ports.providers import Capabilities, SettingSpec

NAME: Final = "alpinebits"

CAPABILITIES: Final = Capabilities(
    name=NAME,
    title="AlpineBits / OTA XML",
    kinds=frozenset({ItemKind.BOOKING, ItemKind.AVAILABILITY}),
    pulls=True,
    pulled_by="url",
    fetches_by_id=False,
    reports_deletions=False,
    webhooks=False,
    day_use=True,
    delta_misses=(
        "what another client of the same server acknowledged",
        "free rooms: they are pushed to us and can't be asked for",
    ),
    trust="user name (the connection's key) and password, by HTTP basic auth or WSSE UsernameToken",
    limits="2 MB per message",
    push_path="/api/pms/alpinebits",
    settings=(
        SettingSpec(
            name="password", help="the password that the sender signs in with", secret=True
        ),
        SettingSpec(
            name="hotel_code",
            help="HotelCode that messages must be for; none: whatever the sender says",
            required=False,
        ),
        SettingSpec(
            name="url",
            help="address of a server to ask for reservations; none: they are pushed to us alone",
            required=False,
        ),
        SettingSpec(name="username", help="our user name at that server", required=False),
        SettingSpec(name="server_password", help="its password", secret=True, required=False),
        SettingSpec(
            name="protocol_version",
            help="the version of AlpineBits that we tell it",
            required=False,
            default="2020-10",
        ),
    ),
)
