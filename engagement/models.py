"""What the networks said about our publications, and when to ask again."""

from django.db import models

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

    def __str__(self):
        return f"numbers of {self.publication_id}"


class Snapshot(models.Model):
    """One answer of a network about one publication. A column is null where the network did not say."""

    publication = models.ForeignKey(
        "publishing.Publication", on_delete=models.CASCADE, related_name="snapshots"
    )
    at = models.DateTimeField()
    age_s = models.PositiveIntegerField(help_text="seconds since it was published")
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
    raw = models.JSONField(help_text="the network's answer, without secrets")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["publication", "at"], name="one_snapshot_per_moment")]
        indexes = [models.Index(fields=["publication", "age_s"])]

    def __str__(self):
        return f"{self.publication_id} after {self.age_s} s"
