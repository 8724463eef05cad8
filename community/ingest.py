"""Keeping what networks tell, once each, in whatever order and however often they tell it.

Everything goes through :func:`store`: pages of a round, what a webhook's hint named, and our own answers.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import F, Max, ProtectedError, Q, QuerySet
from django.db.models.functions import Substr
from django.urls import reverse

from channels.connectors.talk import Message as Told
from channels.models import Channel
from community import signals
from community.core import clean, threads
from community.core.threads import Said
from community.enums import REST, Direction, Status
from community.models import Contact, Conversation, Message, Moved, Mute, Seen
from community.signals import Apart
from publishing.core.shapes import PUBLIC_KINDS
from publishing.core.states import StepState
from publishing.models import Publication, Step
from work import outbox

log = logging.getLogger(__name__)
LOCK = 0x636F6D6D  # "comm": of advisory locks
EARLIER = 20  # texts that are kept of one that changes and changes
NOT_THERE = "It is no longer on the network."  # who took it away, nobody tells
NOT_ANSWERED = "This person is no longer answered."


@dataclass
class Stored:
    """What a page brought."""

    new: list[Message] = field(default_factory=list)
    changed: int = 0
    back: set[int] = field(default_factory=set)  # conversations in which something gone has come back
    edited: list[Message] = field(default_factory=list)  # of other people, which now say something else
    conversations: list[Conversation] = field(default_factory=list)

    @property
    def news(self) -> bool:
        return bool(self.new or self.changed)


def store(
    channel: Channel, told: Iterable[Told], *, at: datetime, publication: Publication | None = None
) -> Stored:
    """Keep messages of one channel; idempotent, in one transaction. ``at`` is when the network was asked.

    ``publication`` is the one whose comments were read, where that is known.
    """
    page = _one_each(told)
    if not page:
        return Stored()
    with transaction.atomic():
        _one_at_a_time(channel)
        return _Page(channel, page, at, publication).keep()


def _one_at_a_time(channel: Channel) -> None:
    """Let a second worker that reads the same channel wait. SQLite has one writer at a time anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, channel.pk % 2**31])


def _one_each(told: Iterable[Told]) -> dict[str, Told]:
    found: dict[str, Told] = {}
    for message in told:
        if message.remote_id:
            found[clean.key(message.remote_id)] = message
    return found


class _Page:
    """One page on its way into the tables; the caller's transaction holds the channel."""

    def __init__(
        self, channel: Channel, page: dict[str, Told], at: datetime, publication: Publication | None
    ):
        self.channel, self.page, self.at, self.publication = channel, page, at, publication
        self.known = self._known()
        self.posts = self._posts()
        self.said: dict[str, Said] = {}
        self.result = Stored()

    def keep(self) -> Stored:
        self.said = {key: self._said(key, message) for key, message in self.page.items()}
        keys = self._keys()
        touched: set[int] = set()
        left: dict[int, int] = {}  # conversations that a message has moved out of, and where it went
        rows = self._conversations(keys)
        before = set(self.known)
        self.known = self._known()  # as they stand now that nobody else changes them
        people = self._people()
        fresh = [
            self._new(key, message, rows[keys[key]], people)
            for key, message in self.page.items()
            if key not in self.known
        ]
        Message.objects.bulk_create(fresh)
        for key, row in self.known.items():
            if key not in before:
                continue  # an answer of ours, written down just now: the next round compares the two
            touched |= self._again(row, self.page[key], rows[keys[key]], people)
            if row.conversation_id != rows[keys[key]].pk:
                left[row.conversation_id] = rows[keys[key]].pk
        told = Message.objects.filter(channel=self.channel, remote_id__in=self.page)
        told.filter(Q(told_at=None) | Q(told_at__lt=self.at)).update(told_at=self.at)
        touched |= {row.conversation_id for row in fresh}
        self.result.new = sorted(
            (row for row in fresh if row.direction == Direction.IN), key=lambda row: (row.at, row.remote_id)
        )
        touched |= self._join() | self._follow(left)
        heard = [*fresh, *self.result.edited]
        moved = dict(
            Message.objects.filter(pk__in=[m.pk for m in heard]).values_list("pk", "conversation_id")
        )
        for row in heard:  # a join may have carried it along
            row.conversation_id = moved[row.pk]
        news = {row.conversation_id for row in [*self.result.new, *self.result.edited]}
        self.result.conversations = settle(
            touched & _there(touched), at=self.at, news=news | self.result.back
        )
        self._tell(news)
        return self.result

    def _known(self) -> dict[str, Message]:
        rows = Message.objects.filter(channel=self.channel, remote_id__in=self.page)
        return {row.remote_id: row for row in rows.select_related("author")}

    # Where it belongs ---------------------------------------------------------------------------------------

    def _posts(self) -> dict[str, Publication]:
        """Our posts that the page names, as the post it is under or as what it answers, by their network ids."""
        named = {clean.key(m.post_id) for m in self.page.values()} | {
            clean.key(m.parent_id) for m in self.page.values()
        }
        named.discard("")
        found: dict[str, Publication] = {}
        if self.publication is not None:
            ids = {self.publication.remote_id, *self.publication.remote_parts()} - {""}
            found = dict.fromkeys(ids, self.publication)
        missing = named - set(found)
        if missing:
            mine = Publication.objects.filter(channel=self.channel).exclude(variant=None)
            found |= {row.remote_id: row for row in mine.filter(remote_id__in=missing)}
            parts = Step.objects.filter(
                publication__channel=self.channel,
                publication__variant__isnull=False,
                kind__in=PUBLIC_KINDS,
                state=StepState.DONE,
                remote_id__in=missing,
            ).select_related("publication")
            found |= {row.remote_id: row.publication for row in parts}
        return found

    def _said(self, key: str, message: Told) -> Said:
        parent, post = clean.key(message.parent_id), clean.key(message.post_id)
        if parent in self.posts:  # it answers our post itself
            parent, post = "", post or self.posts[parent].remote_id
        told = Said(
            key,
            str(message.kind),
            message.at,
            parent,
            self.posts[post].remote_id if post in self.posts else post,
            clean.key(message.author_id or message.author_handle),
            clean.key(message.conversation_id) if message.kind == threads.DIRECT else "",
            message.ours,
        )
        row = self.known.get(key)
        return threads.merged(_said_of(row), told) if row is not None else told

    def _keys(self) -> dict[str, str]:
        """The thread of each message of the page: chains of parents are followed through page and table."""
        parents = {key: said.parent_id for key, said in self.said.items()}
        wanted = {parent for parent in parents.values() if parent} - set(parents)
        while wanted:
            rows = Message.objects.filter(channel=self.channel, remote_id__in=wanted)
            found = dict(rows.values_list("remote_id", "parent_id"))
            parents |= {key: found.get(key, "") for key in wanted}
            wanted = {parent for parent in found.values() if parent} - set(parents)
        return {key: threads.key_of(said, lambda k: parents.get(k, "")) for key, said in self.said.items()}

    def _conversations(self, keys: dict[str, str]) -> dict[str, Conversation]:
        names = set(keys.values())
        have = {c.key: c for c in Conversation.objects.filter(channel=self.channel, key__in=names)}
        first = {name: min(self.page[key].at for key in ids) for name, ids in threads.groups(keys).items()}
        Conversation.objects.bulk_create(
            Conversation(
                channel=self.channel,
                campaign_id=self.channel.campaign_id,
                key=name,
                started_at=first[name],
                last_message_at=first[name],
                created_at=self.at,
            )
            for name in sorted(names - set(have))
        )
        self._hold(names)
        rows = Conversation.objects.filter(channel=self.channel, key__in=names).select_related("contact")
        return {row.key: row for row in rows}

    def _hold(self, names: set[str]) -> None:
        """All that the page may change: where its messages belong, where they stood before, and what may join them."""
        before = {row.conversation_id for row in self.known.values()}
        here = Conversation.objects.filter(Q(key__in=names | self._orphans()) | Q(pk__in=before))
        hold(here.filter(channel=self.channel).values_list("pk", flat=True))

    def _orphans(self) -> set[str]:
        """The keys of threads that were named by a message which may have a place of its own now."""
        return {f"thread:{key}" for key, said in self.said.items() if said.parent_id}

    def _join(self) -> set[int]:
        """Threads that were named by a message which now has a place of its own join that place."""
        orphans = Conversation.objects.filter(channel=self.channel, key__in=self._orphans())
        touched = set()
        places = dict(
            Message.objects.filter(channel=self.channel, remote_id__in=self.page).values_list(
                "remote_id", "conversation_id"
            )
        )
        for orphan in orphans:
            home = places[orphan.key.removeprefix("thread:")]
            if home != orphan.pk:
                join(orphan, home)
                touched.add(home)
        return touched

    def _follow(self, left: dict[int, int]) -> set[int]:
        """What hangs on a conversation whose last message has moved goes with it: notes, answers, who has it."""
        touched = set()
        for orphan in Conversation.objects.filter(pk__in=left, messages=None):
            home = left[orphan.pk]
            if Conversation.objects.filter(pk=home).exists():
                join(orphan, home)
                touched.add(home)
        return touched

    # Rows ---------------------------------------------------------------------------------------------------

    def _people(self) -> dict[str, Contact]:
        """The contacts of the page's authors, made or brought up to date."""
        told: dict[str, Told] = {}
        for message in sorted(self.page.values(), key=lambda m: m.at):
            if not message.ours and (name := clean.key(message.author_id or message.author_handle)):
                told[name] = message
        platform = self.channel.platform
        Contact.objects.bulk_create(
            (
                Contact(
                    platform=platform,
                    remote_id=name,
                    handle=clean.line(told[name].author_handle, 200),
                    name=clean.line(told[name].author_name, 200),
                    first_seen_at=self.at,
                    last_seen_at=self.at,
                )
                for name in sorted(told)
            ),
            ignore_conflicts=True,
        )
        rows = Contact.objects.filter(platform=platform, remote_id__in=told)
        # In one order: another account of the network may be reading the same people just now.
        found = {c.remote_id: c for c in rows.select_for_update(no_key=True).order_by("pk")}
        speaking = {
            clean.key(m.author_id or m.author_handle) for key, m in self.page.items() if key not in self.known
        }
        for name, contact in found.items():
            handle = clean.line(told[name].author_handle, 200) or contact.handle
            shown = clean.line(told[name].author_name, 200) or contact.name
            known = contact.erased_at is None or contact.handle or contact.name or name in speaking
            newest = self.at >= contact.last_seen_at
            if known and newest and (handle, shown) != (contact.handle, contact.name):
                Contact.objects.filter(pk=contact.pk).update(handle=handle, name=shown)
        here = Contact.objects.filter(pk__in=[c.pk for c in found.values()])
        here.filter(last_seen_at__lt=self.at).update(last_seen_at=self.at)
        return found

    def _new(self, key: str, message: Told, home: Conversation, people: dict[str, Contact]) -> Message:
        said = self.said[key]
        words, cut = clean.text(message.text)
        return Message(
            conversation=home,
            channel=self.channel,
            remote_id=key,
            kind=said.kind,
            direction=Direction.OUT if message.ours else Direction.IN,
            author=people.get(said.author) if not message.ours else None,
            text=words,
            cut=cut,
            at=message.at,
            seen_at=self.at,
            parent_id=said.parent_id,
            post_id=said.post_id,
            remote_conversation=said.talk,
            url=clean.address(message.url),
            media=clean.addresses(message.media),
            hidden=bool(message.hidden),
            raw=clean.raw(message.raw),
        )

    def _again(self, row: Message, message: Told, home: Conversation, people: dict[str, Contact]) -> set[int]:
        """What a message that is known already tells anew; returns the conversations that this concerns."""
        said = self.said[row.remote_id]
        words, cut = clean.text(message.text)
        touched, fields = set(), {}
        place = {
            "kind": said.kind,
            "parent_id": said.parent_id,
            "post_id": said.post_id,
            "remote_conversation": said.talk,
            "conversation_id": home.pk,
        }
        fields |= {name: value for name, value in place.items() if getattr(row, name) != value}
        who = row.author or (home.contact if row.direction == Direction.OUT else None)
        over = [home.emptied_at, who.erased_at if who else None]
        erased = any(moment is not None and row.seen_at <= moment for moment in over)
        if not self._is_old(row):
            if words != row.text and not erased and (words or not row.text):
                fields |= {"text": words, "cut": cut}
                fields["earlier"] = [*row.earlier, [row.text, self.at.isoformat()]][-EARLIER:]
                if not said.ours and _says_more(words, row):
                    fields["changed_at"] = self.at
                    self.result.edited.append(row)
            if message.hidden not in (None, row.hidden):
                fields["hidden"] = message.hidden
            if row.deleted_at is not None:
                fields["deleted_at"] = None
                self.result.back.add(home.pk)
        if row.author_id is None and not erased and not said.ours and said.author in people:
            fields["author"] = people[said.author]
        if said.ours and row.direction != Direction.OUT:
            fields["direction"] = Direction.OUT
        if fields:
            Message.objects.filter(pk=row.pk).update(**fields)
            touched = {row.conversation_id, home.pk}
            self.result.changed += 1
            row.text = fields.get("text", row.text)
        return touched

    def _is_old(self, row: Message) -> bool:
        """Whether this page was asked for before something that is known: a newer telling, or an act of ours."""
        known = (row.told_at, row.changed_at, row.deleted_at)
        return any(moment is not None and self.at < moment for moment in known)

    def _tell(self, news: set[int]) -> None:
        by_home: dict[int, list[Message]] = defaultdict(list)
        heard = [*self.result.edited, *self.result.new]
        for row in sorted(heard, key=lambda each: (each.at, each.remote_id)):
            by_home[row.conversation_id].append(row)
        for conversation in self.result.conversations:
            if conversation.pk in news:
                tell(signals.arrived, conversation=conversation, messages=by_home[conversation.pk])


def _says_more(words: str, row: Message) -> bool:
    """Whether other words stand there than ever before: no mended comma, and none of two lists that tell it differently."""
    before = {clean.letters(text) for text in (row.text, *(text for text, _ in row.earlier))}
    return clean.letters(words) not in before


def _said_of(row: Message) -> Said:
    return Said(
        row.remote_id,
        row.kind,
        row.at,
        row.parent_id,
        row.post_id,
        row.author.remote_id if row.author else "",
        row.remote_conversation,
        row.direction == Direction.OUT,
        row.deleted_at is not None,
    )


def _there(pks: set[int]) -> set[int]:
    return set(Conversation.objects.filter(pk__in=pks).values_list("pk", flat=True))


def tell(signal: Apart, **what: Any) -> None:
    """Send a signal of this house. What a receiver did is undone when it fails; what the others did stands."""
    for receiver, error in signal.send_robust(Conversation, **what):
        if isinstance(error, Exception):
            name = getattr(receiver, "__qualname__", repr(receiver))  # Django has logged the traceback
            log.error("conversation %s: %s failed", what["conversation"].pk, name)


# Conversations ------------------------------------------------------------------------------------------------


def join(orphan: Conversation, home_id: int) -> None:
    """Everything of one conversation becomes part of another one. In a transaction that holds the channel."""
    _read_as_little(orphan, home_id)
    for related in Conversation._meta.related_objects:
        if related.one_to_many or related.one_to_one:
            name = related.field.name
            rows = related.related_model._default_manager.filter(**{name: orphan})
            for row in rows:  # what can only be there once stays with the home
                try:
                    with transaction.atomic():
                        type(row)._default_manager.filter(pk=row.pk).update(**{name: home_id})
                except IntegrityError:
                    type(row)._default_manager.filter(pk=row.pk).delete()
        elif related.many_to_many and related.through is not None:
            for thing in related.related_model._default_manager.filter(**{related.field.name: orphan}):
                getattr(thing, related.field.name).add(home_id)
    home = Conversation.objects.get(pk=home_id)
    fields: dict[str, Any] = {}
    if home.assignee_id is None and orphan.assignee_id is not None:
        fields["assignee"] = orphan.assignee_id
    if home.continued_from_id is None and orphan.continued_from_id not in (None, home_id):
        fields["continued_from"] = orphan.continued_from
    if home.raised_at is None and orphan.raised_at is not None:
        fields |= {"raised_at": orphan.raised_at, "urgency": orphan.urgency}
    if tags := [tag for tag in orphan.tags if tag not in home.tags]:
        fields["tags"] = [*home.tags, *tags]
    if fields:
        Conversation.objects.filter(pk=home_id).update(**fields)
    outbox.moved(*(reverse("community:conversation", args=[pk]) for pk in (orphan.pk, home_id)))
    Moved.objects.create(was=orphan.pk, conversation=home)
    orphan.delete()


def _read_as_little(orphan: Conversation, home_id: int) -> None:
    """Who has read one of the two has not read the other: together they are as far read as the one that is less."""
    home = {row.user_id: row for row in Seen.objects.filter(conversation=home_id)}
    there = {row.user_id: row for row in Seen.objects.filter(conversation=orphan)}
    both = home.keys() & there.keys()
    for user in both:
        Seen.objects.filter(pk=home[user].pk).update(at=min(home[user].at, there[user].at))
    Seen.objects.filter(conversation__in=[orphan.pk, home_id]).exclude(
        pk__in=[home[user].pk for user in both]
    ).delete()


def settle(
    pks: Iterable[int], *, at: datetime, news: Iterable[int] = (), gone_why: str = NOT_THERE
) -> list[Conversation]:
    """Bring conversations in line with their messages; in a transaction. ``news``: people said something new.
    ``gone_why``: the reason of those in which nothing is left.

    The rows are held before the messages are read: who settles or changes one meanwhile comes after, and sees
    what this one wrote.
    """
    pks, news = sorted(pks), set(news)
    hold(pks)
    told, texts = said_in(pks)
    found = []
    conversations = list(Conversation.objects.filter(pk__in=pks).select_related("channel"))
    homes = _homes(conversations, told)
    for conversation in conversations:
        if not told[conversation.pk]:
            with suppress(ProtectedError):  # what was done to its messages stays in the log
                conversation.delete()
            continue
        _stand(
            conversation,
            told[conversation.pk],
            texts,
            homes.get(conversation.pk),
            at,
            conversation.pk in news,
            gone_why,
        )
        found.append(conversation)
        tell(signals.settled, conversation=conversation, now=at)
    return found


def hold(pks: Iterable[int]) -> list[int]:
    """Lock conversations for the rest of the transaction; returns those that are there.

    Everywhere in one order, or two wait for each other and the database ends one of them with an error: the account
    (:func:`store`, :func:`gone`) or the publication, then all conversations that will be changed, at once and by their
    numbers, then people, messages and answers. Who needs more of them later begins a transaction of its own.
    Rows that refer to them are not kept out: two who each add a message need not wait.
    """
    rows = Conversation.objects.select_for_update(no_key=True).filter(pk__in=list(pks)).order_by("pk")
    return list(rows.values_list("pk", flat=True))


def said_in(
    pks: Iterable[int],
) -> tuple[dict[int, list[Said]], dict[tuple[int, str], tuple[str, int | None]]]:
    """What stands in conversations, as :mod:`community.core.threads` reads it; and of each message the first words and
    its author's number.
    """
    pks = list(pks)
    rows = Message.objects.filter(conversation__in=pks).annotate(start=Substr("text", 1, 400))
    here = Conversation.objects.filter(pk__in=pks)
    authors = Message.objects.filter(conversation__in=pks)
    mutes = Mute.objects.filter(campaign__in=here.values("campaign"), contact__in=authors.values("author"))
    muted = set(mutes.values_list("contact", "campaign"))
    told: dict[int, list[Said]] = defaultdict(list)
    texts: dict[tuple[int, str], tuple[str, int | None]] = {}
    names = (
        "remote_id",
        "kind",
        "at",
        "parent_id",
        "post_id",
        "author_id",
        "direction",
        "deleted_at",
        "changed_at",
    )
    more = ("automatic", "seen_at", "knew_at", "conversation_id", "start")
    of = ("conversation__campaign_id", "set_aside_at", "again_aside_at", "speaker")
    for (
        key, kind, said_at, parent, post, author, direction, gone, again, automatic, seen, knew, home, start,
        campaign, aside, again_aside, speaker,
    ) in rows.values_list(*names, *more, *of):  # fmt: skip
        ours = direction == Direction.OUT
        told[home].append(
            Said(
                key,
                kind,
                said_at,
                parent,
                post,
                str(author or ""),
                ours=ours,
                gone=gone is not None,
                again=None if ours else again,
                automatic=automatic,
                known=knew if ours else seen,
                muted=(author, campaign) in muted,
                aside=aside,
                again_aside=again_aside,
                speaker=speaker,
            )
        )
        texts[home, key] = (start, author)
    return told, texts


def who_waits(conversation: Conversation) -> list[tuple[Contact | None, datetime]]:
    """The people who wait for an answer in a conversation, and since when; None where nobody knows who it is."""
    told, texts = said_in([conversation.pk])
    rows = told[conversation.pk]
    numbers = {threads.name_of(m): texts[conversation.pk, m.remote_id][1] for m in rows if not m.ours}
    due = [wait for wait in threads.waits_of(rows)[0] if wait.due]
    people = Contact.objects.in_bulk({pk for wait in due if (pk := numbers[wait.who]) is not None})
    return [(people.get(numbers[wait.who] or 0), wait.since) for wait in due]


def set_aside(conversation: Conversation, at: datetime) -> None:
    """Nobody waits any more for an answer to what waits here. What was answered is left: should that answer go, it waits."""
    waiting = threads.unanswered(said_in([conversation.pk])[0][conversation.pk])
    mark_aside(conversation.messages.filter(remote_id__in=waiting), at)


def mark_aside(rows: QuerySet[Message], at: datetime) -> None:
    """What others said so far needs no answer. What an earlier closing has marked stays its own."""
    theirs = rows.filter(direction=Direction.IN)
    before = Q(again_aside_at=None) | Q(again_aside_at__lt=F("changed_at"))
    theirs.filter(before, set_aside_at__lt=F("changed_at")).update(again_aside_at=at)
    theirs.filter(set_aside_at=None).update(set_aside_at=at)


def bring_back(conversation: Conversation) -> None:
    """Who waited when it was last set aside waits again; what earlier closings set aside stays so."""
    at = conversation.set_aside_at
    if at is not None:
        conversation.messages.filter(set_aside_at=at).update(set_aside_at=None)
        conversation.messages.filter(again_aside_at=at).update(again_aside_at=None)


def opened(conversation: Conversation) -> dict[str, Any]:
    """The fields of one that is over and is opened again; who waited when it was closed waits as before."""
    bring_back(conversation)
    return {"status": Status.OPEN, "closed_at": None, "set_aside_at": None, "reason": ""}


def count_waits(conversation: Conversation) -> None:
    """Who waits longest, again, after a person has set aside what was said here or wants it answered after all.

    In a transaction that holds the row: a page that is being stored counts after it, and sees what this one wrote.
    """
    rows = said_in([conversation.pk])[0][conversation.pk]
    now = threads.standing(rows) if rows else None  # of a private one that we begin, nothing is said yet
    fields = {
        "waiting_since": now.waiting_since if now else None,
        "waiting_known_at": now.waiting_known if now else None,
    }
    Conversation.objects.filter(pk=conversation.pk).update(**fields)
    for name, value in fields.items():
        setattr(conversation, name, value)


def _stand(
    conversation: Conversation,
    said: Sequence[Said],
    texts: dict[tuple[int, str], tuple[str, int | None]],
    under: Publication | None,
    at: datetime,
    news: bool,
    gone_why: str,
) -> None:
    now = threads.standing(said)
    old = conversation.status
    fields: dict[str, Any] = {
        "kind": now.kind,
        "messages_count": now.count,
        "started_at": now.started_at,
        "last_message_at": now.last_at,
        "last_in_at": now.last_in_at,
        "last_out_at": now.last_out_at,
        "waiting_since": now.waiting_since,
        "waiting_known_at": now.waiting_known,
        "news_at": now.news_at,
        "answered_at": now.first_answer_at,
        "snippet": clean.line(texts[conversation.pk, now.newest][0], 200),
        "post_id": next((s.post_id for s in said if s.post_id), ""),
        "status": threads.status(old, now, news=news),
    }
    if now.person:
        fields["contact_id"] = texts[conversation.pk, now.person][1]
    if under is not None:
        fields |= {"publication_id": under.pk, "story_id": under.variant.story_id}
    if fields["status"] != old:
        over = fields["status"] in (Status.CLOSED, Status.NO_ANSWER)
        fields |= {"closed_at": at if over else None, "snoozed_until": None, "set_aside_at": None}
        why = NOT_ANSWERED if now.silenced else gone_why
        fields["reason"] = why if fields["status"] == Status.NO_ANSWER else ""
    elif news:
        fields["snoozed_until"] = None
    if (
        news
    ):  # whoever still has the page from before is told, instead of closing over what they have not seen
        fields["version"] = conversation.version + 1
    for name, value in fields.items():
        setattr(conversation, name, value)
    conversation.anew = old in REST
    Conversation.objects.filter(pk=conversation.pk).update(**fields)


def _homes(conversations: Sequence[Conversation], told: dict[int, list[Said]]) -> dict[int, Publication]:
    """The publication that each conversation stands under."""
    posts = {c.pk: next((s.post_id for s in told[c.pk] if s.post_id), "") for c in conversations}
    wanted = {post for post in posts.values() if post}
    if not wanted:
        return {}
    channels = {c.channel_id for c in conversations}
    rows = Publication.objects.filter(channel__in=channels, remote_id__in=wanted).exclude(variant=None)
    by_post = {(row.channel_id, row.remote_id): row for row in rows.select_related("variant")}
    found = {c.pk: by_post.get((c.channel_id, posts[c.pk])) for c in conversations}
    return {pk: row for pk, row in found.items() if row is not None}


# What is gone -------------------------------------------------------------------------------------------------


def answer_gone(message: Message, *, at: datetime, why: str) -> None:
    """An answer of ours stands there no longer: whose question it was waits again, also if that was closed."""
    hold([message.conversation_id])
    _take_away([message.pk], at)
    settle({message.conversation_id}, at=at, news={message.conversation_id}, gone_why=why)


def never_said(home: int, ours: Said, *, at: datetime) -> None:
    """An answer of ours will not go out. What it would have answered, and was set aside since it was written, waits again:
    whoever closed believed it to be on its way. In a transaction.
    """
    hold([home])
    there = said_in([home])[0][home]
    aside = threads.set_aside(there) - threads.set_aside([*there, ours])
    found = {(name, closed) for name, closed in aside if ours.known and closed >= ours.known}
    for name, closed in found:
        _no_longer_aside(Message.objects.filter(conversation=home, remote_id=name), closed)
    if found:
        settle({home}, at=at, news={home})


def _take_away(pks: Iterable[int], at: datetime) -> None:
    """Messages are gone. What was closed before we knew an answer of ours among them, and was answered by it, is set aside
    no longer; what was set aside with that answer in sight stays so. In a transaction that holds their conversations.
    """
    rows = Message.objects.filter(pk__in=list(pks))
    ours = rows.filter(direction=Direction.OUT).values_list("conversation").annotate(Max("seen_at"))
    known = dict(ours.order_by())
    before = said_in(known)[0]
    rows.update(deleted_at=at)
    after = said_in(known)[0]
    for home, seen in known.items():
        for name, closed in threads.set_aside(after[home]) - threads.set_aside(before[home]):
            if closed <= seen:
                _no_longer_aside(Message.objects.filter(conversation=home, remote_id=name), closed)


def _no_longer_aside(rows: QuerySet[Message], closed: datetime) -> None:
    """A network's clock that goes before ours has moved the closing to what was said."""
    rows.filter(Q(set_aside_at=closed) | Q(set_aside_at__lt=closed, at=closed)).update(set_aside_at=None)
    rows.filter(again_aside_at=closed).update(again_aside_at=None)


MARGIN = timedelta(minutes=2)  # networks need a moment until a new message is in their lists


def gone(
    channel: Channel,
    what: Q,
    *,
    round_at: datetime,
    since: datetime | None,
    at: datetime,
) -> int:
    """A round has shown everything since ``since``: what it did not show is gone. Its text is kept.

    Only what a round has shown before can vanish: some lists leave out what we said ourselves. What we have hidden is
    left out by some for that.
    """
    rows = Message.objects.filter(
        what,
        channel=channel,
        hidden=False,
        deleted_at=None,
        at__lt=round_at - MARGIN,
        seen_at__lt=round_at - MARGIN,
    ).filter(told_at__lt=round_at)
    if since is not None:
        rows = rows.filter(at__gte=since)
    with transaction.atomic():
        _one_at_a_time(channel)
        held = hold(rows.values_list("conversation_id", flat=True))
        found = list(rows.filter(conversation__in=held).values_list("pk", "conversation_id", "direction"))
        if not found:
            return 0
        _take_away([pk for pk, _, _ in found], at)
        without = {home for _, home, whose in found if whose == Direction.OUT}  # as answer_gone does
        settle({home for _, home, _ in found}, at=at, news=without)
    return len(found)
