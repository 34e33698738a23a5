"""Database URLs."""

from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from ports.errors import Misconfigured

_POSTGRES = ("postgresql://", "postgres://", "postgresql+psycopg://")
_SQLITE = "sqlite:///"
SQLITE_LIMIT = "one machine and one writer at a time; PostgreSQL is what production is tested on"
_ACCEPTED = "PMS_DATABASE_URL: give postgresql://user:password@host/name or sqlite:///path"


def is_postgres(url: str) -> bool:
    return url.startswith(_POSTGRES)


def postgres_url(url: str) -> str:
    return f"postgresql://{url.partition('://')[2]}"


def sqlite_path(url: str) -> Path:
    """`sqlite:///relative` or `sqlite:////absolute`. Not `:memory:`, where each connection has its
    own database. Raises Misconfigured."""
    path = url.removeprefix(_SQLITE)
    if not url.startswith(_SQLITE) or path in ("", ":memory:"):
        raise Misconfigured(_ACCEPTED)
    return Path(path)


def require_database_url(url: str) -> None:
    """Raises Misconfigured unless sessions can be opened with the URL; connects to nothing."""
    if not is_postgres(url):
        sqlite_path(url)
        return
    try:
        parameters = conninfo_to_dict(postgres_url(url))
    except psycopg.Error:
        # The driver's message can quote the password.
        raise Misconfigured(_ACCEPTED) from None
    ports = str(parameters.get("port") or "").split(",")
    if any(port and not (port.isdecimal() and 0 < int(port) < 65_536) for port in ports):
        raise Misconfigured(_ACCEPTED)
