"""Capability negotiation: OTA_Ping with the common capabilities (AlpineBits from 2018-10), and the
two housekeeping actions of earlier versions."""

from collections.abc import Collection, Sequence

from adapters.outbound.provider_kit.parsing.errors import UnreadableJson
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
    return success(echoed, warnings=(advice(dumps(shared), status="ALPINEBITS_HANDSHAKE"),))


def common_capabilities(client_capabilities: Json) -> Json:
    """The intersection of the client's capabilities and ours."""
    versions: list[Json] = []
    for entry in _list_at(client_capabilities, "versions"):
        versions += _common_version(entry)
    return {"versions": versions}


def _common_version(entry: Json) -> list[Json]:
    name = entry.get("version") if isinstance(entry, dict) else None
    protocol_version = VERSIONS.get(name) if isinstance(name, str) else None
    if protocol_version is None:
        return []
    actions: list[Json] = []
    for offered in _list_at(entry, "actions"):
        action = offered.get("action") if isinstance(offered, dict) else None
        if isinstance(action, str) and action in protocol_version.abilities:
            actions.append(_common_action(action, offered, protocol_version.abilities[action]))
    return [{"version": name, "actions": actions}]


def _common_action(action: str, offered: Json, abilities: Collection[str]) -> Json:
    supported: list[Json] = [name for name in _list_at(offered, "supports") if name in abilities]
    return {"action": action, "supports": supported} if supported else {"action": action}


def _list_at(value: Json, key: str) -> list[Json]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


def housekeeping_reply(action: str, version: str) -> DocumentReply:
    """Plain text: `OK:` and the version or capabilities. Raises UnknownAction if the version does
    not have the action."""
    if not VERSIONS[version].housekeeping:
        raise UnknownAction
    content = version if action == GET_VERSION else ",".join(VERSIONS[version].capabilities())
    return plain_reply(f"OK:{content}")
