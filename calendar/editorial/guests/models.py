"""A link with which one person outside looks at one payload and answers once."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q


class Invitation(models.Model):
    """``payload`` is what the link shows, frozen when it was made; ``digest`` is over it.

    Only the SHA-256 of the link's secret is kept. ``counted`` says whether the answer was a decision of the workflow;
    ``why_not`` why it was only an opinion.
    """

    class Answer(models.TextChoices):
        APPROVE = "approve", "Approved"
        REJECT = "reject", "Changes requested"

    variant = models.ForeignKey("formats.Variant", on_delete=models.CASCADE, related_name="invitations")
    payload = models.JSONField()
    digest = models.CharField(max_length=64)
    name = models.CharField(max_length=120)
    email = models.EmailField(blank=True, default="")
    secret_sha256 = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=8, choices=Answer.choices, blank=True, default="")
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_as = models.CharField(max_length=120, blank=True, default="", help_text="the name as typed")
    comment = models.TextField(blank=True, default="")
    counted = models.BooleanField(default=False)
    why_not = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        app_label = "calendar"
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(answer="", answered_at=None) | (~Q(answer="") & Q(answered_at__isnull=False)),
                name="invitation_answer_has_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.get_answer_display() or 'not answered'}"

    @property
    def approved_as(self) -> str:
        """Who decided, for the record."""
        by = self.invited_by
        asked = f", asked by {by.get_full_name() or by.get_username()}" if by else ""
        return f"{self.name} (by link{asked})"[:200]

    def state(self, now: datetime) -> str:
        """answered, revoked, expired or open."""
        if self.answered_at is not None:
            return "answered"
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if now >= self.expires_at else "open"


class Knock(models.Model):
    """How often somebody tried within a stretch of time; ``key`` names them without saying who they are."""

    key = models.CharField(max_length=64, unique=True)
    since = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        app_label = "calendar"

    def __str__(self) -> str:
        return f"{self.key[:8]}: {self.count}"
