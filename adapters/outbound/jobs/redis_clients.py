"""Redis clients: for requests (fail fast) and for workers (retry)."""

from typing import Final

from redis import Redis
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

REQUEST_TIMEOUT_SECONDS: Final = 0.5


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
    """Retries without limit, so that a worker survives a restart of Redis. There is no socket
    time-out because RQ uses blocking reads as long as its worker's time to live."""
    return Redis.from_url(
        url,
        socket_connect_timeout=5,
        retry=Retry(ExponentialBackoff(cap=2, base=0.05), -1),
        retry_on_error=[RedisConnectionError, RedisTimeoutError],
        health_check_interval=30,
    )
