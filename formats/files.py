"""All files rendered for a story's variants, each once, with where it is used. A few queries, however many there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.files.storage import default_storage

from formats import status
from formats.core import plans
from formats.core.drawings import Drawing
from formats.models import Variant
from media import cache, progress
from media.errors import MediaError
from media.models import Render, RenderState
from media.plans import extension, plan_key

NAMES = {"cut": "Cut of the video", "film": "Film of cards"}
CARDS = {
    "cover": "Cover card",
    "statistic": "Statistic card",
    "quote": "Quote card",
    "text": "Text card",
    "closing": "Closing card",
    "figures": "Infographic",
    "picture": "Picture",
}
OPEN = (RenderState.WAITING, RenderState.RENDERING)


@dataclass(frozen=True)
class Use:
    """One place in a variant: ``part`` counts from 1; ``alt`` is what is said of the file there."""

    variant: Variant
    part: int
    alt: str
    status: status.Status


@dataclass
class RenderedFile:
    """One file, wanted or there. ``before``: what stands there still while this one is made, or failed."""

    key: str
    plan: Mapping[str, Any]
    row: Render | None = None
    uses: list[Use] = field(default_factory=list)
    before: Render | None = None
    told: str = ""  # its words at the moment of the page
    outdated: bool = (
        False  # before is the same, made by an earlier version of the renderer: it stands until made anew
    )

    @property
    def name(self) -> str:
        return NAMES.get(self.plan["kind"]) or CARDS.get(self.plan.get("template", ""), "Card")

    @property
    def called(self) -> str:
        """Its name and how it begins: "Cover card “We clean the river”"."""
        return f"{self.name} “{self.begins}”" if self.begins else self.name

    @property
    def begins(self) -> str:
        """How the text on it begins, to tell one card from the next."""
        text = self.plan.get("text") or self.plan.get("title") or {}
        told = (text.get(name) for name in ("headline", "value", "body"))
        return next((str(each) for each in told if each), "")

    @property
    def is_video(self) -> bool:
        return plans.is_video(self.plan)

    @property
    def state(self) -> str:
        return self.row.state if self.row else "missing"

    @property
    def done(self) -> bool:
        return self.row is not None and self.row.state == RenderState.DONE

    @property
    def open(self) -> bool:
        return self.row is not None and self.row.state in OPEN

    @property
    def failed(self) -> bool:
        """Whether it ended without a file, and a person has to decide."""
        return self.row is not None and self.row.state in (RenderState.FAILED, RenderState.CANCELLED)

    def words(self, now: datetime) -> str:
        return _how_far(self.row, now)

    @property
    def shown(self) -> Render | None:
        """The finished file to show: this one, or the same as it was made before."""
        return self.row if self.done else self.before if self.outdated else None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels: as made, else as planned."""
        if self.shown:
            return self.shown.width, self.shown.height
        return tuple(self.plan["size"])  # type: ignore[return-value]

    @property
    def alts(self) -> list[str]:
        return list(dict.fromkeys(use.alt for use in self.uses))

    @property
    def url(self) -> str:
        return default_storage.url(self.row.file) if self.done and self.row else ""

    @property
    def shown_url(self) -> str:
        return default_storage.url(self.shown.file) if self.shown else ""

    @property
    def thumbnail(self) -> str:
        if self.shown is None:
            return ""
        picture = self.shown.cover if self.is_video else self.shown.file
        return default_storage.url(picture) if picture else ""

    @property
    def captions_url(self) -> str:
        return default_storage.url(self.row.captions) if self.done and self.row and self.row.captions else ""

    @property
    def before_url(self) -> str:
        return default_storage.url(self.before.file) if self.before else ""

    @property
    def file_name(self) -> str:
        """What it is called when somebody keeps it: "cover-card-1080x1350-3fa9c1.jpg"."""
        width, height = self.plan["size"]
        return f"{self.name.lower().replace(' ', '-')}-{width}x{height}-{self.key[:6]}.{extension(self.plan)}"


def _how_far(row: Render | None, now: datetime) -> str:
    """How far a file is, and for how long still."""
    if row is None or row.state != RenderState.RENDERING:
        return "in the queue"
    left = progress.words(cache.left_s(row, now))
    return f"{row.progress} %, {left}" if left else f"{row.progress} %"


def of_story(variants: Sequence[Variant]) -> list[RenderedFile]:
    """The files of these variants in the order of use; nothing is asked for that nobody asked for."""
    if not variants:
        return []
    stands = status.status_of(variants)
    found: dict[str, RenderedFile] = {}
    for variant in variants:
        for number, part in enumerate(variant.to_parts(), 1):
            for item in part.media:
                key = plan_key(item.plan)
                file = found.setdefault(key, RenderedFile(key, item.plan))
                file.uses.append(Use(variant, number, item.alt, stands.get(variant.pk, status.DRAFT)))
    past = _past(variants, found)
    rows = _with_files(cache.find([*(file.plan for file in found.values()), *past.values()]))
    for key, file in found.items():
        file.row = rows.get(key)
    same = cache.made_before(file.plan for file in found.values() if not file.done)
    for key, file in found.items():
        if not file.done:
            file.outdated = key in same and cache.files_exist(same[key])
            file.before = same[key] if file.outdated else _before(file, past, rows)
    return list(found.values())


def _past(variants: Iterable[Variant], now: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Plans that a variant has had and no part uses any more: their files are kept."""
    kept = {plan_key(plan): plan for variant in variants for plan in variant.plans.values()}
    return {key: plan for key, plan in kept.items() if key not in now}


def _before(
    file: RenderedFile, past: Mapping[str, Mapping[str, Any]], rows: Mapping[str, Render]
) -> Render | None:
    """The newest finished file of the same kind, template and size."""
    alike = [
        rows[key]
        for key, plan in past.items()
        if key in rows and rows[key].state == RenderState.DONE and _shape(plan) == _shape(file.plan)
    ]
    return max(alike, key=lambda row: (row.finished_at is not None, row.finished_at, row.pk), default=None)


def _shape(plan: Mapping[str, Any]) -> tuple[Any, ...]:
    return plan["kind"], plan.get("template"), tuple(plan["size"])


def made_anew(found: Sequence[RenderedFile], changed_at: datetime | None) -> tuple[int, int] | None:
    """How many of how many were asked for after the story's last change; None before there is anything to compare.

    A file has a name for all that stands on it: what a change does not touch is found again and not made.
    """
    asked = [file.row.created_at for file in found if file.row]
    new = sum(changed_at is not None and at > changed_at for at in asked)
    return (new, len(asked)) if 0 < new < len(asked) else None


@dataclass(frozen=True)
class Asked:
    """``asked`` will be made, ``left`` are there or on their way, ``refused`` cannot be asked for: their names, with why."""

    asked: int
    left: int
    refused: Sequence[str]

    def __str__(self) -> str:
        said = (
            f"{self.asked} file{'s' if self.asked != 1 else ''} will be made"
            if self.asked
            else "Nothing had to be made"
        )
        if self.left:
            said += f"; {self.left} stay{'s' if self.left == 1 else ''} as {'it is' if self.left == 1 else 'they are'}"
        return f"{said}."


def make_missing(wanted: Iterable[Mapping[str, Any]], campaign: int) -> Asked:
    """Ask for what is not there or has failed; what is there or on its way is left."""
    wanted = {plan_key(plan): plan for plan in wanted}
    rows = _with_files(cache.find(wanted.values()))
    asked, refused = 0, []
    for key, plan in wanted.items():
        row = rows.get(key)
        if row is not None and row.state in (*OPEN, RenderState.DONE):
            continue
        try:
            cache.request(plan, campaign=campaign, retry=True)
        except MediaError as error:
            refused.append(f"{RenderedFile(key, plan).called}: {error}")
        else:
            asked += 1
    return Asked(asked, len(wanted) - asked - len(refused), refused)


@dataclass(frozen=True)
class PrintFile:
    """A drawing of an infographic to print or to put on a page, wanted or there."""

    drawing: Drawing
    row: Render | None

    @property
    def state(self) -> str:
        return self.row.state if self.row else "missing"

    @property
    def url(self) -> str:
        return default_storage.url(self.row.file) if self.state == RenderState.DONE and self.row else ""


def drawings(wanted: Sequence[Drawing]) -> list[PrintFile]:
    """The drawings with their rows; one whose file is gone from the disk is missing, and made again when asked for."""
    rows = _with_files(cache.find([each.plan for each in wanted]))
    return [PrintFile(each, rows.get(plan_key(each.plan))) for each in wanted]


def _with_files(rows: Mapping[str, Render]) -> dict[str, Render]:
    """Without those that are finished and whose files are gone."""
    return {key: row for key, row in rows.items() if row.state != RenderState.DONE or cache.files_exist(row)}


# Copies for the public page -------------------------------------------------------------------------------------------
@dataclass
class PublicCopy:
    """The copy of a video or recording that a public page shows, wanted or there. ``url`` is where the upload is edited."""

    title: str
    url: str
    plan: Mapping[str, Any]
    row: Render | None = None
    told: str = ""

    @property
    def key(self) -> str:
        return plan_key(self.plan)

    @property
    def state(self) -> str:
        return self.row.state if self.row else "missing"

    @property
    def open(self) -> bool:
        return self.state in OPEN

    @property
    def failed(self) -> bool:
        return self.state in (RenderState.FAILED, RenderState.CANCELLED)

    def words(self, now: datetime) -> str:
        return _how_far(self.row, now)


_copies: Callable[[Any], Sequence[PublicCopy]] | None = None


def provide_copies(lookup: Callable[[Any], Sequence[PublicCopy]]) -> None:
    """Tell how to find the copies that a story's public page shows, without their rows."""
    global _copies
    _copies = lookup


def public_copies(story: Any) -> list[PublicCopy]:
    """The copies that the story's public page shows; none while it has no page. One query for their rows."""
    return with_rows(_copies(story) if _copies else ())


def with_rows(copies: Sequence[PublicCopy]) -> list[PublicCopy]:
    rows = cache.find([each.plan for each in copies])
    for each in copies:
        each.row = rows.get(each.key)
    return list(copies)
