"""What our processes may do in Redis: the rules of the ACL user that they sign in as.

Found by running the suite as this user: `ACL LOG` lists everything that Redis refuses. Whoever has
this user's password can read and change our keys, which hold ids and counters only, but no other
keys, nor the server's settings, users, scripts and files.
"""

from typing import Final

KEY_PATTERNS: Final = ("rq:*", "pms:*", "LIMITS:*")
"""Of RQ and rq-scheduler, of this package, of the package limits, which counts requests."""
CHANNEL_PATTERNS: Final = ("rq:pubsub:*",)
"""A worker listens for RQ's commands to it; nobody may send one."""

COMMANDS: Final = (
    # Of a connection
    *("ping", "select", "time", "info", "multi", "exec", "watch", "unwatch"),
    *("client|setname", "client|setinfo", "client|info"),
    *("subscribe", "unsubscribe"),
    *("evalsha", "script|load", "script|exists"),
    # Of a key
    *("exists", "expire", "pexpire", "persist", "pttl", "ttl", "del", "rename"),
    *("get", "set", "getdel", "incr", "incrby"),
    *("hget", "hgetall", "hexists", "hset", "hincrby", "hincrbyfloat"),
    *("llen", "lrange", "lindex", "lpos", "lpush", "rpush", "lpop", "lrem", "lmove", "ltrim"),
    *("blpop", "blmove"),
    *("sadd", "srem", "scard", "smembers"),
    *("zadd", "zrem", "zcard", "zcount", "zscore", "zrange", "zrangebyscore", "zpopmin"),
    *("zremrangebyscore",),
    "xadd",
)


def access_rules() -> str:
    """As `ACL SETUSER name …` and an ACL file take them, without state and password."""
    keys = [f"~{pattern}" for pattern in KEY_PATTERNS]
    channels = [f"&{pattern}" for pattern in CHANNEL_PATTERNS]
    commands = [f"+{command}" for command in COMMANDS]
    return " ".join(["resetkeys", *keys, "resetchannels", *channels, "-@all", *commands])
