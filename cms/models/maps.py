"""Maps that infographics colour: what was read of an SVG, never the SVG itself."""

from __future__ import annotations

from django.db import models
from wagtail.search import index

from formats.core.piece import FileRef


class RegionMap(index.Indexed, models.Model):
    """``file`` is what ``media.regions`` made of the upload; ``regions`` are the names that rows may have."""

    campaign = models.ForeignKey("cms.CampaignPage", on_delete=models.CASCADE, related_name="maps")
    name = models.CharField(max_length=120, help_text="What it shows: “Wards of Riverside”")
    source = models.CharField(
        "source and licence",
        max_length=300,
        blank=True,
        help_text="Where it is from; it stands on every picture of the map",
    )
    file = models.FileField(upload_to="maps", editable=False)
    sha256 = models.CharField(max_length=64, editable=False)
    regions = models.JSONField(default=list, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    search_fields = [
        index.SearchField("name"),
        index.AutocompleteField("name"),
        index.FilterField("campaign"),
    ]

    class Meta:
        verbose_name = "map"
        verbose_name_plural = "maps"
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return f"{self.name} ({len(self.regions)} regions)"

    def to_ref(self) -> FileRef:
        return FileRef(self.file.name, self.sha256, "application/json")
