"""Who is told about a publication: its owner (the answer's author), the managers of its campaign, administrators."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.urls import NoReverseMatch, reverse

from access.models import CampaignRole, Role
from publishing.models import Publication
from publishing.words import title_of
from work import mails, outbox

POSTS, OUT = "posts", "published"
NEEDS = "/admin/publishing/attention/"


@dataclass(frozen=True)
class Place:
    """Where people go on with what has failed, instead of its own page: those to whom it is open.

    ``subject`` says what has failed, ``remedy`` what to do about it there.
    """

    url: str
    subject: str
    remedy: str
    open_to: Callable[[Any], bool]


_PLACES: list[Callable[[Publication], Place | None]] = []


def register_place(place: Callable[[Publication], Place | None]) -> None:
    """Upper houses know better places for what they hand over. It only reads, and only the database."""
    if place not in _PLACES:
        _PLACES.append(place)


def announce() -> None:
    """Tell the outbox which news come in crowds, and which mails are a person's choice. Called at start."""
    outbox.register(
        outbox.Bundle(
            POSTS,
            mail_title="{n} posts need a look",
            titles={
                "late": "{n} posts are late and need a decision",
                "failed": "{n} posts were not published",
                "attention": "{n} posts need a decision",
                "left_out": "{n} posts are out without their first comment",
                "not_shown": "{n} posts were handed over and are not shown as planned",
                "reminder": "{n} posts still need a decision",
                "escalated": "{n} posts need a decision, and nobody has looked at them",
                "undelivered": "{n} messages did not reach everybody",
                "preflight": "{n} posts may not be able to go out",
            },
            wait=timedelta(seconds=60),
            url=NEEDS,
        )
    )
    outbox.register(
        outbox.Bundle(
            OUT,
            mail_title="{n} posts are out",
            titles={OUT: "{n} posts are out"},
            wait=timedelta(seconds=60),
            url="/admin/publishing/?tab=published",
        )
    )
    mails.offer("published", label="A post of mine is out", default=False)
    mails.offer("paused", label="Sending was paused or went on", default=True)


def managers_of(campaign_ids: Iterable[Any]) -> list[Any]:
    groups = CampaignRole.objects.filter(campaign_id__in=list(campaign_ids), role=Role.MANAGER).values(
        "group"
    )
    return list(get_user_model().objects.filter(groups__in=groups, is_active=True).distinct())


def managers(publication: Publication) -> list[Any]:
    return managers_of([publication.campaign_id])


def administrators() -> list[Any]:
    return list(get_user_model().objects.filter(is_superuser=True, is_active=True))


def tell(
    publication: Publication, kind: str, *, subject: str, body: str, event_id: str, mail: bool = True
) -> None:
    """Tell the owner and, unless it is good news, the managers; in the caller's transaction.

    News that only administrators can hear (a campaign without managers, an escalation) reach those too.
    Mails of "published" are each person's choice, whatever ``mail`` says.
    """
    outbox.tell(
        _people(publication, kind),
        subject=f"{subject}: {title_of(publication)}",
        body=body,
        url=address(publication),
        event_id=event_id,
        kind=kind,
        mail=mail or kind == "published",
        bundle=OUT if kind == "published" else POSTS,
    )


def tell_failed(publication: Publication, why: str, *, event_id: str) -> None:
    """It will not go out. Whoever may go on with it in another place than its own page is led there."""
    place = next((found for each in _PLACES if (found := each(publication))), None)
    people = [user for user in _people(publication, "failed") if user is not None]
    there = [user for user in people if place is not None and place.open_to(user)]
    outbox.hold(
        user.pk for user in people
    )  # all at once: told in two groups, everybody locks in the same order
    more: dict[str, Any] = {"event_id": event_id, "kind": "failed", "bundle": POSTS}
    if place is not None and there:
        outbox.tell(
            there,
            subject=f"{place.subject}: {title_of(publication)}",
            body=f"{why}\n\n{place.remedy}",
            url=place.url,
            **more,
        )
    outbox.tell(
        [user for user in people if user not in there],
        subject=f"Not published: {title_of(publication)}",
        body=f"{why}\n\nTo send it after all, change it and have it approved again.",
        url=address(publication),
        **more,
    )


def _people(publication: Publication, kind: str) -> list[Any]:
    people = [publication.owner]
    if kind != "published":
        found = managers(publication)
        people += found
        if kind == "escalated" or not found:
            people += administrators()
    return people


def address(publication: Publication) -> str:
    try:
        return reverse("publishing:publication", args=[publication.pk])
    except NoReverseMatch:  # a process without the site's addresses
        return ""
