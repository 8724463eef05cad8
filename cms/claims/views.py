"""The admin pages of claims: all of them, one of them, checking one."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.utils import quote
from django.core.exceptions import PermissionDenied
from django.db.models import ProtectedError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property
from django.views.generic import View
from wagtail.admin import messages
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.widgets.button import HeaderButton
from wagtail.snippets.views.snippets import CreateView, DeleteView, EditView, IndexView, InspectView

from access import policy
from cms.claims import outlets, rules
from cms.claims.forms import CheckForm
from cms.models import Claim
from formats.core.claims import day


def claim_url(claim: Claim) -> str:
    return reverse("claims:inspect", args=[quote(claim.pk)])


def standing(claim: Claim) -> dict[str, str]:
    """How a claim stands today, as a word, a tone and an icon: never colour alone."""
    trouble = claim.problem(rules.today(claim))
    if claim.withdrawn:
        return {"word": claim.get_status_display(), "tone": "bad", "icon": "cross"}
    if trouble is None:
        soon = claim.expires_on and (claim.expires_on - rules.today(claim)).days <= 14
        return {
            "word": "Checked, expires soon" if soon else "Checked",
            "tone": "act" if soon else "good",
            "icon": "check",
        }
    words = {"claim_expired": "Expired", "claim_unsourced": "No source", "claim_unchecked": "Unchecked"}
    return {"word": words[trouble.code], "tone": "act", "icon": "warning"}


class StandingColumn(Column):
    cell_template_name = "cms/claims/standing_cell.html"

    def get_cell_context_data(self, instance: Any, parent_context: Any) -> dict[str, Any]:
        context = super().get_cell_context_data(instance, parent_context)
        return {**context, "standing": standing(instance), "claim": instance}


class OutColumn(Column):
    cell_template_name = "cms/claims/out_cell.html"


class ClaimIndexView(IndexView):
    """All claims of one's campaigns, with where each is out. A fixed number of queries."""

    default_ordering = "-updated_at"
    page_title = "Claims"

    @cached_property
    def list_display(self) -> list[Any]:
        return [
            TitleColumn("text", label="Claim", accessor="__str__", get_url=claim_url),
            StandingColumn("standing", label="Status", accessor="status", sort_key="status"),
            Column(
                "source",
                label="Source",
                accessor=lambda claim: claim.source_title or claim.source_url or "none",
            ),
            Column("expires_on", label="Good until", accessor=_until, sort_key="expires_on"),
            OutColumn("out", label="Where it is", accessor=lambda claim: self._outlets.get(claim.pk)),
        ]

    @cached_property
    def _outlets(self) -> dict[int, outlets.Outlets]:
        return {}

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(*args, **kwargs)
        self._outlets.update(outlets.of([claim.pk for claim in context["object_list"]]))
        return context


def _until(claim: Claim) -> str:
    return day(claim.expires_on) if claim.expires_on else "no end"


class ClaimCreateView(CreateView):
    def get_initial_form_instance(self) -> Claim:
        """What a link from a figure knows already stands in the form."""
        given = {name: self.request.GET.get(name, "") for name in ("text", "source_title", "source_url")}
        claim = Claim(**given)
        if (campaign := self.request.GET.get("campaign", "")).isdecimal():
            claim.campaign_id = int(campaign)
        return claim

    def get_success_url(self) -> str:
        return claim_url(self.object)


class ClaimEditView(EditView):
    def get_success_url(self) -> str:
        return claim_url(self.object)


class ClaimDeleteView(DeleteView):
    def form_valid(self, form: Any) -> HttpResponse:
        try:
            return super().form_valid(form)
        except ProtectedError:
            messages.error(
                self.request,
                "Posts carry this claim, so it is part of the record and cannot be deleted. "
                "If it is wrong, correct or retract it.",
            )
            return redirect(claim_url(self.object))


class ClaimInspectView(InspectView):
    """One claim: what it says, who checked it, where it is, and what can be done."""

    template_name = "cms/claims/claim.html"
    page_title = "Claim"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        claim, user = self.object, self.request.user
        today = rules.today(claim)
        initial = {
            "on": today,
            "expires_on": claim.expires_on if claim.expires_on and claim.expires_on >= today else None,
        }
        return {
            **context,
            "claim": claim,
            "how": standing(claim),
            "problem": claim.problem(today),
            "outlets": outlets.of([claim.pk])[claim.pk],
            "corrects": claim.corrects.first(),
            "may_check": not claim.withdrawn and rules.may_check(user, claim),
            "may_write": not claim.withdrawn and rules.may_write(user, claim),
            "withdraw_url": self._withdraw_url() if policy.can(user, policy.CHECK, claim) else "",
            "check_form": kwargs.get("check_form") or CheckForm(initial=initial),
            "has_source": bool((claim.source_title or claim.source_url).strip()),
            "edit_url": reverse("claims:edit", args=[quote(claim.pk)]),
        }

    def _withdraw_url(self) -> str:
        """The page belongs to the house that knows publications."""
        try:
            return reverse("claim_corrections:withdraw", args=[self.object.pk])
        except NoReverseMatch:
            return ""

    @cached_property
    def header_buttons(self) -> list[Any]:
        if self.object.withdrawn or not rules.may_write(self.request.user, self.object):
            return []
        return [
            HeaderButton("Edit", url=reverse("claims:edit", args=[quote(self.object.pk)]), icon_name="edit")
        ]


class CheckView(View):
    """The button “Checked”. Who may press it is the claim's rule: also somebody who was only named."""

    model = Claim
    http_method_names = ["post"]
    capability = policy.VIEW

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        claim = get_object_or_404(Claim.objects.select_related("campaign"), pk=kwargs["pk"])
        if not rules.may_check(request.user, claim):
            raise PermissionDenied
        form = CheckForm(request.POST)
        if not form.is_valid():
            for field, errors in form.errors.items():
                messages.error(request, f"{form.fields[field].label}: {' '.join(errors)}")
            return redirect(claim_url(claim))
        try:
            rules.check(claim, by=request.user, **form.cleaned_data)
        except rules.NotPossible as error:
            messages.error(request, str(error))
        else:
            messages.success(request, "Checked. What carries it may go out.")
        return redirect(claim_url(claim))
