"""Everything that the environment decides, read once. The only reader of the environment."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Final

from adapters.outbound.persistence.engine.database_urls import is_postgres, sqlite_path
from ports.errors import Misconfigured

PREFIX: Final = "PMS_"


class Environment(StrEnum):
    DEVELOPMENT = "development"
    PRODUCTION = "production"


def _parse_word_list(text: str) -> frozenset[str]:
    return frozenset(item for item in text.replace(",", " ").split() if item)


def _parse_count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _parse_port(text: str) -> int:
    number = int(text)
    if not 0 < number < 65_536:
        raise ValueError(text)
    return number


def _parse_level(text: str) -> str:
    return {level: level for level in ("DEBUG", "INFO", "WARNING", "ERROR")}[text.upper()]


def _parse_flag(text: str) -> bool:
    return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}[
        text.lower()
    ]


def _parse_database_url(text: str) -> str:
    if not is_postgres(text):
        sqlite_path(text)
    return text


_ACCEPTED_VALUES: Final[Mapping[object, str]] = {
    _parse_count: "; a whole number, 1 or more",
    _parse_port: "; a whole number from 1 to 65535",
    _parse_flag: "; yes or no",
}
"""For those whose meaning does not tell what is accepted."""


def _setting_metadata(
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
        metadata=_setting_metadata("development or production", Environment),
    )
    home: Path = field(
        default=Path("var"),
        metadata=_setting_metadata("where the embedded database, queue and keys live", Path),
    )
    database_url: str = field(
        default="",
        repr=False,
        metadata=_setting_metadata(
            "sqlite:///… or postgresql://…; empty: SQLite in the home", _parse_database_url
        ),
    )
    redis_url: str = field(
        default="",
        repr=False,
        metadata=_setting_metadata("redis://…; empty: the embedded server's socket in the home"),
    )
    secret_keys: str = field(
        default="",
        repr=False,
        metadata=_setting_metadata(
            "sealing keys as id:base64, newest first, separated by commas", secret=True
        ),
    )
    log_level: str = field(
        default="INFO", metadata=_setting_metadata("DEBUG, INFO, WARNING or ERROR", _parse_level)
    )
    host: str = field(default="127.0.0.1", metadata=_setting_metadata("address of the web server"))
    port: int = field(
        default=8080, metadata=_setting_metadata("port of the web server", _parse_port)
    )
    web_workers: int = field(default=2, metadata=_setting_metadata("web processes", _parse_count))
    web_threads: int = field(
        default=8, metadata=_setting_metadata("threads per web process", _parse_count)
    )
    database_pool: int = field(
        default=10, metadata=_setting_metadata("database connections per process", _parse_count)
    )
    max_body_bytes: int = field(
        default=5 * 1024 * 1024, metadata=_setting_metadata("largest request body", _parse_count)
    )
    requests_per_minute: int = field(
        default=6_000,
        metadata=_setting_metadata("requests that one token may send in a minute", _parse_count),
    )
    tick_seconds: int = field(
        default=15, metadata=_setting_metadata("how often due work is enqueued", _parse_count)
    )
    allowed_hosts: frozenset[str] = field(
        default=frozenset(),
        metadata=_setting_metadata(
            "provider hosts beyond the vendors' own, also private ones", _parse_word_list
        ),
    )
    allow_plain_http: bool = field(
        default=False, metadata=_setting_metadata("http:// to the allowed hosts", _parse_flag)
    )
    graphql_introspection: bool = field(
        default=False,
        metadata=_setting_metadata("GraphQL introspection in production", _parse_flag),
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


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Raises Misconfigured naming the variable and what it takes, also for a misspelt one."""
    variables = os.environ if environment is None else environment
    known = {f"{PREFIX}{f.name.upper()}": f for f in fields(Settings)}
    unknown = [name for name in variables if name.startswith(PREFIX) and name not in known]
    unknown = [name for name in unknown if name not in _TEST_VARIABLES]
    if unknown:
        raise Misconfigured(f"{unknown[0]}: there is no such setting; see `pms doctor`")
    values: dict[str, object] = {}
    for variable, spec in known.items():
        if variables.get(variable):
            values[spec.name] = _parse_setting(variable, variables[variable], spec.metadata)
    settings = Settings(**values)  # type: ignore[arg-type]  # each was read by its field's reader
    if settings.is_production and not settings.secret_keys:
        message = (
            "PMS_SECRET_KEYS: production does not start without; make one: `pms doctor --new-key`"
        )
        raise Misconfigured(message)
    return settings


_TEST_VARIABLES: Final = frozenset({"PMS_VENDOR_SAMPLES"})
"""Read by the tests."""


def _parse_setting(variable: str, text: str, metadata: Mapping[str, object]) -> object:
    reader = metadata["read"]
    try:
        return reader(text)  # type: ignore[operator]  # `_setting` takes only callables
    except (ValueError, KeyError) as error:
        accepted = _ACCEPTED_VALUES.get(reader, "")
        raise Misconfigured(f"{variable}: {metadata['what']}{accepted}") from error


def settings_to_environment(settings: Settings) -> dict[str, str]:
    """For child processes: the same settings, spelt as variables."""
    return {
        f"{PREFIX}{f.name.upper()}": _format_setting(value)
        for f in fields(Settings)
        if (value := getattr(settings, f.name)) != f.default or f.name == "home"
    }


def _format_setting(value: object) -> str:
    if isinstance(value, frozenset):
        return ",".join(sorted(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value.absolute()) if isinstance(value, Path) else str(value)


def inherited_environment() -> dict[str, str]:
    """The environment for child processes, without settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
