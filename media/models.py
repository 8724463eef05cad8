"""The render cache: one row per distinct plan, one file per row."""

from django.db import models

from work.models import DueRow


class RenderState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    RENDERING = "rendering", "Rendering"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class Render(DueRow):
    """A media plan on its way to a file. ``key`` is a digest over everything that decides the result."""

    key = models.CharField(max_length=64, unique=True)
    campaign_id = models.PositiveIntegerField(
        null=True, blank=True, help_text="the page of the campaign that asked first: campaigns take turns"
    )
    plan = models.JSONField()
    content = models.CharField(
        max_length=64, blank=True, default="", db_index=True,
        help_text="a digest over the plan alone: the same whichever version of the renderer made it",
    )  # fmt: skip
    state = models.CharField(max_length=16, choices=RenderState.choices, default=RenderState.WAITING)
    progress = models.PositiveSmallIntegerField(default=0, help_text="per cent")
    error = models.TextField(blank=True, default="", help_text="for the person who made the variant")
    file = models.CharField(max_length=255, blank=True, default="", help_text="relative to the media folder")
    cover = models.CharField(
        max_length=255, blank=True, default="", help_text="a video's cover frame, likewise"
    )
    cover_sha256 = models.CharField(max_length=64, blank=True, default="")
    captions = models.CharField(
        max_length=255, blank=True, default="", help_text="what is said in a cut, as WebVTT, likewise"
    )
    captions_sha256 = models.CharField(max_length=64, blank=True, default="")
    cover_s = models.FloatField(null=True, blank=True, help_text="where in the video the cover frame stands")
    start_s = models.FloatField(null=True, blank=True, help_text="where in its source a cut begins")
    centre = models.JSONField(
        null=True, blank=True, help_text="the middle of what a cut shows, as fractions of its source's frame"
    )
    sounds = models.JSONField(
        default=list,
        blank=True,
        help_text="when something is heard in a cut's source, in seconds, where it was looked into",
    )
    mime = models.CharField(max_length=60, blank=True, default="")
    sha256 = models.CharField(max_length=64, blank=True, default="")
    bytes = models.PositiveBigIntegerField(default=0)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    duration_s = models.FloatField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    wanted_at = models.DateTimeField(
        null=True, blank=True, help_text="when somebody last asked for it, to within a day"
    )
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True, help_text="when the last try came to its end")
    together = models.PositiveSmallIntegerField(
        default=1, help_text="how many are made in one go: each has its part of the time"
    )
    earlier_s = models.FloatField(default=0, help_text="seconds of work that tries took which were cut off")

    class Meta:
        indexes = [
            models.Index(fields=["state", "finished_at"], name="render_by_state"),
        ]

    def __str__(self):
        return (
            f"{self.plan.get('template', self.plan.get('kind'))} {self.key[:8]} ({self.get_state_display()})"
        )
