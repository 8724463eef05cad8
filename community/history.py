"""An invented past of conversations under invented posts, for measuring. Never in a real database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from channels.connectors.talk import MessageKind
from community.enums import Direction, Status
from community.models import Contact, Conversation, Message, Miss, Rating
from publishing.models import Publication

TALKED_UNDER = 0.3  # of posts
PEOPLE = 200  # of each network
TOPICS = ("Parking", "Bridge", "School", "Lamps", "")
WORDS = ("parking", "bridge", "school", "lamp", "votes", "path", "river", "council", "bins", "market")
TARGET = timedelta(hours=4)


def add(random: Random, publications: Sequence[Publication], now: datetime) -> None:
    """Under some of these posts somebody asks and, mostly, is answered; a few ask on, miss an answer or give a mark."""
    chosen = [p for p in publications if random.random() < TALKED_UNDER and p.published_at is not None]
    people = _people({p.channel.platform for p in chosen}, now)
    talks, said, marks, misses = [], [], [], []
    for p in chosen:
        platform = p.channel.platform
        times, answered = _times(random, p.published_at, now)
        if not times:
            continue
        person = people[platform, random.randrange(PEOPLE)]
        talk = _conversation(random, p, person, times, answered)
        talks.append(talk)
        said += [_message(random, talk, n, at, person) for n, at in enumerate(times)]
        wait = times[1] - times[0] if len(times) > 1 else now - times[0]
        if wait > TARGET:
            misses.append(Miss(conversation=talk, which="first", due_at=times[0] + TARGET, seen_at=now))
        if answered and random.random() < 0.2:
            score = random.choice((3, 4, 4, 5, 5))
            marks.append(Rating(conversation=talk, asked_at=times[-1], score=score, rated_at=times[-1]))
    Conversation.objects.bulk_create(talks)
    Message.objects.bulk_create(said)
    Miss.objects.bulk_create(misses)
    Rating.objects.bulk_create(marks)


def register() -> None:
    """Let ``manage.py generate_history`` make them beside its posts. Again is harmless."""
    from engagement.history import ADDED

    if add not in ADDED:
        ADDED.append(add)


def _people(platforms: set[str], now: datetime) -> dict[tuple[str, int], Contact]:
    names = [(platform, n) for platform in sorted(platforms) for n in range(PEOPLE)]
    contacts = [
        Contact(platform=p, remote_id=f"history-{n}", handle=f"@p{n}", first_seen_at=now, last_seen_at=now)
        for p, n in names
    ]
    Contact.objects.bulk_create(contacts, ignore_conflicts=True)
    there = Contact.objects.filter(platform__in=platforms, remote_id__startswith="history-")
    return {(each.platform, int(each.remote_id.removeprefix("history-"))): each for each in there}


def _times(random: Random, published_at: datetime, now: datetime) -> tuple[list[datetime], bool]:
    """When something was said, in turn by them and by us; and whether the last word is ours."""
    at = published_at + timedelta(minutes=random.expovariate(1 / 300))
    times = []
    for _ in range(random.choice((1, 2, 2, 2, 4))):
        if at < now:
            times.append(at)
        at += timedelta(minutes=random.expovariate(1 / 90) + 1)
    return times, bool(times) and len(times) % 2 == 0


def _conversation(
    random: Random, p: Publication, person: Contact, times: Sequence[datetime], answered: bool
) -> Conversation:
    theirs, ours = times[::2], times[1::2]
    return Conversation(
        channel=p.channel,
        campaign_id=p.campaign_id,
        key=f"thread:history-{p.pk}",
        contact=person,
        publication=p,
        story_id=p.variant.story_id,
        status=Status.ANSWERED if answered else Status.OPEN,
        topic=random.choice(TOPICS),
        language="en",
        started_at=times[0],
        last_message_at=times[-1],
        last_in_at=theirs[-1],
        news_at=theirs[-1],
        last_out_at=ours[-1] if ours else None,
        waiting_since=None if answered else theirs[-1],
        next_due_at=None if answered else theirs[-1] + TARGET,
        answered_at=ours[0] if ours else None,
        messages_count=len(times),
        snippet="Invented",
        created_at=times[0],
    )


def _message(random: Random, talk: Conversation, number: int, at: datetime, person: Contact) -> Message:
    ours = number % 2 == 1
    return Message(
        conversation=talk,
        channel_id=talk.channel_id,
        remote_id=f"{talk.key}-{number}",
        kind=MessageKind.COMMENT.value if number == 0 else MessageKind.REPLY.value,
        direction=Direction.OUT if ours else Direction.IN,
        author=None if ours else person,
        text=" ".join(random.choices(WORDS, k=12)),
        at=at,
        seen_at=at,
    )
