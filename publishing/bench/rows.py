"""Accounts and due publications in bulk, and what became of them. Runs in a database of the bench's own."""

from __future__ import annotations

import json
import time
import uuid
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from wagtail.models import Page

from channels.models import Channel, Credential
from formats.core.payload import digest
from formats.models import Variant
from publishing.core.chain import link
from publishing.core.states import State
from publishing.domain.log import hashed_fields
from publishing.models import Event, Publication, Version
from work import clock, switches
from work.models import Worker

OWNERS = 20


def wait_for_workers(count: int) -> None:
    """Return when so many workers may claim; the bench does not measure their start."""
    ends = time.monotonic() + 120
    while Worker.objects.filter(stopped_at=None, holds="").count() < count and time.monotonic() < ends:
        time.sleep(0.2)


def accounts(count: int) -> None:
    """So many connected accounts of X, each with a token that names it."""
    campaign = Page.objects.filter(depth=1).first().add_child(title="Bench", slug="bench-publishing")
    for n in range(OWNERS):
        get_user_model().objects.create_user(f"bench-owner-{n}", "", None)
    for n in range(count):
        channel = Channel.objects.create(
            campaign_id=campaign.pk, platform="x", remote_id=str(1000 + n), handle=f"@bench{n}"
        )
        Credential(channel=channel, access_token=f"account-{n}").save(force_insert=True)


@transaction.atomic  # the workers are already looking
def fill(posts: int, *, starts_in_s: float, over_s: float = 0.0, stop: bool = False, label: str) -> None:
    """Approved publications, due evenly over ``over_s`` from ``starts_in_s`` on (negative: late)."""
    now = clock.now()
    if stop:
        switches.turn("all", on=True, reason="Bench.")
    campaign = Page.objects.get(slug="bench-publishing")
    owners = list(get_user_model().objects.filter(username__startswith="bench-owner-"))
    owner = owners[0]
    channels = list(Channel.objects.filter(campaign_id=campaign.pk).order_by("pk"))
    dues = [now + timedelta(seconds=starts_in_s + over_s * n / posts) for n in range(posts)]
    variants = Variant.objects.bulk_create(
        [
            Variant(
                story_id=campaign.pk, campaign_id=campaign.pk, format="x.thread", owner=owners[n % OWNERS]
            )
            for n in range(posts)
        ],
        batch_size=500,
    )
    chosen = [channels[n % len(channels)] for n in range(posts)]
    payloads = [
        _payload(v, c, due, f"{label} {n}.")
        for n, (v, c, due) in enumerate(zip(variants, chosen, dues, strict=True))
    ]
    versions = Version.objects.bulk_create(
        [
            Version(variant=v, payload=p, digest=digest(p), approved_by=owner, approved_at=now)
            for v, p in zip(variants, payloads, strict=True)
        ],
        batch_size=500,
    )
    publications = Publication.objects.bulk_create(
        [
            Publication(
                id=uuid.uuid4(), version=version, variant=variant, channel=channel, campaign_id=campaign.pk,
                due_at=due, stage_at=due, next_action_at=due, zone="UTC", wall_time=label,
                state=State.SCHEDULED, state_changed_at=now, created_at=now,
                preflight_at=now,
            )
            for version, variant, channel, due in zip(versions, variants, chosen, dues, strict=True)
        ],
        batch_size=500,
    )  # fmt: skip
    Event.objects.bulk_create([_first_event(p, now) for p in publications], batch_size=500)


def _payload(variant: Variant, channel: Channel, due: Any, text: str) -> dict[str, Any]:
    who = {"id": channel.pk, "platform": "x", "remote_id": channel.remote_id, "handle": channel.handle}
    return {
        "schema": 1, "variant": variant.pk, "format": "x.thread", "platform": "x", "language": "en",
        "planned_at": due.strftime("%Y-%m-%dT%H:%M:%SZ"), "wall_time": "", "zone": "UTC", "fold": 0,
        "channels": [who], "parts": [{"text": text, "link": "", "media": []}],
    }  # fmt: skip


def _first_event(publication: Publication, now: Any) -> Event:
    event = Event(publication=publication, seq=1, at=now, kind="scheduled", data={})
    event.hash = link("", hashed_fields(event))
    return event


def release() -> None:
    from django.contrib.auth import get_user_model as users

    from publishing.domain import pause

    admin = users().objects.filter(is_superuser=True).first() or users().objects.create_superuser(
        "bench-admin"
    )
    pause.turn("all:", on=False, by=admin)


def drop_rest(label: str) -> None:
    """What is left of one measurement must not run into the next."""
    rows = Publication.objects.filter(wall_time=label).exclude(state__in=("published", "failed", "cancelled"))
    rows.update(state=State.CANCELLED, next_action_at=None, lease_owner="", lease_until=None)


def report(label: str) -> None:
    """Print (due, started, published) in epoch seconds of every publication, as JSON."""
    rows = Publication.objects.filter(wall_time=label).values_list(
        "due_at", "started_at", "published_at", "state"
    )
    print(
        json.dumps(
            [[d.timestamp(), s and s.timestamp(), p and p.timestamp(), state] for d, s, p, state in rows]
        )
    )
