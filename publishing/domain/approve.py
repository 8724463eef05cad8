"""Freeze what a manager approved, and put it on its way."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from channels.models import Channel
from formats.core.payload import digest
from publishing.core.grace import grace_s
from publishing.core.states import GONE, LIVE, State
from publishing.domain import quota
from publishing.domain.log import record
from publishing.domain.schedule import grace_of, times_of
from publishing.domain.void import moving_with_approval, stop, void
from publishing.models import Publication, Version
from work import clock


class NotApprovable(ValueError):
    """It cannot be approved as it is; the text says why, for people. Nothing was changed."""


def approve_variant(variant: Any, *, by: Any) -> Version:
    """Freeze the variant as it is now and schedule a publication per channel; returns the version.

    Approving the same content twice gives the same version. An earlier approval of other content is
    voided; what is out or being sent already stays, and its channel gets no second publication. Raises
    NotApprovable, and formats.payload.NotReady when media is missing.
    """
    from formats import payload as payloads  # imports the media house

    return freeze(variant, payloads.build(variant), by=by)


def freeze(variant: Any, payload: dict[str, Any], *, by: Any) -> Version:
    """Approve exactly this payload."""
    if not payload.get("planned_at"):
        raise NotApprovable("It has no planned time yet.")
    if not payload.get("channels"):
        raise NotApprovable("No channel is chosen.")
    if not payload.get("parts"):
        raise NotApprovable("It has no parts.")
    fingerprint = digest(payload)
    with transaction.atomic():
        _one_at_a_time(variant)
        standing = Version.objects.filter(variant_id=variant.pk, voided_at=None).order_by("-pk").first()
        same = standing is not None and standing.digest == fingerprint
        if same and standing.publications.exclude(state__in=GONE).exists():
            return standing
        if standing is not None:
            void(variant, reason="It was approved anew.", by=by)
        now = clock.now()
        version = Version.objects.create(
            variant_id=variant.pk, payload=payload, digest=fingerprint, approved_by=by, approved_at=now
        )
        taken = set(
            Publication.objects.filter(variant_id=variant.pk)
            .exclude(state__in=GONE)
            .values_list("channel_id", flat=True)
        )
        wanted = [channel["id"] for channel in payload["channels"] if channel["id"] not in taken]
        for channel in _with_room(wanted, payload, variant.pk):
            _schedule(version, variant, channel, by=by, now=now)
    return version


def _one_at_a_time(variant: Any) -> None:
    """Let a second approval of the same variant wait for the first. SQLite has one writer at a time anyway."""
    type(variant).objects.select_for_update().filter(pk=variant.pk).values_list("pk").first()


def _with_room(ids: list[int], payload: dict[str, Any], variant_id: int) -> list[Channel]:
    """The channels, locked so that two approvals cannot both be the last one. Raises NotApprovable."""
    channels = list(Channel.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
    why = quota.refusal(
        channels,
        datetime.fromisoformat(payload["planned_at"]),
        format=payload["format"],
        parts=len(payload["parts"]),
        but_variant=variant_id,
    )
    if why:
        raise NotApprovable(why)
    return channels


def _schedule(version: Version, variant: Any, channel: Channel, *, by: Any, now: datetime) -> Publication:
    """``grace`` of the payload is the post's own choice, else the channel's holds."""
    times = times_of(version.payload, now)
    grace = version.payload.get("grace") or channel.grace
    usual_s = int(settings.PUBLISHING["grace_s"])
    publication = Publication.objects.create(
        version=version,
        variant_id=variant.pk,
        channel=channel,
        campaign_id=variant.campaign_id,
        grace=grace,
        grace_s=grace_s(grace, times["due_at"], times["zone"], usual_s=usual_s),
        state=State.SCHEDULED,
        state_changed_at=now,
        created_at=now,
        **times,
    )
    record(publication, "scheduled", {"due_at": times["due_at"], "digest": version.digest}, at=now, by=by)
    return publication


def move_within_day(variant: Any, wall: datetime, zone: str, fold: int = 0, *, by: Any) -> Version:
    """Move an approved variant to another time; its approval moves along, in the mover's name.

    The caller has checked that the mover may approve and that it stays the same day. Everything but the
    time must be what was approved. Raises NotApprovable when it is being sent already or nothing is
    approved.
    """
    from formats import payload as payloads  # imports the media house
    from formats import variants

    with transaction.atomic():
        standing = Version.objects.filter(variant_id=variant.pk, voided_at=None).order_by("-pk").first()
        if standing is None:
            raise NotApprovable("It is not approved.")
        with moving_with_approval():
            variants.plan(variant, wall, zone, fold, by=by, now=clock.now())
        payload = payloads.build(variant)
        if _without_time(payload) != _without_time(standing.payload):
            raise NotApprovable("It was changed after it had been approved.")
        reason = "It was moved within the approved day."
        return carry_over(standing, payload, by=by, reason=reason, event="moved")


def carry_over(standing: Version, payload: dict[str, Any], *, by: Any, reason: str, event: str) -> Version:
    """Put the approval's publications under a version that differs in its time only; in a transaction.

    Raises NotApprovable when one of them is being sent already.
    """
    now = clock.now()
    variant_id = standing.variant_id
    live = list(standing.publications.filter(state__in=LIVE))
    _with_room([publication.channel_id for publication in live], payload, variant_id)
    approver = by if by is not None else standing.approved_by
    version = Version.objects.create(
        variant_id=variant_id,
        payload=payload,
        digest=digest(payload),
        approved_by=approver,
        approved_as=standing.approved_as if by is None else "",
        approved_at=now,
    )
    Version.objects.filter(pk=standing.pk).update(voided_at=now, void_reason=reason, voided_by=by)
    times = times_of(payload, now)
    for publication in live:
        publication.zone = times["zone"]
        moved = Publication.objects.filter(
            pk=publication.pk,
            state__in=(State.SCHEDULED, State.WAITING),
            intent_open=False,
            started_at=None,
            lease_owner="",
        ).update(version=version, grace_s=grace_of(publication, publication.grace, times["due_at"]), **times)
        if not moved:
            raise NotApprovable("It is being sent already and cannot be moved any more.")
        publication.refresh_from_db()
        record(publication, event, {"due_at": times["due_at"], "digest": version.digest}, at=now, by=by)
    return version


TIME_FIELDS = frozenset({"planned_at", "wall_time", "zone", "fold"})


def _without_time(payload: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in payload.items() if key not in TIME_FIELDS}


__all__ = ["NotApprovable", "approve_variant", "carry_over", "freeze", "move_within_day", "stop"]
