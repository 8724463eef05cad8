"""Leaving: no new claims, calls in flight get a while, then the process ends, whatever hangs.

Being cut off is safe (the open intent is looked up by the next worker); ending in time is a courtesy to whoever stops us.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import Any

from work import hold

log = logging.getLogger(__name__)

DEAF = 70  # exit status: the broker no longer reaches us; start me again
_begun = threading.Event()


def begin(*, within_s: float, status: int = 0) -> None:
    """Stop claiming and end the process after ``within_s`` at the latest. Safe to call twice, and in a signal handler."""
    if _begun.is_set():
        return
    _begun.set()
    threading.Thread(target=_end, args=(within_s, status), name="leaving", daemon=True).start()


def _end(within_s: float, status: int) -> None:
    hold.say("leaving", "It is being stopped.")
    time.sleep(within_s)
    log.warning("what was under way did not end within %.0f s; leaving all the same", within_s)
    _goodbye()
    logging.shutdown()
    os._exit(status)


def _goodbye() -> None:
    from work import clock, heartbeat

    try:
        heartbeat.goodbye(clock.now())
    except Exception as error:  # the process ends in any case
        log.info("left without saying so: %s", error)


def on_shutdown(sender: Any = None, **kwargs: Any) -> None:
    """Celery's ``worker_shutting_down``: TERM, INT or QUIT has come."""
    from celery import current_app

    begin(within_s=current_app.conf.worker_soft_shutdown_timeout)


def deaf(after_s: float = 25.0) -> None:
    """Ask Celery to end with a status that supervisors restart after; end anyway if it hangs on its connection."""
    from celery.worker import state

    log.error("the broker takes our nudges, but for a minute none reached us: ending, to be started again")
    begin(within_s=after_s, status=DEAF)
    state.should_stop = DEAF
