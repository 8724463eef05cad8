"""Forms about claims."""

from __future__ import annotations

from typing import Any

from django import forms
from wagtail.admin.forms import WagtailAdminModelForm

from access import policy
from cms.claims import rules
from cms.models import CampaignPage


class ClaimForm(WagtailAdminModelForm):
    """Offers one's own campaigns and their people; other words make a checked claim unchecked."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ids = policy.campaign_ids(self.for_user, policy.WRITE) if self.for_user else None
        pages = CampaignPage.objects.order_by("title")
        mine = pages if ids is None else pages.filter(pk__in=ids)
        if "campaign" in self.fields:
            field = self.fields["campaign"]
            field.queryset = mine
            if mine.count() == 1:
                field.initial, field.empty_label = mine[0].pk, None
                if self.instance.campaign_id is None:
                    self.initial["campaign"] = mine[0].pk
            if self.instance.pk:
                field.disabled = True  # what carries it belongs to the campaign too
        if "checker" in self.fields:
            self.fields["checker"].queryset = rules.checkers(mine.values("pk"))
            self.fields["checker"].label_from_instance = lambda user: (
                user.get_full_name() or user.get_username()
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        checker, campaign = data.get("checker"), data.get("campaign")
        if checker and campaign and not policy.can(checker, policy.VIEW, campaign):
            self.add_error("checker", f"{checker.get_full_name() or checker} is not in this campaign's team.")
        return data

    def save(self, commit: bool = True) -> Any:
        rules.forget_check(self.instance)
        return super().save(commit)


class CheckForm(forms.Form):
    on = forms.DateField(
        label="Checked on", widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    expires_on = forms.DateField(
        label="Good until",
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text="The last day on which it may go out. Leave it empty if it cannot go out of date.",
    )
