"""Making variants of a story, changing them, keeping them in step with it.

Every change here writes row and revision together, so that lists, calendar, editor and publishing agree.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from wagtail.log_actions import log
from wagtail.models import Page

from channels.models import Channel, ChannelState
from formats import derive, schedule
from formats.core.draft import Draft, Part
from formats.core.merge import Snapshot
from formats.core.piece import Account, Piece
from formats.models import Variant, stream_of
from formats.registry import FORMATS
from media import cache
from media.errors import MediaError
from media.plans import plan_key


class VariantError(ValueError):
    """Something a person can mend; the message is for them."""


class NothingToSay(VariantError):
    """The story has nothing from which this format could make a part."""


class PastTime(VariantError):
    """The planned time has gone by."""


class Locked(VariantError):
    """Somebody locked the variant, or it is being reviewed."""


# The story's side -----------------------------------------------------------------------------------------------------
def can_adapt(page: Any) -> bool:
    """Whether a (specific) page is a piece: it can turn itself into one and knows its campaign."""
    return hasattr(page, "to_piece") and hasattr(page, "get_campaign")


def piece_of(story: Page) -> Piece:
    """The piece as it stands in the newest revision of the story, draft or not."""
    return story.specific.get_latest_revision_as_object().to_piece()


def imprint_of(campaign: Page) -> str:
    return getattr(campaign.specific, "imprint", "") or ""


def accounts_of(campaign: Page) -> tuple[Account, ...]:
    """The people and organisations that the campaign knows; read once per page object."""
    return getattr(campaign.specific, "accounts_for_piece", ())


def zone_of(campaign: Page) -> str:
    zone = getattr(campaign.specific, "time_zone", "") or "UTC"
    try:
        schedule.zone_info(zone)
    except schedule.UnknownZone:
        return "UTC"
    return zone


def channels_for(campaign_id: int, platform: str) -> list[Channel]:
    """The campaign's channels of a platform that can be used."""
    usable = Channel.objects.filter(campaign_id=campaign_id, platform=platform)
    return list(usable.exclude(state=ChannelState.DISCONNECTED))


# Making ---------------------------------------------------------------------------------------------------------------
def compose(story: Page, formats: Iterable[str] | None = None) -> dict[str, Draft]:
    """What each format would make of the story now; nothing is saved."""
    piece = piece_of(story)
    return {name: FORMATS[name].compose(piece) for name in (formats or FORMATS.ids())}


def create_variants(
    story: Page, formats: Iterable[str], *, by: Any, channels: Iterable[Channel] | None = None
) -> list[Variant]:
    """Make one variant per format from the newest revision of the story, and ask for its media.

    Idempotent per story and format: one that exists is kept as it is and returned (formats.drift brings it up to date).
    ``channels`` None takes the campaign's channels of each platform. Raises NothingToSay for a story without content,
    and then makes none.
    """
    formats = list(formats)
    piece = piece_of(story)
    campaign = story.specific.get_campaign()
    drafts = {name: FORMATS[name].compose(piece) for name in formats}
    empty = [FORMATS[name].label for name, draft in drafts.items() if not draft.parts]
    if empty:
        raise NothingToSay(
            f"“{story.title}” has nothing yet to make {_and(empty)} from. Write the story first."
        )
    made = []
    with transaction.atomic():
        Page.objects.select_for_update().get(pk=story.pk)  # two people pressing the button at once
        posts = Variant.objects.filter(story_id=story.pk, format__in=formats, kind=Variant.Kind.POST)
        existing = by_format(posts)
        for name in formats:
            standing = existing.get((story.pk, name))
            made.append(
                standing[0] if standing else _create(story, campaign, piece, drafts[name], by, channels)
            )
    return made


def by_format(posts: Iterable[Variant]) -> dict[tuple[int | None, str], list[Variant]]:
    """Posts by story and format. First stands the one that a new plan may take: without a time, and the newest."""
    found: dict[tuple[int | None, str], list[Variant]] = defaultdict(list)
    for post in sorted(posts, key=lambda post: (post.planned_wall is not None, -post.pk)):
        found[post.story_id, post.format].append(post)
    return dict(found)


def _create(story: Page, campaign: Page, piece: Piece, draft: Draft, by: Any, channels: Any) -> Variant:
    platform = FORMATS[draft.format].platform
    variant = Variant(
        story_id=story.pk,
        campaign_id=campaign.pk,
        format=draft.format,
        language=draft.language,
        owner=by,
        planned_zone=zone_of(campaign),
    )
    _write_parts(variant, draft.parts)
    variant.derivation = derive.derivation(piece, snapshots(variant), platform)
    chosen = channels_for(campaign.pk, platform) if channels is None else list(channels)
    return save_new(variant, chosen, by=by)


def save_new(variant: Variant, channels: Iterable[Channel], *, by: Any) -> Variant:
    """Write a new variant, its first revision and its log; take of the channels what fits; ask for its media."""
    variant.save()
    fitting = (variant.platform, variant.campaign_id)
    variant.channels = [c for c in channels if (c.platform, c.campaign_id) == fitting]
    variant.save()
    revision = variant.save_revision(user=by, clean=False)
    log(instance=variant, action="wagtail.create", user=by, revision=revision, content_changed=True)
    request_media(variant.to_parts(), campaign=variant.campaign_id)
    return variant


def _write_parts(variant: Variant, parts: Sequence[Part], ids: Sequence[str | None] = ()) -> None:
    stream, plans = stream_of(parts, ids)
    variant.parts = json.dumps(stream)
    variant.plans = {**(variant.plans or {}), **plans}


def set_parts(variant: Variant, parts: Sequence[Part], *, by: Any, ids: Sequence[str | None] = ()) -> Variant:
    """Replace the parts of a variant (row and revision), ask for their media; returns it as saved."""
    with transaction.atomic():
        current = fresh(variant.pk)
        _write_parts(current, parts, ids)
        save(current, by=by)
        request_media(parts, campaign=current.campaign_id)
    return current


def fresh(pk: int, *, lock: bool = True) -> Variant:
    """The variant as last saved: what the editor would show."""
    rows = Variant.objects.select_for_update() if lock else Variant.objects
    return rows.get(pk=pk).get_latest_revision_as_object()


def save(variant: Variant, *, by: Any, action: str = "wagtail.edit") -> None:
    """Write row and revision. A new revision, so that somebody's open editor notices that it is no longer the newest."""
    variant.save()
    variant.save_revision(user=by, clean=False, log_action=action)


# Media ----------------------------------------------------------------------------------------------------------------
def request_media(parts: Iterable[Part], *, campaign: int | None, retry: bool = False) -> list[Any]:
    """Ask for the files of these parts, in the campaign's turn; idempotent.

    A plan that the renderer refuses is left to the findings.
    """
    rows = []
    for part in parts:
        for item in part.media:
            try:
                rows.append(cache.request(item.plan, campaign=campaign, retry=retry))
            except MediaError:
                continue
    return rows


def renders_of(parts: Iterable[Part]) -> dict[str, Any]:
    """The renders there are for these parts, by plan key; one query."""
    return cache.find([item.plan for part in parts for item in part.media])


def ensure_media(parts: Iterable[Part], *, campaign: int | None) -> dict[str, Any]:
    """As :func:`renders_of`, but asks for what nobody asked for yet: after an upgrade of the renderer or its fonts the
    same plans have new keys, and a page that only waited would wait for ever.
    """
    items = [item for part in parts for item in part.media]
    renders = cache.find([item.plan for item in items])
    for item in items:
        if plan_key(item.plan) not in renders:
            try:
                row = cache.request(item.plan, campaign=campaign)
            except MediaError:
                continue
            renders[row.key] = row
    return renders


def media_facts(parts: Iterable[Part], renders: Mapping[str, Any] | None = None) -> dict[str, dict[str, Any]]:
    """What is known of rendered media, by plan key, as ``Format.check`` takes it."""
    renders = renders_of(parts) if renders is None else renders
    names = ("bytes", "width", "height", "duration_s", "mime")
    return {key: {n: getattr(row, n) for n in names} for key, row in renders.items() if row.state == "done"}


# Time -----------------------------------------------------------------------------------------------------------------
def plan(
    variant: Variant, wall: datetime | None, zone: str, fold: int = 0, *, by: Any, now: datetime | None = None
) -> schedule.Resolved | None:
    """Move a variant to a wall time (None: unplan), in row and revision, and bring ``variant`` up to date.

    Returns how the time was read, so that the page can tell of a gap or a doubled hour. Raises PastTime,
    Locked, schedule.UnknownZone.
    """
    with transaction.atomic():
        current = fresh(variant.pk)
        lock = current.get_lock()
        if by is not None and lock is not None and lock.for_user(by):
            raise Locked(f"“{current}” cannot be moved now: {plain(lock.get_message(by))}")
        resolved = current.set_time(wall, zone or current.planned_zone or zone_of(current.campaign), fold)
        if resolved is not None:
            refuse_past(resolved, now=now)
        save(current, by=by)
    for name in ("planned_wall", "planned_zone", "planned_fold", "planned_at", "latest_revision"):
        setattr(variant, name, getattr(current, name))
    variant.has_unpublished_changes = current.has_unpublished_changes
    return resolved


def refuse_past(resolved: schedule.Resolved, *, now: datetime | None = None) -> None:
    now = now or timezone.now()
    if resolved.at <= now:
        shown, _ = schedule.wall_of(now, resolved.zone)
        raise PastTime(
            f"{resolved.wall:%-d %B %Y %H:%M} has passed: in {resolved.zone} it is {shown:%-d %B %Y %H:%M} now. "
            "Choose a later time."
        )


def plain(message: Any) -> str:
    """A message of Wagtail's without its markup."""
    from django.utils.html import strip_tags

    return strip_tags(str(message or "it is locked."))


def snapshots(variant: Variant) -> list[Snapshot]:
    """The parts as they are in this object, with the ids of their blocks."""
    return [snapshot(child.id, child.value, child.value["media"]) for child in variant.parts]


def snapshot(id: str, value: Mapping[str, Any], media: Iterable[Mapping[str, Any]]) -> Snapshot:
    """One part's block as something that can be compared."""
    said = {name: value.get(name) for name in ("text", "link", "sources")}
    return Snapshot.from_json({**said, "id": id, "media": list(media)})


def _and(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else names[0]
