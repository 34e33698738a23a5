"""Database URLs."""

from pathlib import Path

from ports.errors import Misconfigured

_POSTGRES = ("postgresql://", "postgres://", "postgresql+psycopg://")
_SQLITE = "sqlite:///"


def is_postgres(url: str) -> bool:
    return url.startswith(_POSTGRES)


def postgres_url(url: str) -> str:
    return f"postgresql://{url.partition('://')[2]}"


def sqlite_path(url: str) -> Path:
    """`sqlite:///relative` or `sqlite:////absolute`. Not `:memory:`, where each connection has its
    own database. Raises Misconfigured."""
    path = url.removeprefix(_SQLITE)
    if not url.startswith(_SQLITE) or path in ("", ":memory:"):
        message = "PMS_DATABASE_URL: give postgresql://user:password@host/name or sqlite:///path"
        raise Misconfigured(message)
    return Path(path)
