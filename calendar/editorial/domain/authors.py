"""Who wrote a thing: the people who may not approve it.

Wagtail keeps only the newest user of a revision that autosave overwrites, so the log is asked as well. A revision that
changed nothing but the planned time makes nobody an author: moving is planning, and managers may.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Max
from wagtail.models import ModelLogEntry, Page, PageLogEntry, Revision, TaskState, WorkflowState

from formats.core.options import settled
from formats.models import Variant
from formats.registry import FORMATS

# What a variant says to the public, of all that its revisions keep.
SAYS = ("story", "format", "language", "channels", "parts", "plans", "options")
# What Wagtail writes into a page's revisions by itself: saving without a change is no edit.
BOOKKEEPING = frozenset(
    {
        "draft_title",
        "expired",
        "first_published_at",
        "has_unpublished_changes",
        "last_published_at",
        "latest_revision",
        "latest_revision_created_at",
        "live",
        "live_revision",
        "locked",
        "locked_at",
        "locked_by",
    }
)


def authors_of(thing: Any) -> frozenset[int]:
    """User ids of the owner, the story's owner and everybody who edited since the last approval."""
    return authors_of_all([thing])[thing.pk]


def is_own_work(thing: Any, user: Any) -> bool:
    """Whether a person may not approve it. Nobody in particular cannot approve anything."""
    return user is None or user.pk in authors_of(thing)


def has_written(thing: Any, user: Any) -> bool:
    """Whether any of it was ever theirs, approvals or not: such a person cannot vouch for it alone."""
    return user is None or user.pk in _authors([thing], {})[thing.pk]


def authors_of_all(things: Iterable[Any]) -> dict[int, frozenset[int]]:
    """The same for many things of one model, in a fixed number of queries."""
    things = list(things)
    if not things:
        return {}
    return _authors(things, _approved_at(_content_type(things), [str(thing.pk) for thing in things]))


def _content_type(things: list[Any]) -> ContentType:
    model = type(things[0])
    return ContentType.objects.get_for_model(Page if issubclass(model, Page) else model)


def _authors(things: list[Any], since: dict[str, Any]) -> dict[int, frozenset[int]]:
    """``since``: by key, the moment up to which edits count no longer."""
    model, content_type = type(things[0]), _content_type(things)
    keys = [str(thing.pk) for thing in things]
    editors = _by_revision(content_type, keys, since, only_words=issubclass(model, Variant))
    for pk, users in _by_log(model, things, since).items():
        editors[pk] |= users
    return {
        thing.pk: frozenset(
            pk for pk in (editors[str(thing.pk)] | {thing.owner_id, _story_owner(thing)}) if pk is not None
        )
        for thing in things
    }


def _story_owner(thing: Any) -> int | None:
    return thing.story.owner_id if isinstance(thing, Variant) and thing.story_id else None


def _approved_at(content_type: Any, keys: list[str]) -> dict[str, Any]:
    rows = (
        TaskState.objects.filter(
            workflow_state__base_content_type=content_type,
            workflow_state__object_id__in=keys,
            workflow_state__status=WorkflowState.STATUS_APPROVED,
            status=TaskState.STATUS_APPROVED,
        )
        .values("workflow_state__object_id")
        .annotate(at=Max("finished_at"))
    )
    return {row["workflow_state__object_id"]: row["at"] for row in rows}


def _by_revision(content_type: Any, keys: list[str], since: dict[str, Any], *, only_words: bool) -> Any:
    editors: dict[str, set[int | None]] = defaultdict(set)
    said: dict[str, Any] = {}
    first: dict[
        tuple[str, str], int | None
    ] = {}  # who brought in what it says; taken up again, it is still theirs
    rows = (
        Revision.objects.filter(base_content_type=content_type, object_id__in=keys)
        .order_by("created_at", "pk")
        .values_list("object_id", "user_id", "created_at", "content")
    )
    for key, user_id, created_at, content in rows.iterator():
        names = SAYS if only_words else content.keys() - BOOKKEEPING
        says = {name: content.get(name) for name in names}
        changed, said[key] = said.get(key) != says, says
        words = _words(says) if only_words else json.dumps(says, sort_keys=True, default=str)
        first.setdefault((key, words), user_id)
        if changed and (key not in since or created_at > since[key]):
            editors[key] |= {user_id, first[key, words]}
    return editors


def _words(says: dict[str, Any]) -> str:
    """The same for the same words, pictures, answers and accounts: written anew they have other ids, and a variant keeps
    the plans of pictures that stood there once.
    """
    spec = FORMATS.get(says.get("format") or "")
    same = {
        "parts": [_part(part["value"]) for part in json.loads(says.get("parts") or "[]")],
        "options": settled(spec.options if spec else (), says.get("options") or {}),
        "channels": sorted(says.get("channels") or (), key=str),
    }
    return json.dumps({**says, "plans": None, **same}, sort_keys=True, default=str)


def _part(value: dict[str, Any]) -> dict[str, Any]:
    media = [medium["value"] for medium in value.get("media") or ()]
    said = [{name: medium.get(name) or "" for name in ("key", "alt", "role")} for medium in media]
    return {"text": value.get("text"), "link": value.get("link"), "media": said}


def _by_log(model: Any, things: list[Any], since: dict[str, Any]) -> dict[str, set[int | None]]:
    """Edits that left no revision behind (revisions can be purged; the log stays)."""
    pages = issubclass(model, Page)
    entries = (
        PageLogEntry.objects.filter(page__in=things) if pages else ModelLogEntry.objects.get_for_model(model)
    )
    if not pages:
        entries = entries.filter(object_id__in=[str(thing.pk) for thing in things])
    kept = Revision.objects.values("pk")
    entries = entries.filter(content_changed=True).exclude(revision_id__in=kept)
    editors: dict[str, set[int | None]] = defaultdict(set)
    for entry in entries:
        key = str(entry.page_id if pages else entry.object_id)
        if key not in since or entry.timestamp > since[key]:
            editors[key].add(entry.user_id)
    return editors
