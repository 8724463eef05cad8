"""A database that has gone back in time does not know what was sent since: notice it, stop, look before sending.

Every worker asks :func:`guard` before its first claim and each minute. When a mark (:mod:`publishing.marks`) names an
event that the database does not have, everything is paused and every live publication waits for a person, because each
of them may be out already, also one whose time has not come (somebody may have pressed "send now" since the copy).
Once a person has accepted the restored database as the truth (``manage.py restore_check --accept``), the networks are asked
about each of them: what is found counts as published, what is not there on two complete looks goes on as it was planned.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F

from publishing import marks
from publishing.core.states import LIVE, Reason, State, StepState
from publishing.domain import actions, asking
from publishing.domain.log import record
from publishing.marks import Mark
from publishing.models import Event, Publication, Step
from work import clock, outbox, switches
from work.models import Finding, Switch, SwitchScope

log = logging.getLogger(__name__)

FOLDER = "restore"  # in the media store; config.files serves nothing of it
PAUSED = "The database is older than what was sent. See docs/operators.md, “Restoring”."
WAITS = "The database was restored from an older copy; this may be out already. It is looked up before anything is sent."


@dataclass(frozen=True)
class Ahead:
    """A mark of something that this database does not know."""

    source: str
    mark: Mark
    why: str


def compare() -> tuple[list[str], list[Ahead]]:
    """Hold all marks against the database: (the sources that agree, the ones that are ahead of it)."""
    database, era = marks.identity()
    agree, ahead = [], []
    for source, mark in [*marks.local(), *_copies()]:
        if why := _disagreement(mark, database, era):
            ahead.append(Ahead(source, mark, why))
        else:
            agree.append(source)
    return agree, ahead


def _disagreement(mark: Mark, database: str, era: int) -> str:
    if mark.database != database or mark.era < era:
        return ""  # of another database, or accepted by a person
    if mark.era > era:
        return (
            "it was written after a restored database had been accepted, and this one does not know of that"
        )
    known = dict(Event.objects.filter(pk__in=[n for n, _ in mark.events]).values_list("pk", "hash"))
    missing = [n for n, _ in mark.events if n not in known]
    if missing:
        return f"event {max(missing)} is not in the database"
    other = [n for n, digest in mark.events if not known[n].startswith(digest)]
    return f"event {max(other)} is another one in the database" if other else ""


def restored_point() -> datetime | None:
    """The last thing that this database knows of."""
    return Event.objects.order_by("-pk").values_list("at", flat=True).first()


# The guard --------------------------------------------------------------------------------------------------


def guard() -> str | None:
    """Compare, and stop everything when a mark is ahead. Always answers None: a worker goes on telling and looking."""
    marks.mine().forget_identity()  # a person may have begun a new era meanwhile
    _, ahead = compare()
    row = Finding.objects.get(key=marks.KEY)
    if ahead:
        _trip(row, ahead)
    elif not row.ok:
        _note(row, ok=True, words="")
    return None


def _trip(row: Finding, ahead: list[Ahead]) -> None:
    first = ahead[0]
    if not Switch.objects.filter(scope=SwitchScope.ALL, on=True).exists():
        switches.turn(SwitchScope.ALL, on=True, reason=PAUSED)
    if not row.ok:
        return
    log.critical("the database is older than what was sent (%s): everything is paused", first.why)
    with transaction.atomic():
        since = restored_point()
        words = f"The database is older than what was sent: {first.why} ({first.source}, written {first.mark.at})."
        _note(
            row,
            ok=False,
            words=words,
            since=since.isoformat() if since else "",
            found_at=clock.now().isoformat(),
        )
        administrators = get_user_model().objects.filter(is_superuser=True, is_active=True)
        outbox.tell(
            administrators,
            subject="Everything is paused: the database is older than what was sent",
            body=f"{words}\n\nRun “manage.py restore_check”; docs/operators.md, “Restoring”, says what to do.",
            url="/admin/system/",
            event_id=f"restore.{row.data['database']}.{row.data['era']}.{first.mark.at}",
            kind="restored",
        )
    hold_back()


def hold_back() -> int:
    """Put every live publication before a person. Safe to call again after it was cut off."""
    held = 0
    for publication in Publication.objects.filter(state__in=LIVE).exclude(reason=Reason.RESTORED):
        was = {"state": publication.state, "reason": publication.reason, "detail": publication.detail}
        with transaction.atomic():
            if publication.state == State.ATTENTION:
                done = Publication.objects.filter(pk=publication.pk, fence=publication.fence).update(
                    reason=Reason.RESTORED, detail=WAITS, fence=F("fence") + 1
                )
            else:
                done = asking.ask(publication, Reason.RESTORED, WAITS)
            if done:
                record(publication, "restored", was, at=clock.now())
                held += 1
    extras = Step.objects.filter(publication__state=State.PUBLISHED, state=StepState.TODO).exclude(
        kind="verify"
    )
    extras.update(state=StepState.SKIPPED, note="The database was restored; it may be out already.")
    return held


def _note(row: Finding, *, ok: bool, words: str, **more: Any) -> None:
    row.ok, row.words, row.at, row.data = ok, words, clock.now(), {**row.data, **more}
    row.save(update_fields=["ok", "words", "at", "data"])


# Accepting --------------------------------------------------------------------------------------------------


def accept(*, by: str) -> int:
    """Begin a new era: this database is the truth from now on. Returns the era. The pause stays until a person ends it."""
    with transaction.atomic():
        row = Finding.objects.select_for_update().get(key=marks.KEY)
        era = max([row.data["era"], *(ahead.mark.era for ahead in compare()[1])]) + 1
        _note(row, ok=True, words="", era=era, accepted_at=clock.now().isoformat(), accepted_by=by)
    marks.mine().forget_identity()
    return era


def give_back(publication: Publication, was: dict[str, Any]) -> None:
    """It is not on the network: go on as before the database went back."""
    if publication.intent_open:
        _look_on(publication)
        return
    now = clock.now()
    fields: dict[str, Any] = {"fence": F("fence") + 1, "detail": was["detail"], "reason": was["reason"]}
    if was["state"] != State.ATTENTION:
        at = publication.due_at if publication.stage_at is None else publication.stage_at
        fields |= {"state": State.SCHEDULED, "reason": "", "detail": "", "state_changed_at": now}
        fields |= {"next_action_at": max(at, now), "attention_since": None}
    with transaction.atomic():
        if _still_held(publication).update(**fields):
            publication.refresh_from_db()
            record(publication, "restored_absent", {"was": was}, at=now)


def _still_held(publication: Publication) -> Any:
    return Publication.objects.filter(
        pk=publication.pk, fence=publication.fence, state=State.ATTENTION, reason=Reason.RESTORED
    )


def _look_on(publication: Publication) -> None:
    """It was in doubt before the database went back: the usual look-ups settle it."""
    try:
        actions.look_again(publication, by=None)
    except actions.NotPossible:
        log.info("publication %s was decided meanwhile", publication.pk)


# The copy in the media store --------------------------------------------------------------------------------

_copied: dict[str, Any] = {"what": b"", "turn": 0}
COPY_EVERY = timedelta(seconds=10)


def copy_to_media_store() -> None:
    """Put this worker's newest mark where it outlives the machine. Two files in turn: one is always whole."""
    mine = marks.mine()
    if not mine.is_open:
        return
    packed = mine.newest()
    if packed is None or packed == _copied["what"]:
        return
    name = f"{FOLDER}/{mine.name}-{_copied['turn'] % 2}.mark"
    default_storage.delete(name)
    default_storage.save(name, ContentFile(packed))
    _copied.update(what=packed, turn=_copied["turn"] + 1)


def _copies() -> list[tuple[str, Mark]]:
    """What the media store holds. One that does not answer must not stop what the disk can vouch for."""
    try:
        return _in_media_store()
    except Exception as error:
        log.warning("the media store could not be asked for marks: %s", error)
        return []


def _in_media_store() -> list[tuple[str, Mark]]:
    if not default_storage.exists(FOLDER):
        return []
    found = []
    for name in default_storage.listdir(FOLDER)[1]:
        with default_storage.open(f"{FOLDER}/{name}") as file:
            if mark := marks.read(file.read(marks.HALF)):
                found.append((f"media store: {name}", mark))
    return found
