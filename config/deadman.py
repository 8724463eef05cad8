"""The dead man's switch: each minute an address outside is told that the ticker lives. Its silence is the alarm."""

from __future__ import annotations

import time

from django.conf import settings

from channels.safe import fetch_public
from work import hold, ticker

EVERY_S = 60.0
TOTAL_S = 10.0
FRESH_S = 30.0


def ping() -> bool:
    """Tell the address, unless the ticker hangs or claims nothing. An errand: a slow answer delays no tick."""
    last = ticker.last_tick()
    if not settings.DEAD_MAN_URL or last is None or time.monotonic() - last > FRESH_S or hold.why():
        return False
    fetch_public(settings.DEAD_MAN_URL, total_s=TOTAL_S, max_bytes=64 * 1024)
    return True
