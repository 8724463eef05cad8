"""In a person's account settings: which optional mails they get."""

from __future__ import annotations

from typing import Any

from django import forms
from wagtail.admin.views.account import BaseSettingsPanel, notifications_tab

from work import mails


class MailsForm(forms.Form):
    def __init__(self, *args: Any, instance: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.user = instance
        chosen = mails.choices_of(instance)
        for kind in mails.offered():
            self.fields[kind.kind] = forms.BooleanField(
                label=kind.label, required=False, initial=chosen[kind.kind]
            )

    def save(self) -> None:
        mails.choose(self.user, self.cleaned_data)


class MailsPanel(BaseSettingsPanel):
    name = "mails"
    title = "Mails about posts"
    tab = notifications_tab
    order = 200
    form_class = MailsForm
    template_name = "work/mails.html"

    def is_active(self) -> bool:
        return bool(mails.offered())
