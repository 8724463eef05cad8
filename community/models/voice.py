"""What people may say back: an objection to what was decided about their words."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from community.enums import Appeal
from community.models.outgoing import Act
from community.models.people import Contact


class Objection(models.Model):
    """Somebody objects to a decision. No account is needed: ``token`` is in the address that only they were shown.

    ``act`` is the decision that it is about, as far as it was found. The words are emptied when the time of the
    conversation is over, or on request; that there was an objection and what became of it stays.
    """

    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    platform = models.CharField(max_length=20, blank=True, default="")
    place = models.CharField(max_length=500, help_text="address of the post, or the name they write under")
    text = models.TextField()
    act = models.ForeignKey(Act, null=True, blank=True, on_delete=models.SET_NULL, related_name="objections")
    state = models.CharField(max_length=8, choices=Appeal.choices, default=Appeal.OPEN)
    answer = models.TextField(blank=True, default="", help_text="what they read under their address")
    at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    emptied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "-at"], name="objection_by_state")]

    def __str__(self):
        return self.text[:80] or f"objection {self.pk}"


class Stance(models.Model):
    """Supporter, critic or undecided: a political opinion, so kept only where a campaign has a legal basis for it.

    Rows go when the campaign turns it off (community.settings) and when the person is erased.
    """

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="stances")
    campaign = models.ForeignKey("wagtailcore.Page", on_delete=models.CASCADE, related_name="+")
    value = models.CharField(
        max_length=10, choices=[("supporter", "Supporter"), ("critic", "Critic"), ("undecided", "Undecided")]
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["contact", "campaign"], name="one_stance_per_campaign")
        ]

    def __str__(self):
        return self.get_value_display()
