"""The settings and secrets of a connection as options of a command. A secret is never an argument:
every user of the machine can read a process's arguments, and shells keep them in their history."""

import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import reduce
from pathlib import Path
from typing import Any, Final, TypeAlias

import click

from ports.errors import Misconfigured
from ports.providers import Capabilities

Decorator: TypeAlias = Callable[[Any], Any]

_SECRET: Final = click.option(
    "--secret",
    "secret_names",
    multiple=True,
    metavar="NAME",
    help="Prompt for a secret (hidden input), or read it from a line of standard input.",
)
_SECRET_FILE: Final = click.option(
    "--secret-file",
    "secret_files",
    multiple=True,
    metavar="NAME=FILE",
    help="Read a secret from a file.",
)


def value_options(help_of_set: str) -> Decorator:
    """`--set`, `--secret` and `--secret-file`, for `collect_values`."""
    setting = click.option(
        "--set", "assignments", multiple=True, metavar="NAME=VALUE", help=help_of_set
    )
    options = (_SECRET_FILE, _SECRET, setting)
    return lambda command: reduce(lambda decorated, option: option(decorated), options, command)


def collect_values(
    capabilities: Capabilities,
    *,
    assignments: Iterable[str],
    secret_names: Iterable[str],
    secret_files: Iterable[str],
) -> dict[str, str]:
    """Prompts for the secrets. Raises Misconfigured for a secret given by `--set`, an unreadable
    file and missing input, UsageError for an option of another form."""
    values = dict(_parse_pairs("--set", assignments, "VALUE"))
    _refuse_secrets(capabilities, {name for name, value in values.items() if value})
    values |= {
        name: _read_secret_file(name, Path(path))
        for name, path in _parse_pairs("--secret-file", secret_files, "FILE")
    }
    return values | {name: _ask_for_secret(name) for name in secret_names}


def read_secret_line(option: str, path: Path) -> str:
    """The text of a file without its end of line. Raises Misconfigured, which names the option."""
    try:
        text = path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise Misconfigured(f"{option}: {path} can't be read: {reason}") from error
    if not text:
        raise Misconfigured(f"{option}: {path} is empty")
    return text


def _refuse_secrets(capabilities: Capabilities, names: Collection[str]) -> None:
    secrets = [each.name for each in capabilities.settings if each.secret and each.name in names]
    if secrets:
        name = secrets[0]
        raise Misconfigured(
            f"--set: {name} is a secret, and others on this machine can read arguments; give it by "
            f"--secret {name} (a prompt, or a line of standard input) or --secret-file {name}=FILE",
            setting=name,
        )


def _parse_pairs(option: str, texts: Iterable[str], value_name: str) -> Iterator[tuple[str, str]]:
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"write NAME={value_name}", param_hint=option)
        yield name, value


def _read_secret_file(name: str, path: Path) -> str:
    return read_secret_line(f"--secret-file {name}", path)


def _ask_for_secret(name: str) -> str:
    if sys.stdin.isatty():
        return str(click.prompt(name, hide_input=True, err=True))
    secret = sys.stdin.readline().rstrip("\r\n")
    if not secret:
        raise Misconfigured(
            f"--secret {name}: standard input has no line for it; give one for each --secret, in "
            f"their order, or use --secret-file {name}=FILE"
        )
    return secret
