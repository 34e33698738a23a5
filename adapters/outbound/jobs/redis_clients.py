"""Redis clients: for requests (fail fast) and for workers (retry)."""

import logging
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

from redis import Redis
from redis.backoff import ConstantBackoff, ExponentialBackoff, NoBackoff
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from adapters.outbound.jobs.outage_log import OutageLog
from domain.errors import PmsError
from ports.errors import Misconfigured, QueueUnavailable

REQUEST_TIMEOUT_SECONDS: Final = 0.5
START_RETRIES: Final = 6
_PATH_PATTERNS: Final = {"redis": r"/?\d*", "rediss": r"/?\d*", "unix": r"/.+"}
_CLIENT_FIELD: Final = re.compile(r"(\S+?)=(.*?)(?= \S+?=|$)", re.DOTALL)


def redis_socket_url(socket: Path) -> str:
    """The URL of a Unix socket, whatever characters its path has."""
    return f"unix://{quote(str(socket))}"


def require_redis_url(url: str) -> None:
    """Raises Misconfigured unless clients can be built from the URL; connects to nothing."""
    try:
        is_complete = _has_server_and_path(url)
        Redis.from_url(url).connection_pool.make_connection()
    except (ValueError, TypeError, RedisError):
        is_complete = False
    if not is_complete:
        raise Misconfigured(
            "PMS_REDIS_URL: give redis://user:password@host:port/number, rediss://… or unix:///path"
        )


def _has_server_and_path(url: str) -> bool:
    """Checks what redis-py replaces with a default."""
    parts = urlsplit(url)
    pattern = _PATH_PATTERNS.get(parts.scheme, "")
    is_server_named = parts.scheme == "unix" or bool(parts.hostname)
    return is_server_named and re.fullmatch(pattern, parts.path) is not None


def require_redis(url: str) -> None:
    """Raises QueueUnavailable if the server does not answer within some seconds; Misconfigured if
    it refuses the user, or its certificate is not trusted."""
    retry = Retry(ConstantBackoff(0.5), START_RETRIES)
    client = Redis.from_url(url, socket_connect_timeout=1, socket_timeout=1, retry=retry)
    try:
        client.ping()
    except (RedisError, OSError) as error:
        raise _explain(url, error) from error


def _explain(url: str, error: Exception) -> PmsError:
    parts = urlsplit(url)
    address = parts.path if parts.scheme == "unix" else f"{parts.hostname}:{parts.port or 6379}"
    server = f"PMS_REDIS_URL: the server at {address}"
    if isinstance(error, AuthenticationError | NoPermissionError):
        return Misconfigured(
            f"{server} refuses the user or the password; `pms doctor --redis-acl` prints the rules "
            "that the user needs"
        )
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return Misconfigured(
            f"{server} has a certificate that is not trusted, or of another name; give the CA's "
            "with ?ssl_ca_certs=/path/ca.pem"
        )
    return QueueUnavailable(f"{server} does not answer")


def request_client(url: str) -> Redis:
    """Fails within half a second, so that a webhook is acknowledged in time while Redis is down."""
    return Redis.from_url(
        url,
        socket_connect_timeout=REQUEST_TIMEOUT_SECONDS,
        socket_timeout=REQUEST_TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=30,
    )


def worker_client(url: str) -> Redis:
    """Retries without limit, so that a worker survives a restart of Redis; the outage is logged
    once. There is no socket time-out because RQ uses blocking reads as long as its worker's time to
    live."""
    client = Redis.from_url(
        url,
        socket_connect_timeout=5,
        retry=_LoggedRetry(ExponentialBackoff(cap=2, base=0.05), -1),
        retry_on_error=[RedisConnectionError, RedisTimeoutError],
        health_check_interval=30,
    )
    client.set_response_callback("CLIENT INFO", _parse_client_info)
    return client


def _parse_client_info(response: bytes | str, **_options: object) -> Mapping[str, str]:
    """RQ reads `addr`. redis-py's own parser fails at a socket path with a blank or `=`."""
    text = response.decode(errors="replace") if isinstance(response, bytes) else response
    return dict(_CLIENT_FIELD.findall(text.strip()))


class _LoggedRetry(Retry):
    def __init__(self, backoff: ExponentialBackoff, retries: int) -> None:
        super().__init__(backoff, retries)
        self._outage = OutageLog(logging.getLogger(__name__), "redis")

    def call_with_retry(
        self, do: Callable[[], Any], fail: Callable[..., Any], *args: Any, **options: Any
    ) -> Any:
        def log_and_fail(error: Exception, *failures: int) -> Any:
            self._outage.failed(error_type=type(error).__name__)
            return fail(error, *failures)

        result = super().call_with_retry(do, log_and_fail, *args, **options)
        self._outage.worked()
        return result
