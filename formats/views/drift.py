"""What changed in the story since a variant was made, and what deriving again would make of each part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from access import policy
from formats import drift
from formats.core.merge import Choice, Conflict, Snapshot
from formats.core.worddiff import Run, diff
from formats.models import Variant
from formats.variants import NothingToSay, VariantError
from formats.views.words import edit_url, story_url

FIELDS = {"text": "Text", "link": "Link", "alt": "Alt text", "media": "Pictures", "part": "The whole part"}


@dataclass(frozen=True)
class Question:
    """A conflict as the page asks it. ``wins`` compares the kept words with the offered ones."""

    conflict: Conflict
    runs: tuple[Run, ...]

    @property
    def name(self) -> str:
        return FIELDS[self.conflict.field]

    @property
    def editable(self) -> bool:
        return self.conflict.field != "media"


@dataclass(frozen=True)
class Row:
    """One part as it would be: ``what`` is updated, added, removed, edited, kept or asked."""

    number: int | None
    what: str
    runs: tuple[Run, ...]
    pictures: bool
    questions: tuple[Question, ...] = ()


def rows_of(seen: drift.Rederivation) -> list[Row]:
    """Every part in its coming order, then those that go."""
    mine = {part.id: part for part in seen.mine}
    old = {part.id: part for part in seen.old}
    asked: dict[str, list[Conflict]] = {}
    for conflict in seen.merged.conflicts:
        asked.setdefault(conflict.id, []).append(conflict)
    rows = [
        _row(number, part, mine.get(part.id), old.get(part.id), asked.get(part.id, ()))
        for number, part in enumerate(seen.merged.parts, 1)
    ]
    there = {part.id for part in seen.merged.parts}
    gone = [part for part in seen.mine if part.id not in there]
    return rows + [Row(None, "removed", diff(part.text, ""), bool(part.media)) for part in gone]


def _row(number: int, part: Snapshot, mine: Snapshot | None, old: Snapshot | None, asked: Any) -> Row:
    questions = tuple(Question(c, diff(c.kept, c.offered)) for c in asked)
    runs = diff(mine.text if mine else "", part.text)
    pictures = mine is not None and mine.media != part.media
    if questions:
        what = "asked"
    elif mine is None:
        what = "added"
    elif mine.text != part.text or pictures or mine.link != part.link:
        what = "updated"
    else:
        what = "kept" if old is not None and old.text == part.text else "edited"
    return Row(number, what, runs, pictures, questions)


class DriftView(WagtailAdminTemplateMixin, TemplateView):
    """Shows before it does: choices per conflict, then one button. Looking needs no right to write."""

    model = Variant
    capability = policy.VIEW
    template_name = "formats/drift/drift.html"
    page_title = "Changes in the story"
    header_icon = "variants"
    _show_breadcrumbs = True

    @cached_property
    def variant(self) -> Any:
        return get_object_or_404(Variant, pk=self.kwargs["pk"]).get_latest_revision_as_object()

    def get_page_subtitle(self) -> str:
        return str(self.variant)

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        items = [
            {
                "url": reverse("wagtailadmin_pages:edit", args=[self.variant.story_id]),
                "label": self.variant.story.title,
            },
            {"url": story_url(self.variant.story_id), "label": "Variants"},
            {"url": "", "label": self.page_title},
        ]
        return [*self.breadcrumbs_items, *items]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        may_write = policy.can(self.request.user, policy.WRITE, self.variant)
        context |= {"variant": self.variant, "edit_url": edit_url(self.variant), "may_write": may_write}
        context |= {"story_url": story_url(self.variant.story_id)}
        try:
            seen = drift.look(self.variant)
        except NothingToSay as error:
            return {**context, "nothing": str(error)}
        rows = rows_of(seen)
        changes = drift.drift_of(self.variant, seen.piece)
        return {
            **context,
            "changes": changes,
            "rows": rows,
            "asked": sum(len(row.questions) for row in rows),
            "moves": [p.id for p in seen.mine if p in seen.merged.parts]
            != [p.id for p in seen.merged.parts if p in seen.mine],
            "in_step": not changes and not seen.merged.conflicts and not seen.merged.updated,
            "token": seen.token,
        }

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        policy.require(request.user, policy.WRITE, self.variant)
        try:
            choices = read_choices(request.POST)
            result = drift.rederive(
                self.variant, by=request.user, choices=choices, token=request.POST.get("token", "")
            )
        except VariantError as error:
            messages.error(request, str(error))
            return redirect(request.get_full_path())
        left = f" {len(result.conflicts)} still to decide." if result.conflicts else ""
        messages.success(
            request,
            f"Up to date with the story; {result.updated} part{'s' * (result.updated != 1)} changed.{left}",
        )
        return redirect(edit_url(self.variant))


def read_choices(posted: Mapping[str, str]) -> dict[str, Choice]:
    """The form's answers by conflict. An edit without words says that something is missing: it raises VariantError."""
    found = {}
    for name, what in posted.items():
        if not name.startswith("choice-") or what not in ("keep", "take", "edit"):
            continue
        key = name.removeprefix("choice-")
        words = posted.get(f"words-{key}", "").replace("\r\n", "\n").strip()
        if what == "edit" and not words:
            raise VariantError("You chose to write it anew, but the field is empty.")
        found[key] = Choice(what, words if what == "edit" else "")
    return found
