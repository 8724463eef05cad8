"""Which group has which role in which campaign."""

from django.contrib.auth.models import Group
from django.db import models


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
