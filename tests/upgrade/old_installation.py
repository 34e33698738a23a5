"""An installation of version 0.1 as it was left, to be restored and upgraded.

The files in `version_0_1/` were written once, by version 0.1 itself (commit 5cc5a94), through its
command line, its HTTP API and its processes: two hotels connected to simulated systems of every
vendor, then stopped with a full sync of each vendor interrupted, pushes, webhooks and syncs queued,
events undelivered and items in quarantine. Later versions cannot write them again. Availability of
later days and all but the last twenty delivered events were removed from the dumps.

The keys, tokens and secrets in the files open nothing else.
"""

import base64
import gzip
import json
import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import psycopg
from redis import Redis

FOLDER: Final = Path(__file__).with_name("version_0_1")

Engine = Literal["sqlite", "postgres"]


@cache
def facts(engine: Engine) -> dict[str, Any]:
    """The installation's keys, hotels, connections, credentials and row counts."""
    by_engine: dict[str, dict[str, Any]] = _load("installation")
    return by_engine[engine]


@cache
def checkpoints() -> dict[str, Any]:
    """By provider: `checkpoints` ({kind, text}), `cursors`, and `stored`, that of the interrupted
    run."""
    by_provider: dict[str, Any] = _load("checkpoints")
    return by_provider


def restore_database(engine: Engine, url: str) -> None:
    """Into an empty database."""
    script = gzip.decompress((FOLDER / f"{engine}.sql.gz").read_bytes())
    if engine == "sqlite":
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as database:
            database.executescript(script.decode())
    else:
        with psycopg.connect(url) as connection:
            connection.execute(script)


def restore_queue(redis: Redis, engine: Engine) -> None:
    """Into an empty server. Nothing expires: this is the queue right after the old version was
    stopped."""
    for entry in _load("redis")[engine]:
        key, value = entry["key"], entry["value"]
        match entry["type"]:
            case "string":
                redis.set(key, _decode(value))
            case "list":
                redis.rpush(key, *map(_decode, value))
            case "set":
                redis.sadd(key, *map(_decode, value))
            case "zset":
                redis.zadd(key, {_decode(member): score for member, score in value})
            case "hash":
                redis.hset(key, mapping={_decode(name): _decode(text) for name, text in value})
            case other:
                raise ValueError(other)


def _load(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def _decode(value: str | dict[str, str]) -> bytes:
    return value.encode() if isinstance(value, str) else base64.b64decode(value["base64"])
