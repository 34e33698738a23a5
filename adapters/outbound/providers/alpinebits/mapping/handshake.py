"""What both sides can do: OTA_Ping with the intersection of capabilities (AlpineBits from 2018-10),
and the two housekeeping actions of before."""

from adapters.outbound.provider_kit.parsing.errors import UnreadableJson
from adapters.outbound.provider_kit.parsing.json_text import Json, dumps, loads
from adapters.outbound.provider_kit.parsing.xml_text import XmlElement
from adapters.outbound.providers.alpinebits.mapping.documents import element
from adapters.outbound.providers.alpinebits.mapping.errors import UnknownAction
from adapters.outbound.providers.alpinebits.mapping.protocol_versions import (
    ACCEPTED_ENCODING,
    GET_CAPABILITIES,
    GET_VERSION,
    VERSIONS,
)
from adapters.outbound.providers.alpinebits.mapping.responses import (
    ADVISORY,
    TEXT,
    errors,
    success,
    warning,
)
from domain.values import Reason
from ports.document_exchange import DocumentReply


def ping_reply(message: XmlElement, *, is_handshake: bool) -> tuple[XmlElement, ...]:
    """`is_handshake`: the ping of an AlpineBits client; others' echo data mean nothing to us."""
    echo_element = message.child("EchoData")
    echo = echo_element.value if echo_element is not None else ""
    echoed = element("EchoData", text=echo)
    if not is_handshake:
        return success(echoed)
    try:
        shared = common_capabilities(loads(echo))
    except UnreadableJson as problem:
        return errors(Reason(problem.code, "EchoData", f"EchoData: {problem.message}"))
    client_capabilities = warning(ADVISORY, dumps(shared), Status="ALPINEBITS_HANDSHAKE")
    return success(echoed, warnings=(client_capabilities,))


def common_capabilities(client_capabilities: Json) -> Json:
    """Of what the client says that it can and what we can; anything unknown falls out."""
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
    for client_capabilities in _list_at(entry, "actions"):
        action = (
            client_capabilities.get("action") if isinstance(client_capabilities, dict) else None
        )
        if not isinstance(action, str) or action not in protocol_version.abilities:
            continue
        common_action: dict[str, Json] = {"action": action}
        supported: list[Json] = [
            name
            for name in _list_at(client_capabilities, "supports")
            if name in protocol_version.abilities[action]
        ]
        if supported:
            common_action["supports"] = supported
        actions.append(common_action)
    return [{"version": name, "actions": actions}]


def _list_at(value: Json, key: str) -> list[Json]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


def housekeeping_reply(action: str, version: str) -> DocumentReply:
    """`OK:` and what was asked for, as plain text. Raises UnknownAction where the version has
    another way of asking."""
    if not VERSIONS[version].housekeeping or action not in (GET_VERSION, GET_CAPABILITIES):
        raise UnknownAction
    client_capabilities = (
        version if action == GET_VERSION else ",".join(VERSIONS[version].capabilities())
    )
    return DocumentReply(
        body=f"OK:{client_capabilities}".encode(), content_type=TEXT, headers=ACCEPTED_ENCODING
    )
