"""Which group has which role in which campaign, and who stands in for whom."""

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q


class Role(models.TextChoices):
    CREATOR = "creator", "Creator"
    MANAGER = "manager", "Manager"
    COMMUNITY = "community", "Community manager"
    ANALYST = "analyst", "Analyst"


class CampaignRole(models.Model):
    """One group's role in one campaign. People are members of the group; the page is the campaign's page."""

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="campaign_roles")
    campaign = models.ForeignKey("wagtailcore.Page", on_delete=models.CASCADE, related_name="campaign_roles")
    role = models.CharField(max_length=16, choices=Role.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "campaign", "role"], name="one_role_row")]

    def __str__(self):
        return f"{self.group}: {self.get_role_display()} of {self.campaign}"


class StandIn(models.Model):
    """While ``absent`` is away, ``deputy`` may approve what they may, in campaigns that the deputy sees anyway.

    Nothing but approving goes over. The end is not part of it.
    """

    absent = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="stand_ins",
        verbose_name="who is away",
    )
    deputy = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="stands_in",
        verbose_name="who stands in",
    )
    starts_at = models.DateTimeField("from")
    ends_at = models.DateTimeField("until", db_index=True)
    note = models.CharField(
        max_length=200, blank=True, default="", help_text="Shown to the team, for example “on leave”."
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        verbose_name, verbose_name_plural = "stand-in", "stand-ins"
        ordering = ["-starts_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="stand_in_ends_later"),
            models.CheckConstraint(condition=~Q(absent=F("deputy")), name="stand_in_is_somebody_else"),
        ]

    def __str__(self):
        return f"{self.deputy} for {self.absent}"

    def clean(self):
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise ValidationError({"ends_at": "It must end after it starts."})
        if self.absent_id and self.absent_id == self.deputy_id:
            raise ValidationError({"deputy": "Choose somebody else."})
