"""Where the sealing keys come from."""

import os
from typing import Final

from adapters.outbound.security.sealing import new_key
from entrypoints.wiring.home_directory import ensure_private_home
from entrypoints.wiring.settings import Settings
from ports.errors import Misconfigured

FILE: Final = "secret_keys"


def load_sealing_keys(settings: Settings) -> str:
    """The configured ones; in development those of the home folder, made once and kept there.
    A key made anew at each start would make everything sealed before unreadable."""
    if settings.secret_keys:
        return settings.secret_keys
    if settings.is_production:
        raise Misconfigured("PMS_SECRET_KEYS: production does not start without")
    path = ensure_private_home(settings.home) / FILE
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        text = new_key("dev1")
        file.write(text)
    return text
