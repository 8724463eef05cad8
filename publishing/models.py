"""What was approved, what is on its way, and everything that happened to it."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Q

from access import policy
from channels.models import Channel, Grace
from publishing.core.shapes import PUBLIC_KINDS
from publishing.core.states import GONE, LIVE, Reason, State, StepState, Verdict
from work.models import DueRow


class Version(models.Model):
    """The frozen payload of a variant that a manager approved.

    ``digest`` is over all of it; it never changes. Only the words of an answer are emptied when a person has to be
    forgotten (publishing.domain.deeds.forget); the digest still says what they were.
    """

    variant = models.ForeignKey(
        "formats.Variant",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="versions",
        help_text="empty: no post, but something done to one (publishing.domain.deeds)",
    )
    payload = models.JSONField()
    digest = models.CharField(max_length=64, db_index=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    approved_as = models.CharField(
        max_length=200, blank=True, default="", help_text="who approved, where it was nobody with an account"
    )
    approved_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True, blank=True)
    void_reason = models.CharField(max_length=300, blank=True, default="")
    voided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["-approved_at", "-pk"]

    def __str__(self):
        return f"version {self.digest[:8]} of variant {self.variant_id}"


NOT_ASKED: dict[str, Any] = {
    "attention_since": None,
    "attention_opened_at": None,
    "attention_opened_by": None,
    "attention_told": 0,
    "attention_told_at": None,
}


DEEDS = {
    "reply": "Answer",
    "comment": "Comment",
    "hide": "Hiding",
    "unhide": "Showing again",
    "delete_comment": "Deletion",
    "delete_post": "Deletion",
    "edit_post": "Change",
}


def deed_in_words(payload: dict) -> str:
    return DEEDS.get(payload.get("act", {}).get("action", ""), "Act")


class PublicationQuerySet(models.QuerySet):
    def live(self):
        return self.filter(state__in=LIVE)

    def seen_by(self, user):
        """Without what is said to people by accounts for which this person may not answer: that is between those two."""
        ids = policy.campaign_ids(user, policy.REPLY)
        if ids is None:
            return self
        kept = [row.pk for row in Channel.objects.exclude(only_groups=[]) if not policy.may_use(user, row)]
        return self.filter(Q(variant__isnull=False) | Q(campaign__in=ids) & ~Q(channel__in=kept))

    def posts(self):
        """Without answers and whatever else is done to what is out."""
        return self.filter(variant__isnull=False)


class Publication(DueRow):
    """One version on its way to one channel. docs/delivery.md has the state diagram.

    ``intent_open`` says that a request may have left whose outcome is not written down yet: then only
    look-ups run. It lies on this row, not only on the step, so that one conditional UPDATE can ask for
    it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="publications")
    variant = models.ForeignKey(
        "formats.Variant",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="publications",
        help_text="empty: an answer, or something else done to what is out",
    )
    about = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="mends",
        help_text="the post of ours that is changed or deleted by this",
    )
    channel = models.ForeignKey("channels.Channel", on_delete=models.PROTECT, related_name="publications")
    campaign = models.ForeignKey("wagtailcore.Page", on_delete=models.PROTECT, related_name="publications")
    due_at = models.DateTimeField(db_index=True)
    wall_time = models.CharField(max_length=32, blank=True, default="", help_text="as it was picked, no zone")
    zone = models.CharField(max_length=60, blank=True, default="")
    fold = models.PositiveSmallIntegerField(default=0)
    grace = models.CharField(
        max_length=5, choices=Grace.choices, blank=True, default=Grace.USUAL, help_text="grace_s in words"
    )
    grace_s = models.PositiveIntegerField(default=1800, help_text="later than this, a person is asked")
    preflight_at = models.DateTimeField(null=True, blank=True, help_text="the last look ahead at trouble")
    moves_to = models.DateTimeField(
        null=True, blank=True, help_text="where its wall time lies now; its people have been told"
    )
    moves_told_at = models.DateTimeField(null=True, blank=True)
    stage_at = models.DateTimeField(null=True, blank=True, help_text="uploads may begin")
    state = models.CharField(
        max_length=12, choices=[(s.value, s.value.replace("_", " ")) for s in State], default=State.SCHEDULED
    )
    reason = models.CharField(
        max_length=24, blank=True, default="", choices=[(r.value, r.value) for r in Reason]
    )
    detail = models.TextField(blank=True, default="", help_text="in words, for the owner")
    intent_open = models.BooleanField(default=False)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    takedown_at = models.DateTimeField(
        null=True, blank=True, help_text="a person wanted the parts that are out deleted"
    )
    takedown_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    started_at = models.DateTimeField(null=True, blank=True, help_text="the first public call's intent")
    parts_out = models.PositiveSmallIntegerField(default=0, help_text="posts of it that stand on the network")
    remote_id = models.CharField(max_length=200, blank=True, default="")
    remote_url = models.CharField(max_length=500, blank=True, default="")
    published_at = models.DateTimeField(null=True, blank=True)
    out_until = models.DateTimeField(
        null=True,
        blank=True,
        help_text="it went out between published_at and then, nobody knows when; empty: at published_at",
    )
    lateness_ms = models.IntegerField(null=True, blank=True)
    warnings = models.JSONField(default=list, blank=True)
    state_changed_at = models.DateTimeField()
    created_at = models.DateTimeField()
    # Of "attention" only: set when a person is asked, all empty again when it is left (NOT_ASKED).
    attention_since = models.DateTimeField(null=True, blank=True)
    attention_opened_at = models.DateTimeField(null=True, blank=True, help_text="somebody looked at the case")
    attention_opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    attention_told = models.PositiveIntegerField(
        default=0, help_text="how often its people were told, the first time included"
    )
    attention_told_at = models.DateTimeField(null=True, blank=True, help_text="the last time")

    objects = PublicationQuerySet.as_manager()

    class Meta:
        ordering = ["-due_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["variant", "channel"],
                condition=~Q(state__in=sorted(GONE)),
                name="one_live_publication",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_action_at"],
                condition=Q(state__in=["scheduled", "running", "waiting", "in_doubt"]),
                name="publication_due",
            ),
            models.Index(fields=["state", "-due_at"], name="publication_by_state"),
            models.Index(fields=["campaign", "published_at"], name="publication_by_campaign"),
            models.Index(fields=["campaign", "due_at"], name="publication_planned"),
            models.Index(
                fields=["attention_since"], condition=Q(state="attention"), name="publication_attention"
            ),
        ]

    def __str__(self):
        return f"{self.version.payload.get('format', '')} → {self.channel}"

    def used_channels(self):
        """For access.policy."""
        return [self.channel]

    @property
    def owner(self) -> Any:
        """Whose post it is, or who wrote the answer; None when that is nobody any more."""
        if self.variant_id is not None:
            return self.variant.owner
        author = self.version.payload.get("author")
        return get_user_model().objects.filter(pk=author).first() if author else None

    @property
    def format_label(self) -> str:
        """The format in words, or what is done."""
        return self.variant.format_label if self.variant_id else deed_in_words(self.version.payload)

    @property
    def payload(self) -> dict:
        return self.version.payload

    def remote_parts(self) -> tuple[str, ...]:
        """The network's ids of its posts, the first one first."""
        done = (
            self.steps.filter(state=StepState.DONE).order_by("seq").values_list("kind", "remote_id", "data")
        )
        deleted = {data["remote_id"] for kind, _, data in done if kind == "delete"}
        return tuple(i for kind, i, _ in done if kind in ("commit", "reply") and i and i not in deleted)

    def may_be_out(self) -> bool:
        """Whether somebody may have it of whom nobody can say: their step was left out for that."""
        lost = {"state": StepState.SKIPPED, "attempts__outcome": Verdict.UNKNOWABLE}
        return self.steps.filter(kind__in=PUBLIC_KINDS, **lost).exists()


class Step(models.Model):
    """One call of a publication.

    ``remote_ref`` is what later steps and look-ups need to know of its result.
    """

    publication = models.ForeignKey(Publication, on_delete=models.CASCADE, related_name="steps")
    seq = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=60)
    kind = models.CharField(max_length=16)
    safety = models.CharField(max_length=8)
    required = models.BooleanField(default=True)
    stage = models.BooleanField(default=False, help_text="may run early: nothing public comes of it")
    data = models.JSONField(default=dict)
    state = models.CharField(
        max_length=8, choices=[(s.value, s.value) for s in StepState], default=StepState.TODO
    )
    client_key = models.UUIDField(default=uuid.uuid4)
    sends = models.PositiveSmallIntegerField(default=0, help_text="attempts that may have left")
    absences = models.PositiveSmallIntegerField(default=0, help_text="complete look-ups that saw nothing")
    absent_at = models.DateTimeField(null=True, blank=True)
    remote_id = models.CharField(max_length=200, blank=True, default="")
    remote_url = models.CharField(max_length=500, blank=True, default="")
    remote_ref = models.JSONField(default=dict)
    remote_ref_expires_at = models.DateTimeField(null=True, blank=True)
    note = models.TextField(blank=True, default="", help_text="why it was skipped")
    hint = models.CharField(
        max_length=200, blank=True, default="", help_text="an id that the network named; to be read back"
    )
    done_at = models.DateTimeField(null=True, blank=True)
    out_at = models.DateTimeField(
        null=True, blank=True, help_text="when it had gone out, of what a look-up found later"
    )

    class Meta:
        ordering = ["publication", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["publication", "seq"], name="one_step_per_seq"),
            models.UniqueConstraint(fields=["publication", "key"], name="one_step_per_key"),
        ]

    def __str__(self):
        return f"{self.seq} {self.key}: {self.state}"


class Attempt(models.Model):
    """One try of a step, written before the call; its second half is filled in once, afterwards."""

    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="attempts")
    n = models.PositiveSmallIntegerField()
    fence = models.BigIntegerField()
    worker = models.CharField(max_length=80)
    intent_at = models.DateTimeField()
    lease_until = models.DateTimeField(help_text="no byte can have left later than shortly before this")
    bytes_started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(
        max_length=12, blank=True, default="", choices=[(v.value, v.value) for v in Verdict if v.value]
    )
    kind = models.CharField(
        max_length=16, blank=True, default="", help_text="what the connector made of the answer"
    )
    http_status = models.PositiveSmallIntegerField(null=True, blank=True)
    code = models.CharField(max_length=80, blank=True, default="")
    message = models.TextField(blank=True, default="")
    request_id = models.CharField(max_length=120, blank=True, default="")
    retry_after_s = models.FloatField(null=True, blank=True)
    body = models.TextField(blank=True, default="", help_text="the answer without secrets, at most 4 KiB")

    class Meta:
        ordering = ["step", "n"]
        constraints = [models.UniqueConstraint(fields=["step", "n"], name="one_attempt_per_n")]

    def __str__(self):
        return f"{self.step} #{self.n} {self.outcome or 'open'}"


class Event(models.Model):
    """Something that happened to a publication. Append-only: the database refuses to change or delete a row.

    Each row's hash covers the one before it, per publication, so a change made around the database shows.
    """

    publication = models.ForeignKey(Publication, on_delete=models.PROTECT, related_name="events")
    seq = models.PositiveIntegerField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=24)
    data = models.JSONField(default=dict)
    # no constraint: the row must outlive the person's account
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    by_name = models.CharField(max_length=200, blank=True, default="")
    worker = models.CharField(max_length=80, blank=True, default="")
    prev_hash = models.CharField(max_length=64, blank=True, default="")
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["publication", "seq"]
        constraints = [models.UniqueConstraint(fields=["publication", "seq"], name="one_event_per_seq")]

    def __str__(self):
        return f"{self.seq} {self.kind}"


class Budget(models.Model):
    """How much may be sent: one GCRA cell per account or app.

    ``tat`` is its theoretical arrival time (epoch seconds).
    """

    key = models.CharField(max_length=120, unique=True)
    tat = models.FloatField(default=0)

    def __str__(self):
        return self.key


class Breaker(models.Model):
    """Whether a host or an account answers. Nothing is sent until ``open_until``.

    ``tripped``: it opened because calls failed, so that afterwards one read must succeed before anything is
    sent; ``probe_until`` says that somebody is just trying.
    """

    key = models.CharField(max_length=120, unique=True)
    failures = models.PositiveIntegerField(default=0)
    first_failure_at = models.DateTimeField(null=True, blank=True)
    open_until = models.DateTimeField(null=True, blank=True)
    open_s = models.PositiveIntegerField(default=0)
    tripped = models.BooleanField(default=False)
    probe_until = models.DateTimeField(null=True, blank=True)

    def __str__(self):
        return self.key


class AccountCheck(models.Model):
    """What the last look at a channel before its posts found: shared by all that go out about the same time."""

    channel = models.OneToOneField("channels.Channel", on_delete=models.CASCADE, primary_key=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    asking_until = models.DateTimeField(null=True, blank=True)
    troubles = models.JSONField(default=list, help_text="[kind, words] each")

    def __str__(self):
        return f"check of channel {self.channel_id}"
