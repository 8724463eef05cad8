"""What reports need besides numbers: a campaign's goals, the hashtags of posts, clicks on the site, who gets the digest."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from engagement.core.metrics import METRICS
from work.models import DueRow

# Different people may be the same in two posts' reach: a sum of it is no number of people.
SUMMED = tuple((each.name, each.label) for each in METRICS if each.name != "reach")


class Goal(models.Model):
    """What a campaign wants to have of one metric, over all its posts together, perhaps by a day."""

    campaign = models.ForeignKey("wagtailcore.Page", on_delete=models.CASCADE, related_name="goals")
    metric = models.CharField(max_length=20, choices=SUMMED)
    target = models.PositiveBigIntegerField()
    due_on = models.DateField("by", null=True, blank=True)

    class Meta:
        ordering = ["metric"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "metric"], name="one_goal_per_metric"),
            models.CheckConstraint(condition=Q(target__gt=0), name="goal_is_something"),
        ]

    def __str__(self) -> str:
        return f"{self.target} {self.metric}"


class TagUse(models.Model):
    """One hashtag of a publication. ``tag`` without its sign and without capitals, ``written`` as it went out."""

    publication = models.ForeignKey(
        "publishing.Publication", on_delete=models.CASCADE, related_name="tags", db_index=False
    )
    tag = models.CharField(max_length=100, db_index=True)
    written = models.CharField(max_length=100)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["publication", "tag"], name="one_use_per_tag")]

    def __str__(self) -> str:
        return f"#{self.written}"


class SiteImport(models.Model):
    """A file of a site's own statistics, as far as it is about one campaign. Deleting it brings back what it replaced."""

    campaign = models.ForeignKey("wagtailcore.Page", on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=200, help_text="of the file")
    columns = models.JSONField(default=list, help_text="which of content, page and day tell its clicks apart")
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name


class SiteClicks(models.Model):
    """Visits to the site that its own statistics credit to the tags in our links, as they were imported.

    ``variant`` is the one post that carries these tags and leads to this page, ``story`` what all such posts are of;
    empty where none does, or several do. ``day`` empty: of the whole time that the file is about. Only rows that are
    ``current`` count: a later import of the same key has taken the place of the others.
    """

    site_import = models.ForeignKey(SiteImport, on_delete=models.CASCADE, related_name="rows")
    campaign = models.ForeignKey(
        "wagtailcore.Page", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    source = models.CharField(max_length=60)
    content = models.CharField(max_length=100, blank=True, default="")
    page = models.CharField(max_length=500, blank=True, default="", help_text="path of the landing page")
    day = models.DateField(null=True, blank=True)
    clicks = models.PositiveBigIntegerField()
    variant = models.ForeignKey(
        "formats.Variant", null=True, blank=True, on_delete=models.SET_NULL, related_name="site_clicks"
    )
    story = models.ForeignKey(
        "wagtailcore.Page", null=True, blank=True, on_delete=models.SET_NULL, related_name="site_clicks"
    )
    current = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "source", "content", "page", "day"],
                condition=Q(current=True, day__isnull=False),
                name="clicks_once_a_day",
            ),
            models.UniqueConstraint(
                fields=["campaign", "source", "content", "page"],
                condition=Q(current=True, day=None),
                name="clicks_once_without_day",
            ),
        ]
        indexes = [models.Index(fields=["campaign", "day"], name="clicks_by_campaign")]

    def __str__(self) -> str:
        return f"{self.clicks} from {self.source} {self.content}"


class DigestChoice(DueRow):
    """That a person wants the weekly mail about a campaign; due when the next one is to be sent."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    campaign = models.ForeignKey("wagtailcore.Page", on_delete=models.CASCADE, related_name="+")
    mailed = models.DateField(
        null=True,
        blank=True,
        help_text="the Monday of the week mailed last; of a new choice, of the one before its first",
    )
    missed = models.DateField(
        null=True,
        blank=True,
        help_text="the Monday of a week about which no mail came, until a mail has said so",
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "campaign"], name="one_digest_choice")]

    def __str__(self) -> str:
        return f"{self.user_id} reads about {self.campaign_id}"
