"""The form of a map: an SVG is read in a limited process, its regions are kept, the file is not."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from wagtail.admin.forms import WagtailAdminModelForm

from access import policy
from cms.models import CampaignPage
from cms.uploads import on_disk
from media import regions
from media.errors import MediaError
from media.region_names import plain


class MapForm(WagtailAdminModelForm):
    svg = forms.FileField(
        label="SVG file",
        required=False,
        help_text="Each region a shape, or a group of shapes, with an id or a title. At most 3 MB; only shapes are kept.",
        widget=forms.FileInput(attrs={"accept": ".svg,image/svg+xml"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["campaign"]
        ids = policy.campaign_ids(self.for_user, policy.WRITE) if self.for_user else None
        pages = CampaignPage.objects.order_by("title")
        field.queryset = mine = pages if ids is None else pages.filter(pk__in=ids)
        if self.instance.pk:
            field.disabled = True  # its infographics belong to the campaign too
            self.fields["svg"].label = "Another SVG file"
        elif len(only := list(mine[:2])) == 1:
            field.initial = self.initial["campaign"] = only[0].pk
            field.empty_label = None

    def clean_svg(self) -> dict[str, Any] | None:
        upload = self.cleaned_data.get("svg")
        if not upload:
            if not self.instance.pk:
                raise ValidationError("Choose the SVG file of the map.")
            return None
        if upload.size > regions.MAX_BYTES:
            raise ValidationError("This file is larger than 3 MB. Simplify the map and try again.")
        try:
            with on_disk(upload) as path:
                return regions.read(path)
        except MediaError as error:
            raise ValidationError(str(error)) from error

    def save(self, commit: bool = True) -> Any:
        if found := self.cleaned_data.get("svg"):
            data = json.dumps(found).encode()
            self.instance.sha256 = hashlib.sha256(data).hexdigest()
            named = {
                plain(each["title"] or each["id"]): each["title"] or each["id"] for each in found["regions"]
            }
            self.instance.regions = sorted(named.values(), key=str.casefold)
            self.instance.file.save(f"{self.instance.sha256[:16]}.json", ContentFile(data), save=False)
        return super().save(commit)
