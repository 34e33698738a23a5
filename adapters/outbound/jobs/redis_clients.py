"""Two manners of speaking to Redis: impatient (a request is waiting) and patient (a worker)."""

from typing import Final

from redis import Redis
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

REQUEST_TIMEOUT_SECONDS: Final = 0.5


def request_client(url: str) -> Redis:
    """Fails within half a second, so that a webhook is acknowledged in time without a queue."""
    return Redis.from_url(
        url,
        socket_connect_timeout=REQUEST_TIMEOUT_SECONDS,
        socket_timeout=REQUEST_TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=30,
    )


def worker_client(url: str) -> Redis:
    """Survives any outage: a worker whose server restarts goes on where it was. RQ itself waits
    on blocking reads of up to its worker's time to live, so there is no socket time-out."""
    return Redis.from_url(
        url,
        socket_connect_timeout=5,
        retry=Retry(ExponentialBackoff(cap=2, base=0.05), -1),
        retry_on_error=[RedisConnectionError, RedisTimeoutError],
        health_check_interval=30,
    )
