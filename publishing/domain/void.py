"""Take an approval back. It wins until the intent of a call is committed; after that the result is shown."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import F

from formats.core.payload import digest
from publishing.core.states import LIVE, State
from publishing.domain.log import record
from publishing.models import NOT_ASKED, Publication, Version
from work import clock

_moving: ContextVar[bool] = ContextVar("publishing.moving", default=False)


@dataclass
class Voided:
    """``cancelled`` will not go out; ``under_way`` were being sent already and are shown with their
    result.
    """

    cancelled: list[Publication] = field(default_factory=list)
    under_way: list[Publication] = field(default_factory=list)


def void(variant: Any, *, reason: str, by: Any = None) -> Voided:
    """Void the variant's standing approval and stop what has not begun. Safe to call twice."""
    with transaction.atomic():
        now = clock.now()
        Version.objects.filter(variant_id=variant.pk, voided_at=None).update(
            voided_at=now, void_reason=reason[:300], voided_by=by
        )
        result = Voided()
        for publication in Publication.objects.filter(variant_id=variant.pk, state__in=LIVE):
            stopped = stop(publication, by=by, why=reason, now=now)
            (result.cancelled if stopped else result.under_way).append(publication)
    return result


def stop(publication: Publication, *, by: Any, why: str, now: Any) -> bool:
    """Cancel a live publication if nothing of it can be out; otherwise ask its run to stop. In a transaction.

    The one UPDATE decides against a worker that is just committing an intent: it ends the worker's lease
    (``fence`` + 1) only where no intent is open.
    """
    rows = Publication.objects.filter(pk=publication.pk, state__in=LIVE)
    if rows.filter(intent_open=False, parts_out=0).update(
        state=State.CANCELLED,
        reason="",
        detail=why,
        next_action_at=None,
        lease_owner="",
        lease_until=None,
        fence=F("fence") + 1,
        state_changed_at=now,
        **NOT_ASKED,
    ):
        publication.refresh_from_db()
        record(publication, "cancelled", {"why": why}, at=now, by=by)
        return True
    if rows.filter(cancel_requested_at=None).update(cancel_requested_at=now, cancel_requested_by=by):
        publication.refresh_from_db()
        record(publication, "stop_requested", {"why": why}, at=now, by=by)
    return False


@contextmanager
def moving_with_approval():
    """While this lasts, a change of the variant in this thread does not void: its approval moves along."""
    token = _moving.set(True)
    try:
        yield
    finally:
        _moving.reset(token)


def void_if_changed(sender: Any, variant: Any, by: Any = None, **kwargs: Any) -> None:
    """Listens to ``variant_changed``: void when what would be built now is no longer what was approved."""
    if _moving.get():
        return
    version = Version.objects.filter(variant_id=variant.pk, voided_at=None).order_by("-pk").first()
    if version is None or not _matters(version):
        return
    if _digest_now(variant) != version.digest:
        void(variant, reason="The variant was changed after it had been approved.", by=by)


def _matters(version: Version) -> bool:
    """Whether anything may still go out under it; an approval whose posts are all out stays as it was."""
    publications = Publication.objects.filter(version_id=version.pk)
    return publications.filter(state__in=LIVE).exists() or not publications.exists()


def _digest_now(variant: Any) -> str:
    from formats import payload  # imports the media house; only needed here

    try:
        return digest(payload.build(variant))
    except payload.NotReady:
        return ""
