"""Errors behind the ports; adapters translate every foreign exception into one of them."""

from dataclasses import dataclass, field
from typing import ClassVar, Self

from domain.errors import ErrorKind, PmsError


class PortError(PmsError, code="port_error", kind=ErrorKind.UNAVAILABLE):
    """An external system failed."""


class UnitOfWorkClosed(PmsError, code="unit_of_work_closed"):
    """The unit of work is not open: it was not entered, or it is committed."""


class StoreUnavailable(PortError, code="store_unavailable"):
    """The database is unreachable or did not answer in time; try again."""


class ConcurrentChange(PortError, code="concurrent_change", kind=ErrorKind.CONFLICT):
    """The rows were changed since they were read; read and decide again."""


class AlreadyExists(PortError, code="already_exists", kind=ErrorKind.CONFLICT):
    """This name or id is already taken."""


class LeaseLost(PortError, code="lease_lost", kind=ErrorKind.CONFLICT):
    """Another worker took over the sync of this connection; nothing of this page was stored."""


class QueueUnavailable(PortError, code="queue_unavailable"):
    """The job queue is unreachable; due work stays in the database and is enqueued later."""


@dataclass(frozen=True, slots=True)
class VendorError:
    """What a provider's error response says. `summary`: HTTP status, the provider's error code and
    a phrase of ours, fit for logs, events and reasons. `text`: the provider's own, cards masked; it
    may hold personal data, and is only stored sealed."""

    summary: str | None
    text: str = field(repr=False)


class ProviderError(PortError, code="provider_error"):
    """The provider did not return what was requested."""

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
        """`status`: of the HTTP response. `wait_seconds`: how long to send no request. `path`: of
        the request or in the response."""
        super().__init__(message, path=path, status=status, wait_seconds=wait_seconds, **details)
        self.vendor_error: VendorError | None = None
        self.status = status
        self.wait_seconds = wait_seconds or 0

    @property
    def vendor_message(self) -> str | None:
        """The summary of the provider's error response; see VendorError."""
        return self.vendor_error.summary if self.vendor_error else None

    def of_response(self, error: "ProviderError") -> Self:
        """With path, status and response of the error that this one is raised in place of."""
        self.vendor_error = self.vendor_error or error.vendor_error
        self.path = self.path or error.path
        self.status = self.status or error.status
        return self


class ProviderUnavailable(ProviderError, code="provider_unavailable"):
    """The provider is unreachable or fails; the next run tries again."""


class RateLimited(ProviderError, code="provider_rate_limited"):
    """The provider's rate limit requires a longer pause than this run may wait."""


class CredentialsRefused(
    ProviderError, code="provider_credentials_refused", kind=ErrorKind.FORBIDDEN
):
    """The provider refuses our credentials, or the integration was disabled there."""

    stops_connection = True


class ProviderRejected(ProviderError, code="provider_rejected", kind=ErrorKind.REJECTED):
    """The provider understood the request and rejected it; repeating it would not help."""


class AccessForbidden(ProviderRejected, code="provider_access_forbidden", kind=ErrorKind.FORBIDDEN):
    """The provider forbids this request: our account lacks a scope or permission."""

    stops_connection = True


class TooHeavy(ProviderError, code="provider_too_heavy"):
    """The provider could not answer so large a request in time; request less."""


class UnreadableAnswer(ProviderError, code="provider_answer_unreadable", kind=ErrorKind.UNREADABLE):
    """The provider's response does not match its documentation."""


class ListCapReached(ProviderError, code="list_cap", kind=ErrorKind.REJECTED):
    """The provider's list of a single day ends at its limit of records; the others are missing."""


class UnreadableMessage(PortError, code="unreadable_message", kind=ErrorKind.UNREADABLE):
    """The payload is unreadable; the details give the position or path."""


class TooManyItems(PortError, code="too_many_items", kind=ErrorKind.INVALID):
    """The payload holds more items than one request may; send it in parts."""


class UnknownProvider(PortError, code="unknown_provider", kind=ErrorKind.NOT_FOUND):
    """No provider of this name is installed."""


class UnusableProvider(UnknownProvider, code="unusable_provider", kind=ErrorKind.MISCONFIGURED):
    """The plug-in of this provider cannot be used; `pms doctor` shows why."""


class Unsupported(PortError, code="unsupported_by_provider", kind=ErrorKind.INVALID):
    """This provider does not support the operation; see its capabilities."""


class Misconfigured(PortError, code="misconfigured", kind=ErrorKind.MISCONFIGURED):
    """A setting is missing or wrong; the details name it."""


class Unsealable(PortError, code="unsealable", kind=ErrorKind.MISCONFIGURED):
    """A sealed value cannot be opened: its key is not configured, or the value was moved."""
