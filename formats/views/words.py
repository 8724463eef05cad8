"""Addresses and sentences that several pages of variants share."""

from __future__ import annotations

from django.contrib.admin.utils import quote
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from wagtail.admin import messages

from formats.models import Variant
from formats.readiness import NotReady


def edit_url(variant: Variant) -> str:
    return reverse("variants:edit", args=[quote(variant.pk)])


def story_url(story_id: int) -> str:
    return reverse("variants:story", args=[story_id])


def planned_words(variant: Variant) -> str:
    if variant.planned_wall is None:
        return "not planned"
    wall = variant.planned_wall
    return f"{wall.day} {wall:%b %Y, %H:%M} ({variant.planned_zone.replace('_', ' ')})"


def say_not_ready(request: HttpRequest, variant: Variant, error: NotReady, *, lead: str) -> None:
    """One message that names everything in the way and how to mend it, with the place as a link."""
    items = format_html_join(
        "", "<li>{} {}</li>", ((finding.message, finding.remedy) for finding in error.findings)
    )
    text = format_html("{}<ul>{}</ul>", lead, items)
    messages.error(request, text, buttons=[messages.button(edit_url(variant), "Open the variant")])
