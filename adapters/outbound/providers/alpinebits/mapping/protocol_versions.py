"""AlpineBits versions: the actions of each, and which of them are supported here.

Sources: the XSDs, the published handshakes, docs.alpinebits.org.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

PING: Final = "OTA_Ping:Handshaking"
GET_VERSION: Final = "getVersion"
GET_CAPABILITIES: Final = "getCapabilities"
VERSION_HEADER: Final = "x-alpinebits-clientprotocolversion"
ACCEPTED_ENCODING: Final = {"X-AlpineBits-Server-Accept-Encoding": "gzip"}

_AVAIL: Final = "OTA_HotelAvailNotif"
_COUNT: Final = "OTA_HotelInvCountNotif"
_LIMITS: Final = ("rooms", "categories", "deltas", "BookingThreshold")
_COUNTS: Final = (
    "rooms",
    "categories",
    "deltas",
    "out_of_order",
    "out_of_market",
    "closing_seasons",
)
_PUSHED: Final = "OTA_HotelResNotif"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolVersion:
    """`documents`: root name by action. `abilities`: capabilities by action, for the handshake."""

    documents: Mapping[str, str]
    abilities: Mapping[str, tuple[str, ...]]
    housekeeping: bool = False

    def capabilities(self) -> list[str]:
        """In the format of the housekeeping action before 2018-10."""
        names = ["action_getVersion", "action_getCapabilities"]
        for action, supported in self.abilities.items():
            names += [action, *supported]
        return names


def _version(
    message: str, accepts: tuple[str, ...], *, pings: bool, pushes: bool, housekeeping: bool
) -> ProtocolVersion:
    documents = {f"{message}:FreeRooms": f"{message}RQ"}
    abilities: dict[str, tuple[str, ...]] = {"action_OTA_Ping": ()} if pings else {}
    abilities[f"action_{message}"] = tuple(f"{message}_accept_{what}" for what in accepts)
    if pings:
        documents[PING] = "OTA_PingRQ"
    if pushes:
        documents[f"{_PUSHED}:GuestRequests"] = f"{_PUSHED}RQ"
        abilities[f"action_{_PUSHED}_GuestRequests"] = ()
    return ProtocolVersion(documents=documents, abilities=abilities, housekeeping=housekeeping)


VERSIONS: Final[Mapping[str, ProtocolVersion]] = {
    "2022-10": _version(
        _COUNT, (*_COUNTS, "complete_set"), pings=True, pushes=True, housekeeping=False
    ),
    "2020-10": _version(_COUNT, _COUNTS, pings=True, pushes=True, housekeeping=False),
    "2018-10": _version(_AVAIL, _LIMITS, pings=True, pushes=True, housekeeping=True),
    "2017-10": _version(_AVAIL, _LIMITS, pings=False, pushes=False, housekeeping=True),
    "2015-07b": _version(_AVAIL, _LIMITS[:3], pings=False, pushes=False, housekeeping=True),
}
"""Newest first."""
