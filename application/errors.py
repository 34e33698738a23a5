"""Errors of the use cases; the docstrings are messages for the caller."""

from domain.errors import ErrorKind, PmsError


class ApplicationError(PmsError, code="application_error"):
    """The request failed."""


class NotFound(ApplicationError, code="not_found", kind=ErrorKind.NOT_FOUND):
    """This hotel has nothing of this name or id."""


class HotelNotFound(NotFound, code="hotel_not_found"):
    """There is no such hotel."""


class ConnectionNotFound(NotFound, code="connection_not_found"):
    """There is no such connection."""


class NotConnected(ApplicationError, code="not_connected", kind=ErrorKind.CONFLICT):
    """This hotel has no connection to this provider; add one with `pms connection add`."""


class AlreadyConnected(ApplicationError, code="already_connected", kind=ErrorKind.CONFLICT):
    """This hotel has a connection to this provider; change that one with `pms connection set`."""


class HotelDisabled(ApplicationError, code="hotel_disabled", kind=ErrorKind.FORBIDDEN):
    """The adapter layer is switched off for this hotel."""


class Unauthenticated(ApplicationError, code="unauthenticated", kind=ErrorKind.UNAUTHENTICATED):
    """The provider key or the token is missing, unknown, expired or revoked."""


class Forbidden(ApplicationError, code="forbidden", kind=ErrorKind.FORBIDDEN):
    """The credential does not allow this."""


class InvalidRequest(ApplicationError, code="invalid_request", kind=ErrorKind.INVALID):
    """The request is invalid; the details name the field and the fix."""


class QuarantineFull(ApplicationError, code="quarantine_full", kind=ErrorKind.UNAVAILABLE):
    """The quarantine of this hotel is full; replay or discard items, then send it again."""


class PayloadUnreadable(ApplicationError, code="payload_unreadable", kind=ErrorKind.CONFLICT):
    """The stored payload cannot be opened; add its sealing key, or discard the item."""


class ItemTooLarge(InvalidRequest, code="item_too_large"):
    """An item of the message is too large; nothing of the message was stored."""


def require_in_range(name: str, number: int, low: int, high: int) -> None:
    """Raises InvalidRequest."""
    if not low <= number <= high:
        raise InvalidRequest(f"{name}: send {low} to {high}", field=name)


class HotelRequired(InvalidRequest, code="hotel_required"):
    """This token is for several hotels: name the one to change."""


class BadCursor(InvalidRequest, code="bad_cursor"):
    """after: this cursor belongs to another query; start again without it."""


class SyncInProgress(ApplicationError, code="sync_in_progress", kind=ErrorKind.CONFLICT):
    """A sync of this connection is already queued or running."""


class ConnectionStopped(ApplicationError, code="connection_stopped", kind=ErrorKind.CONFLICT):
    """The connection was stopped or paused before this run started; resume it, then sync again."""


class NoProgress(ApplicationError, code="no_progress"):
    """The run failed repeatedly without progress; several workers crashed on it."""


class RetriesExhausted(ApplicationError, code="retries_exhausted", kind=ErrorKind.CONFLICT):
    """Concurrent changes to the same rows; try again."""
