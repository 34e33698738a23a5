"""Output of commands: tables for people, JSON for machines, errors in one line."""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any, Final
from uuid import UUID

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TimeElapsedColumn
from rich.table import Table

from domain.errors import PmsError
from ports.errors import Misconfigured


class PmsCommandGroup(click.Group):
    """Prints a PmsError, or the error of a file, as one line on standard error and exits with 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except PmsError as error:
            _print_error(ctx, error)
            raise SystemExit(1) from error
        except OSError as error:
            if error.errno is None or error.filename is None:
                raise
            reason = error.strerror or type(error).__name__
            _print_error(ctx, Misconfigured(f"{error.filename} can't be used: {reason}"))
            raise SystemExit(1) from error


def _print_error(ctx: click.Context, error: PmsError) -> None:
    if (ctx.obj or {}).get("json"):
        fields = {"code": error.code, "message": error.message, "details": error.details}
        print_json({"error": fields}, err=True)
    else:
        click.echo(f"error: {_format_error(error)} [{error.code}]", err=True)


def _store_json_flag(ctx: click.Context, _option: click.Parameter, value: Any) -> None:
    if value:
        ctx.find_root().obj["json"] = True


json_option: Final = click.option(
    "--json",
    is_flag=True,
    expose_value=False,
    callback=_store_json_flag,
    help="Print results as JSON.",
)


class JsonCommand(click.Command):
    """Accepts `--json` after the command as well as before it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        json_option(self)


class JsonCommandGroup(click.Group):
    command_class = JsonCommand


def _format_error(error: PmsError) -> str:
    """The message, and the details that are not part of it."""
    details = {k: v for k, v in error.details.items() if str(v) not in error.message}
    return " ".join([error.message, *(f"({name}: {value})" for name, value in details.items())])


def stderr_console() -> Console:
    """For progress bars: standard output is for results."""
    return Console(stderr=True, highlight=False)


def progress_display() -> Progress:
    """Each task has a field `progress_text`."""
    columns = ("{task.description}", BarColumn(), "{task.fields[progress_text]}")
    return Progress(*columns, TimeElapsedColumn(), console=stderr_console())


def is_json_requested() -> bool:
    return bool((click.get_current_context().find_root().obj or {}).get("json"))


def print_json(value: object, *, err: bool = False) -> None:
    click.echo(json.dumps(value, default=_to_json_value, ensure_ascii=False), err=err)


def print_rows(rows: Sequence[Mapping[str, object]], *, empty: str) -> None:
    """Prints a table, or an array with --json."""
    if is_json_requested():
        print_json(list(rows))
        return
    if not rows:
        click.echo(empty)
        return
    table = Table(box=None, pad_edge=False)
    for name in rows[0]:
        table.add_column(name.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(_format_cell(value) for value in row.values()))
    Console(highlight=False, width=None if sys.stdout.isatty() else 200).print(table)


def print_fields(fields: Mapping[str, object]) -> None:
    """Prints a line per field, or an object with --json."""
    if is_json_requested():
        print_json(fields)
        return
    width = max(len(name) for name in fields)
    for name, value in fields.items():
        click.echo(f"{name.replace('_', ' '):<{width}}  {_format_cell(value)}")


def _format_cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%SZ")
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value) or "-"
    return str(value)


def _to_json_value(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, set | frozenset | tuple):
        return sorted(value, key=str) if isinstance(value, set | frozenset) else list(value)
    raise TypeError(type(value).__name__)
