from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.core.files.storage import default_storage

from community import facts, people, rating
from community.models import Conversation, Stance

register = template.Library()


@register.filter
def get(row: Mapping[str, Any] | None, name: str) -> Any:
    """A value under a name that no template can write."""
    return (row or {}).get(name)


@register.filter
def at(handle: str) -> str:
    """A name with one @ before it; some networks tell it with theirs."""
    return f"@{handle.removeprefix('@')}"


@register.filter
def seal(fact: Any) -> str:
    """A word for what a fact says just now."""
    return facts.seal(fact)


@register.simple_tag
def media_url(name: str) -> str:
    """Where a file of ours lies."""
    return default_storage.url(name)


@register.inclusion_tag("community/components/of_person.html", takes_context=True)
def of_person(context: Any, conversation: Conversation) -> dict[str, Any]:
    """Beside a conversation: the mark that its person gave, asking for one, and what they think of the campaign."""
    asked = getattr(conversation, "rating", None)
    marks = people.marks_people(conversation.campaign_id)
    return {
        "c": conversation,
        "request": context["request"],
        "csrf_token": context.get("csrf_token"),
        "asked": asked if asked and asked.asked_at else None,
        "why_not_asked": rating.why_not_asked(conversation),
        "marks": marks,
        "stances": Stance._meta.get_field("value").choices,
        "stance": people.stance_of(conversation) if marks else None,
        "may_moderate": context.get("may_moderate"),
    }
