"""How requests are authenticated, and requests for tokens."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar
from urllib.parse import urlencode

from adapters.outbound.provider_kit.http.messages import HttpRequest

T = TypeVar("T")

_FORM_HEADERS: Final = {
    "Content-Type": "application/x-www-form-urlencoded",
    "Accept": "application/json",
}


class RequestAuthenticator(Protocol):
    def answer(self, send: Callable[[Mapping[str, str]], T]) -> T:
        """Calls `send` with the authentication headers. Raises CredentialsRefused."""
        ...


@dataclass(frozen=True, slots=True)
class StaticHeaders:
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def answer(self, send: Callable[[Mapping[str, str]], T]) -> T:
        return send(self.headers)


def basic_authorization(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}


def token_request(
    url: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None
) -> HttpRequest:
    """Repeated after a failure: a lost token only expires."""
    return HttpRequest(
        method="POST",
        url=url,
        headers={**_FORM_HEADERS, **(headers or {})},
        body=urlencode(form).encode(),
        is_idempotent=True,
    )
