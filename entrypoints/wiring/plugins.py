"""Third-party code is called here, so that its failure stops nothing else."""

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def call_plugin(call: Callable[[], T], on_error: Callable[[Exception], T]) -> T:
    """The result of `call`; what it raises goes to `on_error`, whose result (or error) counts."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001  # a plug-in may raise any class, also its own
        return on_error(error)


def describe_error(error: Exception) -> str:
    """For the operator."""
    return f"{type(error).__name__}: {error}"
