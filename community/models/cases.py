"""What is true: rumours under examination, and answers to frequent questions."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from community.enums import CaseState
from community.models.talk import Conversation, Message


class Case(models.Model):
    """A rumour that is being looked into, with what we know and where from."""

    campaign = models.ForeignKey("wagtailcore.Page", on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=200)
    rumour = models.TextField(help_text="what is being said, in its own words")
    state = models.CharField(max_length=8, choices=CaseState.choices, default=CaseState.OPEN)
    finding = models.TextField(blank=True, default="", help_text="what is true, in words that can be sent")
    claims = models.ManyToManyField("cms.Claim", blank=True, related_name="+")
    conversations = models.ManyToManyField(Conversation, blank=True, related_name="cases")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    opened_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        indexes = [models.Index(fields=["campaign", "state", "-changed_at"], name="case_by_state")]

    def __str__(self):
        return self.title


class CaseSource(models.Model):
    """Where something about a case stands."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="sources")
    title = models.CharField(max_length=200)
    url = models.URLField(max_length=500, blank=True, default="")
    says = models.TextField(blank=True, default="")
    supports = models.BooleanField(null=True, blank=True, help_text="the rumour; empty: neither")
    message = models.ForeignKey(Message, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["added_at", "pk"]

    def __str__(self):
        return self.title


class Pair(models.Model):
    """A question that is often asked, with the answer that a person approved for it."""

    campaign = models.ForeignKey("wagtailcore.Page", on_delete=models.PROTECT, related_name="+")
    question = models.TextField()
    ways = models.JSONField(default=list, blank=True, help_text="other ways in which people ask it")
    answer = models.TextField()
    language = models.CharField(max_length=12, blank=True, default="")
    topic = models.CharField(max_length=80, blank=True, default="")
    claims = models.ManyToManyField("cms.Claim", blank=True, related_name="+")
    case = models.ForeignKey(Case, null=True, blank=True, on_delete=models.SET_NULL, related_name="pairs")
    automatic = models.BooleanField(
        default=False, help_text="may be sent without a person, on accounts that are marked for it"
    )
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    expires_on = models.DateField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True, help_text="a complaint came; a person must look")
    stop_reason = models.CharField(max_length=300, blank=True, default="")
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["topic", "pk"]
        indexes = [models.Index(fields=["campaign", "language"], name="pair_by_campaign")]

    def __str__(self):
        return self.question[:80]
