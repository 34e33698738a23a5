"""Maps an HTTP status that is no success to a ProviderError."""

from dataclasses import dataclass
from typing import Final

from ports.errors import (
    AccessForbidden,
    CredentialsRefused,
    ProviderError,
    ProviderRejected,
    ProviderUnavailable,
    RateLimited,
    TooHeavy,
    UnreadableAnswer,
)


class NotFoundAtProvider(ProviderRejected, code="provider_not_found"):
    """The provider does not have the requested object."""


@dataclass(frozen=True, slots=True)
class HttpFailure:
    """`is_transient`: a retry may succeed. `is_unprocessed`: the provider did not process the
    request, so that even one that is not idempotent may be sent again."""

    error: ProviderError
    is_transient: bool = False
    is_unprocessed: bool = False
    retry_after: float | None = None


_ERRORS: Final[dict[int, type[ProviderError]]] = {
    401: CredentialsRefused,
    403: AccessForbidden,
    404: NotFoundAtProvider,
    408: TooHeavy,
    429: RateLimited,
}
_TRANSIENT: Final = frozenset({408, 429, 500, 502, 503, 504})


def failure_for_status(status: int, retry_after: float | None) -> HttpFailure:
    return HttpFailure(
        _error_for_status(status),
        is_transient=status in _TRANSIENT,
        is_unprocessed=status == 429,
        retry_after=retry_after,
    )


def _error_for_status(status: int) -> ProviderError:
    if 300 <= status < 400:
        # The target could be anybody's server, and would get our credentials.
        return UnreadableAnswer(reason="redirect not followed", status=status)
    fallback = ProviderRejected if 400 <= status < 500 else ProviderUnavailable
    return _ERRORS.get(status, fallback)(status=status)
