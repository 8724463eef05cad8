"""Notices that somebody has set this machine's clock while we run.

The boot clock goes on while the machine sleeps and cannot be set. Where the wall clock has moved more than a minute
further, nothing is claimed until somebody outside this machine agrees with it: posts would go out early, or leases end
that are still held.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime

from work import hold

log = logging.getLogger(__name__)

JUMP_S = 60.0
AGREE_S = 60.0
Witness = Callable[[], "datetime | None"]

_WITNESSES: list[Witness] = []


def ask(witness: Witness) -> Witness:
    """Register somebody outside who knows the time: it answers an aware datetime, or None when it cannot be asked."""
    if witness not in _WITNESSES:
        _WITNESSES.append(witness)
    return witness


def boot() -> float:
    """Seconds on a clock that goes on while the machine sleeps and that nobody can set."""
    number = getattr(time, "CLOCK_BOOTTIME", None)
    return time.clock_gettime(number) if number is not None else time.monotonic()


class ClockWatch:
    def __init__(self, wall: Callable[[], float] = time.time, boot: Callable[[], float] = boot) -> None:
        self.wall, self.boot = wall, boot
        self.anchor = wall() - boot()

    def jumped(self) -> float:
        """Seconds by which the wall clock has moved away from the boot clock since it was last believed."""
        return self.wall() - self.boot() - self.anchor

    def look(self) -> bool:
        """Hold claims after a jump. True while held: then :meth:`settle` should be called, off the ticker's thread."""
        by_s = self.jumped()
        if abs(by_s) <= JUMP_S:
            self.anchor += by_s  # a clock that is being slewed is believed
            hold.say("clock", None)
            return False
        if not hold.standing("clock"):
            log.error(
                "this machine's clock jumped by %.0f s: nothing is claimed until somebody agrees with it",
                by_s,
            )
        hold.say(
            "clock", f"This machine's clock jumped by {by_s:.0f} s, and nobody outside agrees with it yet."
        )
        return True

    def settle(self) -> bool:
        """Ask the witnesses; the first that answers decides. True when the clock is believed again."""
        for witness in _WITNESSES:
            said = witness()
            if said is None:
                continue
            off_s = (datetime.fromtimestamp(self.wall(), UTC) - said).total_seconds()
            if abs(off_s) <= AGREE_S:
                self.anchor = self.wall() - self.boot()
                hold.say("clock", None)
                log.warning("the clock agrees with the outside again")
                return True
            hold.say("clock", f"This machine's clock is {off_s:.0f} s off by what a network says; set it.")
            return False
        return False
