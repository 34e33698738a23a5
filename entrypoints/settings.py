"""Everything that the environment decides, read once. The only reader of the environment."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Final

from adapters.outbound.persistence.urls import is_postgres, sqlite_path
from ports.errors import Misconfigured

PREFIX: Final = "PMS_"


class Environment(StrEnum):
    DEVELOPMENT = "development"
    PRODUCTION = "production"


def _words(text: str) -> frozenset[str]:
    return frozenset(word for word in text.replace(",", " ").split() if word)


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _port(text: str) -> int:
    number = int(text)
    if not 0 < number < 65_536:
        raise ValueError(text)
    return number


def _level(text: str) -> str:
    return {level: level for level in ("DEBUG", "INFO", "WARNING", "ERROR")}[text.upper()]


def _flag(text: str) -> bool:
    return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}[
        text.lower()
    ]


def _database(text: str) -> str:
    if not is_postgres(text):
        sqlite_path(text)
    return text


_TAKES: Final[Mapping[object, str]] = {
    _count: "; a whole number, 1 or more",
    _port: "; a whole number from 1 to 65535",
    _flag: "; yes or no",
}
"""For those whose meaning does not tell what is accepted."""


def _setting(
    what: str, read: Callable[[str], object] = str, *, secret: bool = False
) -> Mapping[str, object]:
    return {"what": what, "read": read, "secret": secret}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One field per variable: `PMS_` and the field's name in capitals. `pms doctor` lists them.

    URLs may hold a password: like the keys they are not part of the repr.
    """

    env: Environment = field(
        default=Environment.DEVELOPMENT,
        metadata=_setting("development or production", Environment),
    )
    home: Path = field(
        default=Path("var"),
        metadata=_setting("where the embedded database, queue and keys live", Path),
    )
    database_url: str = field(
        default="",
        repr=False,
        metadata=_setting("sqlite:///… or postgresql://…; empty: SQLite in the home", _database),
    )
    redis_url: str = field(
        default="",
        repr=False,
        metadata=_setting("redis://…; empty: the embedded server's socket in the home"),
    )
    secret_keys: str = field(
        default="",
        repr=False,
        metadata=_setting(
            "sealing keys as id:base64, newest first, separated by commas", secret=True
        ),
    )
    log_level: str = field(
        default="INFO", metadata=_setting("DEBUG, INFO, WARNING or ERROR", _level)
    )
    host: str = field(default="127.0.0.1", metadata=_setting("address of the web server"))
    port: int = field(default=8080, metadata=_setting("port of the web server", _port))
    web_workers: int = field(default=2, metadata=_setting("web processes", _count))
    web_threads: int = field(default=8, metadata=_setting("threads per web process", _count))
    database_pool: int = field(
        default=10, metadata=_setting("database connections per process", _count)
    )
    max_body_bytes: int = field(
        default=5 * 1024 * 1024, metadata=_setting("largest request body", _count)
    )
    requests_per_minute: int = field(
        default=6_000, metadata=_setting("requests that one token may send in a minute", _count)
    )
    tick_seconds: int = field(
        default=15, metadata=_setting("how often due work is enqueued", _count)
    )
    allowed_hosts: frozenset[str] = field(
        default=frozenset(),
        metadata=_setting("provider hosts beyond the vendors' own, also private ones", _words),
    )
    allow_plain_http: bool = field(
        default=False, metadata=_setting("http:// to the allowed hosts", _flag)
    )
    graphql_introspection: bool = field(
        default=False, metadata=_setting("GraphQL introspection in production", _flag)
    )

    @property
    def is_production(self) -> bool:
        return self.env is Environment.PRODUCTION

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.home.absolute() / 'pms.sqlite3'}"

    @property
    def redis(self) -> str:
        return self.redis_url or f"unix://{self.redis_socket}"

    @property
    def provider_hosts(self) -> frozenset[str]:
        """Beyond the vendors' own. On a developer's machine that is where simulators live."""
        return self.allowed_hosts if self.is_production else self.allowed_hosts | {"127.0.0.1"}

    @property
    def plain_http(self) -> bool:
        return self.allow_plain_http or not self.is_production

    @property
    def rate_limit_storage(self) -> str:
        """As the `limits` package spells it."""
        url = self.redis
        return url.replace("unix://", "redis+unix://", 1) if url.startswith("unix://") else url

    @property
    def redis_socket(self) -> Path:
        return self.home.absolute() / "valkey.sock"


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Raises Misconfigured naming the variable and what it takes, also for a misspelt one."""
    given = os.environ if environment is None else environment
    known = {f"{PREFIX}{f.name.upper()}": f for f in fields(Settings)}
    unknown = [name for name in given if name.startswith(PREFIX) and name not in known]
    unknown = [name for name in unknown if name not in _OTHERS]
    if unknown:
        raise Misconfigured(f"{unknown[0]}: there is no such setting; see `pms doctor`")
    values: dict[str, object] = {}
    for variable, spec in known.items():
        if given.get(variable):
            values[spec.name] = _read(variable, given[variable], spec.metadata)
    settings = Settings(**values)  # type: ignore[arg-type]  # each was read by its field's reader
    if settings.is_production and not settings.secret_keys:
        message = (
            "PMS_SECRET_KEYS: production does not start without; make one: `pms doctor --new-key`"
        )
        raise Misconfigured(message)
    return settings


_OTHERS: Final = frozenset({"PMS_VENDOR_SAMPLES"})
"""Read by the tests."""


def _read(variable: str, text: str, metadata: Mapping[str, object]) -> object:
    reader = metadata["read"]
    try:
        return reader(text)  # type: ignore[operator]  # `_setting` takes only callables
    except (ValueError, KeyError) as error:
        takes = _TAKES.get(reader, "")
        raise Misconfigured(f"{variable}: {metadata['what']}{takes}") from error


def as_environment(settings: Settings) -> dict[str, str]:
    """For child processes: the same settings, spelt as variables."""
    return {
        f"{PREFIX}{f.name.upper()}": _spelt(value)
        for f in fields(Settings)
        if (value := getattr(settings, f.name)) != f.default or f.name == "home"
    }


def _spelt(value: object) -> str:
    if isinstance(value, frozenset):
        return ",".join(sorted(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value.absolute()) if isinstance(value, Path) else str(value)


def inherited_environment() -> dict[str, str]:
    """The environment for child processes, without settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
