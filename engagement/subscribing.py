"""Who gets the weekly mail: a person's choice in their account, and the address in the mail that ends it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.core.signing import BadSignature
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from wagtail.admin.views.account import BaseSettingsPanel, notifications_tab
from wagtail.models import Page

from access import policy
from engagement import digest
from engagement.core.weeks import Week
from engagement.digest import Ticket
from engagement.models import DigestChoice


class Campaigns(forms.ModelMultipleChoiceField):
    """``missed``: by campaign the Monday of the week about which no mail came."""

    missed: Mapping[int, date] = {}

    def label_from_instance(self, page: Page) -> str:
        if monday := self.missed.get(page.pk):
            return f"{page.title} (the mail about the week of {Week(monday).words} may not have reached you)"
        return page.title


class DigestForm(forms.Form):
    campaigns = Campaigns(
        label="Each Monday, the numbers of",
        queryset=Page.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="At eight o'clock where you are, about the week before. What cannot be sent then comes until Wednesday. "
        "A week without posts and numbers brings no mail.",
    )

    def __init__(self, *args: Any, instance: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = instance
        field = self.fields["campaigns"]
        field.queryset = policy.campaigns(instance, policy.REPORT)
        chosen = dict(DigestChoice.objects.filter(user=instance).values_list("campaign_id", "missed"))
        field.initial = list(chosen)
        field.missed = {campaign: monday for campaign, monday in chosen.items() if monday}

    def save(self) -> None:
        """Choices about campaigns that the person does not see now stay as they are."""
        seen, wanted = self.fields["campaigns"].queryset, self.cleaned_data["campaigns"]
        DigestChoice.objects.filter(user=self.user, campaign__in=seen).exclude(campaign__in=wanted).delete()
        first, mailed = digest.first_of(self.user)
        rows = [
            DigestChoice(user=self.user, campaign=page, next_action_at=first, mailed=mailed)
            for page in wanted
        ]
        DigestChoice.objects.bulk_create(rows, ignore_conflicts=True)


class DigestPanel(BaseSettingsPanel):
    name = "numbers"
    title = "Mails about numbers"
    tab = notifications_tab
    order = 210
    form_class = DigestForm

    def is_active(self) -> bool:
        return policy.can(self.user, policy.REPORT)


@method_decorator(
    csrf_exempt, name="dispatch"
)  # mail programs post here by themselves (RFC 8058); the token is the right
class DigestOff(View):
    """Ends one mail for one person. Looking at it changes nothing: programs follow links in mails."""

    def dispatch(self, request: HttpRequest, token: str) -> HttpResponse:
        try:
            self.ticket = Ticket.of(token)
        except (BadSignature, TypeError):
            raise Http404 from None
        return super().dispatch(request, token)

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return self.page(done=False)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        DigestChoice.objects.filter(user=self.ticket.user, campaign=self.ticket.campaign).delete()
        return self.page(done=True)

    def page(self, *, done: bool) -> HttpResponse:
        campaign = Page.objects.filter(pk=self.ticket.campaign).values_list("title", flat=True).first()
        context = {"done": done, "campaign": campaign or "a campaign that is gone"}
        answer = render(self.request, "engagement/digest_off.html", context)
        answer["Cache-Control"] = "no-store"
        answer["Referrer-Policy"] = "no-referrer"
        answer["X-Robots-Tag"] = "noindex"
        return answer
