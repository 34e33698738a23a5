"""What can go wrong behind a port, in our words; adapters translate every foreign exception."""

from typing import ClassVar

from domain.errors import ErrorKind, PmsError


class PortError(PmsError):
    """The world outside did not do what we asked."""

    code = "port_error"
    kind = ErrorKind.UNAVAILABLE


class StoreUnavailable(PortError):
    """The database can't be reached or did not answer in time; try again."""

    code = "store_unavailable"


class ConcurrentChange(PortError):
    """Someone else changed the same rows since they were read; read again and decide again."""

    code = "concurrent_change"
    kind = ErrorKind.CONFLICT


class AlreadyExists(PortError):
    """Something with this name or id is there already."""

    code = "already_exists"
    kind = ErrorKind.CONFLICT


class LeaseLost(PortError):
    """Another worker took this connection's sync over; nothing of this page was stored."""

    code = "lease_lost"
    kind = ErrorKind.CONFLICT


class QueueUnavailable(PortError):
    """The job queue can't be reached; what is due stays in the database and is enqueued later."""

    code = "queue_unavailable"


class ProviderError(PortError):
    """The provider did not give what we asked for."""

    code = "provider_error"
    stops_connection: ClassVar[bool] = False
    """Until a person resumes it: asked again it would be refused again, or lock us out."""


class ProviderUnavailable(ProviderError):
    """The provider can't be reached or fails; the next run tries again."""

    code = "provider_unavailable"


class RateLimited(ProviderError):
    """The provider asks for fewer requests for longer than this run may wait."""

    code = "provider_rate_limited"


class CredentialsRefused(ProviderError):
    """The provider refuses our credentials, or the integration was disabled there."""

    code = "provider_credentials_refused"
    kind = ErrorKind.FORBIDDEN
    stops_connection = True


class ProviderRejected(ProviderError):
    """The provider understood the request and does not want it; repeating it would not help."""

    code = "provider_rejected"
    kind = ErrorKind.REJECTED


class AccessForbidden(ProviderRejected):
    """The provider knows us and forbids what we asked for: a scope or a permission is missing."""

    code = "provider_access_forbidden"
    kind = ErrorKind.FORBIDDEN
    stops_connection = True


class TooHeavy(ProviderError):
    """The provider could not answer so large a question in time; ask for less."""

    code = "provider_too_heavy"


class UnreadableAnswer(ProviderError):
    """The provider's answer is not what its documents promise."""

    code = "provider_answer_unreadable"
    kind = ErrorKind.UNREADABLE


class UnreadableMessage(PortError):
    """The payload as a whole can't be read; the position or path is in the details."""

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
    """This provider has no such operation; its capabilities say what it has."""

    code = "unsupported_by_provider"
    kind = ErrorKind.INVALID


class Misconfigured(PortError):
    """A setting is missing or wrong; the details name it."""

    code = "misconfigured"
    kind = ErrorKind.MISCONFIGURED


class Unsealable(PortError):
    """A sealed value can't be opened: its key is not among the configured ones, or it was moved."""

    code = "unsealable"
    kind = ErrorKind.MISCONFIGURED
