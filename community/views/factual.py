"""What forms share that write down which facts some words rest on."""

from __future__ import annotations

from typing import Any

from django import forms

from cms.models import Claim
from community.models import Case

MOST_CLAIMS = 200  # to choose from, the newest; those that are chosen are always among them


class ClaimsField(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj} ({obj.get_status_display().lower()})"


class FactsForm(forms.ModelForm):
    """For a row with ``campaign``, ``claims`` and ``case``: only those of its campaign are offered."""

    claims = ClaimsField(
        Claim.objects.none(), required=False, widget=forms.CheckboxSelectMultiple, label="Facts behind it"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Claim.objects.filter(campaign=self.instance.campaign_id)
        newest = set(rows.order_by("-updated_at", "-pk").values_list("pk", flat=True)[:MOST_CLAIMS])
        if self.instance.pk:
            newest |= set(self.instance.claims.values_list("pk", flat=True))
        named = self.initial.get("claims") or []
        newest |= {each if isinstance(each, int) else each.pk for each in named}
        self.fields["claims"].queryset = rows.filter(pk__in=newest).order_by("-updated_at", "-pk")
        cases = Case.objects.filter(campaign=self.instance.campaign_id)
        self.fields["case"].queryset = cases.order_by("-changed_at", "-pk")
        self.fields["case"].empty_label = "None"

    def refuse_withdrawn(self, data: dict[str, Any], remedy: str) -> None:
        for claim in data.get("claims") or ():
            if claim.withdrawn:
                self.add_error("claims", f"“{claim}” has been {claim.get_status_display().lower()}. {remedy}")
