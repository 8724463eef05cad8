"""What is to be known of a person besides what they may do."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from wagtail.users.models import UserProfile


def zone_of(person: Any) -> ZoneInfo:
    """Where a person is, by their account; mails that come at a time of day come by it."""
    try:
        return ZoneInfo(person.wagtail_userprofile.get_current_time_zone())
    except (UserProfile.DoesNotExist, KeyError, ValueError):
        return ZoneInfo("UTC")
