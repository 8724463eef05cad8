"""The form of a look, and the look that its values mean while they are being chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.images.widgets import AdminImageChooser

from cms.core import colours, looks
from cms.models import CampaignPage
from formats.choices import usable_images

COLOURS = ("colour", "ink", "paper", "text_colour")
KINDS = ("typeface", "corners", "brand")


def colour_input() -> forms.TextInput:
    return forms.TextInput(
        attrs={"maxlength": 7, "pattern": "#[0-9a-fA-F]{6}", "data-look-colour": "", "spellcheck": "false"}
    )


class LookForm(WagtailAdminModelForm):
    class Meta:
        model = CampaignPage
        fields = (*COLOURS, *KINDS, "logo")
        widgets = {name: colour_input() for name in COLOURS} | dict.fromkeys(KINDS, forms.RadioSelect)
        widgets |= {"logo": AdminImageChooser}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if all(cleaned.get(name) for name in COLOURS):
            for judged in looks.judge({name: cleaned[name].lower() for name in COLOURS}):
                if judged.fails:
                    self.add_error(judged.pair.ink, judged.sentence)
        return cleaned


def chosen(campaign: CampaignPage, asked: Mapping[str, str], user: Any) -> CampaignPage:
    """The campaign's page with those of the values asked for that are possible; nothing is saved.

    A logo is taken only if the person may use it.
    """
    for name in COLOURS:
        if colours.is_hex(value := asked.get(name, "").strip()):
            setattr(campaign, name, value.lower())
    for name in KINDS:
        if (value := asked.get(name, "")) in dict(CampaignPage._meta.get_field(name).choices):
            setattr(campaign, name, value)
    if "logo" in asked:
        campaign.logo = _logo(campaign, asked["logo"], user)
    return campaign


def _logo(campaign: CampaignPage, value: str, user: Any) -> Any:
    if not value.isdigit():
        return None
    if campaign.logo_id == int(value):
        return campaign.logo
    return usable_images(user).filter(pk=int(value)).first()
