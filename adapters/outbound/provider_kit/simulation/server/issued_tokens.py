"""The tokens that a simulated identity server issued."""

import threading
from collections.abc import Mapping


class IssuedTokens:
    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._count = 0
        self._valid: set[str] = set()
        self._lock = threading.Lock()

    def issue(self, *, seconds: int) -> dict[str, object]:
        """RFC 6749 section 5.1. `seconds` is only reported: `expire` ends the tokens."""
        with self._lock:
            self._count += 1
            token = self._format_token(self._count)
            self._valid.add(token)
        return {"access_token": token, "expires_in": seconds, "token_type": "Bearer"}

    def is_valid(self, headers: Mapping[str, str]) -> bool:
        kind, _, token = headers.get("authorization", "").partition(" ")
        with self._lock:
            return kind == "Bearer" and token in self._valid

    def expire(self) -> None:
        with self._lock:
            self._valid.clear()

    def list_tokens(self) -> list[str]:
        """All tokens ever issued."""
        with self._lock:
            return [self._format_token(number) for number in range(1, self._count + 1)]

    def _format_token(self, number: int) -> str:
        return f"simulated-token-{self._seed}-{number}"
