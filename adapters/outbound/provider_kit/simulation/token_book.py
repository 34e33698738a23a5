"""The tokens that a simulated identity server gave out."""

import threading
from collections.abc import Mapping


class TokenBook:
    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._count = 0
        self._good: set[str] = set()
        self._lock = threading.Lock()

    def give(self, *, seconds: int) -> dict[str, object]:
        """RFC 6749 section 5.1; `seconds` is what is said, `expire` what ends them."""
        with self._lock:
            self._count += 1
            token = self._text(self._count)
            self._good.add(token)
        return {"access_token": token, "expires_in": seconds, "token_type": "Bearer"}

    def knows(self, headers: Mapping[str, str]) -> bool:
        kind, _, token = headers.get("authorization", "").partition(" ")
        with self._lock:
            return kind == "Bearer" and token in self._good

    def expire(self) -> None:
        with self._lock:
            self._good.clear()

    def given(self) -> list[str]:
        """All that were ever given out."""
        with self._lock:
            return [self._text(number) for number in range(1, self._count + 1)]

    def _text(self, number: int) -> str:
        return f"simulated-token-{self._seed}-{number}"
