"""Encryption of credentials and payloads at rest: AES-256-GCM under keys with ids."""

import base64
import binascii
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ports.errors import Misconfigured, Unsealable

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_FORMAT: Final = 1
_MIN_DIFFERENT_BYTES: Final = 8
"""32 random bytes have about 30; fewer come from a placeholder."""
_KEY_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,32}")


@dataclass(frozen=True, slots=True)
class Keyring:
    """Keys by id, newest first: the first one seals, all of them open.

    Rotate a key before it has sealed 2^32 values: nonces are random (NIST SP 800-38D section 8.3).
    """

    keys: Mapping[str, bytes] = field(repr=False)

    def __post_init__(self) -> None:
        if not self.keys:
            raise Misconfigured("No sealing key is configured; create one and store it safely.")
        for key_id, key in self.keys.items():
            if not _KEY_ID.fullmatch(key_id):
                raise Misconfigured("A sealing key's id must be 1 to 32 letters, digits, _ or -.")
            if len(key) != KEY_BYTES:
                raise Misconfigured("A sealing key must have exactly 32 bytes.", key_id=key_id)
            if _is_weak(key):
                raise Misconfigured(
                    "A sealing key must be random bytes; create one with `pms doctor --new-key`.",
                    key_id=key_id,
                )

    @classmethod
    def parse(cls, text: str) -> "Keyring":
        """From `id:base64,id:base64,…`, newest first, in either base64 alphabet. Raises
        Misconfigured with the number of the invalid entry, never with its text."""
        keys: dict[str, bytes] = {}
        for index, entry in enumerate((part.strip() for part in text.split(",")), start=1):
            if not entry:
                continue
            key_id, colon, encoded = entry.partition(":")
            if not colon:
                raise Misconfigured("Write each sealing key as id:base64.", entry=index)
            if key_id in keys:
                raise Misconfigured("Two sealing keys have the same id.", entry=index)
            keys[key_id] = _decode_base64(encoded.strip(), index)
        return cls(keys)

    @property
    def newest(self) -> str:
        return next(iter(self.keys))


def _is_weak(key: bytes) -> bool:
    """Whether it is a placeholder: few different bytes, a part repeated, or counted up or down."""
    has_few_bytes = len(set(key)) < _MIN_DIFFERENT_BYTES
    is_repeated = any(key[size:] == key[:-size] for size in range(1, KEY_BYTES // 2 + 1))
    steps = {(after - before) % 256 for before, after in pairwise(key)}
    return has_few_bytes or is_repeated or len(steps) == 1


def new_key(key_id: str) -> str:
    """A new entry for `Keyring.parse`. The caller must store it: values sealed with a lost key
    can't be opened."""
    return f"{key_id}:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}"


class KeylessSealer:
    """Of a process that seals and opens nothing, and so gets no keys. Raises Misconfigured."""

    def seal(self, clear: bytes, *, bound_to: str) -> bytes:  # noqa: ARG002  # the port's signature
        raise self._error

    @property
    def newest_prefix(self) -> bytes:
        raise self._error

    def open(self, sealed: bytes, *, bound_to: str) -> bytes:  # noqa: ARG002  # as above
        raise self._error

    @property
    def _error(self) -> Misconfigured:
        return Misconfigured("This process has no sealing keys.")


class AesGcmSealer:
    """Layout: format (1), length of key id (1), key id, nonce (12), ciphertext with tag (16).

    Everything before the nonce and `bound_to` are authenticated with the value.
    """

    def __init__(self, keyring: Keyring) -> None:
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keyring.keys.items()}
        self._newest = keyring.newest

    def seal(self, plaintext: bytes, *, bound_to: str) -> bytes:
        header = self.newest_prefix
        nonce = secrets.token_bytes(_NONCE_BYTES)
        cipher = self._ciphers[self._newest]
        return header + nonce + cipher.encrypt(nonce, plaintext, header + bound_to.encode())

    @property
    def newest_prefix(self) -> bytes:
        key_id = self._newest.encode()
        return bytes((_FORMAT, len(key_id))) + key_id

    def open(self, sealed: bytes, *, bound_to: str) -> bytes:
        header, nonce, body = _split_header(sealed)
        key_id = header[2:].decode("ascii", "replace")
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise Unsealable("The key of this sealed value is not configured.")
        try:
            return cipher.decrypt(nonce, body, header + bound_to.encode())
        except InvalidTag as error:
            raise Unsealable(
                "The sealed value was modified or belongs to another owner.", key_id=key_id
            ) from error


def _split_header(sealed: bytes) -> tuple[bytes, bytes, bytes]:
    head = 2 + sealed[1] if len(sealed) > 2 else 0
    if not head or sealed[0] != _FORMAT or len(sealed) < head + _NONCE_BYTES + _TAG_BYTES:
        raise Unsealable("This is not a sealed value.")
    return sealed[:head], sealed[head : head + _NONCE_BYTES], sealed[head + _NONCE_BYTES :]


def _decode_base64(encoded: str, index: int) -> bytes:
    padded = encoded.rstrip("=")
    padded += "=" * (-len(padded) % 4)
    try:
        return base64.b64decode(padded.translate(_STANDARD), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Misconfigured("A sealing key is not valid base64.", entry=index) from error


_STANDARD: Final = str.maketrans("-_", "+/")
