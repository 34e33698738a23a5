"""Credentials of a sender: HTTP basic auth, or a WSSE UsernameToken in a SOAP header.

The user name is the connection's unguessable key. Both become one `authorization` header, which
`AlpineBitsProvider.authentic` compares with the sealed password.
"""

import hmac
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Callable, Mapping
from typing import Final

from adapters.outbound.provider_kit.parsing.xml_text import XmlElement
from ports.document_exchange import SenderCredentials
from ports.system import Secrets

_MAX_HEADER_LENGTH: Final = 1_000
_DIGEST: Final = "PasswordDigest"


def read_credentials(
    headers: Mapping[str, str], envelope: Callable[[], XmlElement | None]
) -> SenderCredentials | None:
    """The header takes precedence; `envelope` is only parsed without it."""
    found = _parse_basic_auth(headers.get("authorization", "")) or _parse_username_token(envelope())
    if found is None:
        return None
    name, password = found
    return SenderCredentials(
        connection_key=name, headers={"authorization": _format_basic_auth(name, password)}
    )


def is_authentic(headers: Mapping[str, str], secrets: Secrets) -> bool:
    """Compares in constant time. A connection without a password rejects every request."""
    found = _parse_basic_auth(headers.get("authorization", ""))
    password = secrets.get("password", "")
    given = found[1] if found else ""
    return hmac.compare_digest(given.encode(), password.encode()) and bool(password)


def _parse_basic_auth(header: str) -> tuple[str, str] | None:
    scheme, _, coded = header.partition(" ")
    if scheme.lower() != "basic" or len(coded) > _MAX_HEADER_LENGTH:
        return None
    try:
        name, colon, password = b64decode(coded.strip(), validate=True).decode().partition(":")
    except (Error, UnicodeDecodeError):
        return None
    return (name, password) if colon and name else None


def _format_basic_auth(name: str, password: str) -> str:
    return "Basic " + b64encode(f"{name}:{password}".encode()).decode()


def _parse_username_token(envelope: XmlElement | None) -> tuple[str, str] | None:
    """The first usable child of the SOAP header's Security; its name does not count, since HTNG's
    published sample has `UsertextToken`."""
    header = envelope.child("Header") if envelope is not None else None
    security = header.child("Security") if header is not None else None
    tokens = security.children if security is not None else ()
    return next(filter(None, map(_read_token, tokens)), None)


def _read_token(token: XmlElement) -> tuple[str, str] | None:
    """None for a password digest, which cannot be compared with a sealed password."""
    name, password = token.child("Username"), token.child("Password")
    if name is None or password is None or (password.get("Type") or "").endswith(_DIGEST):
        return None
    return (name.value, password.value) if name.value and ":" not in name.value else None
