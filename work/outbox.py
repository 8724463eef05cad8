"""Tell people: a notice in the admin and a mail, written with what they tell about and sent afterwards.

News that come in crowds (a hundred late posts after a night without power) are *gathered*: one notice that grows
while it is unread, and one mail for all that wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils.dateparse import parse_datetime

from work import claim, clock, mails
from work.models import Notice, Outbox
from work.worker import retry_delay_s

GIVE_UP_AFTER = timedelta(days=3)
GATHERED_FOR = timedelta(hours=1)  # news of an hour stand in one notice
LINES = 200  # a mail names so many and counts the rest; a notice that holds so many is full
LOOK_AGAIN = timedelta(seconds=30)


@dataclass(frozen=True)
class Bundle:
    """``titles``: by kind, what a notice of several is called, with {n}. ``mail_title`` the mail's.

    The first mail waits ``wait`` for others that come with it. ``url`` leads to the list of all.
    """

    key: str
    mail_title: str
    titles: dict[str, str]
    wait: timedelta
    url: str


_BUNDLES: dict[str, Bundle] = {}


def register(bundle: Bundle) -> None:
    _BUNDLES[bundle.key] = bundle


def tell(
    users: Iterable[Any],
    *,
    subject: str,
    body: str,
    url: str = "",
    event_id: str,
    kind: str,
    mail: bool = True,
    notice: bool = True,
    bundle: str = "",
) -> None:
    """Write one notice and one mail per person, in the caller's transaction. ``notice`` False: the mail only.

    The same ``event_id`` reaches the same person once, however often it is told. ``url`` is a path of
    this site. ``bundle`` names a registered Bundle with whose other news this may be gathered.
    """
    now = clock.now()
    people = {user.pk: user for user in users if user is not None and user.is_active}
    ordered = [people[pk] for pk in sorted(people)]  # everybody locks in the same order
    words = {
        "subject": subject[:300],
        "body": body,
        "url": url,
        "kind": kind,
        "event_id": event_id,
        "created_at": now,
    }
    with transaction.atomic():
        if bundle and notice:
            hold(people)
            for user in ordered:
                _gather(user, words, _BUNDLES[bundle])
        elif notice:
            Notice.objects.bulk_create(
                [Notice(user=user, **words) for user in ordered], ignore_conflicts=True
            )
        if mail:
            due = now + _BUNDLES[bundle].wait if bundle else now
            rows = [
                Outbox(user=user, next_action_at=due, bundle=bundle, **words)
                for user in mails.wanted_by(ordered, kind)
                if user.email
            ]
            Outbox.objects.bulk_create(rows, ignore_conflicts=True)


def hold(people: Iterable[Any]) -> None:
    """Hold the persons' rows until the transaction ends: of two first news at once the second finds the first's notice.

    ``people`` are their keys. ``no_key``: what only refers to a person (a session, a log entry) does not wait.
    """
    rows = get_user_model().objects.select_for_update(no_key=True).filter(pk__in=list(people))
    list(rows.order_by("pk").values_list("pk"))


def _gather(user: Any, words: dict[str, Any], bundle: Bundle) -> None:
    """Put a line into the person's unread notice of this kind, or begin one."""
    at, kind = words["created_at"], words["kind"]
    line = {
        "at": at.isoformat(),
        "event": words["event_id"],
        "text": words["subject"],
        "more": words["body"],
        "url": words["url"],
    }
    rows = Notice.objects.select_for_update().filter(user=user, kind=kind, read_at=None).exclude(lines=[])
    row = rows.order_by("-created_at").first()
    # One that grew on would be written anew, whole, each time.
    full = row is not None and len(row.lines) >= LINES
    if row is None or full or at - (parse_datetime(row.lines[0]["at"]) or at) > GATHERED_FOR:
        Notice.objects.bulk_create([Notice(user=user, lines=[line], **words)], ignore_conflicts=True)
        return
    if any(each["event"] == line["event"] for each in row.lines):
        return
    row.lines = [*row.lines, line]
    row.subject = bundle.titles.get(kind, bundle.mail_title).format(n=len(row.lines))
    row.body, row.url, row.created_at = "", bundle.url, at
    row.save(update_fields=["lines", "subject", "body", "url", "created_at"])


# Sending ----------------------------------------------------------------------------------------------------


def send_row(row: Outbox) -> None:
    """Send one mail; on trouble try again for three days.

    Of a bundle, the oldest waiting row sends for all; the others wait for it.
    """
    rows = _waiting_with(row)
    if row.pk not in {each.pk for each in rows} or not (row.user.is_active and row.user.email):
        claim.release(row, next_action_at=None)
        return
    if rows[0].pk != row.pk:
        claim.release(row, next_action_at=max(rows[0].next_action_at, clock.now() + LOOK_AGAIN))
        return
    try:
        _mail(row, rows).send()
    except Exception as error:
        now = clock.now()
        late = now - row.created_at > GIVE_UP_AFTER
        claim.release(
            row,
            next_action_at=None if late else now + timedelta(seconds=retry_delay_s(row.tries)),
            tries=row.tries + 1,
            last_error=f"{type(error).__name__}: {error}"[:2000],
        )
        return
    now = clock.now()
    with transaction.atomic():
        others = [each.pk for each in rows if each.pk != row.pk]
        Outbox.objects.filter(pk__in=others, sent_at=None).update(sent_at=now, next_action_at=None)
        claim.release(row, next_action_at=None, sent_at=now, last_error="")


def _waiting_with(row: Outbox) -> Sequence[Outbox]:
    """The rows that one mail would carry, oldest first; without this row when it was sent meanwhile."""
    if not row.bundle:
        return [row]
    rows = Outbox.objects.filter(
        user_id=row.user_id, bundle=row.bundle, sent_at=None, next_action_at__isnull=False
    )
    return list(rows.order_by("pk"))


def _mail(row: Outbox, rows: Sequence[Outbox]) -> EmailMessage:
    headers = {
        "Message-ID": f"<{row.event_id}.{row.user_id}@hustings>".replace(" ", "-"),
        "Auto-Submitted": "auto-generated",
    }
    if len(rows) == 1:
        subject, text = row.subject, _with_link(f"{row.body}\n", row.url)
    else:
        bundle = _BUNDLES[row.bundle]
        subject = bundle.mail_title.format(n=len(rows))
        items = [_with_link(f"{each.subject}\n{each.body}", each.url) for each in rows[:LINES]]
        rest = [f"… and {len(rows) - LINES} more."] if len(rows) > LINES else []
        text = _with_link("\n\n".join([*items, *rest, "All of them:"]), bundle.url)
    return EmailMessage(
        " ".join(subject.split()), f"{text}\n", settings.DEFAULT_FROM_EMAIL, [row.user.email], headers=headers
    )


def _with_link(text: str, url: str) -> str:
    if not url:
        return text.rstrip()
    return f"{text}\n{url if '://' in url else settings.PUBLIC_URL + url}"


def forget(urls: Iterable[str], subject: str) -> None:
    """Empty what notices and mails say about these pages: ``subject`` is all that stays of the words."""
    pages = set(urls)
    words = {"subject": subject, "body": ""}
    Notice.objects.filter(url__in=pages).update(**words)
    Outbox.objects.filter(url__in=pages).update(**words)
    for notice in Notice.objects.exclude(lines=[]).iterator():  # some were gathered with others
        if pages.isdisjoint(line.get("url") for line in notice.lines):
            continue
        of_page = {"text": subject, "more": ""}
        lines = [line | of_page if line.get("url") in pages else line for line in notice.lines]
        Notice.objects.filter(pk=notice.pk).update(lines=lines)


def forget_news(event_ids: Iterable[str], subject: str) -> None:
    """Empty what single news say, told as these events: ``subject`` is all that stays of the words."""
    words, ids = {"subject": subject, "body": ""}, list(event_ids)
    Notice.objects.filter(event_id__in=ids).update(**words)
    Outbox.objects.filter(event_id__in=ids).update(**words)


def moved(url: str, to: str) -> None:
    """A page has another address now: what was told about it leads there, and is found there when it has to be forgotten."""
    Notice.objects.filter(url=url).update(url=to)
    Outbox.objects.filter(url=url).update(url=to)
