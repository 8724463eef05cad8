"""A deed that is over, looked for once more, and the note that what we believed of it was wrong.

Nothing is sent and no state moves: what was believed then stays in the record, and what is known now stands beside it.
"""

from __future__ import annotations

from typing import Any

from django.db.models import F

from channels import service, tokens
from channels.connectors.base import Context, Lookup, LookupKind, StepKind
from channels.connectors.registry import CONNECTORS
from channels.wire import Wire, WireError
from publishing.core.states import ENDED
from publishing.domain.log import record
from publishing.domain.run import spec_of
from publishing.lookups import steps_of
from publishing.models import Attempt, Publication
from work import clock, worker


def look(publication: Publication) -> Lookup:
    """Ask the network whether it stands there, whatever we believe. Not inside a transaction; raises nothing."""
    steps = steps_of(publication)
    own = next(step for step in steps if step.kind == StepKind.ACT)
    tried = Attempt.objects.filter(step__publication=publication, step__kind=StepKind.ACT).order_by(
        "intent_at"
    )
    first = tried.values_list("intent_at", flat=True).first()
    if first is None:
        return Lookup(LookupKind.ABSENT, complete=True, reason="It was never tried.")
    try:
        token = tokens.fresh_token(publication.channel, worker=worker.name())
        context = Context(
            channel=publication.channel,
            wire=Wire(publication.channel, token=token),
            now=clock.now(),
            payload=publication.version.payload,
            refs={
                step.key: step.remote_ref for step in steps if step.remote_ref and step.kind != StepKind.ACT
            },
            intent_at=first,
            open_media=service.open_media,
            public_url=service.public_url,
        )
        return CONNECTORS[publication.channel.platform].seek(spec_of(own), context)
    except (tokens.TokenError, WireError) as error:
        return Lookup(LookupKind.CANNOT, reason=str(error))


def note(publication: Publication, *, stands: bool, looked: str, by: Any) -> None:
    """Write down a person's word beside what was believed, in the caller's transaction. LookupError while it is live.

    Why they think so is kept where it can be erased: nothing of this record ever can.
    """
    rows = Publication.objects.filter(pk=publication.pk, state__in=ENDED, fence=publication.fence)
    if rows.update(fence=F("fence") + 1) != 1:
        raise LookupError(f"publication {publication.pk} is not over, or has moved")
    publication.refresh_from_db()
    words = "it is out" if stands else "it is not out"
    data = {"stands": stands, "stands_in_words": words, "looked": looked}
    record(publication, "corrected", data, at=clock.now(), by=by)
