"""What is done to something that is out goes the way of a post: an answer, hiding, deleting, a changed text.

It is a publication without a variant, with one step of the kind ACT (docs/adr/0020). So it has an intent, a
look-up after a lost answer, a fence and a place among what needs attention, and it is never done twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from channels.connectors.registry import CONNECTORS
from channels.connectors.talk import Act
from channels.models import Channel
from formats.core.payload import digest
from publishing.core.states import GONE, State
from publishing.domain.log import record
from publishing.models import Attempt, Publication, Step, Version
from work import clock

OVER = sorted({*GONE, State.PUBLISHED})
OF_PEOPLE: dict[str, Any] = {
    "text": "",
    "person_id": "",
    "handle": "",
    "data": {},
    "media": [],
}  # of an act, emptied
PATIENCE = timedelta(hours=12)  # later than this, a person is asked


def hand_over(
    act: Act,
    channel: Channel,
    *,
    by: Any,
    approved_by: Any = None,
    at: datetime | None = None,
    patience: timedelta = PATIENCE,
) -> Publication:
    """Freeze an act and put it on its way; in the caller's transaction, which must make sure that it is the first.

    ``by`` wrote it (None: nobody, it goes out by itself); ``approved_by`` is a second person where one was
    needed. ``at`` None: now. Raises UnsupportedFeature where the network offers no such thing.
    """
    connector = CONNECTORS[channel.platform]
    connector.steps_of(act)
    now = clock.now()
    due_at = max(now, at) if at else now
    payload = {
        "schema": 1,
        "format": f"{channel.platform}.{act.action}",
        "platform": channel.platform,
        "planned_at": due_at.isoformat(),
        "channels": [
            {
                "id": channel.pk,
                "platform": channel.platform,
                "remote_id": channel.remote_id,
                "handle": channel.handle,
            }
        ],
        "parts": [{"text": act.text, "link": "", "media": [dict(each) for each in act.media]}],
        "act": act.as_data(),
        "author": by.pk if by is not None else None,
    }
    version = Version.objects.create(
        payload=payload,
        digest=digest(payload),
        approved_by=approved_by or by,
        approved_as="" if approved_by or by else "a rule that people approved",
        approved_at=now,
    )
    publication = Publication.objects.create(
        version=version,
        channel=channel,
        campaign_id=channel.campaign_id,
        due_at=due_at,
        stage_at=due_at,
        next_action_at=due_at,
        grace_s=int(patience.total_seconds()),
        state=State.SCHEDULED,
        state_changed_at=now,
        created_at=now,
    )
    record(
        publication, "scheduled", {"due_at": due_at, "digest": version.digest}, at=now, by=approved_by or by
    )
    return publication


def forget(deeds: Iterable[Any]) -> int:
    """Empty the words of deeds that are over: what was sent, and what the network answered. Returns how many were emptied.

    What happened, when and by whom stays, and the digest of what was approved. One that is still under way is left as
    it is, for another call.
    """
    rows = Publication.objects.filter(pk__in=list(deeds), variant=None, state__in=OVER)
    done = 0
    for publication in rows.exclude(version__payload__has_key="emptied").select_related("version"):
        payload = dict(publication.version.payload)
        payload["parts"] = [{**part, "text": "", "link": "", "media": []} for part in payload["parts"]]
        payload["act"] = {**payload["act"], **OF_PEOPLE}
        payload["emptied"] = True
        with transaction.atomic():
            Version.objects.filter(pk=publication.version_id).update(payload=payload)
            for step in Step.objects.filter(publication=publication):
                step.data = {**step.data, **OF_PEOPLE}
                step.save(update_fields=["data"])
            Attempt.objects.filter(step__publication=publication).update(body="", message="")
        done += 1
    return done
