"""Keep a flood of foreign or broken messages from becoming a flood of log lines."""

from __future__ import annotations

import logging
import threading
import time


class OncePerMinute(logging.Filter):
    """Lets a line through once a minute for each kind of it (what it is before its values are put in)."""

    EVERY_S = 60.0

    def __init__(self, name: str = "") -> None:
        super().__init__(name)
        self._last: dict[str, float] = {}
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        kind, now = f"{record.levelno}{record.msg}"[:200], time.monotonic()
        with self._lock:
            last = self._last.get(kind)
            if last is not None and now - last < self.EVERY_S:
                return False
            if len(self._last) > 500:
                self._last.clear()
            self._last[kind] = now
        return super().filter(record)
