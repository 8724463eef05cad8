"""How a team works: its rules, and by when it wants to answer."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import regex
from django import forms
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from wagtail.admin import messages
from wagtail.models import Page

from access import policy
from channels.models import Channel
from community import timing
from community.core import rules, targets
from community.core.lexicon import topics
from community.enums import Risk
from community.models import Office, Rule, Settings, Target
from community.sorting import topic_of
from community.views.base import TalkPage
from formats.forms import zones
from formats.variants import zone_of
from work import clock

MOST_RULES = 100
MOST_TARGETS = 20
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SHIFT = regex.compile(r"(\d{1,2}):(\d\d)\s*(?:-|–|to)\s*(\d{1,2}):(\d\d)")


class OfCampaign(TalkPage):
    """A page of one campaign; the address names it, else it is the person's first."""

    capability = policy.MODERATE

    def campaign(self) -> tuple[Any, list[Page]]:
        offered = list(policy.campaigns(self.request.user, self.capability))
        wanted = self.request.GET.get("campaign", "")
        if wanted:
            found = [page for page in offered if str(page.pk) == wanted]
        else:
            found = offered[:1]
        if not found:
            raise Http404
        return found[0], offered

    def back(self, campaign: Page) -> HttpResponse:
        return redirect(f"{self.request.path}?campaign={campaign.pk}")


class RulesForm(forms.Form):
    lines = forms.CharField(
        required=False, max_length=40_000, widget=forms.Textarea({"rows": 10, "spellcheck": "false"})
    )

    def clean_lines(self) -> list[rules.Rule]:
        found, wrong = [], []
        for number, line in enumerate(self.cleaned_data["lines"].splitlines(), 1):
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            try:
                found.append(rules.parse(line.strip()))
            except rules.RuleError as error:
                wrong.append(f"Line {number}: {error}")
        if len(found) > MOST_RULES:
            wrong.append(f"There are at most {MOST_RULES} rules. Join some of them with “or”.")
        if wrong:
            raise forms.ValidationError(wrong)
        return found


class RulesPage(OfCampaign):
    """All rules of a campaign as lines; saving replaces them in one go."""

    template_name = "community/rules.html"
    page_title = crumb = "Rules"

    def get(self, request: HttpRequest) -> HttpResponse:
        campaign, offered = self.campaign()
        lines = []
        for row in Rule.objects.filter(campaign=campaign.pk, on=True):
            try:
                lines.append(str(rules.of_data(row.when, row.then)))
            except (KeyError, TypeError, AttributeError):
                lines.append(f"# cannot be read: {row.name}")
        return self.page(campaign, offered, RulesForm(initial={"lines": "\n".join(lines)}))

    def page(self, campaign: Page, offered: list[Page], form: forms.Form) -> HttpResponse:
        self.page_subtitle = campaign.title
        context = self.get_context_data(form=form, campaign=campaign, campaigns=offered, topics=topics())
        return self.render_to_response(context)

    def post(self, request: HttpRequest) -> HttpResponse:
        campaign, offered = self.campaign()
        form = RulesForm(request.POST)
        if not form.is_valid():
            return self.page(campaign, offered, form)
        found: list[rules.Rule] = form.cleaned_data["lines"]
        with transaction.atomic():
            one_at_a_time(campaign)
            Rule.objects.filter(campaign=campaign.pk, on=True).delete()
            for number, rule in enumerate(found):
                when, then = rule.as_data()
                Rule.objects.create(
                    campaign_id=campaign.pk,
                    name=str(rule)[:120],
                    when=when,
                    then=then,
                    sort_order=number,
                    changed_by=request.user,
                    changed_at=clock.now(),
                )
        count = len(found)
        messages.success(
            request, f"{count} rule{'' if count == 1 else 's'} kept. They hold for what arrives from now on."
        )
        return self.back(campaign)


def one_at_a_time(campaign: Page) -> None:
    """A form that is sent twice comes in twice at once: the second waits for the first. In a transaction."""
    Page.objects.select_for_update(no_key=True).filter(pk=campaign.pk).values_list("pk").first()


def read_shifts(text: str) -> list[tuple[time, time]]:
    """“9:00–12:00, 13:00–17:00”; empty: closed. 24:00 is the end of the day. Raises ValueError with words."""
    found = []
    for part in filter(None, (each.strip() for each in text.split(","))):
        match = _SHIFT.fullmatch(part)
        if match is None:
            raise ValueError(f"“{part}” is no span of hours. Write it like 9:00–17:00.")
        first, last = (
            (int(match[1]), int(match[2])),
            (int(match[3]) % 24 if match[3] == "24" else int(match[3]), int(match[4])),
        )
        try:
            found.append((time(*first), time(*last)))
        except ValueError:
            raise ValueError(f"“{part}” is no time of the day.") from None
    return found


def shown_shifts(hours: list[Any], weekday: int) -> str:
    rows = sorted((begins, until) for day, begins, until in hours if day == weekday)
    return ", ".join(f"{begins}–{'24:00' if until == '00:00' else until}" for begins, until in rows)


class HoursForm(forms.Form):
    """Office hours and the mode. ``plan`` is set once it is valid."""

    election_mode = forms.BooleanField(
        required=False,
        label="Election mode",
        help_text="The targets marked “election” hold (else one hour and two), at every hour of every day.",
    )
    country = forms.CharField(
        required=False,
        max_length=2,
        help_text="Two letters (DE); its public holidays are days off. Empty: none.",
    )
    subdivision = forms.CharField(
        required=False, max_length=8, label="Region", help_text="For example BE for Berlin."
    )
    closed_on = forms.CharField(
        required=False,
        label="Further days off",
        widget=forms.Textarea({"rows": 2}),
        help_text="One a line, like 2026-12-24.",
    )

    zone = forms.ChoiceField(label="Clock by which the hours run", required=False)

    def __init__(self, *args: Any, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.usual = zone
        self.fields["zone"].choices = list(dict([*zones(), (zone, zone)]).items())  # type: ignore[attr-defined]
        for number, day in enumerate(DAYS):
            self.fields[f"day{number}"] = forms.CharField(required=False, max_length=100, label=day)

    def days(self) -> list[Any]:
        return [self[f"day{number}"] for number in range(7)]

    def rest(self) -> list[Any]:
        return [self[name] for name in ("country", "subdivision", "closed_on")]

    def clean_zone(self) -> str:
        return self.cleaned_data["zone"] or self.usual

    def clean_closed_on(self) -> list[str]:
        found = []
        for line in self.cleaned_data["closed_on"].split():
            try:
                found.append(date.fromisoformat(line).isoformat())
            except ValueError:
                raise forms.ValidationError(f"“{line}” is no day. Write it like 2026-12-24.") from None
        return found

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        country, region = data.get("country", "").upper(), data.get("subdivision", "")
        regions = targets.regions(country)
        data["country"] = country
        data["subdivision"] = next((each for each in regions or () if each.lower() == region.lower()), "")
        if country and regions is None:
            self.add_error(
                "country", "No holidays are known for this country. Write its two letters, like DE."
            )
        elif region and not data["subdivision"]:
            known = ", ".join(regions or ()) or "none"
            self.add_error("subdivision", f"This region is not known there. Known are: {known}.")
        hours = []
        for number in range(7):
            name = f"day{number}"
            try:
                shifts = read_shifts(data.get(name, ""))
                targets.Hours({number: shifts}, data.get("zone") or "UTC")
            except ValueError as error:
                self.add_error(name, str(error))
                continue
            hours += [[number, f"{begins:%H:%M}", f"{until:%H:%M}"] for begins, until in shifts]
        data["hours"] = hours
        return data


class TargetForm(forms.Form):
    channel = forms.ModelChoiceField(
        Channel.objects.none(), required=False, label="Account", empty_label="Any"
    )
    topic = forms.CharField(required=False, max_length=80)
    risk = forms.ChoiceField(required=False, choices=[("", "Any"), *Risk.choices])
    first_min = forms.IntegerField(min_value=1, max_value=60 * 24 * 30, label="First answer (minutes)")
    next_min = forms.IntegerField(min_value=1, max_value=60 * 24 * 30, label="Next answers (minutes)")
    escalate_min = forms.IntegerField(min_value=0, max_value=60 * 24, label="Tell managers before (minutes)")
    election = forms.BooleanField(required=False, label="Election")

    def clean_topic(self) -> str:
        return topic_of(self.cleaned_data["topic"])

    def __init__(self, *args: Any, accounts: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if accounts is not None:
            self.fields["channel"].queryset = accounts  # type: ignore[attr-defined]


TargetForms = forms.formset_factory(
    TargetForm,
    extra=1,
    can_delete=True,
    max_num=MOST_TARGETS,
    validate_max=True,
    absolute_max=MOST_TARGETS + 5,
)


class HoursPage(OfCampaign):
    """Office hours, targets (of single accounts too) and election mode of a campaign."""

    template_name = "community/hours.html"
    page_title = crumb = "Hours and targets"

    def rows(self, campaign: Page) -> Any:
        return Target.objects.filter(campaign=campaign.pk).order_by("pk")

    def accounts(self, campaign: Page) -> dict[str, Any]:
        rows = Channel.objects.filter(campaign=campaign.pk).order_by("platform", "handle")
        return {"accounts": rows}

    def get(self, request: HttpRequest) -> HttpResponse:
        campaign, offered = self.campaign()
        office = Office.objects.filter(campaign=campaign.pk, channel=None).first() or Office()
        settings = Settings.objects.filter(campaign=campaign.pk).first() or Settings()
        zone = office.zone if office.pk else zone_of(campaign)
        start = {f"day{number}": shown_shifts(office.hours, number) for number in range(7)}
        start |= {
            "election_mode": settings.election_mode,
            "zone": zone,
            "country": office.country,
            "subdivision": office.subdivision,
            "closed_on": "\n".join(office.closed_on),
        }
        names = list(TargetForm.base_fields)
        given = list(self.rows(campaign).values(*names)) or [
            {
                "first_min": timing.USUAL.first_min,
                "next_min": timing.USUAL.next_min,
                "escalate_min": timing.USUAL.warn_min,
            }
        ]
        return self.page(
            campaign,
            offered,
            HoursForm(initial=start, zone=zone),
            TargetForms(initial=given, prefix="target", form_kwargs=self.accounts(campaign)),
        )

    def page(self, campaign: Page, offered: list[Page], form: HoursForm, forms_: Any) -> HttpResponse:
        self.page_subtitle = campaign.title
        return self.render_to_response(
            self.get_context_data(
                form=form,
                targets=forms_,
                campaign=campaign,
                campaigns=offered,
                topics=topics(),
            )
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        campaign, offered = self.campaign()
        kept = (
            Office.objects.filter(campaign=campaign.pk, channel=None).values_list("zone", flat=True).first()
        )
        form = HoursForm(request.POST, zone=kept or zone_of(campaign))
        wanted = TargetForms(request.POST, prefix="target", form_kwargs=self.accounts(campaign))
        if not (form.is_valid() and wanted.is_valid()):
            return self.page(campaign, offered, form, wanted)
        data = form.cleaned_data
        with transaction.atomic():
            one_at_a_time(campaign)
            Office.objects.update_or_create(
                campaign_id=campaign.pk,
                channel=None,
                defaults={
                    "zone": data["zone"],
                    "hours": data["hours"],
                    "country": data["country"],
                    "subdivision": data["subdivision"],
                    "closed_on": data["closed_on"],
                },
            )
            Settings.objects.update_or_create(
                campaign_id=campaign.pk, defaults={"election_mode": data["election_mode"]}
            )
            self.rows(campaign).delete()
            for row in wanted.cleaned_data:
                if row and not row.get("DELETE"):
                    Target.objects.create(
                        campaign_id=campaign.pk, **{k: v for k, v in row.items() if k != "DELETE"}
                    )
        count = timing.reckon_all(campaign.pk)
        messages.success(
            request, f"Kept. {count} waiting conversation{'' if count == 1 else 's'} got a new due time."
        )
        return self.back(campaign)
