"""Small things with a network in them, done beside the ticker so that it never waits: one thread, one at a time."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import close_old_connections, connection

log = logging.getLogger(__name__)


@dataclass
class Errand:
    name: str
    every_s: float
    run: Callable[[], object]
    next_at: float = 0.0
    failing: bool = False


_ERRANDS: dict[str, Errand] = {}


def register(name: str, *, every_s: float, run: Callable[[], object]) -> None:
    """Have ``run`` called about every so many seconds in each worker. What it raises is logged, once per trouble."""
    _ERRANDS[name] = Errand(name, every_s, run)


class Errands(threading.Thread):
    def __init__(self) -> None:
        super().__init__(name="errands", daemon=True)
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.wait(1.0):
            close_old_connections()
            for errand in list(_ERRANDS.values()):
                if time.monotonic() >= errand.next_at and not self.ended.is_set():
                    errand.next_at = time.monotonic() + errand.every_s
                    self.do(errand)
        connection.close()

    @staticmethod
    def do(errand: Errand) -> None:
        try:
            errand.run()
            errand.failing = False
        except Exception as error:
            if not errand.failing:
                log.warning("%s: %s: %s", errand.name, type(error).__name__, error)
            errand.failing = True
            connection.close()
