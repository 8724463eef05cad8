"""Statements of fact: where they come from, who checked them and when, how long they may be used, what carries them."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from wagtail.models import RevisionMixin
from wagtail.search import index

from formats.core import claims as core


class ClaimStatus(models.TextChoices):
    UNCHECKED = core.Status.UNCHECKED.value, "Unchecked"
    CHECKED = core.Status.CHECKED.value, "Checked"
    CORRECTED = core.Status.CORRECTED.value, "Corrected"
    RETRACTED = core.Status.RETRACTED.value, "Retracted"


WITHDRAWN = frozenset({ClaimStatus.CORRECTED, ClaimStatus.RETRACTED})
SAYS = ("text", "source_title", "source_url")  # a check is of these words; other words need another check


class Claim(RevisionMixin, index.Indexed, models.Model):
    """One statement. Its status changes only through cms.claims.rules; editing its words makes it unchecked again.

    A corrected claim names its ``successor``. ``explanation`` says, for readers, what was wrong.
    """

    campaign = models.ForeignKey("cms.CampaignPage", on_delete=models.CASCADE, related_name="claims")
    text = models.TextField(
        "statement",
        max_length=600,
        help_text="One sentence that is either true or not: “4.2 tonnes in one day”",
    )
    source_title = models.CharField(
        "source", max_length=200, blank=True, help_text="Who says so, where, and of which day"
    )
    source_url = models.URLField("source address", max_length=500, blank=True)
    checker = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name="to be checked by",
        help_text="Who compares it with its source, and is reminded before it expires",
    )
    expires_on = models.DateField(
        "good until", null=True, blank=True, help_text="The last day on which it may go out; empty: no end"
    )
    status = models.CharField(
        max_length=12, choices=ClaimStatus.choices, default=ClaimStatus.UNCHECKED, editable=False
    )
    checked_on = models.DateField(null=True, blank=True, editable=False)
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        editable=False,
    )
    successor = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="corrects", editable=False
    )
    explanation = models.TextField(blank=True, editable=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    search_fields = [
        index.SearchField("text"),
        index.AutocompleteField("text"),
        index.SearchField("source_title"),
        index.FilterField("campaign"),
        index.FilterField("status"),
    ]

    class Meta:
        verbose_name = "claim"
        verbose_name_plural = "claims"
        ordering = ["-updated_at", "-pk"]
        indexes = [models.Index(fields=["status", "expires_on"], name="claim_by_expiry")]

    def __str__(self) -> str:
        return self.text if len(self.text) <= 90 else f"{self.text[:89].rsplit(' ', 1)[0]}…"

    @property
    def url(self) -> str:
        return reverse("claims:inspect", args=[self.pk])

    @property
    def withdrawn(self) -> bool:
        return self.status in WITHDRAWN

    def clean(self) -> None:
        super().clean()
        if self.pk and self.withdrawn:
            raise ValidationError(
                "It has been withdrawn and is part of the record. Write a new claim instead."
            )

    def to_core(self) -> core.Claim:
        return core.Claim(
            id=self.pk,
            text=self.text,
            status=core.Status(self.status),
            source=self.source_title or self.source_url,
            checked_on=self.checked_on,
            expires_on=self.expires_on,
            url=self.url,
        )

    def problem(self, on: date) -> core.Problem | None:
        return core.problem(self.to_core(), on)


class ClaimUse(models.Model):
    """A variant carries a claim: as it is now (no digest), or as the version with this digest was approved."""

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="uses")
    variant = models.ForeignKey("formats.Variant", on_delete=models.CASCADE, related_name="claim_uses")
    digest = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["claim", "variant", "digest"], name="one_use_of_a_claim")
        ]
        indexes = [models.Index(fields=["variant", "digest"], name="claims_of_a_version")]

    def __str__(self) -> str:
        return f"claim {self.claim_id} in variant {self.variant_id} {self.digest[:8]}".strip()
