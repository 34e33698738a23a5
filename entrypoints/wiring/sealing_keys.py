"""Loads the sealing keys."""

import os
from typing import Final

from adapters.outbound.security.sealing import new_key
from entrypoints.wiring.home_directory import ensure_private_home
from entrypoints.wiring.settings import MISSING_KEYS, Settings
from ports.errors import Misconfigured

FILE: Final = "secret_keys"


def load_sealing_keys(settings: Settings) -> str:
    """The configured keys; in development those of the home folder, created at the first start and
    kept, because values sealed with a lost key can't be read again."""
    if settings.secret_keys:
        return settings.secret_keys
    if settings.is_production:
        raise Misconfigured(MISSING_KEYS)
    path = ensure_private_home(settings.home) / FILE
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        text = new_key("dev1")
        file.write(text)
    return text
