"""The facts behind saved replies and answers, and what follows when one of them changes.

A saved reply of the kind "usual" rests on its claims and its case; a correction or an apology is about them. An answer
rests on what was put into it. Whatever rests on a fact that is withdrawn does not go out: it is marked, sent back to
its author, and held at the last moment by the gate.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.urls import reverse

from access import policy
from access.models import CampaignRole
from cms.claims import rules
from cms.claims.outlets import Outlet, Outlets
from cms.models import Claim
from cms.models.claims import SAYS
from community.core.replies import Finding
from community.enums import AnswerState, CaseState
from community.models import Answer, Case, Conversation, Pair, SavedReply, Settings
from formats.claims import day_of
from formats.variants import zone_of
from publishing.core.states import GONE, State
from work import clock, outbox

USUAL = "usual"
UNSENT = (State.SCHEDULED, State.WAITING)
NOT_OUT = (*sorted(GONE), State.ATTENTION)
AT_ONCE = 200  # answers that are sent back in one go; the gate holds whatever is left


def findings(claims: Iterable[Claim], on: date | None = None, *, confirmed: bool = False) -> list[Finding]:
    """What stands against answering with these facts. ``confirmed``: somebody looked at what nobody has checked yet."""
    found = []
    for claim in claims:
        trouble = claim.problem(on or rules.today(claim))
        if trouble is None:
            continue
        if claim.withdrawn:
            right = (
                f"What is right: {claim.successor.text}" if claim.successor else "Take it out of the answer."
            )
            found.append(Finding("blocker", trouble.message, right))
        elif trouble.code == "claim_expired":
            found.append(
                Finding("blocker", trouble.message, "Have it checked again before you answer with it.")
            )
        elif not confirmed:
            found.append(
                Finding(
                    "blocker", trouble.message, "Have it checked, or say below that you have looked at it."
                )
            )
    return found


def of_answer(answer: Answer) -> list[Claim]:
    return list(answer.claims.select_related("campaign", "successor"))


def blockers(answer: Answer) -> list[Finding]:
    """Why an answer may no longer go out: a fact behind it is withdrawn or has expired, or its saved reply is outdated."""
    found = findings(of_answer(answer), confirmed=True)
    reply = answer.saved_reply
    if reply is not None and reply.kind == USUAL and reply.outdated_at is not None:
        found.append(
            Finding("blocker", "A fact behind this saved reply has changed.", "Look at it before you use it.")
        )
    if answer.automatic and (answer.pair is None or not _stands(answer.pair)):
        found.append(Finding("blocker", "Its frequent question was stopped.", "Answer it yourself."))
    elif answer.automatic and not _is_marked(answer.conversation):
        found.append(
            Finding("blocker", "Nothing goes out by itself on this account any more.", "Answer it yourself.")
        )
    if answer.to is not None and answer.to.deleted_at is not None:
        found.append(
            Finding("blocker", "What it answers was deleted.", "Look whether they still want to know.")
        )
    return found


def _stands(pair: Pair) -> bool:
    over = pair.expires_on is not None and pair.expires_on < day_of(zone_of(pair.campaign), clock.now())
    return pair.approved_at is not None and pair.stopped_at is None and pair.automatic and not over


def _is_marked(conversation: Conversation) -> bool:
    rows = Settings.objects.filter(Q(campaign=conversation.campaign_id) | Q(campaign=None))
    wanted = min(rows, key=lambda row: row.campaign_id is None, default=Settings())
    return conversation.channel_id in wanted.automatic_channels


def seal(fact: Claim | Case) -> str:
    """A word for what a fact says just now, for a form that stays open while somebody writes."""
    names = ("state", "finding") if isinstance(fact, Case) else ("status", *SAYS)
    said = repr([(name, str(getattr(fact, name))) for name in names])
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def rest(answer: Answer, claims: Iterable[Claim] | None, case: Case | None) -> None:
    """Write down what an answer rests on: what was put in, and what its saved reply and its pair rest on."""
    ids = {claim.pk for claim in claims or ()}
    for source in (answer.saved_reply, answer.pair):
        if source is not None and getattr(source, "kind", USUAL) == USUAL:
            ids |= set(source.claims.values_list("pk", flat=True))
            case = case or source.case
    answer.claims.set(ids)
    Answer.objects.filter(pk=answer.pk).update(case=case)
    answer.case = case


def gate(publication: Any, at: datetime) -> str | None:
    """For publishing.gates: an answer whose fact was withdrawn after it was handed over stays here."""
    if publication.variant_id is not None or publication.state == State.PUBLISHED:
        return None
    kept = ("saved_reply", "pair", "to", "conversation")
    answer = Answer.objects.filter(publication=publication).select_related(*kept).first()
    found = blockers(answer) if answer is not None else []
    return f"{found[0].words} {found[0].remedy}".strip() if found else None


# A fact changes ------------------------------------------------------------------------------------------------


def claim_about_to_be_saved(sender: Any, instance: Claim, raw: bool = False, **kwargs: Any) -> None:
    """Remember how it stood, for :func:`claim_saved`."""
    known = None if raw or instance.pk is None else Claim.objects.filter(pk=instance.pk)
    instance._stood = known.values("status", *SAYS).first() if known is not None else None  # type: ignore[attr-defined]


def claim_saved(sender: Any, instance: Claim, **kwargs: Any) -> None:
    """A claim says something else now, or was withdrawn: so does what rests on it."""
    before = getattr(instance, "_stood", None)
    if before is None:
        return
    now_withdrawn = instance.withdrawn and before["status"] != instance.status
    if now_withdrawn:
        changed(claim=instance, why=f"“{instance}” has been {instance.get_status_display().lower()}.")
    elif any(before[name] != getattr(instance, name) for name in SAYS):
        changed(claim=instance, why=f"“{instance}” says something else now.")


def changed(*, claim: Claim | None = None, case: Case | None = None, why: str) -> None:
    """Mark what rests on a fact, send back what waits, and tell who has to look. Safe to repeat."""
    now = clock.now()
    of_replies = Q(claims=claim) if claim is not None else Q(case=case)
    campaign = claim.campaign_id if claim is not None else case.campaign_id if case is not None else 0
    with transaction.atomic():
        replies = SavedReply.objects.filter(of_replies, kind=USUAL, outdated_at=None)
        marked = list(replies.values_list("pk", "title"))
        SavedReply.objects.filter(pk__in=[pk for pk, _ in marked]).update(outdated_at=now)
        pairs = list(Pair.objects.filter(of_replies, stopped_at=None).values_list("pk", flat=True))
        Pair.objects.filter(pk__in=pairs).update(stopped_at=now, stop_reason=why[:300])
        waiting = Answer.objects.filter(of_replies).filter(
            Q(state=AnswerState.TO_APPROVE)
            | Q(state=AnswerState.HANDED_OVER, message=None, publication__state__in=UNSENT)
        )
        for answer in waiting.select_related("author", "publication", "conversation").distinct()[:AT_ONCE]:
            _send_back(answer, why)
        if marked or pairs:
            _tell_team(campaign, why, [title for _, title in marked], len(pairs), now)


def _send_back(answer: Answer, why: str) -> None:
    """To its author, with the reason; what is being sent at this moment goes on its way."""
    from publishing.domain import actions

    publication = answer.publication
    if publication is not None:
        try:
            if not actions.cancel(publication, by=None, why=why):
                return
        except actions.NotPossible:
            return
    Answer.objects.filter(pk=answer.pk, state=answer.state).update(
        state=AnswerState.REJECTED, publication=None, reject_reason=why[:500], changed_at=clock.now()
    )
    author = answer.author
    reads = author is not None and policy.can(author, policy.REPLY, answer.conversation)
    outbox.tell(
        [author] if reads else [],
        subject="An answer of yours did not go out: a fact behind it has changed",
        body=f"{why}\n\n{answer.text[:1000]}",
        url=reverse("community:conversation", args=[answer.conversation_id]),
        event_id=f"community.fact.answer.{answer.pk}.{clock.now():%Y%m%d%H%M%S}",
        kind="talk_fact",
        mail=False,
    )


def _tell_team(campaign: int, why: str, titles: list[str], pairs: int, now: datetime) -> None:
    said = [f"Saved reply: {title}" for title in titles]
    if pairs:
        said.append(f"Frequent questions stopped: {pairs}")
    outbox.tell(
        team(campaign),
        subject="A fact has changed: look at the answers that rest on it",
        body="\n".join([why, *said]),
        url=f"{reverse('community:replies')}?campaign={campaign}",
        event_id=f"community.fact.{campaign}.{now:%Y%m%d%H%M%S%f}",
        kind="talk_fact",
        mail=False,
    )


def team(campaign: int, capability: str = policy.MODERATE, *, on: Any = None) -> list[Any]:
    """The people of a campaign who have a capability; with ``on``, for this account or conversation as well."""
    roles = [role for role, has in policy.CAPABILITIES.items() if capability in has]
    groups = CampaignRole.objects.filter(campaign=campaign, role__in=roles).values("group")
    people = get_user_model().objects.filter(is_active=True, groups__in=groups).distinct()
    return [user for user in people if on is None or policy.can(user, capability, on)]


# What is out already ---------------------------------------------------------------------------------------------


def answered_with(*, claim: Claim | None = None, case: Case | None = None) -> QuerySet[Answer]:
    """Answers that are out and rest on a fact, those that nobody has set right first."""
    if claim is not None:
        rests, again = Q(claims=claim), Q(corrects__claims=claim)
        rests |= Q(saved_reply__claims=claim, saved_reply__kind=USUAL) | Q(pair__claims=claim)
    else:
        rests, again = Q(case=case), Q(corrects__case=case)
    out = Q(message__isnull=False) | Q(state=AnswerState.HANDED_OVER, publication__state=State.PUBLISHED)
    right = Answer.objects.filter(corrects=OuterRef("pk"), state=AnswerState.HANDED_OVER)
    right = right.filter(Q(message__isnull=False) | ~Q(publication__state__in=NOT_OUT))
    rows = (
        Answer.objects.filter(rests, out).exclude(again).distinct()
    )  # a correction of it says why it was wrong
    rows = rows.annotate(set_right=Exists(right)).order_by("set_right", "-created_at", "-pk")
    return rows.select_related("conversation__channel", "conversation__contact", "message", "author")


def corrections(*, claims: Iterable[int] = (), case: int | None = None, campaign: int) -> list[SavedReply]:
    """The templates that were written to set these facts right: corrections before apologies."""
    about = Q(claims__in=list(claims))
    if case is not None:
        about |= Q(case=case)
    rows = SavedReply.objects.filter(about, campaign=campaign).exclude(kind=USUAL).distinct()
    return sorted(rows, key=lambda row: (row.kind != "correction", row.title))


def right_words(answer: Answer) -> tuple[str, str]:
    """(why it was wrong, what is right) of the facts behind an answer, as far as somebody wrote them down."""
    why, right = [], []
    for claim in of_answer(answer):
        if claim.withdrawn:
            why.append(claim.explanation)
            if claim.successor:
                right.append(claim.successor.text)
    case = answer.case
    if (
        case is not None
        and case.state in (CaseState.FALSE, CaseState.TRUE, CaseState.UNCLEAR)
        and case.finding
    ):
        right.append(case.finding)
    return " ".join(filter(None, why)), " ".join(dict.fromkeys(filter(None, right)))


SHOWN = 5  # answers on a claim's page


def provide(claim_ids: Iterable[int]) -> dict[int, Outlets]:
    """For cms.claims.outlets: the newest answers that rest on each claim, in one query."""
    ids = list(claim_ids)
    link = Answer.claims.through
    newest = Window(RowNumber(), partition_by=F("claim_id"), order_by=F("pk").desc())
    rows = link.objects.filter(claim__in=ids, answer__message__isnull=False).annotate(place=newest)
    rows = rows.filter(place__lte=SHOWN).select_related("answer__conversation__channel", "answer__message")
    found: dict[int, list[Outlet]] = {}
    for row in rows.order_by("claim_id", "place"):
        answer = row.answer
        found.setdefault(row.claim_id, []).append(
            Outlet(
                label=f"Answer to a {answer.conversation.get_kind_display().lower()}",  # who reads may not answer
                account=answer.conversation.channel.handle,
                url=reverse("community:conversation", args=[answer.conversation_id]),
                word="Answered",
                tone="done",
                at=answer.message.at,
            )
        )
    return {
        pk: Outlets(answers=tuple(some), answers_url=reverse("community:fact", args=[pk]))
        for pk, some in found.items()
    }
