"""The editor's form: only this campaign's channels, and times that can be kept."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from wagtail.admin.forms.models import WagtailAdminModelForm

from channels.models import Channel, ChannelState
from formats import choices, planning, schedule
from formats.options import OptionsField, options_of

REGIONS = (
    "Africa/",
    "America/",
    "Antarctica/",
    "Asia/",
    "Atlantic/",
    "Australia/",
    "Europe/",
    "Indian/",
    "Pacific/",
)
FOLDS = [(0, "The first: before the clocks go back"), (1, "The second: after the clocks went back")]


@cache
def zones() -> list[tuple[str, str]]:
    names = sorted(zone for zone in available_timezones() if zone.startswith(REGIONS))
    return [(zone, zone.replace("_", " ")) for zone in [*names, "UTC"]]


class ChannelsField(forms.ModelMultipleChoiceField):
    def label_from_instance(self, channel: Channel) -> str:
        notes = [f"{channel.handle}"]
        if channel.name and channel.name != channel.handle:
            notes.append(channel.name)
        if channel.sandbox:
            notes.append("sandbox")
        if channel.state != ChannelState.CONNECTED:
            notes.append(channel.get_state_display().lower())
        return " · ".join(notes)


class VariantForm(WagtailAdminModelForm):
    channels = ChannelsField(Channel.objects.none(), required=False, widget=forms.CheckboxSelectMultiple)
    options = OptionsField(required=False)
    planned_zone = forms.ChoiceField(choices=zones, required=False, label="Time zone")
    planned_fold = forms.TypedChoiceField(
        choices=FOLDS,
        coerce=int,
        empty_value=0,
        required=False,
        widget=forms.RadioSelect,
        label="This time comes twice that night",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        variant = self.instance
        self.was = (variant.planned_wall, variant.planned_zone, variant.planned_fold)
        self.resolved: schedule.Resolved | None = None
        if "channels" in self.fields:
            mine = Channel.objects.filter(campaign_id=variant.campaign_id, platform=variant.platform)
            self.fields["channels"].queryset = mine
            if not self.fields["channels"].choices:
                self.fields["channels"].help_text = (
                    "No account of this platform is connected to the campaign yet. "
                    "A manager connects it under Channels."
                )
        self.fields["options"].ask(options_of(variant), variant.options or {})
        zone = variant.planned_zone
        if "planned_zone" in self.fields and zone and zone not in dict(zones()):
            self.fields["planned_zone"].choices = [(zone, zone), *zones()]

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("parts") is not None:
            self.instance.parts = cleaned["parts"]
            choices.adopt(self.instance)  # pictures that were chosen since the last save
        wall = cleaned.get("planned_wall")
        if (
            "planned_wall" not in self.fields
            or "planned_wall" in self.errors
            or "planned_zone" in self.errors
        ):
            return cleaned
        was_wall, was_zone, was_fold = self.was
        if wall is None:
            cleaned["planned_fold"] = 0
            return cleaned
        zone = cleaned.get("planned_zone") or was_zone or self._campaign_zone()
        if was_wall and wall == was_wall.replace(second=0):
            wall = was_wall  # the field shows no seconds; not touching it must not change it
        cleaned["planned_zone"] = zone
        resolved = schedule.resolve(wall, zone, cleaned.get("planned_fold") or 0)
        cleaned["planned_wall"], cleaned["planned_fold"] = resolved.wall, resolved.fold
        if (resolved.wall, zone, resolved.fold) != (was_wall, was_zone, was_fold):
            self._refuse_past(resolved)
            channels = list(cleaned.get("channels") or ())
            if "planned_wall" not in self.errors and (
                why := planning.refusal(self.instance, resolved, channels)
            ):
                self.add_error("planned_wall", ValidationError(why, code="refused"))
            self.resolved = resolved
        return cleaned

    def _campaign_zone(self) -> str:
        from formats.variants import zone_of  # the registry behind it loads every platform

        return zone_of(self.instance.campaign)

    def _refuse_past(self, resolved: schedule.Resolved) -> None:
        from formats.variants import PastTime, refuse_past  # as above

        try:
            refuse_past(resolved)
        except PastTime as error:
            self.add_error("planned_wall", ValidationError(str(error), code="past"))
