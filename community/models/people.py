from __future__ import annotations

from django.db import models

from community.models.findable import Findable


class Contact(Findable):
    """A person (or an organisation) on one network, as far as they have spoken to us.

    Nothing is gathered beyond what a network tells with a message. Erasing empties the names and texts and
    leaves the row, so that counts stay true.
    """

    SEARCHED = ("name", "handle")

    platform = models.CharField(max_length=20)
    remote_id = models.CharField(max_length=200, help_text="the network's id; the handle where it tells none")
    handle = models.CharField(max_length=200, blank=True, default="")
    name = models.CharField(max_length=200, blank=True, default="")
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    # What was read up to then is not brought back. Who speaks again is called by their name again.
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["platform", "remote_id"], name="one_contact_per_author")
        ]
        indexes = [
            models.Index(fields=["platform", "handle"], name="contact_by_handle"),
        ]

    def __str__(self):
        return self.name or self.handle or "Somebody"


class Mute(models.Model):
    """In one campaign, what this person writes needs no answer, by a decision of that campaign (``act``).

    Each decision has its own row, so that taking one back leaves the others.
    """

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="mutes")
    campaign = models.ForeignKey("wagtailcore.Page", on_delete=models.CASCADE, related_name="+")
    act = models.OneToOneField(
        "community.Act", null=True, blank=True, on_delete=models.CASCADE, related_name="mute"
    )
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["campaign", "contact"], name="mute_by_campaign")]

    def __str__(self):
        return f"{self.contact_id} in {self.campaign_id}"
