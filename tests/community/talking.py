"""A conversation of one message, without any network."""

from __future__ import annotations

from datetime import timedelta

from community.models import Contact, Conversation, Message
from tests.editorial.conftest import NOW


def talk(there, text="Where is the polling station?", *, name="Mara", minute=0, **fields):
    at = NOW - timedelta(minutes=minute)
    number = Conversation.objects.count() + 1
    contact, _ = Contact.objects.get_or_create(
        platform="x",
        remote_id=name[:100],
        defaults={"name": name, "handle": name.lower()[:50], "first_seen_at": at, "last_seen_at": at},
    )
    row = Conversation.objects.create(
        channel=there.channel,
        campaign_id=there.page.pk,
        key=f"thread:{number}",
        contact=contact,
        story_id=there.story.pk,
        started_at=at,
        last_message_at=at,
        last_in_at=at,
        news_at=at,
        messages_count=1,
        snippet=text[:200],
        created_at=at,
        **fields,
    )
    Message.objects.create(
        conversation=row,
        channel=there.channel,
        remote_id=f"m{number}",
        kind="comment",
        author=contact,
        text=text,
        at=at,
        seen_at=at,
    )
    return row
