"""What people said, and what held together belongs to it."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from channels.connectors.talk import MessageKind
from community.enums import Direction, Kind, Risk, Sentiment, Status, Urgency
from community.models.findable import Findable
from community.models.people import Contact

KINDS = [
    (MessageKind.COMMENT.value, "Comment"),
    (MessageKind.REPLY.value, "Reply"),
    (MessageKind.MENTION.value, "Mention"),
    (MessageKind.DIRECT.value, "Private message"),
]


class Conversation(models.Model):
    """One thread: a comment with all that was said below it, a mention, or the private messages with one person.

    ``key`` is what makes it this thread on its channel: "thread:" and the id of its first message (the topmost
    one that anybody names, seen or not), or "direct:" and the network's id of the private conversation.
    ``version`` grows with every change a person makes: who saves over an older one is told.
    """

    channel = models.ForeignKey("channels.Channel", on_delete=models.PROTECT, related_name="conversations")
    campaign = models.ForeignKey("wagtailcore.Page", on_delete=models.PROTECT, related_name="conversations")
    key = models.CharField(max_length=240)
    kind = models.CharField(max_length=10, choices=KINDS, default=MessageKind.COMMENT.value)
    contact = models.ForeignKey(
        Contact, null=True, blank=True, on_delete=models.SET_NULL, related_name="conversations"
    )
    publication = models.ForeignKey(
        "publishing.Publication", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    story = models.ForeignKey(
        "wagtailcore.Page", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    post_id = models.CharField(
        max_length=200, blank=True, default="", help_text="the post of ours it is under"
    )
    continued_from = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="continued_in",
        help_text="the public conversation that this private one goes on from",
    )

    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    reason = models.CharField(max_length=300, blank=True, default="", help_text="why no answer is needed")
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    snoozed_until = models.DateTimeField(null=True, blank=True)
    raised_at = models.DateTimeField(
        null=True, blank=True, help_text="handed up, and nobody has taken it on yet"
    )

    # Suggestions: what the machine thought, until a person said otherwise (``corrected`` holds who said what).
    topic = models.CharField(max_length=80, blank=True, default="")
    topics = models.JSONField(default=list, blank=True, help_text="all that those who wait write about")
    wants = models.CharField(max_length=10, choices=Kind.choices, blank=True, default=Kind.UNKNOWN)
    sentiment = models.CharField(
        max_length=10, choices=Sentiment.choices, blank=True, default=Sentiment.UNKNOWN
    )
    urgency = models.CharField(max_length=10, choices=Urgency.choices, default=Urgency.NORMAL)
    risk = models.CharField(max_length=10, choices=Risk.choices, default=Risk.LOW)
    language = models.CharField(max_length=12, blank=True, default="", help_text="BCP 47, or empty")
    suggested = models.JSONField(
        default=dict, blank=True, help_text="field → {value, why, rule} of the machine"
    )
    corrected = models.JSONField(default=dict, blank=True, help_text="field → {by, by_name, at, from}")
    tags = models.JSONField(default=list, blank=True, help_text="set by rules and people")

    started_at = models.DateTimeField(help_text="the first message known")
    last_message_at = models.DateTimeField()
    last_in_at = models.DateTimeField(null=True, blank=True, help_text="the newest message of other people")
    last_out_at = models.DateTimeField(null=True, blank=True, help_text="the newest message of ours")
    waiting_since = models.DateTimeField(
        null=True, blank=True, help_text="the first message of others that no answer of ours was for"
    )
    waiting_known_at = models.DateTimeField(null=True, blank=True, help_text="when we first read that")
    news_at = models.DateTimeField(
        null=True, blank=True, help_text="when we last read something new of other people"
    )
    first_due_at = models.DateTimeField(null=True, blank=True)
    next_due_at = models.DateTimeField(null=True, blank=True, help_text="empty: nothing is due")
    due_since = models.DateTimeField(null=True, blank=True, help_text="the wait that the due time is of")
    warn_at = models.DateTimeField(null=True, blank=True, help_text="when more people are to be told")
    escalated_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True, help_text="our first answer")
    closed_at = models.DateTimeField(null=True, blank=True)
    set_aside_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="when a person or a rule decided that it needs no answer, as long as it rests for that",
    )
    emptied_at = models.DateTimeField(null=True, blank=True, help_text="its time was over")
    messages_count = models.PositiveIntegerField(default=0)
    snippet = models.CharField(max_length=200, blank=True, default="", help_text="of the newest message")
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()

    anew = False  # while it is settled: it was at rest, and somebody has spoken again

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "key"], name="one_conversation_per_thread"),
        ]
        indexes = [
            models.Index(fields=["campaign", "status", "next_due_at"], name="conversation_due"),
            models.Index(fields=["campaign", "-last_message_at", "-id"], name="conversation_newest"),
            models.Index(fields=["-last_message_at", "-id"], name="conversation_all_newest"),
            models.Index(  # with the account: who sees some of them needs no row to know which
                fields=["contact", "-last_message_at", "channel"], name="conversation_of_person"
            ),
            models.Index(fields=["story", "-last_message_at"], name="conversation_of_story"),
            models.Index(fields=["topic", "-last_message_at"], name="conversation_by_topic"),
            models.Index(fields=["next_due_at", "id"], name="conversation_late"),
            models.Index(
                fields=["warn_at"], condition=models.Q(escalated_at=None), name="conversation_to_warn"
            ),
            models.Index(
                fields=["raised_at", "id"],
                condition=models.Q(raised_at__isnull=False),
                name="conversation_raised",
            ),
            # Of the list: community.inbox says which one leads (docs/adr/0098)
            models.Index(
                fields=["assignee", "status", "-last_message_at", "-id"], name="conversation_of_ours"
            ),
            models.Index(fields=["status", "-last_message_at", "-id"], name="conversation_by_status"),
            models.Index(fields=["channel", "-last_message_at", "-id"], name="conversation_by_channel"),
            models.Index(fields=["language", "-last_message_at", "-id"], name="conversation_by_language"),
            models.Index(fields=["wants", "-last_message_at", "-id"], name="conversation_by_wants"),
            models.Index(fields=["urgency", "-last_message_at", "-id"], name="conversation_by_urgency"),
            models.Index(fields=["risk", "-last_message_at", "-id"], name="conversation_by_risk"),
            models.Index(fields=["kind", "-last_message_at", "-id"], name="conversation_by_kind"),
            models.Index(fields=["snoozed_until"], name="conversation_asleep"),
        ]

    def __str__(self):
        return self.snippet or f"conversation {self.pk}"

    def used_channels(self):
        """For access.policy."""
        return [self.channel]

    @property
    def private(self) -> bool:
        return self.kind == MessageKind.DIRECT


class Message(Findable):
    """One thing that was said, by them or by us. The network's own words, cut and cleaned (community.core.clean).

    ``raw`` keeps of the network's answer what an act on it may need. A message that the network has taken away
    keeps its text and gets ``deleted_at``; one that was changed keeps the older texts in ``earlier``.
    """

    SEARCHED = ("text",)

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    channel = models.ForeignKey("channels.Channel", on_delete=models.PROTECT, related_name="messages")
    remote_id = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=KINDS)
    direction = models.CharField(max_length=3, choices=Direction.choices, default=Direction.IN)
    author = models.ForeignKey(
        Contact, null=True, blank=True, on_delete=models.SET_NULL, related_name="messages"
    )
    speaker = models.BigIntegerField(
        null=True,
        blank=True,
        help_text="once its author is forgotten here: the first message of the same person",
    )
    text = models.TextField(blank=True, default="")
    cut = models.BooleanField(default=False, help_text="the network had more text than is kept")
    at = models.DateTimeField()
    seen_at = models.DateTimeField(help_text="when we first read it")
    knew_at = models.DateTimeField(
        null=True, blank=True, help_text="of an answer from here: what was read until then was known"
    )
    changed_at = models.DateTimeField(
        null=True, blank=True, help_text="when its text was last seen to differ"
    )
    earlier = models.JSONField(default=list, blank=True, help_text="[text, until] of what it said before")
    set_aside_at = models.DateTimeField(
        null=True, blank=True, help_text="when a person or a rule decided that it needs no answer"
    )
    again_aside_at = models.DateTimeField(
        null=True, blank=True, help_text="the same of what it says since it was changed after that"
    )
    parent_id = models.CharField(max_length=200, blank=True, default="", help_text="the network's id")
    post_id = models.CharField(max_length=200, blank=True, default="")
    remote_conversation = models.CharField(max_length=200, blank=True, default="")
    url = models.CharField(max_length=500, blank=True, default="")
    media = models.JSONField(default=list, blank=True)
    gap_before = models.BooleanField(
        default=False, help_text="the network told nothing older than this; something may be left out"
    )
    hidden = models.BooleanField(default=False)
    told_at = models.DateTimeField(null=True, blank=True, help_text="when the network last showed it")
    deleted_at = models.DateTimeField(null=True, blank=True, help_text="when it was seen to be gone")
    automatic = models.BooleanField(default=False, help_text="an automatic answer of ours")
    raw = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "remote_id"], name="one_message_per_remote_id")
        ]
        indexes = [
            models.Index(fields=["conversation", "at", "id"], name="message_in_order"),
            models.Index(fields=["channel", "post_id", "at"], name="message_of_post"),
            models.Index(fields=["channel", "parent_id"], name="message_by_parent"),
            models.Index(fields=["author", "-at"], name="message_by_author"),
            models.Index(fields=["-at"], name="message_by_time"),
        ]

    def __str__(self):
        return self.text[:80] or f"message {self.pk}"

    @property
    def ours(self) -> bool:
        return self.direction == Direction.OUT


class Moved(models.Model):
    """Where a conversation has gone that is part of another one now: its old address still leads there.

    When that one goes on into a third, the row goes with it, as everything of a conversation does.
    """

    was = models.BigIntegerField(unique=True, help_text="the pk it had")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="moved_here")

    def __str__(self):
        return f"{self.was} is part of {self.conversation_id}"


class Note(models.Model):
    """Between colleagues, never sent."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="notes")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    text = models.TextField()
    mentions = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self):
        return self.text[:80]


class Seen(models.Model):
    """How far a person has read a conversation, and whether they are writing an answer in it just now."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="seen")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    writing_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "user"], name="one_seen_per_person")]

    def __str__(self):
        return f"{self.user} read {self.conversation_id} at {self.at}"
