"""That a post may go out inside a quiet period: asked for by one person, granted by another."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class QuietException(models.Model):
    """For one post, one quiet period and one moment (``at``); moved to another time it no longer holds.

    ``covers`` is the stretch of the period when it was granted: a period that is changed afterwards holds again.
    """

    period = models.ForeignKey("calendar.QuietPeriod", on_delete=models.CASCADE, related_name="exceptions")
    variant = models.ForeignKey("formats.Variant", on_delete=models.CASCADE, related_name="quiet_exceptions")
    at = models.DateTimeField()
    zone = models.CharField(max_length=60)
    covers = models.CharField(max_length=120)
    reason = models.TextField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    settled_at = models.DateTimeField(null=True, blank=True)
    granted = models.BooleanField(default=False)

    class Meta:
        app_label = "calendar"
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(settled_by=None) | ~Q(settled_by=F("asked_by")), name="quiet_exception_two_people"
            ),
            models.CheckConstraint(
                condition=Q(granted=False) | Q(settled_by__isnull=False, settled_at__isnull=False),
                name="quiet_exception_granted_by_somebody",
            ),
            models.UniqueConstraint(
                fields=["period", "variant", "at"],
                condition=Q(settled_at=None),
                name="quiet_exception_asked_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.variant} inside {self.period}"

    @property
    def state(self) -> str:
        if self.settled_at is None:
            return "asked"
        return "granted" if self.granted else "refused"


def stretch(starts_at: datetime, ends_at: datetime) -> str:
    """How ``covers`` writes a period's times."""
    return f"{starts_at:%Y-%m-%dT%H:%M:%S.%f%z}/{ends_at:%Y-%m-%dT%H:%M:%S.%f%z}"
