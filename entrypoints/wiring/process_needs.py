"""Which confidential settings (CONFIDENTIAL) each process needs; it gets and asks for no others."""

from collections.abc import Mapping
from typing import Final

from entrypoints.wiring.settings import (
    CONFIDENTIAL,
    Settings,
    inherited_environment,
    settings_to_environment,
)

NEEDS: Final[Mapping[str, frozenset[str]]] = {
    "web": CONFIDENTIAL,
    "worker": CONFIDENTIAL,
    "scheduler": frozenset({"redis_url"}),
    "relay": frozenset({"database_url"}),
    "db": frozenset({"database_url"}),
    "simulate": frozenset(),
    "up": frozenset(),
}
"""By the command. The scheduler only enqueues; the relay opens no sealed value."""


def child_environment(settings: Settings, command: str | None) -> dict[str, str]:
    """The environment of a child process; `command` is None for a program of others."""
    needs = NEEDS[command] if command else frozenset()
    own = settings_to_environment(settings, needs) if command else {}
    return inherited_environment(needs) | own
