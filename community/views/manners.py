"""How a campaign wants conversations handled: who looks twice, who is asked, what is kept and for how long.

For managers: whoever is held by a second person does not switch that off.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from wagtail.admin import messages
from wagtail.log_actions import log
from wagtail.models import Page

from access import policy
from access.models import CampaignRole
from channels.connectors.registry import CONNECTORS
from channels.models import Channel
from community import people
from community.answers import settings_for
from community.core.lexicon import topics
from community.models import Conversation, Settings
from community.views.settings import OfCampaign

LEAST_DAYS = 30
FIELDS = (
    "second_person_for_criticism",
    "ask_rating",
    "person_types",
    "person_types_basis",
    "keep_days",
    "keep_private_days",
)


class MannersForm(forms.Form):
    approve_topics = forms.MultipleChoiceField(
        label="Answers on these topics", required=False, widget=forms.CheckboxSelectMultiple
    )
    approve_groups = forms.TypedMultipleChoiceField(
        label="All answers of these groups", required=False, coerce=int, widget=forms.CheckboxSelectMultiple
    )
    second_person_for_criticism = forms.BooleanField(
        label="Deleting criticism of us takes two people", required=False
    )
    ask_rating = forms.BooleanField(
        label="People may be asked by link how our answer was (1 to 5 and a text)", required=False
    )
    ask_channels = forms.TypedMultipleChoiceField(
        label="On these accounts, in private conversations",
        required=False,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
    )
    person_types = forms.BooleanField(
        label="People may be marked as supporters, critics or undecided", required=False
    )
    person_types_basis = forms.CharField(
        label="Legal basis for that",
        required=False,
        max_length=300,
        help_text="A political opinion is a special category of personal data. Say on what you may keep it, for example "
        "the explicit consent that you asked for. Turning it off deletes the marks.",
    )
    keep_days = forms.IntegerField(
        label="Empty public conversations after days without a message",
        min_value=LEAST_DAYS,
        max_value=3650,
    )
    keep_private_days = forms.IntegerField(
        label="Empty private ones after days", min_value=LEAST_DAYS, max_value=3650
    )

    def __init__(
        self, *args: Any, campaign: Page, kept: Settings, accounts: list[Channel], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        used = Conversation.objects.filter(campaign=campaign.pk).exclude(topic="").values_list("topic")
        known = {*topics(), *kept.approve_topics, *(topic for (topic,) in used.order_by().distinct()[:100])}
        self._offer("approve_topics", [(topic, topic.capitalize()) for topic in sorted(known)])
        roles = CampaignRole.objects.filter(campaign=campaign.pk).values("group")
        groups = Group.objects.filter(pk__in=roles).order_by("name")
        self._offer("approve_groups", [(group.pk, group.name) for group in groups])
        asked = [row for row in accounts if CONNECTORS[row.platform].in_private]
        self._offer("ask_channels", [(row.pk, str(row)) for row in asked])

    def _offer(self, name: str, choices: list[tuple[Any, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("person_types") and not data.get("person_types_basis", "").strip():
            self.add_error(
                "person_types_basis", "Say on what legal basis these marks may be kept, or leave them off."
            )
        if data.get("ask_rating") and not data.get("ask_channels"):
            self.add_error("ask_channels", "Choose at least one account on which people are asked.")
        return data


class Manners(OfCampaign):
    template_name = "community/manners.html"
    page_title = crumb = "Settings"
    capability = policy.APPROVE

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        policy.require(request.user, policy.REPLY)
        return super().dispatch(request, *args, **kwargs)

    def campaign(self) -> tuple[Any, list[Page]]:
        """Only of campaigns where the person may approve in their own right; a deputy decides no settings."""
        campaign, offered = super().campaign()
        policy.require(self.request.user, policy.CHANNELS, campaign)
        return campaign, [page for page in offered if policy.can(self.request.user, policy.CHANNELS, page)]

    def get(self, request: HttpRequest) -> HttpResponse:
        campaign, offered = self.campaign()
        kept = settings_for(campaign.pk)
        lists = ("approve_topics", "approve_groups", "ask_channels")
        start = {name: getattr(kept, name) for name in (*FIELDS, *lists)}
        return self.page(campaign, offered, self.form(campaign, kept, initial=start))

    def form(self, campaign: Page, kept: Settings, data: Any = None, **more: Any) -> MannersForm:
        accounts = list(Channel.objects.filter(campaign=campaign.pk).order_by("platform", "handle"))
        return MannersForm(data, campaign=campaign, kept=kept, accounts=accounts, **more)

    def page(self, campaign: Page, offered: list[Page], form: MannersForm, status: int = 200) -> HttpResponse:
        self.page_subtitle = campaign.title
        context = self.get_context_data(form=form, campaign=campaign, campaigns=offered)
        return self.render_to_response(context, status=status)

    def post(self, request: HttpRequest) -> HttpResponse:
        campaign, offered = self.campaign()
        before = settings_for(campaign.pk)
        form = self.form(campaign, before, request.POST)
        if not form.is_valid():
            return self.page(campaign, offered, form, 400)
        data = form.cleaned_data
        defaults = {"election_mode": before.election_mode, **data}
        with transaction.atomic():
            Settings.objects.update_or_create(campaign_id=campaign.pk, defaults=defaults)
            gone = 0 if data["person_types"] else people.stop_marking(campaign.pk)
            changed = {name: value for name, value in data.items() if getattr(before, name) != value}
            if changed:
                log(instance=campaign, action="community.settings", user=request.user, data={"set": changed})
        said = "Kept."
        if gone:
            said = f"Kept. {gone} mark{'' if gone == 1 else 's'} of people deleted."
        messages.success(request, said)
        return self.back(campaign)
