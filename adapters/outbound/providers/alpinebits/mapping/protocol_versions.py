"""AlpineBits versions: the actions of each, and which of them are supported here.

Sources: the XSDs, the published handshakes, docs.alpinebits.org.
"""

from collections.abc import Mapping, Sequence
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
_COUNTS: Final = (*_LIMITS[:3], "out_of_order", "out_of_market", "closing_seasons")
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
    message: str, accepts: Sequence[str], *, is_recent: bool = True, housekeeping: bool = False
) -> ProtocolVersion:
    """`is_recent`: with the ping handshake and pushed reservations, both from 2018-10 on."""
    documents = {f"{message}:FreeRooms": f"{message}RQ"}
    abilities = {f"action_{message}": tuple(f"{message}_accept_{what}" for what in accepts)}
    if is_recent:
        documents |= {PING: "OTA_PingRQ", f"{_PUSHED}:GuestRequests": f"{_PUSHED}RQ"}
        pushes = f"action_{_PUSHED}_GuestRequests"
        abilities = {"action_OTA_Ping": (), **abilities, pushes: ()}
    return ProtocolVersion(documents=documents, abilities=abilities, housekeeping=housekeeping)


VERSIONS: Final[Mapping[str, ProtocolVersion]] = {
    "2022-10": _version(_COUNT, (*_COUNTS, "complete_set")),
    "2020-10": _version(_COUNT, _COUNTS),
    "2018-10": _version(_AVAIL, _LIMITS, housekeeping=True),
    "2017-10": _version(_AVAIL, _LIMITS, is_recent=False, housekeeping=True),
    "2015-07b": _version(_AVAIL, _LIMITS[:3], is_recent=False, housekeeping=True),
}
"""Newest first."""
