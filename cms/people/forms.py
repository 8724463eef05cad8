"""The form of a person or account: a field for each platform that links handles."""

from __future__ import annotations

from typing import Any

from django import forms
from wagtail.admin.forms import WagtailAdminModelForm

from access import policy
from cms.models import CampaignPage
from formats.core.accounts import BadHandle
from formats.core.format import Format
from formats.registry import FORMATS


def linking() -> dict[str, Format]:
    """By platform a format of those that link handles, in the order of the registry."""
    found: dict[str, Format] = {}
    for each in FORMATS:
        if each.handle is not None:
            found.setdefault(each.platform, each)
    return found


def field_of(platform: str) -> str:
    return f"on_{platform}"


class _AccountForm(WagtailAdminModelForm):
    """Offers one's own campaigns; reads handles as people paste them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for platform in linking():
            handle = self.instance.handles.get(platform)
            self.fields[field_of(platform)].initial = f"@{handle}" if handle else ""
        field = self.fields["campaign"]
        ids = policy.campaign_ids(self.for_user, policy.WRITE) if self.for_user else None
        pages = CampaignPage.objects.order_by("title")
        field.queryset = mine = pages if ids is None else pages.filter(pk__in=ids)
        if self.instance.pk:
            field.disabled = True  # the stories that name it belong to the campaign too
        elif len(only := list(mine[:2])) == 1:
            field.initial = self.initial["campaign"] = only[0].pk
            field.empty_label = None

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        for name in ("name", "also"):
            if any(character in data.get(name, "") for character in "@＠#＃"):
                self.add_error(name, "Write the name as people say it. Handles go into the fields below.")
        for platform, format in linking().items():
            typed = (data.get(field_of(platform)) or "").strip()
            if not typed or format.handle is None:
                continue
            try:
                data[field_of(platform)] = format.handle.read(typed)
            except BadHandle as error:
                self.add_error(field_of(platform), str(error))
        return data

    def save(self, commit: bool = True) -> Any:
        said = {platform: self.cleaned_data.get(field_of(platform)) for platform in linking()}
        kept = {name: value for name, value in self.instance.handles.items() if name not in said}
        self.instance.handles = {**kept, **{name: value for name, value in said.items() if value}}
        return super().save(commit)


def _field(format: Format) -> forms.CharField:
    return forms.CharField(
        label=format.platform_label,
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"placeholder": f"@{format.handle.example}" if format.handle else ""}),
    )


AccountForm = type(
    "AccountForm",
    (_AccountForm,),
    {field_of(platform): _field(format) for platform, format in linking().items()},
)
