"""Driver errors as errors of the ports.

A driver's message can contain the row ("Failing row contains (…)"), and tracebacks print causes:
for the classes that quote values, the cause keeps only its class and SQLSTATE.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import peewee
import psycopg
from psycopg import errors as postgres

from domain.errors import ErrorKind
from ports.errors import AlreadyExists, ConcurrentChange, Misconfigured, PortError, StoreUnavailable


class StatementRejected(PortError, code="statement_rejected", kind=ErrorKind.BUG):
    """The database rejected a statement: the code and the schema do not agree."""


class SchemaMissing(StatementRejected, code="schema_missing", kind=ErrorKind.MISCONFIGURED):
    """The database schema is out of date: run `pms db upgrade`."""


_SQLITE_DUPLICATES = (
    sqlite3.SQLITE_CONSTRAINT_UNIQUE,
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
    sqlite3.SQLITE_CONSTRAINT_ROWID,
)
_CONFLICT_ERRORS = (postgres.SerializationFailure, postgres.DeadlockDetected)
_UNAVAILABLE = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    postgres.InternalError_,
    postgres.ReadOnlySqlTransaction,
    postgres.IdleInTransactionSessionTimeout,
    postgres.TransactionTimeout,
    sqlite3.OperationalError,
    sqlite3.InterfaceError,
)
_VALUE_LEAKING_ERRORS = (
    psycopg.IntegrityError,
    psycopg.DataError,
    psycopg.ProgrammingError,
    sqlite3.IntegrityError,
)
DRIVER_ERRORS = (psycopg.Error, sqlite3.Error, peewee.PeeweeException)


@contextmanager
def translate_driver_errors(
    on_unavailable: Callable[[], object] | None = None,
) -> Iterator[None]:
    try:
        yield
    except DRIVER_ERRORS as error:
        cause = driver_error(error)
        translated = as_port_error(cause)
        if on_unavailable and isinstance(translated, StoreUnavailable):
            on_unavailable()
        raise translated from without_values(cause)


def driver_error(error: Exception) -> Exception:
    """The error that Peewee wrapped, if it wrapped one."""
    wrapped = getattr(error, "orig", None) or error.__cause__ or error.__context__
    if isinstance(error, peewee.PeeweeException) and isinstance(wrapped, DRIVER_ERRORS):
        return wrapped
    return error


def as_port_error(error: Exception) -> PortError:
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_NOTADB:
        return Misconfigured("PMS_DATABASE_URL: the file is not an SQLite database")
    if isinstance(error, _CONFLICT_ERRORS):
        return ConcurrentChange()
    if _is_duplicate(error):
        return AlreadyExists()
    if _is_schema_missing(error):
        return SchemaMissing()
    if isinstance(error, sqlite3.OperationalError) and not _is_sqlite_environment_error(error):
        return StatementRejected()
    return StoreUnavailable() if isinstance(error, _UNAVAILABLE) else StatementRejected()


def without_values(error: Exception) -> Exception:
    if isinstance(error, _VALUE_LEAKING_ERRORS):
        state = getattr(error, "sqlstate", None) or getattr(error, "sqlite_errorname", "")
        error.args = (f"{type(error).__name__} {state}".strip(),)
    # Peewee's wrapper repeats the message with its values.
    error.__cause__ = error.__context__ = None
    return error


def _is_duplicate(error: Exception) -> bool:
    if isinstance(error, sqlite3.IntegrityError):
        code = error.sqlite_errorcode
        is_by_trigger = code == sqlite3.SQLITE_CONSTRAINT_TRIGGER and "UNIQUE" in str(error)
        return code in _SQLITE_DUPLICATES or is_by_trigger
    return isinstance(error, postgres.UniqueViolation)


def _is_schema_missing(error: Exception) -> bool:
    if isinstance(error, sqlite3.OperationalError):
        return str(error).startswith(("no such table", "no such column"))
    return isinstance(error, postgres.UndefinedTable | postgres.UndefinedColumn)


def _is_sqlite_environment_error(error: sqlite3.OperationalError) -> bool:
    """Locked, full or unreadable; for faulty SQL the code is the plain SQLITE_ERROR."""
    return getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_ERROR
