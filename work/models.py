"""Rows that are due.

Everything that happens in the background is such a row; nothing lives only in a broker.
"""

from django.conf import settings
from django.db import models


class DueRow(models.Model):
    """A row that a worker claims when ``next_action_at`` has come.

    ``fence`` grows with every claim and is part of every later write, so that a worker which lost its
    lease writes nothing. ``next_action_at`` null means: nothing to do until a person or another row says
    so.
    """

    next_action_at = models.DateTimeField(null=True, blank=True, db_index=True)
    lease_owner = models.CharField(max_length=80, blank=True, default="")
    lease_until = models.DateTimeField(null=True, blank=True)
    fence = models.BigIntegerField(default=0)
    tries = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True, default="")

    class Meta:
        abstract = True


class SwitchScope(models.TextChoices):
    ALL = "all", "Everything"
    CAMPAIGN = "campaign", "A campaign"
    PLATFORM = "platform", "A platform"
    CHANNEL = "channel", "A channel"


class Switch(models.Model):
    """While ``on``, nothing in its scope is sent.

    ``key`` is the campaign's page id, the platform or the channel's id.
    """

    scope = models.CharField(max_length=16, choices=SwitchScope.choices)
    key = models.CharField(max_length=80, blank=True, default="")
    on = models.BooleanField(default=True)
    reason = models.CharField(max_length=300, blank=True, default="")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "key"], name="one_switch_per_scope")]

    def __str__(self):
        return f"{self.get_scope_display()} {self.key}: {'paused' if self.on else 'running'}"


class Worker(models.Model):
    """One process that claims rows. A heartbeat older than 20 s means that it may be dead."""

    name = models.CharField(max_length=80, unique=True)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField(db_index=True)
    skew_s = models.FloatField(default=0, help_text="its clock minus the database's")
    queues = models.CharField(max_length=200, blank=True, default="")
    version = models.CharField(max_length=40, blank=True, default="")
    broker_down = models.BooleanField(default=False, help_text="the broker took none of its last nudges")
    holds = models.CharField(
        max_length=500, blank=True, default="", help_text="why it claims nothing; empty: it does"
    )
    stopped_at = models.DateTimeField(null=True, blank=True)

    def __str__(self):
        return self.name


class Tally(models.Model):
    """How often something happened that leaves no row of its own; only ever grows."""

    name = models.CharField(max_length=60, unique=True)
    value = models.PositiveBigIntegerField(default=0)

    def __str__(self):
        return f"{self.name}: {self.value}"


class Finding(models.Model):
    """What a check found when it last ran, kept for the health pages."""

    key = models.CharField(max_length=60, unique=True)
    ok = models.BooleanField(default=True)
    words = models.TextField(blank=True, default="", help_text="for administrators")
    data = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField()

    def __str__(self):
        return f"{self.key}: {'well' if self.ok else self.words}"


class PeriodicJob(DueRow):
    """A job that comes back. What it does is registered in code under ``name`` (:mod:`work.jobs`)."""

    name = models.CharField(max_length=80, unique=True)
    every_s = models.PositiveIntegerField()
    last_ok_at = models.DateTimeField(null=True, blank=True)

    def __str__(self):
        return self.name


class Outbox(DueRow):
    """One mail to one person, written in the transaction of what it tells about; sent at least once.

    Rows of one person with the same ``bundle`` that wait at the same time go out as one mail.
    """

    event_id = models.CharField(max_length=120)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    bundle = models.CharField(max_length=24, blank=True, default="")
    subject = models.CharField(max_length=300)
    body = models.TextField()
    url = models.CharField(max_length=500, blank=True, default="")
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event_id", "user"], name="one_mail_per_event_and_user")
        ]
        indexes = [
            models.Index(fields=["user", "bundle"], condition=models.Q(sent_at=None), name="outbox_waiting")
        ]

    def __str__(self):
        return f"{self.subject} → {self.user}"


class Notice(models.Model):
    """The same, inside the admin: something that one person has read or not.

    ``lines`` holds what was gathered into it, ``{"at", "event", "text", "url"}`` each, so that a hundred late
    posts are one notice; empty when it tells of one thing.
    """

    event_id = models.CharField(max_length=120)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=300)
    body = models.TextField(blank=True, default="")
    lines = models.JSONField(default=list, blank=True)
    url = models.CharField(max_length=500, blank=True, default="")
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["user", "read_at", "-created_at"], name="notice_by_user")]
        constraints = [
            models.UniqueConstraint(fields=["event_id", "user"], name="one_notice_per_event_and_user")
        ]

    def __str__(self):
        return self.subject


class MailChoice(models.Model):
    """That a person wants, or does not want, mails of an optional kind. No row: the kind's own default."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    wanted = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "kind"], name="one_mail_choice_per_kind_and_user")
        ]

    def __str__(self):
        return f"{self.user}: {self.kind} {'yes' if self.wanted else 'no'}"
