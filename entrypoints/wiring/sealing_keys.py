"""Loads the sealing keys."""

from typing import Final

from adapters.outbound.security.sealing import new_key
from entrypoints.wiring.home_directory import (
    create_private_file,
    ensure_private_home,
    translate_home_errors,
)
from entrypoints.wiring.settings import MISSING_KEYS, Settings
from ports.errors import Misconfigured

FILE: Final = "secret_keys"


def load_sealing_keys(settings: Settings) -> str:
    """The configured keys; in development those of the home folder, created at the first start and
    kept, because values sealed with a lost key can't be read again. Raises Misconfigured."""
    if settings.secret_keys:
        return settings.secret_keys
    if settings.is_production:
        raise Misconfigured(MISSING_KEYS)
    path = ensure_private_home(settings.home) / FILE
    with translate_home_errors(settings.home):
        if not path.exists():
            create_private_file(path, new_key("dev1"))
        keys = path.read_text(encoding="utf-8", errors="replace").strip()
    if not keys:
        # Earlier versions created it empty first; a kill in between left it so.
        raise Misconfigured(f"{path} is empty; delete it and start again to create a new key")
    return keys
