"""Rumours: the list, one case, and what was answered with a fact that no longer holds."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from wagtail.admin import messages
from wagtail.models import Page

from access import policy
from cms.models import Claim
from community import cases, facts, inbox, search
from community.answers import NotPossible
from community.enums import CaseState
from community.models import Case, Conversation, Message
from community.views.base import TalkPage

PER_PAGE = 30
MOST_FOUND = 50  # conversations that a search inside a case shows
TONES = {
    CaseState.OPEN: "tone-wait",
    CaseState.FALSE: "tone-bad",
    CaseState.TRUE: "tone-done",
    CaseState.UNCLEAR: "tone-act",
    CaseState.CLOSED: "tone-quiet",
}


def number(text: str) -> int:
    """A row's number out of an address or a form; 0 is no row's."""
    return int(text) if text.isdecimal() and len(text) < 12 else 0


def turned(rows: Any, text: str, per_page: int = PER_PAGE) -> Any:
    """One page of rows; a number that is none is the first page."""
    return Paginator(rows, per_page).get_page(text)


class Campaigns:
    """The campaign that the address names, or all in which the person answers."""

    request: HttpRequest

    def offered(self) -> list[Page]:
        return list(policy.campaigns(self.request.user, policy.REPLY))

    def chosen(self, offered: list[Page], wanted: str) -> Page | None:
        if not wanted:
            return None
        found = next((page for page in offered if str(page.pk) == wanted), None)
        if found is None:
            raise Http404
        return found


class Cases(Campaigns, TalkPage):
    """Rumours of one's campaigns, the newest change first."""

    template_name = "community/cases.html"
    page_title = crumb = "Rumours"

    def get(self, request: HttpRequest) -> HttpResponse:
        offered = self.offered()
        campaign = self.chosen(offered, request.GET.get("campaign", ""))
        state = request.GET.get("state", "open")
        rows = policy.scoped(Case.objects.all(), request.user, policy.REPLY)
        if campaign is not None:
            rows = rows.filter(campaign=campaign.pk)
        if state in CaseState.values:
            rows = rows.filter(state=state)
        else:
            state = "all"
        rows = rows.select_related("campaign", "owner").annotate(said=Count("conversations"))
        keep = f"&campaign={campaign.pk}" if campaign else ""
        return self.render_to_response(
            self.get_context_data(
                page=turned(rows.order_by("-changed_at", "-pk"), request.GET.get("p", "")),
                campaigns=offered,
                campaign=campaign,
                state=state,
                keep=keep,
                tabs=[*CaseState.choices, ("all", "All")],
                tones=TONES,
            )
        )


class NewForm(forms.Form):
    title = forms.CharField(max_length=200, label="Name it in a few words")
    rumour = forms.CharField(
        max_length=5000,
        label="What is being said, in its own words",
        widget=forms.Textarea({"rows": 4, "dir": "auto"}),
    )


class NewCase(Campaigns, TalkPage):
    """Opens a case, from a message or from nothing."""

    template_name = "community/new_case.html"
    page_title = crumb = "Open a rumour as a case"

    def message(self) -> Message | None:
        wanted = self.request.GET.get("message", "")
        if not wanted:
            return None
        rows = Message.objects.select_related("conversation__channel", "author")
        row = rows.filter(pk=number(wanted)).first()
        if row is None or not policy.can(self.request.user, policy.REPLY, row.conversation):
            raise Http404
        return row

    def get(self, request: HttpRequest) -> HttpResponse:
        message = self.message()
        start = {"rumour": message.text[:5000]} if message else {}
        return self.page(message, NewForm(initial=start))

    def page(self, message: Message | None, form: forms.Form) -> HttpResponse:
        offered = self.offered()
        if message is not None:
            offered = [page for page in offered if page.pk == message.conversation.campaign_id]
        if not offered:
            raise Http404
        wanted = self.request.POST.get("campaign") or self.request.GET.get("campaign", "")
        return self.render_to_response(
            self.get_context_data(form=form, message=message, campaigns=offered, wanted=wanted)
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        message, form = self.message(), NewForm(request.POST)
        if not form.is_valid():
            return self.page(message, form)
        if message is not None:
            campaign = message.conversation.campaign_id
        else:
            page = self.chosen(self.offered(), request.POST.get("campaign", "") or "-")
            campaign = page.pk if page else 0
        try:
            case = cases.open_case(request.user, campaign, message=message, **form.cleaned_data)
        except NotPossible as error:
            form.add_error(None, str(error))
            return self.page(message, form)
        messages.success(request, f"“{case}” is open. Say what is known, and from where.")
        return redirect("community:case", pk=case.pk)


class SourceForm(forms.Form):
    title = forms.CharField(max_length=200, label="Source")
    url = forms.URLField(max_length=500, required=False, label="Address", assume_scheme="https")
    says = forms.CharField(
        max_length=5000,
        required=False,
        label="What it says",
        widget=forms.Textarea({"rows": 2, "dir": "auto"}),
    )
    supports = forms.TypedChoiceField(
        required=False,
        empty_value=None,
        coerce=lambda value: value == "yes",
        choices=[("", "Neither"), ("no", "It speaks against the rumour"), ("yes", "It supports the rumour")],
        label="What it means for the rumour",
    )


class CasePage(TalkPage):
    """One rumour: what is said, what is known, who said it, and what was answered."""

    template_name = "community/case.html"

    def case(self, pk: int) -> Case:
        row = Case.objects.select_related("campaign", "owner", "settled_by").filter(pk=pk).first()
        if row is None or not policy.can(self.request.user, policy.REPLY, row):
            raise Http404
        return row

    def talks(self, case: Case) -> QuerySet[Conversation]:
        """The campaign's conversations that this person may see."""
        rows = inbox.visible(self.request.user, inbox.channels_of(self.request.user))
        return rows.filter(campaign=case.campaign_id).select_related("channel", "contact")

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.page(self.case(pk))

    def page(self, case: Case, **given: Any) -> HttpResponse:
        self.page_title = case.title
        self.page_subtitle, self.crumb = "Rumour", case.title
        user, asked = self.request.user, self.request.GET
        words = asked.get("q", "").replace("\0", "").strip()[:100]
        talks = self.talks(case)
        found = []
        if words:
            rows = talks.filter(search.matching(words)).exclude(cases=case)
            found = list(rows.order_by("-last_message_at", "-pk")[:MOST_FOUND])
        linked = talks.filter(cases=case).order_by("-last_message_at", "-pk")
        claims = list(case.claims.select_related("campaign", "successor").order_by("pk"))
        others = Claim.objects.filter(campaign=case.campaign_id).exclude(pk__in=[c.pk for c in claims])
        answered = facts.answered_with(case=case).filter(conversation__in=talks.values("pk"))
        return self.render_to_response(
            self.get_context_data(
                **{
                    "case": case,
                    "tone": TONES[CaseState(case.state)],
                    "states": CaseState.choices,
                    "claims": claims,
                    "others": others.exclude(status__in=("corrected", "retracted")).order_by("-updated_at")[
                        :100
                    ],
                    "sources": case.sources.select_related("added_by"),
                    "source_form": SourceForm(),
                    "linked": turned(linked, asked.get("p", ""), 20),
                    "words": words,
                    "found": found,
                    "answered": turned(answered, asked.get("a", ""), 20),
                    "replies": case.saved_replies.order_by("kind", "title"),
                    "pairs": case.pairs.all(),
                    "may_settle": policy.can(user, policy.MODERATE, case),
                    "state": case.state,
                    "finding": case.finding,
                    **given,
                }
            )
        )

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        case, user, post = self.case(pk), request.user, request.POST
        do = post.get("do", "")
        try:
            if do == "settle":
                given = {"state": post.get("state", ""), "finding": post.get("finding", "")}
                try:
                    cases.settle(user, case, **given)
                except NotPossible as error:
                    return self.page(self.case(pk), **given, wrong=str(error))
                said = f"It is now “{case.get_state_display()}”."
            elif do == "source":
                form = SourceForm(post)
                if not form.is_valid():
                    return self.page(case, source_form=form)
                cases.add_source(user, case, **form.cleaned_data)
                said = "The source is noted."
            elif do == "no_source":
                cases.remove_source(user, case, self.one(case.sources, post.get("source", "")))
                said = "The source is taken out."
            elif do == "claim":
                cases.add_claim(user, case, self.one(Claim.objects.all(), post.get("claim", "")))
                said = "The claim belongs to the case."
            elif do == "no_claim":
                cases.remove_claim(user, case, self.one(case.claims, post.get("claim", "")))
                said = "The claim no longer belongs to the case."
            elif do == "link":
                wanted = self.talks(case).filter(pk__in=[number(each) for each in post.getlist("talk")][:100])
                count = cases.link(user, case, wanted)
                said = f"{count} conversation{'' if count == 1 else 's'} linked."
            elif do == "unlink":
                cases.unlink(user, case, self.one(self.talks(case), post.get("talk", "")))
                said = "It is no longer linked."
            else:
                raise NotPossible("This cannot be done.")
            messages.success(request, said)
        except NotPossible as error:
            messages.error(request, str(error))
        return redirect(reverse("community:case", args=[pk]))

    @staticmethod
    def one(rows: Any, text: str) -> Any:
        row = rows.filter(pk=number(text)).first()
        if row is None:
            raise NotPossible("It is not there any more. Look again.")
        return row


class OfConversation(TalkPage):
    """Links one conversation to a case of its campaign."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        conversation = self.get_conversation(pk)
        rows = Case.objects.filter(campaign=conversation.campaign_id)
        case = rows.filter(pk=number(request.POST.get("case", ""))).first()
        if case is None:
            messages.error(request, "Choose a rumour from the list.")
        elif request.POST.get("do") == "unlink":
            cases.unlink(request.user, case, conversation)
            messages.success(request, "It is no longer linked.")
        else:
            cases.link(request.user, case, [conversation])
            messages.success(request, f"It belongs to “{case}” now.")
        return redirect("community:conversation", pk=pk)


class FactPage(TalkPage):
    """Everything that was answered with one claim, and the way to answer again."""

    template_name = "community/fact.html"
    page_title = "Answered with this claim"
    crumb = "Answered with a claim"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        claim = Claim.objects.select_related("campaign", "successor").filter(pk=pk).first()
        if claim is None or not policy.can(request.user, policy.REPLY, claim):
            raise Http404
        talks = inbox.visible(request.user, inbox.channels_of(request.user))
        rows = facts.answered_with(claim=claim).filter(conversation__in=talks.values("pk"))
        return self.render_to_response(
            self.get_context_data(
                claim=claim,
                answered=turned(rows, request.GET.get("a", "")),
                templates=facts.corrections(claims=[claim.pk], campaign=claim.campaign_id),
                replies_url=f"{reverse('community:replies')}?campaign={claim.campaign_id}&claim={claim.pk}",
                may_moderate=policy.can(request.user, policy.MODERATE, claim),
            )
        )
