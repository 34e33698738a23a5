"""The warning for names of version 0.1 that still work in 0.2."""

import warnings


def warn_renamed(old: str, new: str, *, stacklevel: int) -> None:
    message = f"{old} is now {new}; the old name works until version 0.3"
    warnings.warn(message, DeprecationWarning, stacklevel=stacklevel + 1)
