"""What the networks said about our publications, and when to ask again.

Snapshots are every answer; no report reads them. ``Standing``, ``DayFigure`` and ``ChannelDay`` are what reports read.
They follow from the snapshots alone and are written in the same transaction (:mod:`engagement.rollups`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from engagement.core.metrics import NAMES
from engagement.core.packing import pack, unpack
from engagement.core.rollups import AGES, LATEST
from work.models import DueRow


class MetricPull(DueRow):
    """The standing order to ask for one publication's numbers. ``next_action_at`` null: old enough, asked no more."""

    publication = models.OneToOneField(
        "publishing.Publication", on_delete=models.CASCADE, related_name="metric_pull"
    )
    pulled_at = models.DateTimeField(null=True, blank=True)
    unchanged = models.PositiveSmallIntegerField(
        default=0, help_text="pulls in a row that brought nothing new"
    )
    thin_at = models.DateTimeField(
        null=True,
        blank=True,
        db_index=True,
        help_text="when fine readings may go; null: nothing is left to thin",
    )
    missed_at = models.DateTimeField(
        null=True, blank=True, help_text="since when the network has not shown the post"
    )
    charged_on = models.DateField(null=True, blank=True, help_text="the last day by UTC that was paid for")
    charged_posts = models.PositiveSmallIntegerField(default=0, help_text="of its posts, on that day")

    def __str__(self):
        return f"numbers of {self.publication_id}"


ADDED_UP = tuple(name for name in NAMES if name != "reach")  # different posts reach the same people


class Numbers(models.Model):
    """A column for each metric; null where the network did not say."""

    impressions = models.PositiveBigIntegerField(null=True)
    reach = models.PositiveBigIntegerField(null=True)
    views = models.PositiveBigIntegerField(null=True)
    likes = models.PositiveBigIntegerField(null=True)
    comments = models.PositiveBigIntegerField(null=True)
    shares = models.PositiveBigIntegerField(null=True)
    saves = models.PositiveBigIntegerField(null=True)
    clicks = models.PositiveBigIntegerField(null=True)
    watch_time_s = models.FloatField(null=True)
    follows = models.PositiveBigIntegerField(null=True)
    profile_visits = models.PositiveBigIntegerField(null=True)
    followers = models.PositiveBigIntegerField(null=True, help_text="of the channel at that time")

    class Meta:
        abstract = True


class Described(models.Model):
    """What a publication is, repeated on the row so that reports need no join to choose. It never changes."""

    campaign = models.ForeignKey(
        "wagtailcore.Page", on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    channel = models.ForeignKey(
        "channels.Channel", on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    story = models.ForeignKey("wagtailcore.Page", on_delete=models.CASCADE, db_index=False, related_name="+")
    platform = models.CharField(max_length=20)
    format = models.CharField(max_length=40)
    published_at = models.DateTimeField()

    class Meta:
        abstract = True


class Snapshot(Numbers):
    """One answer of a network about one publication. A column is null where the network did not say."""

    publication = models.ForeignKey(
        "publishing.Publication", on_delete=models.CASCADE, related_name="snapshots"
    )
    at = models.DateTimeField()
    age_s = models.PositiveIntegerField(help_text="seconds since it was published")
    packed = models.BinaryField(
        null=True, help_text="the network's answer, without secrets; null: as before, or no longer kept"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["publication", "at"], name="one_snapshot_per_moment")]
        indexes = [
            models.Index(fields=["publication", "age_s"]),
            models.Index(fields=["at"], condition=Q(packed__isnull=False), name="snapshot_with_raw"),
        ]

    def __str__(self):
        return f"{self.publication_id} after {self.age_s} s"

    @property
    def raw(self) -> Any:
        return None if self.packed is None else unpack(bytes(self.packed))

    @raw.setter
    def raw(self, answer: Any) -> None:
        self.packed = None if answer is None else pack(answer)


class StandingQuerySet(models.QuerySet):
    def at_age(self, age: str, now: datetime) -> StandingQuerySet:
        """Rows of one age, of publications that have reached it: before that a row is provisional."""
        rows = self.filter(age=age)
        return rows if age == LATEST else rows.filter(published_at__lte=now - AGES[age])


class Standing(Numbers, Described):
    """Where a publication stood at a standard age: the last reading not older than it, and how old that really was.

    Read it through ``at_age``. A row is missing where nothing was told that young, or nothing yet.
    """

    publication = models.ForeignKey(
        "publishing.Publication", on_delete=models.CASCADE, db_index=False, related_name="standings"
    )
    age = models.CharField(max_length=6, choices=[(code, code) for code in (*AGES, LATEST)])
    at = models.DateTimeField(help_text="when the network said so")
    age_s = models.PositiveIntegerField(help_text="the real age of the reading")

    objects = StandingQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["publication", "age"], name="one_standing_per_age")]
        indexes = [
            models.Index(fields=["campaign", "age", "published_at"], name="standing_by_campaign"),
            models.Index(fields=["channel", "age", "published_at"], name="standing_by_channel"),
            models.Index(fields=["story", "age"], name="standing_by_story"),
            models.Index(fields=["age", "published_at"], name="standing_by_age"),
            # Goals are sums over all posts of a campaign: read from the index alone, however long its past is.
            models.Index(fields=["campaign", *ADDED_UP], condition=Q(age=LATEST), name="standing_now"),
        ]

    def __str__(self):
        return f"{self.publication_id} at {self.age}"


class DayFigure(Numbers, Described):
    """A publication at the end of a day of its campaign's zone: what stood, and what came on since it was last known.

    The gains of all days up to one add up to what stood then. A gain below zero is a correction by the network.
    """

    publication = models.ForeignKey(
        "publishing.Publication", on_delete=models.CASCADE, db_index=False, related_name="day_figures"
    )
    day = models.DateField()
    at = models.DateTimeField(help_text="when the network said so")
    age_s = models.PositiveIntegerField()
    impressions_gain = models.BigIntegerField(null=True)
    reach_gain = models.BigIntegerField(null=True)
    views_gain = models.BigIntegerField(null=True)
    likes_gain = models.BigIntegerField(null=True)
    comments_gain = models.BigIntegerField(null=True)
    shares_gain = models.BigIntegerField(null=True)
    saves_gain = models.BigIntegerField(null=True)
    clicks_gain = models.BigIntegerField(null=True)
    watch_time_s_gain = models.FloatField(null=True)
    follows_gain = models.BigIntegerField(null=True)
    profile_visits_gain = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["publication", "day"], name="one_figure_per_day")]
        indexes = [
            models.Index(fields=["campaign", "day"], name="day_by_campaign"),
            models.Index(fields=["channel", "day"], name="day_by_channel"),
        ]

    def __str__(self):
        return f"{self.publication_id} on {self.day}"


class ChannelDay(models.Model):
    """What a network said of an account of ours on a day of its campaign's zone, last. Null: it does not tell."""

    channel = models.ForeignKey("channels.Channel", on_delete=models.CASCADE, related_name="days")
    day = models.DateField()
    at = models.DateTimeField()
    followers = models.PositiveBigIntegerField(null=True)
    figures = models.JSONField(default=dict, help_text="other numbers it gave, by the network's own names")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "day"], name="one_channel_day")]

    def __str__(self):
        return f"{self.channel_id} on {self.day}"


class CountedZone(models.Model):
    """The time zone in which a campaign's day figures were made, so that a change of it is noticed."""

    campaign = models.OneToOneField("wagtailcore.Page", on_delete=models.CASCADE, related_name="+")
    zone = models.CharField(max_length=60)

    def __str__(self):
        return f"{self.campaign_id}: {self.zone}"


class OddityKind(models.TextChoices):
    CORRECTION = "correction", "A number went down"
    SILENT = "silent", "The network no longer tells a number"
    ENDED = "ended", "The network tells a number only up to this age"
    GAP = "gap", "Nothing was read for a while"
    GONE = "gone", "The network no longer shows the post"
    PART = "part", "The network no longer shows a part of the post"
    CAPPED = "capped", "The campaign's limit for paid reads was reached"


NO_LONGER_TOLD = (OddityKind.SILENT, OddityKind.ENDED)


class Oddity(models.Model):
    """Something about a publication's numbers that a reader of reports must know. ``until`` empty: it still is so."""

    publication = models.ForeignKey(
        "publishing.Publication", on_delete=models.CASCADE, db_index=False, related_name="oddities"
    )
    campaign = models.ForeignKey(
        "wagtailcore.Page", on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    kind = models.CharField(max_length=12, choices=OddityKind.choices)
    metric = models.CharField(max_length=20, blank=True, default="")
    before = models.FloatField(null=True)
    after = models.FloatField(null=True)
    at = models.DateTimeField(help_text="when it was noticed, or a gap began")
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["publication", "kind", "metric", "at"], name="one_oddity_at_once"
            ),
            models.CheckConstraint(
                condition=~Q(kind="correction") | Q(before__isnull=False, after__isnull=False),
                name="correction_has_both",
            ),
        ]
        indexes = [
            models.Index(fields=["campaign", "at"], name="oddity_by_campaign"),
            # What still is so is in every report, and goals add up what is no longer told, from the index alone.
            models.Index(
                fields=["campaign", "kind", "metric", "before"], condition=Q(until=None), name="oddity_still"
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()}: {self.publication_id} {self.metric}"


class ReadSpending(models.Model):
    """What reading has cost a campaign on a network that charges for it, by the UTC day that it counts by.

    Each post, person and message is charged once a day.
    """

    campaign = models.ForeignKey("wagtailcore.Page", on_delete=models.CASCADE, related_name="+")
    platform = models.CharField(max_length=20)
    day = models.DateField()
    posts = models.PositiveIntegerField(default=0, help_text="ours, for their numbers, and those of others")
    people = models.PositiveIntegerField(default=0, help_text="whose names came along, and our own account")
    messages = models.PositiveIntegerField(default=0, help_text="private ones")
    amount = models.DecimalField(max_digits=10, decimal_places=4, default=0)
    currency = models.CharField(max_length=3, default="USD")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "platform", "day"], name="one_spending_a_day")
        ]

    def __str__(self):
        return f"{self.campaign_id} {self.platform} {self.day}: {self.amount} {self.currency}"


class ApiToken(models.Model):
    """A key with which a person's programs read numbers. Only its digest is kept (:mod:`engagement.api.tokens`)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=120)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self):
        return self.name


from engagement.report_models import DigestChoice, Goal, SiteClicks, SiteImport, TagUse  # noqa: E402, F401
