"""Whether nudges still reach this process.

A consumer may sit on a dead connection for ever while the same broker goes on taking what we publish. Then the process
ends, and its supervisor starts a new one with a new connection. Until then the ticker does the work.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

SILENT_S = 60.0
ENOUGH = 50  # with other workers about, each nudge may be theirs; so many in a row are not


class Listening:
    """Counts nudges that the broker took since this process last heard one."""

    def __init__(self, mono: Callable[[], float] = time.monotonic) -> None:
        self.mono = mono
        self._lock = threading.Lock()
        self.heard()

    def heard(self) -> None:
        with self._lock:
            self._first_sent: float | None = None
            self._sent = self._unclaimed = 0

    def sent(self) -> None:
        """The broker took a nudge."""
        with self._lock:
            self._first_sent = self._first_sent if self._first_sent is not None else self.mono()
            self._sent += 1

    def unclaimed(self) -> None:
        """A nudged row was taken by nobody and had to be run here."""
        with self._lock:
            self._unclaimed += 1

    def is_deaf(self) -> bool:
        """For a minute nothing was heard, although nudges went out that nobody took, or very many did.

        Without nudges there is nothing to hear: an idle worker is never deaf.
        """
        with self._lock:
            if self._first_sent is None or self.mono() - self._first_sent < SILENT_S:
                return False
            return self._unclaimed > 0 or self._sent >= ENOUGH


nudges = Listening()
