"""HTTP to a provider: the only module that knows `requests`.

Owns timeouts, the total deadline, retries, the rate budget, the size limit, the masking of card
numbers in every response, and the translation of every failure into the ProviderError family.
Logs and errors hold no body, header value or query. Foreign exceptions are not chained, because
their texts hold the URL with its query.
"""

import logging
import math
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Final, NamedTuple
from uuid import UUID

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, NewConnectionError, ReadTimeoutError
from urllib3.response import BaseHTTPResponse

from adapters.outbound.provider_kit.card_scrubber import scrub_bytes
from adapters.outbound.provider_kit.http.guarded_connections import guarded_pools
from adapters.outbound.provider_kit.http.host_policy import HostPolicy
from adapters.outbound.provider_kit.http.html_pages import is_html_page
from adapters.outbound.provider_kit.http.messages import HttpRequest, HttpResponse
from adapters.outbound.provider_kit.http.retry_policy import (
    RetryPolicy,
    backoff_delays,
    retry_after_seconds,
)
from adapters.outbound.provider_kit.http.status_errors import HttpFailure, failure_for_status
from adapters.outbound.provider_kit.http.vendor_errors import MAX_BYTES, read_vendor_error
from domain.sync_run import TransportCounts
from ports.errors import (
    ProviderUnavailable,
    RateLimited,
    TooHeavy,
    UnreadableAnswer,
    VendorError,
)
from ports.providers import Patience, RateBudget
from ports.system import Clock, Randomness

_LOG: Final = logging.getLogger(__name__)
MAX_ANSWER_BYTES: Final = 64 * 1024 * 1024
_CHUNK: Final = 64 * 1024
_CONNECTIONS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportSettings:
    """Of one connection. `rate_limit`: requests in any `rate_window_seconds`; None for no limit.
    `id_fields`: see ports.providers.Capabilities."""

    provider: str
    connection_id: UUID
    hosts: HostPolicy
    rate_limit: int | None = None
    rate_window_seconds: float = 1.0
    max_answer_bytes: int = MAX_ANSWER_BYTES
    id_fields: frozenset[str] = frozenset()
    retries: RetryPolicy = field(default_factory=RetryPolicy)


class _Attempt(NamedTuple):
    call: HttpRequest
    correlation_id: str
    number: int
    started: float
    deadline: float


class Transport:
    """Belongs to one connection: pooled sockets never carry another one's credentials. Not thread
    safe."""

    def __init__(
        self,
        settings: TransportSettings,
        *,
        clock: Clock,
        randomness: Randomness,
        budget: RateBudget,
        patience: Patience | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._randomness = randomness
        self._budget = budget
        self._patience = patience or Patience()
        self._session = _session(settings.hosts)
        self._counts = TransportCounts()
        logging.getLogger("urllib3.connectionpool").addFilter(_without_request_lines)

    def counts(self) -> TransportCounts:
        return self._counts

    def close(self) -> None:
        self._session.close()

    def send(self, call: HttpRequest, *, correlation_id: str) -> HttpResponse:
        """Raises HostRefused and the ProviderError family: TooHeavy if a smaller request may
        succeed, RateLimited if waiting would pass the deadline or this process's patience."""
        self._settings.hosts.check_url(call.url)
        deadline = self._clock.monotonic() + call.deadline_seconds
        waits = backoff_delays(self._settings.retries, self._randomness.fraction)
        number = 1
        while True:
            self._await_budget(deadline)
            started = self._clock.monotonic()
            outcome = self._attempt(_Attempt(call, correlation_id, number, started, deadline))
            if isinstance(outcome, HttpResponse):
                return outcome
            self._pause(outcome, waits, deadline, is_last=self._is_last(outcome, call, number))
            number += 1

    def _is_last(self, failure: HttpFailure, call: HttpRequest, number: int) -> bool:
        repeatable = failure.is_unprocessed or (call.is_idempotent and failure.is_transient)
        if call.is_splittable and isinstance(failure.error, TooHeavy):
            return True
        return not repeatable or number >= self._settings.retries.attempts

    def _pause(
        self, failure: HttpFailure, waits: Iterator[float], deadline: float, *, is_last: bool
    ) -> None:
        if is_last:
            raise failure.error
        seconds = max(failure.retry_after or 0.0, next(waits))
        is_limit = isinstance(failure.error, RateLimited)
        if self._is_too_long(seconds, deadline, is_limit=is_limit):
            failure.error.wait_seconds = round(seconds)
            raise failure.error
        self._sleep(seconds)
        self._count(retries=1)

    def _await_budget(self, deadline: float) -> None:
        limit = self._settings.rate_limit
        if limit is None:
            return
        window = self._settings.rate_window_seconds
        connection = self._settings.connection_id
        while wait := self._budget.reserve(connection, limit=limit, window_seconds=window):
            if self._is_too_long(wait, deadline, is_limit=True):
                raise RateLimited(reason="our own budget", wait_seconds=math.ceil(wait))
            self._sleep(wait)

    def _is_too_long(self, seconds: float, deadline: float, *, is_limit: bool) -> bool:
        if is_limit and seconds > self._patience.seconds:
            return True
        return self._clock.monotonic() + seconds > deadline

    def _sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds)
        self._count(waited_ms=round(seconds * 1000))

    def _attempt(self, attempt: _Attempt) -> HttpResponse | HttpFailure:
        self._count(calls=1)
        try:
            outcome = self._exchange(attempt)
        except (requests.RequestException, HTTPError) as error:
            outcome = _failure_of(error)
        if isinstance(outcome, HttpFailure) and outcome.error.path is None:
            outcome.error.path = attempt.call.path
        self._log(attempt, outcome)
        return outcome

    def _exchange(self, attempt: _Attempt) -> HttpResponse | HttpFailure:
        call = attempt.call
        left = max(0.001, attempt.deadline - attempt.started)
        with self._session.request(
            call.method,
            call.url,
            params=call.query,
            data=call.body,
            headers={**call.headers, "X-Correlation-ID": attempt.correlation_id},
            timeout=(min(call.connect_seconds, left), min(call.read_seconds, left)),
            allow_redirects=False,
            stream=True,
        ) as response:
            headers = {name.lower(): value for name, value in response.headers.items()}
            if not 200 <= response.status_code < 300:
                wait = retry_after_seconds(headers.get("retry-after"), self._clock.now())
                failure = failure_for_status(response.status_code, wait)
                failure.error.vendor_error = _vendor_error(response, headers)
                return failure
            body = self._body(response.raw, headers, attempt.deadline)
            if isinstance(body, HttpFailure):
                return body
            if is_html_page(body, headers.get("content-type", "")):
                return _failure_by_page(response.status_code)
            masked = scrub_bytes(body, self._settings.id_fields)
            return HttpResponse(
                status=response.status_code, path=call.path, headers=headers, body=masked
            )

    def _body(
        self, raw: BaseHTTPResponse, headers: Mapping[str, str], deadline: float
    ) -> bytes | HttpFailure:
        """Chunk by chunk, so that a slow response meets the deadline too."""
        limit = self._settings.max_answer_bytes
        content_length = headers.get("content-length", "")
        if content_length.isdecimal() and int(content_length) > limit:
            return HttpFailure(TooHeavy(reason="answer too large"))
        body = bytearray()
        while chunk := raw.read1(_CHUNK, decode_content=True):
            body += chunk
            self._count(bytes_received=len(chunk))
            if len(body) > limit:
                return HttpFailure(TooHeavy(reason="answer too large"))
            if self._clock.monotonic() > deadline:
                return HttpFailure(ProviderUnavailable(reason="deadline"))
        return bytes(body)

    def _log(self, attempt: _Attempt, outcome: HttpResponse | HttpFailure) -> None:
        log_fields: dict[str, str | int] = {"outcome": "answered"}
        if isinstance(outcome, HttpFailure):
            log_fields = {"outcome": outcome.error.code, **outcome.error.details}
            if outcome.error.vendor_message:
                log_fields["vendor_message"] = outcome.error.vendor_message
        else:
            log_fields["status"] = outcome.status
        fields = {
            "provider": self._settings.provider,
            "method": attempt.call.method,
            "path": attempt.call.path,
            "duration_ms": round((self._clock.monotonic() - attempt.started) * 1000),
            "attempt": attempt.number,
        }
        level = logging.WARNING if isinstance(outcome, HttpFailure) else logging.INFO
        _LOG.log(level, "provider_call", extra=fields | log_fields)

    def _count(
        self, *, calls: int = 0, retries: int = 0, waited_ms: int = 0, bytes_received: int = 0
    ) -> None:
        self._counts = self._counts.plus(
            TransportCounts(
                calls=calls, retries=retries, waited_ms=waited_ms, bytes_received=bytes_received
            )
        )


class _GuardedAdapter(HTTPAdapter):
    def __init__(self, policy: HostPolicy) -> None:
        self._policy = policy
        super().__init__(max_retries=0)

    def init_poolmanager(self, *_: object, **__: object) -> None:
        self.poolmanager = guarded_pools(self._policy, connections=_CONNECTIONS)


def _session(policy: HostPolicy) -> requests.Session:
    """Without the environment's proxies and .netrc, without cookies."""
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.adapters.clear()
    for scheme in ("https://", "http://"):
        session.mount(scheme, _GuardedAdapter(policy))
    return session


def _vendor_error(response: requests.Response, headers: Mapping[str, str]) -> VendorError | None:
    """None also if the body can't be read: the status is the failure."""
    with suppress(HTTPError):
        body = response.raw.read(MAX_BYTES, decode_content=True)
        content_type = headers.get("content-type", "")
        return read_vendor_error(body, status=response.status_code, content_type=content_type)
    return None


def _failure_of(error: requests.RequestException | HTTPError) -> HttpFailure:
    cause = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(error, requests.exceptions.SSLError):
        return HttpFailure(ProviderUnavailable(reason="TLS failure"))
    if isinstance(error, requests.ConnectTimeout):
        return _failure_before_send("connect timeout")
    if isinstance(cause, NewConnectionError):
        return _failure_before_send("not reachable")
    if isinstance(error, requests.ReadTimeout | ReadTimeoutError):
        return HttpFailure(ProviderUnavailable(reason="read timeout"), is_transient=True)
    if isinstance(error, requests.ConnectionError | HTTPError):
        return HttpFailure(ProviderUnavailable(reason="connection lost"), is_transient=True)
    return HttpFailure(ProviderUnavailable(reason="request not possible"))


def _failure_before_send(reason: str) -> HttpFailure:
    return HttpFailure(ProviderUnavailable(reason=reason), is_transient=True, is_unprocessed=True)


def _failure_by_page(status: int) -> HttpFailure:
    return HttpFailure(UnreadableAnswer(reason="an HTML page", status=status), is_transient=True)


def _without_request_lines(record: logging.LogRecord) -> bool:
    """urllib3 logs each request line, query included, at DEBUG."""
    return record.levelno > logging.DEBUG
