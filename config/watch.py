"""What every worker watches, put together: the top house knows all the others."""

from __future__ import annotations

from datetime import timedelta

from config import deadman, witness
from publishing import chains, lookups, restore
from work import clock_watch, errands, hold, jobs, retention


def register() -> None:
    hold.check_at_start_and_each_minute(restore.guard)
    clock_watch.ask(witness.network_time)
    errands.register("dead man", every_s=deadman.EVERY_S, run=deadman.ping)
    errands.register("marks in the media store", every_s=10, run=restore.copy_to_media_store)
    jobs.register("chains of events", every=timedelta(hours=1), run=chains.check)
    jobs.register("restored posts", every=timedelta(minutes=1), run=lookups.settle_restored)
    jobs.register("old notices and mails", every=timedelta(days=1), run=retention.prune)
