"""The sample: the campaign of ``cms.sample`` on connected sandbox channels, with variants in every state.

Nothing is put into the tables by hand: variants are derived, planned, submitted, approved and published by the same
functions that people's clicks call, some of them with the clock set back. Loading again adds nothing.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
from django.conf import settings
from django.db import connection

from channels import sample as sandbox_channels
from channels.models import Channel
from cms import sample as cms_sample
from editorial.domain import approval
from formats import variants
from formats.core.payload import digest
from formats.models import Variant
from formats.payload import build
from work import clock
from work.drain import drain

RIVER = "river-clean-up-2026"
TONNES, HERONS, MORNING, MONTHS = (
    "four-tonnes-in-one-day",
    "the-herons-are-back",
    "a-morning-on-the-river",
    "less-rubbish-every-month",
)
THREAD, POST, CAROUSEL, REEL = "x.thread", "facebook.post", "instagram.carousel", "instagram.reel"
MASTODON, BLUESKY = "mastodon.thread", "bluesky.thread"
LOADED = settings.VAR / "sample-loaded"
SOON_S, SOON_AFTER_S = 60, 100  # the two a newcomer watches going out, from the end of loading


@dataclass(frozen=True)
class Plan:
    """What becomes of one variant. ``day`` counts from today, ``hour`` is wall time; no day means unplanned."""

    story: str
    format: str
    end: str = "draft"  # draft, in_review, changes, approved, voided, published, failed, late, soon
    day: int | None = None
    hour: int = 9
    comment: str = ""


PLANS = (
    Plan(TONNES, POST, "published"),
    Plan(HERONS, THREAD, "published"),
    Plan(HERONS, MASTODON, "published"),
    Plan(TONNES, BLUESKY, "published"),
    Plan(TONNES, THREAD, "soon"),
    Plan(TONNES, CAROUSEL, "soon"),
    Plan(TONNES, REEL, "in_review", 1, 18),
    Plan(HERONS, POST, "approved", 1, 9),
    Plan(HERONS, CAROUSEL, "changes", 2, 12, "Please say on the second card who counted the nests."),
    Plan(MORNING, REEL, "approved", 3, 18),
    Plan(MORNING, THREAD, "draft", 3, 12),
    Plan(MORNING, POST, "failed"),
    Plan(MORNING, CAROUSEL, "draft"),
    Plan(MONTHS, CAROUSEL, "voided", 4, 9),
    Plan(MONTHS, THREAD, "late"),
    Plan(MONTHS, POST, "in_review", 5, 10),
)


def pieces(say: Callable[[str], None]) -> cms_sample.Sample:
    """Campaigns, stories, people, and the pictures and the video that the set-up draws itself."""
    from media.sample import make_pictures, make_video  # loads Pillow's and ffmpeg's parts only when needed

    with tempfile.TemporaryDirectory() as folder:
        say("Drawing pictures and a short video")
        pictures = make_pictures(Path(folder))
        video, captions = make_video(Path(folder))
        files = cms_sample.SampleFiles(pictures=pictures, video=video, captions=captions)
        return cms_sample.load(files=files, say=say)


def connect(sample: cms_sample.Sample, say: Callable[[str], None]) -> list[Channel]:
    """Connect the sandbox accounts for the river campaign by walking OAuth over HTTP."""
    campaign = sample.campaigns[RIVER]
    if found := list(Channel.objects.filter(campaign_id=campaign.pk)):
        return found
    made = sandbox_channels.connect_all(campaign, by=sample.people["mona"])
    say("Connected on the sandbox: " + ", ".join(str(c) for c in made))
    return made


def posts(sample: cms_sample.Sample, say: Callable[[str], None]) -> None:
    """Derive the variants, wait for their media, and take each to its state. Goes on where it was cut off."""
    chris = sample.people["chris"]
    made: dict[Plan, Variant] = {}
    for slug in dict.fromkeys(p.story for p in PLANS):
        wanted = [p for p in PLANS if p.story == slug]
        created = variants.create_variants(sample.pieces[slug], [p.format for p in wanted], by=chris)
        made |= dict(zip(wanted, created, strict=True))
    say(f"Variants: {len(made)}. Rendering their pictures and video")
    render_all()
    story = Story(sample, ZoneInfo(sample.campaigns[RIVER].time_zone))
    for plan, variant in made.items():
        if plan.end != "soon" and untouched(variant):
            story.take(variant, plan)
    say("Publishing what is already out")
    refuse_next_post_on_facebook()
    drain(["publication"])
    for plan, seconds in zip((p for p in PLANS if p.end == "soon"), (SOON_S, SOON_AFTER_S), strict=True):
        if untouched(made[plan]):
            story.approve(made[plan], clock.now() + timedelta(seconds=seconds))
    say("Two are due within two minutes")


def render_all() -> None:
    """Work on the waiting renders with as many threads as there are processors; each render is a process of its own."""

    def share(_: int) -> None:
        drain(["renders"])
        connection.close()

    threads = os.cpu_count() or 1
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(share, range(threads)))


def refuse_next_post_on_facebook() -> None:
    """Have the sandbox refuse the second of the two Facebook posts, so that a failed one can be seen too."""
    fault = {"network": "facebook", "match": "POST /[^?]*/feed", "fault": "refused", "times": 1, "skip": 1}
    httpx.post(f"{settings.SANDBOX_URL}/_sandbox/faults", json=fault, timeout=10).raise_for_status()


def untouched(variant: Variant) -> bool:
    """Not handed in yet."""
    return not variant.workflow_states.exists()


class Story:
    """Chris writes and submits, Mona decides: the same functions as behind their buttons."""

    def __init__(self, sample: cms_sample.Sample, zone: ZoneInfo):
        self.chris, self.mona = sample.people["chris"], sample.people["mona"]
        self.zone = zone

    def take(self, variant: Variant, plan: Plan) -> None:
        now = clock.now()
        at = None if plan.day is None else self.wall(now, plan.day, plan.hour)
        match plan.end:
            case "draft":
                self.plan(variant, at)
            case "in_review":
                self.submit(variant, at)
            case "changes":
                self.submit(variant, at)
                approval.reject(variants.fresh(variant.pk), by=self.mona, comment=plan.comment)
            case "approved":
                self.approve(variant, at)
            case "voided":
                self.approve(variant, at)
                self.edit_first_line(variant)
            case "published" | "failed":
                # Approved a minute ago for half a minute ago: due at once, and not too late.
                with clock.by_hand(now - timedelta(seconds=60)):
                    self.approve(variant, now - timedelta(seconds=30))
            case "late":
                # Approved yesterday for yesterday evening, when no worker ran: now a person must decide.
                with clock.by_hand(now - timedelta(days=1)):
                    self.approve(variant, now - timedelta(hours=20))

    def wall(self, now: datetime, day: int, hour: int) -> datetime:
        local = now.astimezone(self.zone) + timedelta(days=day)
        return local.replace(hour=hour, minute=0, second=0, microsecond=0)

    def plan(self, variant: Variant, at: datetime | None) -> None:
        if at is not None:
            wall = at.astimezone(self.zone).replace(tzinfo=None)
            variants.plan(variant, wall, str(self.zone), by=self.chris, now=clock.now())

    def submit(self, variant: Variant, at: datetime | None) -> None:
        self.plan(variant, at)
        approval.submit(variants.fresh(variant.pk), by=self.chris)

    def approve(self, variant: Variant, at: datetime | None) -> None:
        self.submit(variant, at)
        current = variants.fresh(variant.pk)
        approval.approve(current, by=self.mona, digest=digest(build(current)))

    def edit_first_line(self, variant: Variant) -> None:
        current = variants.fresh(variant.pk)
        first, *rest = current.to_parts()
        changed = type(first)(
            text=f"New figures. {first.text}", media=first.media, link=first.link, sources=first.sources
        )
        variants.set_parts(current, [changed, *rest], by=self.chris)


def load(say: Callable[[str], None], *, bare: bool = False) -> None:
    """Everything; ``bare`` stops after the pieces and people. Without a sandbox there are no channels and no posts."""
    sample = pieces(say)
    if bare:
        return
    if not settings.SANDBOX_URL:
        say("No sandbox networks are set (HUSTINGS_SANDBOX_URL), so no channels and variants were made.")
        return
    connect(sample, say)
    posts(sample, say)
    LOADED.touch()
