"""The one Celery task: work on a row that is due, if nobody else has it."""

import logging

from celery import shared_task
from django.db import DatabaseError, InterfaceError

from work import worker
from work.listening import nudges

log = logging.getLogger(__name__)


@shared_task(name="work.run_due", ignore_result=True, expires=60)
def run_due(*args, source: str = "", id: str = "", **kwargs) -> None:
    """Claim the row and run it; a nudge that comes late, twice, for another's row or in another's words does nothing."""
    nudges.heard()
    try:
        worker.run_one(source, id)
    except (DatabaseError, InterfaceError, OSError) as error:
        log.warning("%s %s: %s; the row stays due", source, id, str(error).strip())
