"""What both sides can do: OTA_Ping with the intersection of capabilities (AlpineBits from 2018-10),
and the two housekeeping actions of before."""

from adapters.outbound.provider_kit.errors import UnreadableJson
from adapters.outbound.provider_kit.json_text import Json, dumps, loads
from adapters.outbound.provider_kit.xml_text import XmlElement
from adapters.outbound.providers.alpinebits.documents import element
from adapters.outbound.providers.alpinebits.errors import UnknownAction
from adapters.outbound.providers.alpinebits.replies import ADVISORY, TEXT, errors, success, warning
from adapters.outbound.providers.alpinebits.standard import (
    ACCEPTED_ENCODING,
    GET_CAPABILITIES,
    GET_VERSION,
    VERSIONS,
)
from domain.values import Reason
from ports.conversations import Answer


def ping_content(message: XmlElement, *, is_handshake: bool) -> tuple[XmlElement, ...]:
    """`is_handshake`: the ping of an AlpineBits client; others' echo data mean nothing to us."""
    told = message.child("EchoData")
    echo = told.value if told is not None else ""
    echoed = element("EchoData", text=echo)
    if not is_handshake:
        return success(echoed)
    try:
        shared = intersection(loads(echo))
    except UnreadableJson as problem:
        return errors(Reason(problem.code, "EchoData", f"EchoData: {problem.message}"))
    said = warning(ADVISORY, dumps(shared), Status="ALPINEBITS_HANDSHAKE")
    return success(echoed, warnings=(said,))


def intersection(said: Json) -> Json:
    """Of what the client says that it can and what we can; anything unknown falls out."""
    versions: list[Json] = []
    for entry in _listed(said, "versions"):
        versions += _shared(entry)
    return {"versions": versions}


def _shared(entry: Json) -> list[Json]:
    name = entry.get("version") if isinstance(entry, dict) else None
    ours = VERSIONS.get(name) if isinstance(name, str) else None
    if ours is None:
        return []
    actions: list[Json] = []
    for said in _listed(entry, "actions"):
        action = said.get("action") if isinstance(said, dict) else None
        if not isinstance(action, str) or action not in ours.abilities:
            continue
        kept: dict[str, Json] = {"action": action}
        supported: list[Json] = [
            name for name in _listed(said, "supports") if name in ours.abilities[action]
        ]
        if supported:
            kept["supports"] = supported
        actions.append(kept)
    return [{"version": name, "actions": actions}]


def _listed(value: Json, key: str) -> list[Json]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


def housekeeping(action: str, version: str) -> Answer:
    """`OK:` and what was asked for, as plain text. Raises UnknownAction where the version has
    another way of asking."""
    if not VERSIONS[version].housekeeping or action not in (GET_VERSION, GET_CAPABILITIES):
        raise UnknownAction
    said = version if action == GET_VERSION else ",".join(VERSIONS[version].capabilities())
    return Answer(body=f"OK:{said}".encode(), content_type=TEXT, headers=ACCEPTED_ENCODING)
