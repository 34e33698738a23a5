"""Errors behind the ports; adapters translate every foreign exception into one of them."""

from typing import ClassVar

from domain.errors import ErrorKind, PmsError


class PortError(PmsError):
    """An external system failed."""

    code = "port_error"
    kind = ErrorKind.UNAVAILABLE


class StoreUnavailable(PortError):
    """The database is unreachable or did not answer in time; try again."""

    code = "store_unavailable"


class ConcurrentChange(PortError):
    """The rows were changed since they were read; read and decide again."""

    code = "concurrent_change"
    kind = ErrorKind.CONFLICT


class AlreadyExists(PortError):
    """This name or id is already taken."""

    code = "already_exists"
    kind = ErrorKind.CONFLICT


class LeaseLost(PortError):
    """Another worker took over the sync of this connection; nothing of this page was stored."""

    code = "lease_lost"
    kind = ErrorKind.CONFLICT


class QueueUnavailable(PortError):
    """The job queue is unreachable; due work stays in the database and is enqueued later."""

    code = "queue_unavailable"


class ProviderError(PortError):
    """The provider did not return what was requested."""

    code = "provider_error"
    stops_connection: ClassVar[bool] = False
    """Whether it stops the connection until a person resumes it: repeating the request would fail
    again or lock us out."""

    def __init__(
        self,
        message: str | None = None,
        *,
        status: int | None = None,
        wait_seconds: int | None = None,
        path: str | None = None,
        **details: str | int | None,
    ) -> None:
        """`status`: of the HTTP response. `wait_seconds`: how long to send no request."""
        super().__init__(message, path=path, status=status, wait_seconds=wait_seconds, **details)
        self.status = status
        self.wait_seconds = wait_seconds or 0


class ProviderUnavailable(ProviderError):
    """The provider is unreachable or fails; the next run tries again."""

    code = "provider_unavailable"


class RateLimited(ProviderError):
    """The provider's rate limit requires a longer pause than this run may wait."""

    code = "provider_rate_limited"


class CredentialsRefused(ProviderError):
    """The provider refuses our credentials, or the integration was disabled there."""

    code = "provider_credentials_refused"
    kind = ErrorKind.FORBIDDEN
    stops_connection = True


class ProviderRejected(ProviderError):
    """The provider understood the request and rejected it; repeating it would not help."""

    code = "provider_rejected"
    kind = ErrorKind.REJECTED


class AccessForbidden(ProviderRejected):
    """The provider forbids this request: our account lacks a scope or permission."""

    code = "provider_access_forbidden"
    kind = ErrorKind.FORBIDDEN
    stops_connection = True


class TooHeavy(ProviderError):
    """The provider could not answer so large a request in time; request less."""

    code = "provider_too_heavy"


class UnreadableAnswer(ProviderError):
    """The provider's response does not match its documentation."""

    code = "provider_answer_unreadable"
    kind = ErrorKind.UNREADABLE


class UnreadableMessage(PortError):
    """The payload is unreadable; the details give the position or path."""

    code = "unreadable_message"
    kind = ErrorKind.UNREADABLE


class TooManyItems(PortError):
    """The payload holds more items than one request may; send it in parts."""

    code = "too_many_items"
    kind = ErrorKind.INVALID


class UnknownProvider(PortError):
    """No provider of this name is installed."""

    code = "unknown_provider"
    kind = ErrorKind.NOT_FOUND


class Unsupported(PortError):
    """This provider does not support the operation; see its capabilities."""

    code = "unsupported_by_provider"
    kind = ErrorKind.INVALID


class Misconfigured(PortError):
    """A setting is missing or wrong; the details name it."""

    code = "misconfigured"
    kind = ErrorKind.MISCONFIGURED


class Unsealable(PortError):
    """A sealed value cannot be opened: its key is not configured, or the value was moved."""

    code = "unsealable"
    kind = ErrorKind.MISCONFIGURED
