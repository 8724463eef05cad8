"""People and organisations that a campaign's stories name, with what each platform calls them."""

from __future__ import annotations

from django.db import models
from wagtail.search import index

from formats.core.piece import Account


class KnownAccount(index.Indexed, models.Model):
    """One person or organisation. ``handles`` is ``{platform: handle without @}``: a new platform needs no new column."""

    campaign = models.ForeignKey("cms.CampaignPage", on_delete=models.CASCADE, related_name="known_accounts")
    name = models.CharField(
        max_length=120, help_text="As it stands in your stories, capital letters included: “River Trust”"
    )
    also = models.TextField(
        "also written",
        blank=True,
        max_length=1000,
        help_text="Other ways your stories write it, one to a line: “the Trust”, “des River Trusts”",
    )
    handles = models.JSONField(default=dict, blank=True, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    search_fields = [
        index.SearchField("name"),
        index.AutocompleteField("name"),
        index.SearchField("also"),
        index.FilterField("campaign"),
    ]

    class Meta:
        verbose_name = "person or account"
        verbose_name_plural = "people and accounts"
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "name"],
                name="one_account_of_a_name",
                violation_error_message="This campaign has an entry of this name already.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def spellings(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(line.strip() for line in self.also.splitlines() if line.strip()))

    def to_account(self) -> Account:
        return Account(self.name, self.spellings(), tuple(sorted(self.handles.items())))
