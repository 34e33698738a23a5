"""Failed sign-ins: logged, and limited per address and per credential.

Each process counts for itself, so that a request costs no call to Redis. A right credential is
accepted from any address. A connection's key that was sent with wrong passwords too often is
refused for the rest of the minute: a password may be guessable, and a stranger without the key
cannot lock it out. Tokens are never locked: their ids are known, their secrets cannot be guessed.
"""

import hashlib
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from flask import request

from adapters.inbound.rest.problems import RateExceeded
from adapters.inbound.rest.window_counter import WindowCounter, window_at
from application.access.authenticate import find_token_id
from application.errors import ConnectionNotFound, Unauthenticated

PER_ADDRESS: Final = 60
PER_KEY: Final = 20
"""Failures per minute."""
_LOGGED_PER_ADDRESS: Final = 10
_MAX_COUNTED: Final = 20_000

_LOG: Final = logging.getLogger("pms.rest")


class SignInThrottle:
    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._failures = WindowCounter[str](max_keys=_MAX_COUNTED)

    @contextmanager
    def attempt(self, *, token: str | None = None, key: str | None = None) -> Iterator[None]:
        """Of `token` the id is logged, of `key` a hash. Raises RateExceeded, also in place of
        Unauthenticated and ConnectionNotFound."""
        key_hash = _hashed(key) if key else None
        if key_hash and self._failures.count(key_hash, self._window) >= PER_KEY:
            raise self._exceeded()
        try:
            yield
        except (Unauthenticated, ConnectionNotFound):
            if self._record(request.remote_addr or "", key_hash, token) > PER_ADDRESS:
                raise self._exceeded() from None
            raise

    def _record(self, address: str, key_hash: str | None, token: str | None) -> int:
        """Returns the failures of the address."""
        failures = self._failures.increment(address, self._window)
        if key_hash:
            self._failures.increment(key_hash, self._window)
        if failures <= _LOGGED_PER_ADDRESS:
            token_id = find_token_id(token)
            extra = {
                "address": address,
                "key_hash": key_hash,
                "token_id": token_id and token_id.hex,
            }
            _LOG.warning("sign_in_failed", extra=extra)
        return failures

    @property
    def _window(self) -> int:
        return window_at(self._now())[0]

    def _exceeded(self) -> RateExceeded:
        return RateExceeded(retry_after=window_at(self._now())[1], headers={})


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()[:16]
