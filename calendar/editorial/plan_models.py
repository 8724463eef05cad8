"""What a plan is made around: the dates of a campaign, and the times at which an account usually posts."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q


class CampaignEvent(models.Model):
    """A date that a campaign plans around: a rally, a debate, polling day. It stands behind the calendar.

    Days and time are on the clock of the campaign. ``last_on`` is part of it.
    """

    campaign = models.ForeignKey(
        "wagtailcore.Page", on_delete=models.CASCADE, related_name="calendar_events", verbose_name="campaign"
    )
    name = models.CharField(
        max_length=120, help_text="Shown on the calendar, for example “Debate in the hall”."
    )
    first_on = models.DateField("day", help_text="The first day, where it lasts longer.")
    last_on = models.DateField("last day", null=True, blank=True, help_text="Empty: one day.")
    begins = models.TimeField(
        "time", null=True, blank=True, help_text="On the clock of the campaign. Empty: all day."
    )
    place = models.CharField(max_length=120, blank=True, default="")

    class Meta:
        ordering = ["first_on", "begins", "pk"]
        verbose_name = "campaign date"
        constraints = [
            models.CheckConstraint(
                condition=Q(last_on__isnull=True) | Q(last_on__gte=F("first_on")),
                name="campaign_event_ends_later",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.first_on and self.last_on and self.last_on < self.first_on:
            raise ValidationError({"last_on": "The last day is before the first."})


class Weekday(models.IntegerChoices):
    """As Python counts them."""

    MONDAY = 0, "Monday"
    TUESDAY = 1, "Tuesday"
    WEDNESDAY = 2, "Wednesday"
    THURSDAY = 3, "Thursday"
    FRIDAY = 4, "Friday"
    SATURDAY = 5, "Saturday"
    SUNDAY = 6, "Sunday"


class RecurringSlot(models.Model):
    """A time of the week at which a channel usually posts, on the clock of its campaign."""

    channel = models.ForeignKey("channels.Channel", on_delete=models.CASCADE, related_name="slots")
    weekday = models.PositiveSmallIntegerField(choices=Weekday.choices)
    at = models.TimeField()

    class Meta:
        ordering = ["weekday", "at"]
        constraints = [
            models.UniqueConstraint(fields=["channel", "weekday", "at"], name="recurring_slot_once"),
            models.CheckConstraint(condition=Q(weekday__lte=6), name="recurring_slot_weekday"),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.at:%H:%M}"
