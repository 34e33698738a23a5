"""Failed sign-ins: logged, and limited per address and per credential.

Each process counts for itself, so that a request costs no call to Redis. A right credential is
accepted from any address. A connection's key that was sent with wrong passwords too often is
refused for the rest of the minute: a password may be guessable, and a stranger without the key
cannot lock it out. Tokens are never locked: their ids are known, their secrets cannot be guessed.
"""

import hashlib
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from flask import request

from adapters.inbound.rest.problems import RateExceeded
from application.errors import ConnectionNotFound, Unauthenticated

PER_ADDRESS: Final = 60
PER_KEY: Final = 20
"""Failures per minute."""
_WINDOW_SECONDS: Final = 60
_LOGGED_PER_ADDRESS: Final = 10
_MAX_COUNTED: Final = 20_000

_LOG: Final = logging.getLogger("pms.rest")


class SignInThrottle:
    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._window = 0
        self._failures: Counter[str] = Counter()

    @contextmanager
    def attempt(self, *, token_id: str | None = None, key: str | None = None) -> Iterator[None]:
        """`token_id` is logged, `key` as a hash. Raises RateExceeded, also in place of
        Unauthenticated and ConnectionNotFound."""
        self._start_window()
        key_hash = _hashed(key) if key else None
        if key_hash and self._failures[key_hash] >= PER_KEY:
            raise self._exceeded()
        try:
            yield
        except (Unauthenticated, ConnectionNotFound):
            address = request.remote_addr or ""
            self._record(address, key_hash, token_id)
            if self._failures[address] > PER_ADDRESS:
                raise self._exceeded() from None
            raise

    def _record(self, address: str, key_hash: str | None, token_id: str | None) -> None:
        if len(self._failures) >= _MAX_COUNTED:
            self._failures.clear()
        self._failures[address] += 1
        if key_hash:
            self._failures[key_hash] += 1
        if self._failures[address] <= _LOGGED_PER_ADDRESS:
            extra = {"address": address, "key_hash": key_hash, "token_id": token_id}
            _LOG.warning("sign_in_failed", extra=extra)

    def _start_window(self) -> None:
        window = int(self._now().timestamp()) // _WINDOW_SECONDS
        if window != self._window:
            self._window = window
            self._failures.clear()

    def _exceeded(self) -> RateExceeded:
        seconds = _WINDOW_SECONDS - int(self._now().timestamp()) % _WINDOW_SECONDS
        return RateExceeded(retry_after=seconds, headers={})


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()[:16]
