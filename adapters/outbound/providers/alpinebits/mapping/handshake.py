"""Capability negotiation: OTA_Ping with the common capabilities (AlpineBits from 2018-10), and the
two housekeeping actions of earlier versions."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from adapters.outbound.provider_kit.parsing.errors import UnreadableJson
from adapters.outbound.provider_kit.parsing.json_fields import list_at
from adapters.outbound.provider_kit.parsing.json_text import Json, dumps, loads
from adapters.outbound.provider_kit.parsing.xml_text import XmlElement
from adapters.outbound.providers.alpinebits.mapping.documents import element
from adapters.outbound.providers.alpinebits.mapping.errors import UnknownAction
from adapters.outbound.providers.alpinebits.mapping.protocol_versions import GET_VERSION, VERSIONS
from adapters.outbound.providers.alpinebits.mapping.responses import (
    advice,
    errors,
    plain_reply,
    success,
)
from domain.values import Reason
from ports.document_exchange import DocumentReply

HANDSHAKE_STATUS: Final = "ALPINEBITS_HANDSHAKE"


def ping_content(message: XmlElement, *, is_handshake: bool) -> Sequence[XmlElement]:
    """`is_handshake`: the ping of an AlpineBits client, whose echo data are its capabilities."""
    echo_element = message.child("EchoData")
    echo = echo_element.value if echo_element is not None else ""
    echoed = element("EchoData", text=echo)
    if not is_handshake:
        return success(echoed)
    try:
        shared = common_capabilities(loads(echo))
    except UnreadableJson as problem:
        return errors(Reason(problem.code, "EchoData", f"EchoData: {problem.message}"))
    return success(echoed, warnings=(advice(dumps(shared), status=HANDSHAKE_STATUS),))


def common_capabilities(client_capabilities: Json) -> Json:
    """The intersection of the client's capabilities and ours."""
    versions: list[Json] = []
    for entry in objects_at(client_capabilities, "versions"):
        name = entry.get("version")
        known = VERSIONS.get(name) if isinstance(name, str) else None
        if known is not None:
            versions.append({"version": name, "actions": _common_actions(entry, known.abilities)})
    return {"versions": versions}


def _common_actions(entry: Json, abilities: Mapping[str, Collection[str]]) -> list[Json]:
    actions: list[Json] = []
    for offered in objects_at(entry, "actions"):
        action = offered.get("action")
        if isinstance(action, str) and action in abilities:
            names = list_at(offered, "supports")
            supported: list[Json] = [name for name in names if name in abilities[action]]
            supports: dict[str, Json] = {"supports": supported} if supported else {}
            actions.append({"action": action, **supports})
    return actions


def objects_at(value: Json, key: str) -> list[dict[str, Json]]:
    """The objects in a list; empty if there is no such list."""
    return [each for each in list_at(value, key) if isinstance(each, dict)]


def housekeeping_reply(action: str, version: str) -> DocumentReply:
    """Plain text: `OK:` and the version or capabilities. Raises UnknownAction if the version does
    not have the action."""
    if not VERSIONS[version].housekeeping:
        raise UnknownAction
    content = version if action == GET_VERSION else ",".join(VERSIONS[version].capabilities())
    return plain_reply(f"OK:{content}")
