"""One conversation: what was said, about what, by whom, and what a person does with it besides answering."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from wagtail.admin import messages

from access import policy
from channels.connectors.registry import CONNECTORS
from cms.claims.attached import attached
from cms.models import Claim
from community import answers, escalating, inbox, ingest, moderation, questions, sorting
from community.enums import LIVE, CaseState, Status
from community.inbox import tone_of
from community.models import Case, Conversation, Message, Seen
from community.sorting import CORRECTABLE, Changed, Refused
from community.views.base import TalkAccess, TalkPage
from work import clock

MOST_SHOWN = 100  # messages; older ones on asking
WRITING = timedelta(minutes=2)
LABELS = {
    "wants": "Wants",
    "topic": "Topic",
    "sentiment": "Sentiment",
    "urgency": "Urgency",
    "risk": "Risk",
    "language": "Language",
}


class ConversationPage(TalkPage):
    template_name = "community/conversation.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        from community.views.answering import composer  # which builds on this page

        conversation = self.get_conversation(pk)
        given = self.again(conversation)
        try:
            return self.show(conversation, composer(conversation, request.user, **given))
        except IntegrityError:
            if Conversation.objects.filter(pk=pk).exists():
                raise
            self.get_conversation(pk)  # it has joined another one at this moment, and leads there
            raise Http404 from None

    def again(self, conversation: Conversation) -> dict[str, Any]:
        """An answer that sets an earlier one right, begun with what is known now (``?again=``)."""
        from community.views.answering import begun_again

        wanted = self.request.GET.get("again", "")
        if not (wanted.isdecimal() and len(wanted) < 12):
            return {}
        row = answers.out(conversation).filter(pk=wanted).first()
        return begun_again(row, self.request.user) if row else {}

    def show(self, conversation: Conversation, answer: dict[str, Any]) -> HttpResponse:
        """The page with a form for an answer, as it stands now."""
        user = self.request.user
        before = reading(conversation, user)
        sorting.seen(conversation, by=user)
        self.page_title = str(conversation.contact or "Conversation")
        self.page_subtitle = conversation.get_kind_display()
        self.crumb = str(conversation.contact or "Conversation")
        now = clock.now()
        rows, older = self.said(conversation)
        return self.render_to_response(
            self.get_context_data(
                conversation=conversation,
                network=CONNECTORS[conversation.channel.platform].label,
                composer=answer,
                may_moderate=policy.can(user, policy.MODERATE, conversation),
                rows=rows,
                older=older,
                now=now,
                tone=tone_of(conversation, now),
                others=before,
                guesses=guesses(conversation),
                earlier=earlier(conversation, user),
                muted=moderation.muted(conversation),
                waiting=ingest.who_waits(conversation) if conversation.status in LIVE else [],
                pairs=questions.suggestions(conversation, answers.to_answer(conversation)),
                automatic=conversation.suggested.get(questions.KEY) or {},
                claims=claims_of(conversation),
                notes=conversation.notes.select_related("author"),
                escalations=list(conversation.escalations.select_related("to")[:20]),
                above=escalating.to_choose(conversation, user),
                team=sorting.team(conversation),
                statuses=[each for each in Status.choices if each[0] != Status.ANSWERED],
                snoozes=snoozes(now),
                continued=conversation.continued_in.first(),
                cases=(linked := list(conversation.cases.order_by("-changed_at", "-pk"))),
                open_cases=open_cases(conversation, linked),
            )
        )

    def said(self, conversation: Conversation) -> tuple[list[Any], int]:
        """The newest messages in their order, and how many older ones there are."""
        rows = (
            conversation.messages.select_related("author", "answer_row").defer("raw").order_by("-at", "-id")
        )
        if self.request.GET.get("all"):
            found = list(rows[:2000])
        else:
            found = list(rows[:MOST_SHOWN])
        for row in found:  # what may be done to an answer of ours depends on both
            row.channel, row.conversation = conversation.channel, conversation
            row.mendable = row.ours and any(not moderation.can(row, each) for each in sorted(moderation.OWN))
        return found[::-1], max(0, conversation.messages_count - len(found))


def reading(conversation: Conversation, user: Any) -> list[dict[str, Any]]:
    """Colleagues who looked at it in the last minutes, and whether they are writing."""
    now = clock.now()
    rows = Seen.objects.filter(conversation=conversation, at__gt=now - WRITING).exclude(user=user)
    return [
        {
            "name": row.user.get_full_name() or row.user.get_username(),
            "writing": row.writing_at is not None and row.writing_at > now - WRITING,
        }
        for row in rows.select_related("user")
    ]


def guesses(conversation: Conversation) -> list[dict[str, Any]]:
    """What the machine thought or a person said, with what it rests on."""
    found = []
    for name, label in LABELS.items():
        value = getattr(conversation, name)
        choices = CORRECTABLE[name]
        why = (conversation.suggested.get(name) or {}).get("why") or ()
        found.append(
            {
                "name": name,
                "label": label,
                "value": value,
                "shown": (choices or {}).get(value, value) or "Not known",
                "choices": list(choices.items()) if choices is not None else None,
                "by": (conversation.corrected.get(name) or {}).get("by_name", ""),
                "why": ", ".join(why) if isinstance(why, list | tuple) else str(why),
            }
        )
    return found


def earlier(conversation: Conversation, user: Any, most: int = 5) -> list[Conversation]:
    """What else this person said to the same campaign, on accounts that are not kept from whoever looks."""
    if conversation.contact_id is None:
        return []
    person = conversation.contact_id
    begun = Conversation.objects.order_by().filter(contact=person).values("pk")
    said = Message.objects.order_by().filter(author=person).values("conversation")
    rows = Conversation.objects.filter(pk__in=begun.union(said), campaign=conversation.campaign_id)
    rows = rows.exclude(pk=conversation.pk).exclude(channel__in=inbox.kept_from(user))
    return list(rows.order_by("-last_message_at")[:most])


def claims_of(conversation: Conversation) -> list[Claim]:
    """The facts of the story that it is about, with their sources."""
    if conversation.story is None:
        return []
    story = conversation.story.get_latest_revision_as_object()
    ids = {pk for group in attached(story.serializable_data()).values() for pk in group}
    return list(Claim.objects.filter(pk__in=ids, campaign=conversation.campaign_id).order_by("pk"))


def open_cases(conversation: Conversation, linked: list[Case], most: int = 50) -> list[Case]:
    """Rumours of the campaign that it could belong to, the newest change first."""
    rows = Case.objects.filter(campaign=conversation.campaign_id).exclude(state=CaseState.CLOSED)
    return list(rows.exclude(pk__in=[case.pk for case in linked]).order_by("-changed_at", "-pk")[:most])


def snoozes(now: datetime) -> list[tuple[str, str]]:
    """A few moments to choose from, on the person's clock."""
    here = timezone.localtime(now)
    morning = (here + timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)
    monday = morning + timedelta(days=(-morning.weekday()) % 7)
    later = here + timedelta(hours=3)
    return [
        (later.isoformat(timespec="minutes"), f"Three hours ({later:%H:%M})"),
        (morning.isoformat(timespec="minutes"), "Tomorrow at 9:00"),
        (monday.isoformat(timespec="minutes"), "Next Monday at 9:00"),
    ]


class NumberForm(forms.Form):
    version = forms.IntegerField(required=False, min_value=0)


class Change(TalkAccess):
    """One change of a conversation, by ``do``; answers with the page again."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        conversation = self.get_conversation(pk)
        form = NumberForm(request.POST)
        version = form.cleaned_data["version"] if form.is_valid() else None
        act = getattr(self, f"do_{request.POST.get('do', '')}", None)
        try:
            if act is None:
                raise Refused("This cannot be done.")
            said = act(conversation, version)
        except Refused as error:
            messages.error(request, str(error))
        except Changed:
            messages.error(
                request, "Somebody else has just changed this conversation. Look at it, then do it again."
            )
        else:
            messages.success(request, said)
        if (
            request.POST.get("next") == "inbox" or request.POST.get("do") == "unread"
        ):  # opening it would be reading it
            return redirect("community:inbox")
        return redirect(reverse("community:conversation", args=[conversation.pk]))

    def do_status(self, conversation: Conversation, version: int | None) -> str:
        status = self.request.POST.get("status", "")
        reason = self.request.POST.get("reason", "")
        sorting.set_status(conversation, status, by=self.request.user, reason=reason, version=version)
        return f"It is now “{conversation.get_status_display()}”."

    def do_assign(self, conversation: Conversation, version: int | None) -> str:
        wanted = self.request.POST.get("to", "")
        to = None
        if wanted == "me":
            to = self.request.user
        elif wanted:
            number = int(wanted) if wanted.isdecimal() and len(wanted) < 12 else 0
            to = get_user_model().objects.filter(pk=number, is_active=True).first()
            if to is None:
                raise Refused("There is no such person. Choose somebody of the list.")
        sorting.assign(conversation, to, by=self.request.user, version=version)
        return f"It is {to.get_full_name() or to.get_username()}’s now." if to else "It is nobody’s now."

    def do_escalate(self, conversation: Conversation, version: int | None) -> str:
        wanted, to = self.request.POST.get("to", ""), None
        if wanted:
            above = escalating.to_choose(conversation, self.request.user)
            to = next((user for user in above if str(user.pk) == wanted), None)
            if to is None:
                raise Refused("There is no such person. Choose somebody of the list.")
        reason = self.request.POST.get("reason", "")
        row = escalating.escalate(conversation, to, reason, by=self.request.user, version=version)
        return f"Escalated. {row.to_name} {'was' if to else 'were'} told at once."

    def do_take_on(self, conversation: Conversation, version: int | None) -> str:
        note = self.request.POST.get("note", "")
        row = escalating.take_on(conversation, by=self.request.user, note=note)
        return f"It is yours now; {row.by_name} was told."

    def do_withdraw(self, conversation: Conversation, version: int | None) -> str:
        escalating.withdraw(conversation, by=self.request.user, note=self.request.POST.get("note", ""))
        return "The escalation is taken back."

    def do_snooze(self, conversation: Conversation, version: int | None) -> str:
        text = self.request.POST.get("until", "")
        if not text:
            sorting.snooze(conversation, None, by=self.request.user, version=version)
            return "It is awake again."
        try:
            until = datetime.fromisoformat(text[:40])
        except ValueError:
            raise Refused("Choose a time from the list.") from None
        if timezone.is_naive(until):
            until = timezone.make_aware(until)
        sorting.snooze(conversation, until, by=self.request.user, version=version)
        return f"It sleeps until {timezone.localtime(until):%-d %B, %H:%M}, or until somebody writes."

    def do_note(self, conversation: Conversation, version: int | None) -> str:
        row = sorting.note(conversation, self.request.POST.get("text", ""), by=self.request.user)
        told = ", ".join(user.get_full_name() or user.get_username() for user in row.mentions.all())
        return f"Noted; {told} was told." if told else "Noted."

    def do_correct(self, conversation: Conversation, version: int | None) -> str:
        field = self.request.POST.get("field", "")
        value = self.request.POST.get("value", "").replace("\0", "")
        sorting.correct(conversation, field, value, by=self.request.user, version=version)
        return f"{LABELS[field]} is corrected. Suggestions no longer change it."

    def do_unread(self, conversation: Conversation, version: int | None) -> str:
        sorting.unread(conversation, by=self.request.user)
        return "It is unread again."
