"""Everything a page says about one variant: per part its count, sources, media; findings; what is still missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils.functional import cached_property

from formats import claims, cost, making, options, readiness
from formats.core.draft import Finding, Level, MediaItem, Part
from formats.core.first_comment import Length
from formats.core.piece import Piece
from formats.variants import media_facts, renders_of
from media.models import RenderState
from media.plans import plan_key
from work import clock

# What a part can come from besides a block of the story, and the field of the story's editor that holds it.
WHOLE = {"headline": "title", "lead": "lead", "link": "link", "hashtags": "hashtags", "campaign": ""}


@dataclass(frozen=True)
class Origin:
    """What a part came from, and where that stands in the story's editor."""

    label: str
    url: str

    def __str__(self) -> str:
        return self.label


@dataclass(frozen=True)
class Omission:
    """A block of the story that no part says: what it is, how it begins, why, and where it stands in the editor."""

    what: str
    excerpt: str
    why: str
    url: str


@dataclass(frozen=True)
class Medium:
    id: str
    role: str
    alt: str
    state: str  # missing, waiting, rendering, done, failed, cancelled
    progress: int
    error: str
    thumbnail: str
    video: bool
    key: str
    croppable: bool
    cuttable: bool
    origins: tuple[Origin, ...]


@dataclass(frozen=True)
class PartReport:
    number: int
    block_id: str
    count: int
    limit: int
    unit: str
    origins: tuple[Origin, ...]
    media: tuple[Medium, ...]

    @property
    def over(self) -> int:
        return max(0, self.count - self.limit)


class Report:
    """Reads lazily: a list that only wants progress pays for nothing else. ``renders`` saves the look-up."""

    def __init__(
        self,
        variant: Any,
        renders: Mapping[str, Any] | None = None,
        piece: Piece | None = None,
        now: datetime | None = None,
    ) -> None:
        self.now = now  # read once for a page of many; None: when it is needed
        self.variant = variant
        self._renders = renders
        self._piece = piece

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        return self.variant.to_parts()

    @cached_property
    def renders(self) -> Mapping[str, Any]:
        return renders_of(self.parts) if self._renders is None else self._renders

    @cached_property
    def piece(self) -> Piece | None:
        """The story now; None for a correction, which says nothing of it."""
        if self.variant.is_correction or self._piece is None:
            return readiness.story_of(self.variant)
        return self._piece

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        order = {Level.BLOCKER: 0, Level.WARNING: 1, Level.NOTE: 2}
        found = self.variant.findings(media_facts(self.parts, self.renders))
        found = (*found, *cost.of_parts(self.variant.platform, self.parts))
        return tuple(sorted(found, key=lambda f: (order[f.level], f.part if f.part is not None else -1)))

    @cached_property
    def of_media(self) -> tuple[Finding, ...]:
        return readiness.of_media(self.variant, self.parts, self.renders)

    @cached_property
    def missing(self) -> tuple[Finding, ...]:
        """What the content cannot tell: media still being made, channels, time."""
        return (
            *claims.of_variant(self.variant, self.piece, now=self.now),
            *self.of_media,
            *readiness.of_channels(self.variant),
            *readiness.of_time(self.variant, now=self.now),
        )

    @property
    def blockers(self) -> tuple[Finding, ...]:
        return tuple(f for f in (*self.findings, *self.missing) if f.level is Level.BLOCKER)

    @cached_property
    def left_out(self) -> tuple[Omission, ...]:
        """What of the story as it stands now is in no part, edited or not; nothing for a correction."""
        if self.piece is None or not self.parts:
            return ()
        return tuple(
            Omission(each.what, each.excerpt, each.why, self._block_url(each.source))
            for each in self.variant.spec.left_out(self.piece, self.parts)
        )

    @property
    def content_blockers(self) -> int:
        return sum(f.level is Level.BLOCKER for f in self.findings)

    @property
    def warnings(self) -> int:
        return sum(f.level is Level.WARNING for f in self.findings)

    @cached_property
    def part_reports(self) -> list[PartReport]:
        spec = self.variant.spec
        return [
            PartReport(
                number=number,
                block_id=child.id or "",
                count=spec.count(part.text),
                limit=spec.text_limit,
                unit=spec.unit,
                origins=self._origins(part.sources),
                media=tuple(self._medium(item, id) for item, id in zip(part.media, ids, strict=True)),
            )
            for number, (part, child, ids) in enumerate(
                zip(self.parts, self.variant.parts, self._media_ids, strict=True), 1
            )
        ]

    @property
    def first_comment(self) -> Length | None:
        return options.first_comment_length(self.variant)

    @property
    def _media_ids(self) -> list[list[str]]:
        """The ids of the media that ``to_parts`` gives: those with a plan."""
        known = self.variant.plans
        return [
            [item.id or "" for item in child.value["media"].bound_blocks if item.value.get("key") in known]
            for child in self.variant.parts
        ]

    def _origins(self, sources: tuple[str, ...]) -> tuple[Origin, ...]:
        labels = self.variant.derivation.get("labels") or {}
        edit = self._story_url
        found = {}
        for name in sources:
            if name in WHOLE:
                field = WHOLE[name]
                found[name] = Origin(name, f"{edit}#panel-child-content-{field}-section" if field else edit)
            elif name in labels:
                found[name] = Origin(labels[name], self._block_url(name))
        return tuple(found.values())

    @property
    def _story_url(self) -> str:
        return reverse("wagtailadmin_pages:edit", args=[self.variant.story_id])

    def _block_url(self, block: str) -> str:
        return f"{self._story_url}#block-{block}-section"

    def _medium(self, item: MediaItem, id: str = "") -> Medium:
        row = self.renders.get(plan_key(item.plan))
        done = row is not None and row.state == RenderState.DONE
        video = item.plan.get("kind") != "card"
        shown = (row.cover if video else row.file) if done else ""
        return Medium(
            id=id,
            role=item.role,
            alt=item.alt,
            state=row.state if row is not None else "missing",
            progress=100 if done else (row.progress if row is not None else 0),
            error=row.error if row is not None and row.state == RenderState.FAILED else "",
            thumbnail=default_storage.url(shown) if shown else "",
            video=video,
            key=next((k for k, plan in self.variant.plans.items() if plan is item.plan), ""),
            croppable=not video and bool(item.plan.get("source")),
            cuttable=item.plan.get("kind") == "cut",
            origins=self._origins(item.sources),
        )

    @cached_property
    def making(self) -> making.Making:
        return making.of(self.parts, self.renders, self.now or clock.now())

    @property
    def media(self) -> list[Medium]:
        return [self._medium(item) for part in self.parts for item in part.media]

    @cached_property
    def progress(self) -> dict[str, Any]:
        """For the page that waits: numbers of media, and one percentage over all of them."""
        media = self.media
        ended = (RenderState.FAILED, RenderState.CANCELLED)
        failed = sum(m.state in ended for m in media)
        done = sum(m.state == RenderState.DONE for m in media)
        share = sum(100 if m.state in ended else m.progress for m in media)
        return {
            "id": self.variant.pk,
            "total": len(media),
            "done": done,
            "failed": failed,
            "waiting": len(media) - done - failed,
            "percent": round(share / len(media)) if media else 100,
        }
