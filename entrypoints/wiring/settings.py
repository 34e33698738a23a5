"""Settings from the environment. No other module reads it."""

import os
from collections.abc import Callable, Container, Iterable, Mapping, Set
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeVar

from adapters.outbound.jobs.redis_clients import redis_socket_url, require_redis_url
from adapters.outbound.persistence.engine.database_urls import require_database_url
from ports.errors import Misconfigured

T = TypeVar("T")

PREFIX: Final = "PMS_"
MISSING_KEYS: Final = (
    "PMS_SECRET_KEYS: production requires sealing keys; create one with `pms doctor --new-key`"
)
CONFIDENTIAL: Final = frozenset({"secret_keys", "database_url", "redis_url"})
"""Settings that are secrets, or URLs with a password."""


class Environment(StrEnum):
    DEVELOPMENT = "development"
    PRODUCTION = "production"


def _parse_list(text: str) -> frozenset[str]:
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
    require_database_url(text)
    return text


def _parse_redis_url(text: str) -> str:
    require_redis_url(text)
    return text


def _parse_folder(text: str) -> Path:
    text.encode()
    return Path(text)


_ACCEPTED_VALUES: Final[Mapping[object, str]] = {
    _parse_count: "; a whole number, 1 or more",
    _parse_port: "; a whole number from 1 to 65535",
    _parse_flag: "; yes or no",
    _parse_folder: "; a path in UTF-8",
}
"""Added to the error message where a setting's meaning does not name its values."""


def _metadata(
    meaning: str, parse: Callable[[str], object] = str, *, secret: bool = False
) -> Mapping[str, object]:
    return {"meaning": meaning, "parse": parse, "secret": secret}


def _setting(
    default: T,
    meaning: str,
    parse: Callable[[str], object] = str,
    *,
    secret: bool = False,
    has_password: bool = False,
) -> T:
    """Secrets and URLs with a password are not part of the repr."""
    is_shown = not (secret or has_password)
    return field(default=default, repr=is_shown, metadata=_metadata(meaning, parse, secret=secret))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One field per variable: `PMS_` and the field's name in capitals. `pms doctor` lists them."""

    env: Environment = field(
        default=Environment.DEVELOPMENT,
        metadata=_metadata("development or production", Environment),
    )
    home: Path = field(
        default=Path("var"),
        metadata=_metadata("folder of the embedded database, queue and keys", _parse_folder),
    )
    database_url: str = _setting(
        "",
        "sqlite:///… or postgresql://…; empty: SQLite in the home",
        _parse_database_url,
        has_password=True,
    )
    redis_url: str = _setting(
        "",
        "redis://… or rediss://… (TLS); empty: the embedded server's socket in the home",
        _parse_redis_url,
        has_password=True,
    )
    secret_keys: str = _setting(
        "", "sealing keys as id:base64, newest first, separated by commas", secret=True
    )
    log_level: str = _setting("INFO", "DEBUG, INFO, WARNING or ERROR", _parse_level)
    host: str = _setting("127.0.0.1", "address of the web server")
    port: int = _setting(8080, "port of the web server", _parse_port)
    web_workers: int = _setting(2, "web processes", _parse_count)
    web_threads: int = _setting(8, "threads per web process", _parse_count)
    database_pool: int = _setting(10, "database connections per process", _parse_count)
    max_body_bytes: int = _setting(5 * 1024 * 1024, "largest request body", _parse_count)
    requests_per_minute: int = _setting(
        6_000, "limit of requests per token and minute", _parse_count
    )
    quarantine_cap: int = _setting(
        100_000, "quarantined items per hotel; pushes beyond it are refused", _parse_count
    )
    tick_seconds: int = _setting(15, "seconds between ticks, which enqueue due work", _parse_count)
    allowed_hosts: frozenset[str] = _setting(
        frozenset(), "further provider hosts, also private ones", _parse_list
    )
    allow_plain_http: bool = _setting(
        default=False, meaning="allow http:// to the allowed hosts", parse=_parse_flag
    )
    graphql_introspection: bool = _setting(
        default=False, meaning="allow GraphQL introspection in production", parse=_parse_flag
    )

    @property
    def is_production(self) -> bool:
        return self.env is Environment.PRODUCTION

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.home.absolute() / 'pms.sqlite3'}"

    @property
    def redis(self) -> str:
        return self.redis_url or redis_socket_url(self.redis_socket)

    def uses_home(self, needs: Set[str] = CONFIDENTIAL) -> bool:
        """Whether one of `needs` is in the home: database, the queue's socket, sealing keys."""
        return any(not getattr(self, name) for name in needs)

    @property
    def provider_hosts(self) -> frozenset[str]:
        """Allowed besides the vendors' own; in development also loopback, for simulators."""
        return self.allowed_hosts if self.is_production else self.allowed_hosts | {"127.0.0.1"}

    @property
    def plain_http(self) -> bool:
        return self.allow_plain_http or not self.is_production

    @property
    def rate_limit_storage(self) -> str:
        """The Redis URL in the notation of the `limits` package."""
        url = self.redis
        return url.replace("unix://", "redis+unix://", 1) if url.startswith("unix://") else url

    @property
    def redis_socket(self) -> Path:
        return self.home.absolute() / "valkey.sock"


def load_settings(
    environment: Mapping[str, str] | None = None, *, needs: Set[str] = CONFIDENTIAL
) -> Settings:
    """`needs`: those of CONFIDENTIAL without which the command does not work. Raises Misconfigured
    for an unknown variable, for an invalid value, with its accepted values, and in production for
    one of `needs` that has no default there."""
    variables = os.environ if environment is None else environment
    specs = {_variable_name(spec.name): spec for spec in fields(Settings)}
    _reject_unknown_variables(variables, specs)
    values = {
        spec.name: _parse_setting(variable, variables[variable], spec.metadata)
        for variable, spec in specs.items()
        if variables.get(variable)
    }
    settings = Settings(**values)  # type: ignore[arg-type]  # each was parsed by its field's parser
    if settings.is_production:
        _require_for_production(settings, needs)
    return settings


def _require_for_production(settings: Settings, needs: Set[str]) -> None:
    if "secret_keys" in needs and not settings.secret_keys:
        raise Misconfigured(MISSING_KEYS)
    if "database_url" in needs and not settings.database_url:
        raise Misconfigured(
            "PMS_DATABASE_URL: production requires a database; give postgresql://…, or "
            f"{settings.database} to keep an SQLite file on a single machine"
        )


_TEST_VARIABLES: Final = frozenset({"PMS_CASES", "PMS_VENDOR_SAMPLES", "PMS_VENDOR_SPECS"})
"""Read by the tests."""


def _variable_name(setting: str) -> str:
    return f"{PREFIX}{setting.upper()}"


def _reject_unknown_variables(variables: Iterable[str], known: Container[str]) -> None:
    for name in variables:
        if name.startswith(PREFIX) and name not in known and name not in _TEST_VARIABLES:
            raise Misconfigured(f"{name}: unknown setting; see `pms doctor`")


def _parse_setting(variable: str, text: str, metadata: Mapping[str, object]) -> object:
    parse = metadata["parse"]
    try:
        return parse(text)  # type: ignore[operator]  # `_metadata` takes only callables
    except (ValueError, KeyError) as error:
        accepted = _ACCEPTED_VALUES.get(parse, "")
        raise Misconfigured(f"{variable}: {metadata['meaning']}{accepted}") from error


def settings_to_environment(settings: Settings, needs: Set[str] = CONFIDENTIAL) -> dict[str, str]:
    """The same settings as variables, for a child process; of CONFIDENTIAL only its `needs`."""
    return {
        _variable_name(spec.name): _format_setting(value)
        for spec in fields(Settings)
        if spec.name in needs or spec.name not in CONFIDENTIAL
        if (value := getattr(settings, spec.name)) != spec.default or spec.name == "home"
    }


def _format_setting(value: object) -> str:
    if isinstance(value, frozenset):
        return ",".join(sorted(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value.absolute()) if isinstance(value, Path) else str(value)


def inherited_environment(needs: Set[str] = CONFIDENTIAL) -> dict[str, str]:
    """Environment variables that are no settings, for a child process. PostgreSQL's own, such as
    PGPASSWORD, are for one that needs the database."""
    hidden = (PREFIX,) if "database_url" in needs else (PREFIX, "PG")
    return {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
