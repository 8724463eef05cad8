"""The words for where things stand."""

from __future__ import annotations

from django.db import models


class Status(models.TextChoices):
    """Of a conversation."""

    OPEN = "open", "Open"  # we are to answer
    WAITING = "waiting", "Waiting"  # for somebody else: a colleague, an office, the person
    ANSWERED = "answered", "Answered"  # the last word is ours
    CLOSED = "closed", "Closed"
    NO_ANSWER = "no_answer", "No answer needed"  # with a reason


LIVE = (Status.OPEN, Status.WAITING)  # somebody has still to do something
REST = (Status.ANSWERED, Status.CLOSED, Status.NO_ANSWER)


class Direction(models.TextChoices):
    IN = "in", "From people"
    OUT = "out", "From us"


class Risk(models.TextChoices):
    LOW = "low", "Low"
    MEDIUM = "medium", "Medium"
    HIGH = "high", "High"


class Urgency(models.TextChoices):
    LOW = "low", "Can wait"
    NORMAL = "normal", "Normal"
    HIGH = "high", "Urgent"


class Sentiment(models.TextChoices):
    UNKNOWN = "", "Not known"
    NEGATIVE = "negative", "Negative"
    NEUTRAL = "neutral", "Neutral"
    POSITIVE = "positive", "Positive"


class Kind(models.TextChoices):
    """What somebody wants of us."""

    UNKNOWN = "", "Not known"
    QUESTION = "question", "Question"
    COMPLAINT = "complaint", "Complaint"
    PRAISE = "praise", "Praise"
    ABUSE = "abuse", "Abuse"
    SPAM = "spam", "Spam"
    OTHER = "other", "Something else"


class AnswerState(models.TextChoices):
    """Of an answer of ours, before the delivery core has it. From HANDED_OVER on its publication says how it is."""

    DRAFT = "draft", "Draft"
    TO_APPROVE = "to_approve", "Waits for a second person"
    REJECTED = "rejected", "Sent back"
    HANDED_OVER = "handed_over", "On its way"
    DROPPED = "dropped", "Dropped"


HERE = (AnswerState.DRAFT, AnswerState.TO_APPROVE, AnswerState.REJECTED)  # not handed over yet


class ActState(models.TextChoices):
    """Of something done to a message, before the delivery core has it."""

    TO_APPROVE = "to_approve", "Waits for a second person"
    REJECTED = "rejected", "Refused by the second person"
    HANDED_OVER = "handed_over", "On its way"
    HERE = "here", "Done here"  # what needs no network: blocking a person in the inbox


class Appeal(models.TextChoices):
    NONE = "", "None"
    OPEN = "open", "Under review"
    UPHELD = "upheld", "The decision stands"
    REVERSED = "reversed", "The decision was taken back"


class CaseState(models.TextChoices):
    OPEN = "open", "Being checked"
    FALSE = "false", "Not true"
    TRUE = "true", "True"
    UNCLEAR = "unclear", "Cannot be settled"
    CLOSED = "closed", "Closed"
