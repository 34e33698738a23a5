"""A request to a provider and its response."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from adapters.outbound.provider_kit.parsing.errors import UnreadableJson
from adapters.outbound.provider_kit.parsing.json_text import Json, loads_response
from ports.errors import UnreadableAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """`is_idempotent`: repeating it changes nothing at the provider (a read, even by POST).
    `is_splittable`: the caller can request less, so TooHeavy is raised at once and not retried.
    `deadline_seconds`: for all attempts and waits. Only the method and the path are logged."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    is_idempotent: bool
    is_splittable: bool = False
    connect_seconds: float = 5.0
    read_seconds: float = 30.0
    deadline_seconds: float = 120.0

    @property
    def path(self) -> str:
        """Of the URL, without its query."""
        return urlsplit(self.url).path


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """A 2xx. Header names are in lower case; card numbers in the body are masked. `path`: of the
    request, for errors."""

    status: int
    path: str = ""
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    def json(self) -> Json:
        """Raises UnreadableAnswer."""
        try:
            return loads_response(self.body)
        except UnreadableJson as fault:
            is_page = self.body.lstrip()[:1] == b"<"
            reason = "markup instead of JSON" if is_page else fault.reason
            raise UnreadableAnswer(
                f"the provider's response is not readable JSON: {reason}",
                reason=reason,
                status=self.status,
                position=fault.position,
                path=self.path or None,
            ) from None
