"""What we say, and what we do to what others said. Both leave through the delivery core, as publications."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from channels.connectors.abilities import Action
from community.enums import ActState, AnswerState, Appeal
from community.models.talk import Conversation, Message
from publishing.core.states import ENDED, GONE, LIVE, State

OUTCOMES = {
    State.SCHEDULED: "Waits for its time",
    State.IN_DOUBT: "Nobody knows yet whether it arrived; it is looked for",
    State.ATTENTION: "A manager has to decide",
    State.PUBLISHED: "Sent",
    State.FAILED: "Not sent: it was refused",
    State.CANCELLED: "Stopped; it did not go out",
}

ACTIONS = [
    (Action.HIDE.value, "Hide"),
    (Action.UNHIDE.value, "Show again"),
    (Action.DELETE_COMMENT.value, "Delete"),
    (Action.EDIT_POST.value, "Change our answer"),
    ("delete_answer", "Delete our answer"),
    ("mute", "Stop answering this person"),
    (Action.BLOCK.value, "Block this person"),
    (Action.UNBLOCK.value, "Unblock this person"),
    ("unmute", "Answer this person again"),
]


class Answer(models.Model):
    """One answer of ours. ``publication`` is the delivery core's row; it says whether it has gone out.

    The database refuses a second live one for the same key, so that a form sent twice is one answer.
    """

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="answers")
    to = models.ForeignKey(Message, null=True, blank=True, on_delete=models.SET_NULL, related_name="answers")
    private = models.BooleanField(default=False, help_text="sent as a private message")
    text = models.TextField(blank=True, default="")
    attachments = models.JSONField(default=list, blank=True, help_text="media entries as in a payload")
    saved_reply = models.ForeignKey(
        "community.SavedReply", null=True, blank=True, on_delete=models.SET_NULL, related_name="answers"
    )
    claims = models.ManyToManyField("cms.Claim", blank=True, related_name="+", help_text="facts it rests on")
    pair = models.ForeignKey(
        "community.Pair", null=True, blank=True, on_delete=models.SET_NULL, related_name="answers"
    )
    case = models.ForeignKey(
        "community.Case", null=True, blank=True, on_delete=models.SET_NULL, related_name="answers"
    )
    corrects = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="corrected_by",
        help_text="the earlier answer that rested on what was not true",
    )
    automatic = models.BooleanField(default=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    state = models.CharField(max_length=12, choices=AnswerState.choices, default=AnswerState.DRAFT)
    form_key = models.CharField(
        max_length=40, blank=True, default="", help_text="of the form it was sent with"
    )
    send_at = models.DateTimeField(null=True, blank=True, help_text="empty: at once")
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    why_approval = models.CharField(max_length=200, blank=True, default="")
    reject_reason = models.CharField(max_length=500, blank=True, default="")
    publication = models.OneToOneField(
        "publishing.Publication", null=True, blank=True, on_delete=models.PROTECT, related_name="answer"
    )
    message = models.OneToOneField(
        Message, null=True, blank=True, on_delete=models.SET_NULL, related_name="answer_row"
    )
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "form_key"], condition=~Q(form_key=""), name="one_answer_per_form"
            ),
        ]
        indexes = [
            models.Index(fields=["conversation", "created_at"], name="answer_in_order"),
            models.Index(fields=["state", "created_at"], name="answer_by_state"),
        ]

    def __str__(self):
        return self.text[:80] or f"answer {self.pk}"

    @property
    def said_at(self):
        """When it was said there, as far as that is known."""
        return self.message.at if self.message else self.created_at

    @property
    def outcome(self) -> str:
        """How it stands, in words: once it is handed over, as the delivery core says."""
        if self.state != AnswerState.HANDED_OVER or self.publication is None:
            return self.get_state_display()
        return OUTCOMES.get(State(self.publication.state), "On its way")

    @property
    def ended(self) -> bool:
        """Handed over, and nothing more will come of it by itself."""
        return self.publication is not None and self.publication.state in ENDED

    @property
    def left_here(self) -> bool:
        """It was to go out and will not: its words can be taken up again."""
        return self.state == AnswerState.HANDED_OVER and self.ended and self.publication.state in GONE


class Repair(models.Model):
    """A manager's word that an answer was noted wrongly: as sent though it was not, or the other way. Never deleted alone.

    ``looked`` is what the network said when it was asked again just before.
    """

    class Stands(models.TextChoices):
        OUT = "out", "It is out"
        NOT_OUT = "not_out", "It is not out"

    class Looked(models.TextChoices):
        FOUND = "found", "The network showed it"
        ABSENT = "absent", "The network did not show it"
        CANNOT = "cannot", "The network could not tell"

    answer = models.ForeignKey(Answer, on_delete=models.CASCADE, related_name="repairs")
    stands = models.CharField(max_length=8, choices=Stands.choices)
    looked = models.CharField(max_length=8, choices=Looked.choices)
    why_not_told = models.CharField(max_length=300, blank=True, default="")
    note = models.TextField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    by_name = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self):
        return f"{self.get_stands_display()} ({self.by_name})"


class Act(models.Model):
    """Something done to a message or a person under the published policy. Never deleted: it is the log.

    ``copy`` keeps what was said. ``undoes`` names the act that this one takes back.
    """

    conversation = models.ForeignKey(Conversation, on_delete=models.PROTECT, related_name="acts")
    message = models.ForeignKey(Message, null=True, blank=True, on_delete=models.PROTECT, related_name="acts")
    action = models.CharField(max_length=16, choices=ACTIONS)
    category = models.CharField(
        max_length=40, blank=True, default="", help_text="key of the policy's category"
    )
    note = models.TextField(blank=True, default="")
    copy = models.TextField(blank=True, default="")
    copy_author = models.CharField(max_length=200, blank=True, default="")
    new_text = models.TextField(blank=True, default="", help_text="of an answer that is changed")
    criticism = models.BooleanField(default=False, help_text="it deletes criticism of the publisher")
    state = models.CharField(max_length=12, choices=ActState.choices, default=ActState.HANDED_OVER)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    by_name = models.CharField(max_length=200, blank=True, default="")
    at = models.DateTimeField()
    second = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    second_at = models.DateTimeField(null=True, blank=True)
    undoes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="undone_by"
    )
    appeal = models.CharField(max_length=8, choices=Appeal.choices, blank=True, default=Appeal.NONE)
    appeal_note = models.TextField(blank=True, default="")
    appeal_at = models.DateTimeField(null=True, blank=True)
    publication = models.OneToOneField(
        "publishing.Publication", null=True, blank=True, on_delete=models.PROTECT, related_name="talk_act"
    )

    class Meta:
        indexes = [
            models.Index(fields=["-at"], name="act_by_time"),
            models.Index(fields=["state", "at"], name="act_by_state"),
        ]

    def __str__(self):
        return f"{self.get_action_display()} ({self.category})"

    @property
    def outcome(self) -> str:
        """How it stands, in words: what was handed over is done once its publication says so."""
        if self.publication is None:
            return self.get_state_display()
        if self.publication.state == State.PUBLISHED:
            return "Done"
        return "On its way" if self.publication.state in LIVE else "Not done"
