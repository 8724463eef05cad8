from __future__ import annotations

from django.db import models
from django.db.models import Q

from work.models import DueRow


class Pull(DueRow):
    """When a channel, or what stands under one of its posts, is next to be read.

    ``cursor`` is set while a round is under way; ``round_at`` is when it began and ``since`` from when it
    reads, so that a worker which died goes on with the next page. A round that read everything notices what
    is gone.
    """

    channel = models.ForeignKey("channels.Channel", on_delete=models.CASCADE, related_name="talk_pulls")
    what = models.CharField(max_length=10, help_text="channels.connectors.abilities.Read")
    publication = models.ForeignKey(
        "publishing.Publication", null=True, blank=True, on_delete=models.CASCADE, related_name="talk_pulls"
    )
    cursor = models.TextField(blank=True, default="")
    pages = models.PositiveIntegerField(
        default=0, help_text="in a row that told nothing which this round had not told"
    )
    since = models.DateTimeField(null=True, blank=True)
    round_at = models.DateTimeField(null=True, blank=True)
    whole = models.BooleanField(default=True, help_text="this round reads everything")
    found = models.PositiveIntegerField(default=0, help_text="new or changed messages of this round")
    whole_at = models.DateTimeField(null=True, blank=True, help_text="the last round that read everything")
    read_at = models.DateTimeField(null=True, blank=True, help_text="the last round that got to its end")
    quiet = models.PositiveIntegerField(default=0, help_text="rounds in a row that found nothing new")
    problem = models.TextField(blank=True, default="", help_text="why something is missing, for people")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "what"], condition=Q(publication=None), name="one_pull_per_channel"
            ),
            models.UniqueConstraint(fields=["publication", "what"], name="one_pull_per_publication"),
        ]

    def __str__(self):
        return f"{self.what} of {self.publication_id or self.channel_id}"
