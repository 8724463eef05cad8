"""The replies that a team has saved: to add, to change and to delete."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from wagtail.admin import messages
from wagtail.models import Page

from cms.models.pages import languages
from community.core import lexicon, saved
from community.facts import USUAL
from community.models import SavedReply
from community.views.factual import FactsForm
from community.views.settings import OfCampaign
from work import clock


class ReplyForm(FactsForm):
    """A reply with what it rests on; a correction or an apology is about claims that were wrong."""

    class Meta:
        model = SavedReply
        fields = ("title", "text", "kind", "language", "topic", "case", "claims")
        widgets = {"text": forms.Textarea({"rows": 4, "dir": "auto"})}
        labels = {"kind": "What it is", "case": "Rumour that it is about"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].required = False  # else an answer as usual
        tongues = [("", "Any"), *languages()]
        self.fields["language"] = forms.ChoiceField(label="Language", required=False, choices=tongues)
        known = sorted({*lexicon.topics(), self.instance.topic} - {""})
        about = [("", "Any"), *((topic, topic.capitalize()) for topic in known)]
        self.fields["topic"] = forms.ChoiceField(label="Topic", required=False, choices=about)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data["kind"] = data.get("kind") or USUAL
        if data["kind"] == USUAL:
            self.refuse_withdrawn(data, "Take it out and write what is right, or make this a correction.")
        return data

    def clean_text(self) -> str:
        text = self.cleaned_data["text"]
        if wrong := saved.check(text):
            raise forms.ValidationError(wrong)
        return text


class SavedReplies(OfCampaign):
    """Changing one says that it was looked at: it is no longer outdated."""

    template_name = "community/replies.html"
    page_title = crumb = "Saved replies"

    def one(self, campaign: Page, number: str) -> SavedReply:
        rows = SavedReply.objects.filter(campaign=campaign.pk)
        return get_object_or_404(rows, pk=number if number.isdecimal() and len(number) < 12 else 0)

    def get(self, request: HttpRequest) -> HttpResponse:
        campaign, offered = self.campaign()
        number = request.GET.get("edit", "")
        if number:
            return self.page(campaign, offered, ReplyForm(instance=self.one(campaign, number)))
        start: dict[str, Any] = {}
        for name in ("case", "claim"):  # a rumour's or a claim's page asks for words about it
            wanted = request.GET.get(name, "")
            if wanted.isdecimal() and len(wanted) < 12:
                start |= (
                    {"case": int(wanted)}
                    if name == "case"
                    else {"claims": [int(wanted)], "kind": "correction"}
                )
        return self.page(
            campaign, offered, ReplyForm(instance=SavedReply(campaign_id=campaign.pk), initial=start)
        )

    def page(self, campaign: Page, offered: list[Page], form: Any) -> HttpResponse:
        self.page_subtitle = campaign.title
        context = self.get_context_data(
            form=form,
            campaign=campaign,
            campaigns=offered,
            rows=SavedReply.objects.filter(campaign=campaign.pk)
            .select_related("case")
            .prefetch_related("claims"),
            fields=saved.FIELDS.items(),
        )
        return self.render_to_response(context)

    def post(self, request: HttpRequest) -> HttpResponse:
        campaign, offered = self.campaign()
        if number := request.POST.get("delete", ""):
            row = self.one(campaign, number)
            row.delete()
            messages.success(request, f"“{row.title}” is deleted.")
            return self.back(campaign)
        number = request.GET.get("edit", "")
        row = self.one(campaign, number) if number else SavedReply(campaign_id=campaign.pk)
        form = ReplyForm(request.POST, instance=row)
        if not form.is_valid():
            return self.page(campaign, offered, form)
        form.instance.changed_at = clock.now()
        form.instance.changed_by = request.user
        form.instance.outdated_at = None
        form.save()
        messages.success(request, f"“{form.instance.title}” is kept.")
        return self.back(campaign)
