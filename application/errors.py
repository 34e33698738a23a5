"""Errors of the use cases; the docstrings are messages for the caller."""

from domain.errors import ErrorKind, PmsError


class ApplicationError(PmsError):
    """The request failed."""

    code = "application_error"


class NotFound(ApplicationError):
    """This hotel has nothing of this name or id."""

    code = "not_found"
    kind = ErrorKind.NOT_FOUND


class HotelNotFound(NotFound):
    """There is no such hotel."""

    code = "hotel_not_found"


class ConnectionNotFound(NotFound):
    """There is no such connection."""

    code = "connection_not_found"


class NotConnected(ApplicationError):
    """This hotel has no connection to this provider; add one with `pms connection add`."""

    code = "not_connected"
    kind = ErrorKind.CONFLICT


class HotelDisabled(ApplicationError):
    """The adapter layer is switched off for this hotel."""

    code = "hotel_disabled"
    kind = ErrorKind.FORBIDDEN


class Unauthenticated(ApplicationError):
    """The provider key or the token is missing, unknown, expired or revoked."""

    code = "unauthenticated"
    kind = ErrorKind.UNAUTHENTICATED


class Forbidden(ApplicationError):
    """The credential does not allow this."""

    code = "forbidden"
    kind = ErrorKind.FORBIDDEN


class InvalidRequest(ApplicationError):
    """The request is invalid; the details name the field and the fix."""

    code = "invalid_request"
    kind = ErrorKind.INVALID


class HotelRequired(InvalidRequest):
    """This token is for several hotels: name the one to change."""

    code = "hotel_required"


class BadCursor(InvalidRequest):
    """after: this cursor belongs to another query; start again without it."""

    code = "bad_cursor"


class SyncInProgress(ApplicationError):
    """A sync of this connection is already queued or running."""

    code = "sync_in_progress"
    kind = ErrorKind.CONFLICT


class ConnectionStopped(ApplicationError):
    """The connection was stopped or paused before this run started; resume it, then sync again."""

    code = "connection_stopped"
    kind = ErrorKind.CONFLICT


class NoProgress(ApplicationError):
    """The run failed repeatedly without progress; several workers crashed on it."""

    code = "no_progress"


class RetriesExhausted(ApplicationError):
    """Concurrent changes to the same rows; try again."""

    code = "gave_up"
    kind = ErrorKind.CONFLICT
