"""The approval step of a workflow, what it decided, and the times in which nothing may go out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from wagtail.models import AbstractGroupApprovalTask, TaskState

from access import policy
from editorial import countries
from editorial.exceptions.models import QuietException
from editorial.guests.models import Invitation, Knock
from editorial.plan_models import CampaignEvent, RecurringSlot, Weekday
from formats.models import Variant

__all__ = [
    "ApprovalTask",
    "ApprovalTaskState",
    "CalendarFeed",
    "CampaignEvent",
    "Invitation",
    "Knock",
    "QuietException",
    "QuietPeriod",
    "RecurringSlot",
    "SavedView",
    "Weekday",
]


class ApprovalTaskState(TaskState):
    """One decision. ``digest`` is over the payload that the person saw: it, not a revision, was approved."""

    digest = models.CharField(max_length=64, blank=True, default="", editable=False)


class ApproveForm(forms.Form):
    """The digest travels with the form, so that nobody approves what they have not seen. Pages have none."""

    digest = forms.CharField(required=False, widget=forms.HiddenInput)
    comment = forms.CharField(label="Comment", required=False, widget=forms.Textarea({"rows": 2}))


class RequestChangesForm(forms.Form):
    comment = forms.CharField(label="What should change?", widget=forms.Textarea({"rows": 3}))


class ApprovalTask(AbstractGroupApprovalTask):
    """Four eyes: whoever wrote or last edited cannot approve, administrators included.

    Approving a variant is bound to the digest of the payload; ``editorial.domain.approval`` has the rules. For
    a page (a workflow is assigned to the campaign's pages and so covers stories too) only the four eyes hold.
    """

    task_state_class = ApprovalTaskState

    decide_within_h = models.PositiveSmallIntegerField(
        "decide within (hours)",
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Counted from when the step starts; never later than the planned time. Empty: the planned time.",
    )
    remind_before_h = models.PositiveSmallIntegerField(
        "remind so many hours before",
        default=4,
        help_text="Whoever has to decide is reminded once before that, and once when it has passed. 0: not before.",
    )

    admin_form_fields = [*AbstractGroupApprovalTask.admin_form_fields, "decide_within_h", "remind_before_h"]

    def start(self, workflow_state: Any, user: Any = None) -> TaskState:
        from editorial.domain import approval, notices  # thin method: the rules live there

        approval.check_submission(workflow_state.content_object)
        task_state = super().start(workflow_state, user=user)
        notices.tell_approvers(task_state, self, by=user)
        return task_state

    def get_actions(self, obj: Any, user: Any) -> list[tuple[str, str, bool]]:
        if not self.may_review(obj, user):
            return []
        actions = [("reject", "Request changes", True)]
        from editorial.domain import authors  # thin method

        if not authors.is_own_work(obj, user):
            label = "Approve for scheduling" if isinstance(obj, Variant) else "Approve and publish"
            actions.append(("approve", label, True))
        return actions

    def get_form_for_action(self, action: str) -> type[forms.Form]:
        return ApproveForm if action == "approve" else RequestChangesForm

    def on_action(self, task_state: TaskState, user: Any, action_name: str, **kwargs: Any) -> None:
        from editorial.domain import approval  # thin method

        approval.decide(self, task_state.specific, action_name, by=user, **kwargs)

    def carry_out(self, task_state: TaskState, user: Any, action_name: str, comment: str) -> None:
        """What Wagtail does with a decision; called by ``decide`` once every rule has been kept."""
        super().on_action(task_state, user, action_name, comment=comment)

    def may_review(self, obj: Any, user: Any) -> bool:
        """Members of the step's groups who may approve in this campaign, who stands in for one, administrators."""
        if not policy.can(user, policy.APPROVE, obj):
            return False
        return user.is_superuser or self._user_in_groups(user) or bool(self.represented(user))

    def represented(self, user: Any) -> list[Any]:
        """Members of the step's groups who are away and for whom this person stands in now."""
        groups = self.groups.all()
        return [
            person for person in policy.stands_in_for(user) if person.groups.filter(pk__in=groups).exists()
        ]

    def get_task_states_user_can_moderate(self, user: Any, **kwargs: Any) -> Any:
        if policy.can(user, policy.APPROVE):
            return super().get_task_states_user_can_moderate(user, **kwargs)
        return TaskState.objects.none()

    @classmethod
    def get_description(cls) -> str:
        return "Members of the chosen groups approve; nobody approves what they wrote or edited themselves."

    class Meta:
        verbose_name = "Approval by somebody else"
        verbose_name_plural = "Approvals by somebody else"


class QuietPeriodQuerySet(models.QuerySet):
    def covering(self, at: Any) -> QuietPeriodQuerySet:
        return self.filter(starts_at__lte=at, ends_at__gt=at)

    def of_campaign(self, campaign_id: int) -> QuietPeriodQuerySet:
        return self.filter(Q(campaign_id=campaign_id) | Q(campaign__isnull=True))


class QuietPeriod(models.Model):
    """A time in which nothing goes out: election silence, mourning, a crisis.

    Without a campaign it holds for all of them; with a channel only for that account; with a country only for
    posts planned in a time zone of that country. The end is not part of it.
    """

    name = models.CharField(
        max_length=120, help_text="Shown on the calendar, for example “Election silence”."
    )
    reason = models.TextField(help_text="Told to everybody whose post it holds back.")
    campaign = models.ForeignKey(
        "wagtailcore.Page",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="quiet_periods",
        help_text="Empty: every campaign (administrators only).",
    )
    channel = models.ForeignKey(
        "channels.Channel",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="quiet_periods",
        help_text="Empty: every account of the campaign.",
    )
    country = models.CharField(
        max_length=2,
        blank=True,
        default="",
        choices=countries.names,
        help_text="Only posts planned in a time zone of this country. Empty: wherever.",
    )
    starts_at = models.DateTimeField("from")
    ends_at = models.DateTimeField("until", db_index=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = QuietPeriodQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=models.F("starts_at")), name="quiet_period_ends_later"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise ValidationError({"ends_at": "It must end after it starts."})
        if self.channel and self.campaign_id and self.channel.campaign_id != self.campaign_id:
            raise ValidationError({"channel": "This account belongs to another campaign."})

    def covers(self, channel_ids: set[int], zone: str) -> bool:
        """Whether it holds for a post on these accounts that is planned in this time zone."""
        if self.channel_id is not None and self.channel_id not in channel_ids:
            return False
        return not self.country or countries.country_of(zone) == self.country


class CalendarFeed(models.Model):
    """An address with which a person's own calendar program reads what they may see here.

    Only the token's SHA-256 is kept. Deleting the row ends the feed. ``query`` is the filters, as in the address.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="calendar_feeds"
    )
    name = models.CharField(max_length=120)
    token_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    query = models.CharField(max_length=500, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, editable=False, help_text="When it was last asked for.")

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class SavedView(models.Model):
    """Filters and kind of view under a name, each person's own."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="calendar_views"
    )
    name = models.CharField(max_length=120)
    view = models.CharField(max_length=10, default="month")
    query = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="saved_view_name_once")]

    def __str__(self) -> str:
        return self.name
