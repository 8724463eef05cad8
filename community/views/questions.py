"""Frequent questions of a campaign: to write, to approve, to mark accounts for, and the log of what went out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.dateparse import parse_datetime
from wagtail.admin import messages
from wagtail.models import Page

from channels.models import Channel
from community import inbox, questions
from community.answers import NotPossible, settings_for
from community.core.faq import LABELS
from community.models import Pair, Settings
from community.views.cases import number, turned
from community.views.factual import FactsForm
from community.views.settings import OfCampaign
from work import clock

MOST_WAYS = 30
LANGUAGES = [("", "Any"), ("en", "English"), ("de", "German"), ("fr", "French"), ("es", "Spanish")]


class PairForm(FactsForm):
    ways = forms.CharField(
        required=False,
        max_length=6000,
        label="Other ways in which it is asked (one a line)",
        widget=forms.Textarea({"rows": 3, "dir": "auto"}),
    )
    language = forms.ChoiceField(required=False, choices=LANGUAGES)

    class Meta:
        model = Pair
        fields = (
            "question",
            "ways",
            "answer",
            "language",
            "topic",
            "expires_on",
            "case",
            "claims",
            "automatic",
        )
        widgets = {
            "question": forms.Textarea({"rows": 2, "dir": "auto"}),
            "answer": forms.Textarea({"rows": 4, "dir": "auto"}),
            "expires_on": forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        }
        labels = {
            "expires_on": "Good until (empty: no end)",
            "case": "Rumour that it is about",
            "automatic": "May go out by itself, on accounts that are marked for it",
        }
        help_texts = {"automatic": ""}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["ways"] = "\n".join(self.instance.ways)

    def clean_ways(self) -> list[str]:
        found = [line.replace("\0", "").strip()[:300] for line in self.cleaned_data["ways"].splitlines()]
        return list(dict.fromkeys(filter(None, found)))[:MOST_WAYS]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self.refuse_withdrawn(data, "Take it out, and write what is right.")
        if data.get("automatic") and data.get("language") not in LABELS:
            self.add_error(
                "language", "What goes out by itself says so in the language of the question: choose it."
            )
        return data


class Questions(OfCampaign):
    """Pairs of a campaign. What one writes, another one approves."""

    template_name = "community/questions.html"
    page_title = crumb = "Frequent questions"

    def one(self, campaign: Page, text: str) -> Pair:
        return get_object_or_404(Pair, campaign=campaign.pk, pk=number(text))

    def get(self, request: HttpRequest) -> HttpResponse:
        campaign, offered = self.campaign()
        wanted = request.GET.get("edit", "")
        row = self.one(campaign, wanted) if wanted else Pair(campaign_id=campaign.pk)
        return self.page(campaign, offered, PairForm(instance=row))

    def page(self, campaign: Page, offered: list[Page], form: Any) -> HttpResponse:
        self.page_subtitle = campaign.title
        marked = settings_for(campaign.pk).automatic_channels
        channels = self.channels(campaign)
        rows = Pair.objects.filter(campaign=campaign.pk).select_related("written_by", "approved_by", "case")
        page = turned(rows.prefetch_related("claims").order_by("topic", "pk"), self.request.GET.get("p", ""))
        on = [channel for channel in channels if channel.pk in marked]
        return self.render_to_response(
            self.get_context_data(
                form=form,
                campaign=campaign,
                campaigns=offered,
                page=page,
                rows=[self.shown(row, on) for row in page],
                channels=channels,
                marked=marked,
                keep=f"&campaign={campaign.pk}",
            )
        )

    def shown(self, row: Pair, on: list[Channel]) -> dict[str, Any]:
        today = clock.now().date()
        if row.stopped_at:
            state, tone = "Stopped", "tone-bad"
        elif row.approved_at is None:
            state, tone = "Waits for a second person", "tone-wait"
        elif row.expires_on and row.expires_on < today:
            state, tone = "Its day is over", "tone-act"
        else:
            state, tone = "Approved", "tone-done"
        mine = row.written_by_id == self.request.user.pk
        return {
            "pair": row,
            "state": state,
            "tone": tone,
            "to_approve": row.approved_at is None and not row.stopped_at,
            "mine": mine,
            "long": questions.too_long(row, on) if row.automatic else [],
        }

    def channels(self, campaign: Page) -> list[Channel]:
        return [each for each in inbox.channels_of(self.request.user) if each.campaign_id == campaign.pk]

    def post(self, request: HttpRequest) -> HttpResponse:
        campaign, offered = self.campaign()
        do, post = request.POST.get("do", ""), request.POST
        try:
            if do == "approve":
                pair = self.one(campaign, post.get("pair", ""))
                questions.approve(
                    pair, by=request.user, seen=parse_datetime(post.get("seen", "")) or clock.now()
                )
                messages.success(request, f"“{pair}” is approved.")
            elif do == "stop":
                questions.stop(self.one(campaign, post.get("pair", "")), f"Stopped by {self.name()}.")
                messages.success(request, "It is out of use. Change it to use it again.")
            elif do == "delete":
                pair = self.one(campaign, post.get("pair", ""))
                said = str(pair)
                questions.delete(pair, by=request.user)
                messages.success(request, f"“{said}” is deleted.")
            elif do == "accounts":
                self.mark(campaign, post.getlist("channel"))
            else:
                return self.save(campaign, offered)
        except NotPossible as error:
            messages.error(request, str(error))
        return self.back(campaign)

    def name(self) -> str:
        return self.request.user.get_full_name() or self.request.user.get_username()

    def mark(self, campaign: Page, wanted: list[str]) -> None:
        """On which accounts approved answers may go out by themselves; those that one may not use stay as they are."""
        mine = {channel.pk for channel in self.channels(campaign)}
        kept = set(settings_for(campaign.pk).automatic_channels) - mine
        now = sorted(kept | (mine & {number(each) for each in wanted}))
        with transaction.atomic():
            Settings.objects.update_or_create(campaign_id=campaign.pk, defaults={"automatic_channels": now})
            questions.unmark(mine - set(now))
        said = "Marked answers go out by themselves there." if now else "Nothing goes out by itself."
        messages.success(self.request, said)

    def save(self, campaign: Page, offered: list[Page]) -> HttpResponse:
        wanted = self.request.GET.get("edit", "")
        row = self.one(campaign, wanted) if wanted else Pair(campaign_id=campaign.pk)
        form = PairForm(self.request.POST, instance=row)
        if not form.is_valid():
            return self.page(campaign, offered, form)
        pair = form.save(commit=False)
        questions.keep(pair, by=self.request.user)
        form.save_m2m()
        messages.success(self.request, "Kept. A second person has to approve it before it is used.")
        return self.back(campaign)


class AutomaticLog(OfCampaign):
    """Everything that went out by itself: what was asked, what was answered, and what came of it."""

    template_name = "community/automatic.html"
    page_title = crumb = "Automatic answers"

    def get(self, request: HttpRequest) -> HttpResponse:
        campaign, offered = self.campaign()
        self.page_subtitle = campaign.title
        talks = inbox.visible(request.user, inbox.channels_of(request.user))
        rows = questions.log(campaign.pk).filter(conversation__in=talks.values("pk"))
        return self.render_to_response(
            self.get_context_data(
                campaign=campaign,
                campaigns=offered,
                page=turned(rows, request.GET.get("p", "")),
                keep=f"&campaign={campaign.pk}",
                tag=questions.TAG,
            )
        )
