"""One log line when something stops working and one when it works again, not one per attempt."""

import logging
from threading import Lock


class OutageLog:
    """The log events are `NAME_unavailable`, a warning, and `NAME_available`. Thread-safe."""

    def __init__(self, log: logging.Logger, name: str) -> None:
        self._log = log
        self._unavailable, self._available = f"{name}_unavailable", f"{name}_available"
        self._is_down = False
        self._lock = Lock()

    def failed(self, **fields: str) -> None:
        if self._has_changed(is_down=True):
            self._log.warning(self._unavailable, extra=fields)

    def worked(self, **fields: str) -> None:
        if self._is_down and self._has_changed(is_down=False):
            self._log.info(self._available, extra=fields)

    def _has_changed(self, *, is_down: bool) -> bool:
        with self._lock:
            has_changed = self._is_down is not is_down
            self._is_down = is_down
            return has_changed

    def __deepcopy__(self, _: object) -> "OutageLog":
        """redis-py copies its retry policy, which has one, for each connection."""
        return self
