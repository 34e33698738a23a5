"""Third-party code is called here, so that its failure stops nothing else."""

import traceback
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def call_plugin(call: Callable[[], T], on_error: Callable[[BaseException], T]) -> T:
    """The result of `call`; what it raises goes to `on_error`, whose result (or error) counts."""
    try:
        return call()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  # a plug-in may raise any class, SystemExit too
        return on_error(error)


def describe_error(error: BaseException) -> str:
    """For the operator; also if the error's own `__str__` raises."""
    return f"{type(error).__name__}: {traceback.TracebackException.from_exception(error)}"
