"""How a team works: its targets and hours, rules, views, saved replies, and what people thought of it."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from community.enums import Risk
from community.models.talk import Conversation


class Settings(models.Model):
    """How an organisation (or one campaign) wants conversations handled. The row without a campaign is for all."""

    campaign = models.OneToOneField(
        "wagtailcore.Page", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    second_person_for_criticism = models.BooleanField(
        default=True, help_text="deleting criticism of the publisher needs a second person"
    )
    approve_topics = models.JSONField(
        default=list, blank=True, help_text="answers on these topics need a second person"
    )
    approve_groups = models.JSONField(
        default=list, blank=True, help_text="ids of groups whose answers need a second person"
    )
    automatic_channels = models.JSONField(
        default=list,
        blank=True,
        help_text="ids of accounts on which approved answers may go out by themselves",
    )
    election_mode = models.BooleanField(default=False, help_text="the shorter targets hold, at every hour")
    ask_rating = models.BooleanField(
        default=False, help_text="people may be asked by link how our answer was"
    )
    ask_channels = models.JSONField(
        default=list, blank=True, help_text="ids of the accounts on which they are; empty: on none"
    )
    person_types = models.BooleanField(
        default=False, help_text="supporters, critics, undecided; off: a special category of personal data"
    )
    person_types_basis = models.CharField("legal basis", max_length=300, blank=True, default="")
    keep_days = models.PositiveIntegerField(
        default=730, help_text="closed conversations are emptied so long after their last message"
    )
    keep_private_days = models.PositiveIntegerField(default=365, help_text="the same, for private ones")

    def __str__(self):
        return f"settings of {self.campaign_id or 'all'}"


class Office(models.Model):
    """When a team is there. ``hours``: [[weekday 0–6, "09:00", "17:00"], …] in ``zone``."""

    campaign = models.ForeignKey(
        "wagtailcore.Page", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    channel = models.ForeignKey(
        "channels.Channel", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    zone = models.CharField(max_length=60, default="UTC")
    hours = models.JSONField(default=list, blank=True, help_text="empty: at every hour")
    country = models.CharField(
        max_length=8, blank=True, default="", help_text="whose public holidays are free"
    )
    subdivision = models.CharField(max_length=8, blank=True, default="")
    closed_on = models.JSONField(default=list, blank=True, help_text="further days, as ISO dates")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "channel"], name="one_office"),
            # Empty is equal to nothing, so that the one above does not bind these.
            models.UniqueConstraint(
                fields=["campaign"], condition=Q(channel=None), name="one_office_of_campaign"
            ),
            models.UniqueConstraint(
                fields=["channel"], condition=Q(campaign=None), name="one_office_of_account"
            ),
        ]

    def __str__(self):
        return f"office hours of {self.channel_id or self.campaign_id or 'all'}"


class Target(models.Model):
    """Within how many minutes we want to answer. The row that says most about a conversation holds."""

    campaign = models.ForeignKey(
        "wagtailcore.Page", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    channel = models.ForeignKey(
        "channels.Channel", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    topic = models.CharField(max_length=80, blank=True, default="")
    risk = models.CharField(max_length=10, choices=Risk.choices, blank=True, default="")
    first_min = models.PositiveIntegerField(default=240)
    next_min = models.PositiveIntegerField(default=480)
    escalate_min = models.PositiveIntegerField(default=30, help_text="so long before, more people are told")
    election = models.BooleanField(default=False, help_text="holds in election mode only, at every hour")

    class Meta:
        indexes = [models.Index(fields=["campaign", "channel"], name="target_by_place")]

    def __str__(self):
        return f"{self.first_min} min, then {self.next_min} min"


class Miss(models.Model):
    """A due time that passed without an answer. Written once; it stays when the answer comes."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="misses")
    which = models.CharField(max_length=5, choices=[("first", "First answer"), ("next", "Next answer")])
    due_at = models.DateTimeField()
    since = models.DateTimeField(null=True, blank=True, help_text="the wait that was missed")
    seen_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "due_at"], name="one_miss_per_due_time")
        ]
        indexes = [models.Index(fields=["-due_at"], name="miss_by_time")]

    def __str__(self):
        return f"{self.which} answer of {self.conversation_id}, due {self.due_at}"


class Rule(models.Model):
    """What the team wants done with messages of a kind. community.core.rules reads ``when`` and ``then``."""

    campaign = models.ForeignKey(
        "wagtailcore.Page", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    name = models.CharField(max_length=120)
    when = models.JSONField(default=list)
    then = models.JSONField(default=list)
    sort_order = models.PositiveIntegerField(default=0)
    on = models.BooleanField(default=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["sort_order", "pk"]

    def __str__(self):
        return self.name


class SavedReply(models.Model):
    """A reply with fields ({name}, {story}, {link}, {hours} …), to be edited or confirmed before it is sent."""

    campaign = models.ForeignKey(
        "wagtailcore.Page", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    title = models.CharField(max_length=120)
    text = models.TextField()
    kind = models.CharField(
        max_length=10,
        choices=[("usual", "Answer"), ("correction", "Correction"), ("apology", "Apology")],
        default="usual",
    )
    language = models.CharField(max_length=12, blank=True, default="")
    topic = models.CharField(max_length=80, blank=True, default="")
    claims = models.ManyToManyField("cms.Claim", blank=True, related_name="+")
    case = models.ForeignKey(
        "community.Case", null=True, blank=True, on_delete=models.SET_NULL, related_name="saved_replies"
    )
    outdated_at = models.DateTimeField(
        null=True, blank=True, help_text="a fact behind it changed; it must be looked at before it is used"
    )
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["title", "pk"]

    def __str__(self):
        return self.title


class View(models.Model):
    """A saved view of the inbox: its filters. ``shared``: everybody of the campaign sees it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    campaign = models.ForeignKey(
        "wagtailcore.Page", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    name = models.CharField(max_length=80)
    filters = models.JSONField(default=dict)
    shared = models.BooleanField(default=False)
    sort_order = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["sort_order", "name"]
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="one_view_per_name")]

    def __str__(self):
        return self.name


class Burst(models.Model):
    """Many alike in a short time. ``until`` empty: it goes on."""

    campaign = models.ForeignKey("wagtailcore.Page", on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=120, help_text="what they have in common")
    words = models.CharField(max_length=300, blank=True, default="")
    began_at = models.DateTimeField()
    last_at = models.DateTimeField()
    heard_at = models.DateTimeField(null=True, blank=True, help_text="when we last read one of it")
    ended_at = models.DateTimeField(null=True, blank=True)
    count = models.PositiveIntegerField(default=0)
    crisis = models.BooleanField(default=False, help_text="shown as a banner to the whole team")
    conversations = models.ManyToManyField(Conversation, blank=True, related_name="bursts")
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "key"], condition=Q(ended_at=None), name="one_running_burst_per_key"
            )
        ]

    def __str__(self):
        return self.words or self.key


class Rating(models.Model):
    """What a person thought of our answer. The link holds ``token``, nothing about them."""

    conversation = models.OneToOneField(Conversation, on_delete=models.CASCADE, related_name="rating")
    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    asked_at = models.DateTimeField(null=True, blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    score = models.PositiveSmallIntegerField(null=True, blank=True)
    text = models.TextField(blank=True, default="")
    rated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(score=None) | Q(score__gte=1, score__lte=5), name="rating_one_to_five"
            )
        ]

    def __str__(self):
        return f"{self.score or '–'} for {self.conversation_id}"
