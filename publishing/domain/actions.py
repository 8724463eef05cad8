"""What a person may decide about a publication. Each is an event with the person's name.

The caller has asked ``access.policy`` (PUBLISH), and before a new time ``check_move``. Each raises NotPossible
where the publication has moved on meanwhile.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import F

from channels.connectors.base import Safety, StepKind
from channels.connectors.registry import CONNECTORS
from channels.models import Grace
from formats import schedule
from publishing import gates, signals
from publishing.core.ahead import wakes_at
from publishing.core.shapes import PUBLIC_KINDS
from publishing.core.states import LIVE, Reason, State, StepState, Verdict
from publishing.domain import mending, moment, void
from publishing.domain.held import name_of
from publishing.domain.log import record
from publishing.domain.schedule import early_s, grace_of, times_at
from publishing.models import NOT_ASKED, Attempt, Publication, Step
from work import clock


class NotPossible(ValueError):
    """The publication is no longer in a state that allows this. The text is for people."""


def check_move(publication: Publication, at: datetime, *, by: Any) -> None:
    """Raise NotPossible where an approved post may not have this time.

    Until its time has come it keeps the day for which it was approved, and only somebody who could have approved it
    gives it another time of that day. Once its time has passed, what becomes of it is a decision about a late post.
    """
    early = publication.state in (State.SCHEDULED, State.WAITING) and publication.due_at > clock.now()
    if publication.variant_id is None or not early:
        return
    if not of_its_day(publication, at):
        day = _day(publication, publication.due_at)
        raise NotPossible(
            f"It is approved for {day:%A} {day.day} {day:%B}. To have it out on another day, move it on the "
            "calendar; then it has to be approved for that day."
        )
    if why := gates.reason_not_to_move(publication, by):
        raise NotPossible(why)


def of_its_day(publication: Publication, at: datetime) -> bool:
    """Whether this moment lies on the day on which it is due, as the clocks of its zone show it."""
    return _day(publication, at) == _day(publication, publication.due_at)


def _day(publication: Publication, at: datetime) -> date:
    wall, _ = schedule.wall_of(at, publication.zone or "UTC")
    return wall.date()


def send_now(publication: Publication, *, by: Any, why: str = "") -> None:
    """Send it as soon as possible.

    From "nobody knows whether it arrived" this is the person's word that it did not.
    """
    with transaction.atomic():
        now = clock.now()
        _take(publication, now, stage_at=now, next_action_at=now, **times_at(publication, now))
        _close_doubt(publication, Verdict.ABSENT)
        record(publication, "send_now", {"why": why}, at=now, by=by)


def reschedule(publication: Publication, at: datetime, *, by: Any) -> None:
    """Give it a new time. The approval of text and media stays; the time is this person's decision."""
    with transaction.atomic():
        now = clock.now()
        if at <= now:
            raise NotPossible("That time has passed already.")
        early = timedelta(seconds=early_s(publication.payload))
        starts = max(now, at - early)
        times = times_at(publication, at)
        _take(publication, now, stage_at=starts, next_action_at=max(now, wakes_at(at, starts, None)), **times)
        _close_doubt(publication, Verdict.ABSENT)
        record(publication, "rescheduled", {"due_at": at}, at=now, by=by)


def mark_as_out(publication: Publication, url: str, *, remote_id: str = "", by: Any) -> None:
    """Believe the person that it is out, and where. Nothing more of it is sent; where the address is that of a later part,
    the first one's is read from the network.

    When it went out nobody has seen: :mod:`publishing.domain.moment` says what is known of it.
    ``remote_id`` is the network's id of the post, where its address tells it.
    """
    if url and urlsplit(url).scheme not in ("http", "https"):
        raise NotPossible("Give the address of the post, beginning with https://")
    with transaction.atomic():
        now, known = clock.now(), publication.remote_id
        other, part = _part_named(publication, url, remote_id)
        rest = Step.objects.filter(publication=publication, state=StepState.TODO)
        reads_back = other and not publication.remote_url and rest.filter(kind=StepKind.VERIFY).exists()
        if reads_back:
            rest, url = rest.exclude(kind=StepKind.VERIFY), ""
        published_at, out_until = moment.of_word(publication, now)
        _move(
            publication,
            (State.ATTENTION,),
            now,
            state=State.PUBLISHED,
            published_at=published_at,
            out_until=out_until,
            remote_url=(other and publication.remote_url) or url or publication.remote_url,
            remote_id=known or remote_id,
            next_action_at=now if reads_back else None,
        )
        _close_doubt(publication, Verdict.FOUND, part=part)
        rest.update(state=StepState.SKIPPED, note="A person said that it is out.")
        record(publication, "marked_out", {"remote_url": publication.remote_url or part[1]}, at=now, by=by)
        signals.published.send(sender=Publication, publication=publication)


def not_sent_yet(publication: Publication) -> int:
    """To how many people of a list nothing has been sent, where one before them is in doubt and they wait behind it. Only
    of what has no addresses: elsewhere a later part hangs on the one before. After a restore nobody knows who got it.
    """
    doubt = publication.state == State.ATTENTION and publication.reason == Reason.UNKNOWN_OUTCOME
    stopped = publication.cancel_requested_at or publication.takedown_at or publication.version.voided_at
    if not doubt or not publication.intent_open or stopped:
        return 0
    if CONNECTORS[publication.channel.platform].has_addresses:
        return 0
    return publication.steps.filter(kind__in=PUBLIC_KINDS, state=StepState.TODO).count()


def arrived(publication: Publication, *, by: Any) -> None:
    """Believe the person that the one in doubt got it, and go on with those who have not been sent anything."""
    with transaction.atomic():
        now = clock.now()
        publication.refresh_from_db()
        if not not_sent_yet(publication):
            raise NotPossible("Nobody waits behind one that is in doubt.")
        step = publication.steps.get(state__in=(StepState.INTENT, StepState.UNKNOWN))
        out_at = moment.of_found(step, None, now)
        _move(
            publication,
            (State.ATTENTION,),
            now,
            state=State.SCHEDULED,
            parts_out=F("parts_out") + 1,
            stage_at=now,
            next_action_at=now,
            **times_at(publication, now),
        )
        _close_doubt(publication, Verdict.FOUND)
        Step.objects.filter(pk=step.pk).update(done_at=now, out_at=out_at)
        record(publication, "arrived", {}, at=now, by=by)


def _part_named(publication: Publication, url: str, remote_id: str) -> tuple[bool, tuple[str, str]]:
    """Whether a person has named another post of it than the first; and the id and address of the doubtful part, where it
    is that. Where no later part is in doubt the network names the first one otherwise than its address does.
    """
    if not url or publication.remote_id in ("", remote_id):
        return False, ("", "")
    parts = list(publication.steps.filter(kind__in=PUBLIC_KINDS).order_by("seq"))
    if remote_id and any(part.state == StepState.DONE and part.remote_id == remote_id for part in parts):
        return True, ("", "")
    doubtful = any(part.state in (StepState.INTENT, StepState.UNKNOWN) for part in parts[1:])
    if not doubtful or url == publication.remote_url:
        return False, ("", "")
    return True, (remote_id, url)  # of some networks an address tells no id


def drop(publication: Publication, *, by: Any, why: str = "") -> None:
    """Leave it as it is: nothing more is sent, nothing is taken down."""
    with transaction.atomic():
        now = clock.now()
        _move(publication, (State.ATTENTION,), now, state=State.CANCELLED, detail=why)
        _close_doubt(publication, Verdict.UNKNOWABLE)
        record(publication, "dropped", {"why": why}, at=now, by=by)


def comment_again(publication: Publication, *, by: Any) -> None:
    """Try the first comment once more, as a step of its own; the post that is out is not touched.

    Where nobody knows whether the earlier try arrived, this is the person's word that it did not.
    """
    with transaction.atomic():
        now, missing = clock.now(), missing_comment(publication)
        if missing is None:
            raise NotPossible("No first comment is missing.")
        rows = Publication.objects.filter(
            pk=publication.pk, state=State.PUBLISHED, intent_open=False, fence=publication.fence
        )
        left = [each for each in publication.warnings if each.get("step") != name_of(missing)]
        if not rows.update(fence=F("fence") + 1, next_action_at=now, warnings=left):
            raise NotPossible("Somebody has decided this already.")
        publication.refresh_from_db()
        steps = Step.objects.filter(publication=publication)
        Step.objects.create(
            publication=publication,
            seq=steps.order_by("-seq").values_list("seq", flat=True)[0] + 1,
            key=f"comment {steps.filter(kind=StepKind.COMMENT).count() + 1}",
            kind=StepKind.COMMENT,
            safety=missing.safety,
            required=False,
        )
        record(publication, "comment_again", {}, at=now, by=by)


def missing_comment(publication: Publication) -> Step | None:
    """The newest first comment, where it was left out of a post that is out and of which the network says nothing else."""
    if publication.state != State.PUBLISHED or publication.variant_id is None:
        return None
    if any(each.get("nothing_came") for each in publication.warnings):
        return None
    newest = publication.steps.filter(kind=StepKind.COMMENT).order_by("-seq").first()
    return newest if newest is not None and newest.state == StepState.SKIPPED else None


def may_be_there(step: Step) -> bool:
    """Whether a step that was left out may have arrived all the same. Without a try of ours nothing is known: the
    database may have been restored from before it.
    """
    tried = step.attempts.all()
    return not tried or any(attempt.outcome == Verdict.UNKNOWABLE for attempt in tried)


def look_again(publication: Publication, *, by: Any) -> None:
    """Ask the network once more what became of it; the open intent stays open, so nothing is sent before
    it is known.
    """
    with transaction.atomic():
        now = clock.now()
        if not publication.intent_open:
            raise NotPossible("Its outcome is known.")
        _move(publication, (State.ATTENTION,), now, state=State.SCHEDULED, next_action_at=now)
        Step.objects.filter(publication=publication, state=StepState.UNKNOWN).update(
            absences=0, absent_at=None
        )
        record(publication, "look_again", {}, at=now, by=by)


def nobody_can_say(publication: Publication) -> bool:
    """Whether all that could be sent of it was, and what may have arrived of it can be sent again to nobody's good: some
    were refused it, and of the others nobody knows.
    """
    asked = publication.state == State.ATTENTION and publication.reason == Reason.UNKNOWN_OUTCOME
    if not asked or publication.intent_open or not publication.may_be_out():
        return False
    return not publication.steps.filter(kind__in=PUBLIC_KINDS, state=StepState.TODO).exists()


def handed_over(publication: Publication) -> bool:
    """Whether the network has all of it and has not said what came of it, so that all that is left is asking."""
    if publication.state != State.ATTENTION or publication.intent_open or not publication.parts_out:
        return False
    left = publication.steps.exclude(state__in=(StepState.DONE, StepState.SKIPPED))
    kinds = set(left.filter(required=True).values_list("kind", flat=True))
    return bool(kinds) and not kinds & PUBLIC_KINDS


def set_grace(publication: Publication, grace: str, *, by: Any) -> None:
    """Say how late this post may still go out by itself (channels.models.Grace). The text stays approved."""
    if grace not in Grace.values:
        raise NotPossible("Choose how late it may be.")
    with transaction.atomic():
        now = clock.now()
        seconds = grace_of(publication, grace, publication.due_at)
        rows = Publication.objects.filter(pk=publication.pk, state__in=(State.SCHEDULED, State.WAITING))
        if not rows.update(grace=grace, grace_s=seconds):
            raise NotPossible("It is being sent right now, or over.")
        publication.refresh_from_db()
        record(publication, "grace", {"grace": Grace(grace).label}, at=now, by=by)


def delete_parts(publication: Publication, *, by: Any, why: str = "") -> None:
    """Have the parts that are out deleted on the network, the last one first; a worker does it, step by step.

    Nothing more of it is sent. It ends as cancelled, or comes back as a question when the network refuses.
    """
    if "delete_parts" not in allowed(publication):
        raise NotPossible(_cannot_delete(publication))
    with transaction.atomic():
        now = clock.now()
        wish = {"takedown_at": now, "takedown_by": by, "cancel_requested_at": None}
        _move(publication, (State.ATTENTION,), now, state=State.SCHEDULED, **wish, next_action_at=now)
        _plan_deletion(publication)
        record(publication, "takedown", {"why": why}, at=now, by=by)


def _cannot_delete(publication: Publication) -> str:
    connector = CONNECTORS[publication.channel.platform]
    if not connector.can_delete:
        return f"{connector.label} lets nobody delete posts from outside. Delete them in its own app."
    if publication.intent_open:
        return "Nobody knows yet whether its last part arrived. Look at the network again first."
    return "Nothing of it stands on the network."


def _plan_deletion(publication: Publication) -> None:
    """A step per part that is out; those of an earlier try that did not finish are kept."""
    steps = list(Step.objects.filter(publication=publication).order_by("seq"))
    known = {step.data["of"] for step in steps if step.kind == StepKind.DELETE}
    out = [s for s in steps if s.kind in PUBLIC_KINDS and s.state == StepState.DONE and s.remote_id]
    Step.objects.bulk_create(
        Step(
            publication=publication,
            seq=steps[-1].seq + n,
            key=f"delete {step.key}",
            kind=StepKind.DELETE,
            safety=Safety.PURE,
            data={"of": step.key, "remote_id": step.remote_id},
        )
        for n, step in enumerate((s for s in reversed(out) if s.key not in known), 1)
    )


def cancel(publication: Publication, *, by: Any, why: str = "") -> bool:
    """Stop it. True: nothing goes out. False: it is being sent already; what can still be stopped will be."""
    with transaction.atomic():
        publication.refresh_from_db()
        if publication.takedown_at and publication.state != State.ATTENTION:
            raise NotPossible("Its parts are being deleted.")
        if publication.state not in LIVE:
            raise NotPossible("It is over already.")
        return void.stop(publication, by=by, why=why or "Stopped by hand.", now=clock.now())


def allowed(publication: Publication) -> tuple[str, ...]:
    """The decisions that make sense now, for the page's buttons."""
    if publication.state == State.ATTENTION:
        look = ("look_again",) if publication.intent_open else ()
        can_delete = CONNECTORS[publication.channel.platform].can_delete
        delete = (
            ("delete_parts",) if can_delete and publication.parts_out and not publication.intent_open else ()
        )
        if publication.takedown_at:  # once parts are deleted, the rest of it can never be sent any more
            return (*look, *delete, "drop")
        send: tuple[str, ...] = () if nobody_can_say(publication) else ("send_now", "reschedule")
        if handed_over(publication):
            send = ("send_now",)
        go_on = ("arrived",) if not_sent_yet(publication) else ()
        return (*look, *go_on, *send, *delete, "mark_as_out", "drop")
    if publication.state in (State.SCHEDULED, State.WAITING) and not publication.takedown_at:
        now = clock.now()
        today = publication.due_at <= now or publication.variant_id is None or of_its_day(publication, now)
        return (*(("send_now",) if today else ()), "reschedule", "cancel", "set_grace")
    if publication.state in (State.RUNNING, State.IN_DOUBT):
        return ("cancel",)
    again = ("comment_again",) if missing_comment(publication) else ()
    return (*again, *mending.possible(publication))


# Parts ------------------------------------------------------------------------------------------------------


def _take(publication: Publication, now: datetime, **fields: Any) -> None:
    """Back to scheduled, from a state in which no worker is on it."""
    if publication.takedown_at:
        raise NotPossible("Its parts are being deleted; it cannot be sent any more.")
    if nobody_can_say(publication):
        raise NotPossible("Some of them may have it; nothing of it is sent again.")
    if publication.state == State.ATTENTION:
        _move(publication, (State.ATTENTION,), now, state=State.SCHEDULED, cancel_requested_at=None, **fields)
        return
    changed = Publication.objects.filter(
        pk=publication.pk, state__in=(State.SCHEDULED, State.WAITING), intent_open=False
    ).update(fence=F("fence") + 1, lease_owner="", lease_until=None, **fields)
    if not changed:
        raise NotPossible("It is being sent right now; wait for the result.")
    publication.refresh_from_db()


def _move(publication: Publication, from_states: tuple[State, ...], now: datetime, **fields: Any) -> None:
    values = {
        "reason": "",
        "detail": "",
        "next_action_at": None,
        "state_changed_at": now,
        "intent_open": False,
        **NOT_ASKED,
    }
    if fields.get("state") == State.SCHEDULED and publication.intent_open and "due_at" not in fields:
        values["intent_open"] = True
    changed = Publication.objects.filter(pk=publication.pk, state__in=from_states).update(
        **{**values, **fields}, fence=F("fence") + 1, lease_owner="", lease_until=None
    )
    if not changed:
        raise NotPossible("Somebody has decided this already.")
    publication.refresh_from_db()


def _close_doubt(publication: Publication, verdict: Verdict, part: tuple[str, str] = ("", "")) -> None:
    """Give the open attempts the person's verdict: found → the step counts as done, otherwise it is to do
    again. ``part``: id and address of what was found, where that is not the first post.
    """
    first = Step.objects.filter(publication=publication, kind__in=PUBLIC_KINDS).order_by("seq").first()
    for step in Step.objects.filter(publication=publication, state__in=(StepState.INTENT, StepState.UNKNOWN)):
        Attempt.objects.filter(step=step, outcome__in=("", Verdict.UNKNOWN)).update(
            outcome=verdict, kind="by_person"
        )
        new = {
            Verdict.FOUND: StepState.DONE,
            Verdict.ABSENT: StepState.TODO,
        }.get(verdict, StepState.SKIPPED)
        values: dict[str, Any] = {"state": new, "absences": 0, "absent_at": None}
        if new is StepState.DONE:
            of_first = (publication.remote_id, publication.remote_url)
            values |= dict(zip(("remote_id", "remote_url"), of_first if step == first else part, strict=True))
        Step.objects.filter(pk=step.pk).update(**values)
