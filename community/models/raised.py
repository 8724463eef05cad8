"""A conversation that somebody handed up: to whom, why, and what became of that."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from community.models.talk import Conversation


class Escalation(models.Model):
    """Open until somebody takes it on or it is taken back; all of them are the history, and none is deleted alone.

    ``to`` empty: the campaign's managers. ``before`` is what it changed, for taking it back.
    """

    class End(models.TextChoices):
        TAKEN_ON = "taken_on", "Taken on"
        WITHDRAWN = "withdrawn", "Taken back"

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="escalations")
    to = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    to_name = models.CharField(max_length=200, help_text="as it was then")
    reason = models.TextField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    by_name = models.CharField(max_length=200)
    at = models.DateTimeField()
    before = models.JSONField(default=dict)
    ended_at = models.DateTimeField(null=True, blank=True)
    end = models.CharField(max_length=10, choices=End.choices, blank=True, default="")
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    ended_by_name = models.CharField(max_length=200, blank=True, default="")
    note = models.TextField(blank=True, default="", help_text="of whoever ended it")

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"], condition=Q(ended_at=None), name="one_open_escalation"
            )
        ]

    def __str__(self):
        return f"escalated to {self.to_name}"
