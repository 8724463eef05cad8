"""Copy a change to the other variants of the story: what, where, how it will read there; and back again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.models import Revision

from access import policy
from formats import copying, desk, status, variants
from formats.copying import Change, Rows
from formats.core import worddiff
from formats.core.draft import Level
from formats.core.mentions import Renamed
from formats.core.piece import Account
from formats.locks import SENT, WHY
from formats.models import Variant
from formats.registry import FORMATS
from formats.variants import fresh
from formats.views.desk import loaded
from formats.views.words import edit_url, story_url

SALT = "formats.copied"
UNDO_FOR_S = 7 * 24 * 3600


@dataclass(frozen=True)
class Place:
    """One part of another variant, before and after."""

    number: int
    name: str
    runs: tuple[worddiff.Run, ...]


@dataclass(frozen=True)
class Target:
    """Another variant: what would change there, or why nothing can."""

    variant: Variant
    label: str
    why_not: str
    places: tuple[Place, ...] = ()
    blockers: tuple[str, ...] = ()
    renamed: tuple[Renamed, ...] = ()

    @property
    def possible(self) -> bool:
        return bool(self.places) and not self.why_not


def why_closed(variant: Variant, word: str, user: Any) -> str:
    """Why a variant cannot be changed from here; empty where it can. Asks the database nothing."""
    if word in SENT:
        return WHY[word]
    if word == "approved":
        return "It is approved. Open it and change it there, which takes the approval back."
    if word == "in_review":
        return "It is waiting for approval. Take it back first, or ask for changes."
    if variant.locked and variant.locked_by_id != user.pk:
        return "Somebody has locked it. Ask them to unlock it."
    return ""


class CopyView(WagtailAdminTemplateMixin, TemplateView):
    """GET ``?what=`` shows what the change would do to each other variant; POST does it to the ticked ones."""

    model = Variant
    capability = policy.WRITE
    template_name = "formats/variants/copy.html"
    page_title = "Copy a change"
    header_icon = "copy"
    _show_breadcrumbs = True

    @cached_property
    def variant(self) -> Variant:
        return loaded(self.kwargs["pk"])

    @cached_property
    def offers(self) -> list[Change]:
        derived = {p.get("id", ""): p.get("text", "") for p in self.variant.derivation.get("parts", ())}
        return copying.offers(desk.rows_of(self.variant), derived, self.variant.plans)

    @cached_property
    def change(self) -> Change | None:
        what = self.request.POST.get("what") or self.request.GET.get("what", "")
        return next((each for each in self.offers if each.name == what), None)

    @cached_property
    def accounts(self) -> tuple[Account, ...]:
        return variants.accounts_of(self.variant.campaign)

    @cached_property
    def siblings(self) -> list[Variant]:
        """The other variants as last saved, in the order of the board."""
        rows = Variant.objects.filter(story_id=self.variant.story_id).exclude(pk=self.variant.pk)
        order = {name: place for place, name in enumerate(FORMATS.ids())}
        known = [row for row in rows.select_related("campaign") if row.format in order]
        for row in known:  # loaded once, not once per variant
            row.story, row.campaign = self.variant.story, self.variant.campaign
        return sorted(known, key=lambda row: (order[row.format], row.pk))

    @cached_property
    def targets(self) -> list[Target]:
        change = self.change
        if change is None:
            return []
        words = status.status_of(self.siblings) if self.siblings else {}
        return [self._target(row, change, words[row.pk].word) for row in self.siblings]

    def _target(self, row: Variant, change: Change, word: str) -> Target:
        before = desk.rows_of(row)
        after, renamed = self._copied(change, row, before)
        places = tuple(_places(before, after))
        why = why_closed(row, word, self.request.user)
        if not why and not places:
            why = "It reads so already, or has no place that the change belongs to."
        return Target(row, row.format_label, why, places, _over(row, after) if places else (), renamed)

    def _copied(self, change: Change, row: Variant, before: Rows) -> tuple[Rows, tuple[Renamed, ...]]:
        """The parts of another variant after the change, in which people are called as its platform calls them."""
        platform = row.platform if row.spec.handle else ""
        here, renamed = copying.moved(change, self.accounts, self.variant.platform, platform)
        return copying.applied(here, before, row.plans), renamed

    def get_page_subtitle(self) -> str:
        return str(self.variant)

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        board = {"url": story_url(self.variant.story_id), "label": "Variants of the story"}
        return [*self.breadcrumbs_items, board, {"url": "", "label": self.get_page_title()}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        done = self.request.GET.get("done", "")
        return {
            **context,
            "variant": self.variant,
            "offers": self.offers,
            "change": self.change,
            "targets": self.targets,
            "any": any(target.possible for target in self.targets),
            "done": done,
            "undo_url": reverse("variants:undo_copy", args=[self.variant.pk]),
            "edit_url": edit_url(self.variant),
            "story_url": story_url(self.variant.story_id),
        }

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        here = reverse("variants:copy", args=[self.variant.pk])
        if self.change is None:
            messages.error(request, "What should be copied has changed meanwhile. Choose again.")
            return redirect(here)
        chosen = set(request.POST.getlist("to"))
        wanted = [t.variant.pk for t in self.targets if t.possible and str(t.variant.pk) in chosen]
        if not wanted:
            messages.error(request, "Nothing was ticked. Choose at least one variant.")
            return redirect(f"{here}?what={self.change.name}")
        changed, names, renamed = self._carry_over(wanted)
        if not changed:
            messages.warning(request, "The variants changed meanwhile; nothing was copied. Look again.")
            return redirect(f"{here}?what={self.change.name}")
        messages.success(request, " ".join((f"Copied to: {', '.join(names)}.", *renamed)))
        return redirect(f"{here}?done={signing.dumps(changed, salt=SALT)}")

    def _carry_over(self, wanted: list[int]) -> tuple[list[list[int]], list[str], list[str]]:
        """Change each anew from what is saved now.

        Returns [variant, revision before, revision after] of those changed, their names, and whom they call otherwise.
        """
        assert self.change is not None
        changed: list[list[int]] = []
        names: list[str] = []
        told: dict[str, None] = {}
        with transaction.atomic():
            current = [fresh(pk) for pk in wanted]
            words = status.status_of(current)
            for row in current:
                before = desk.rows_of(row)
                after, renamed = self._copied(self.change, row, before)
                if after == before or why_closed(row, words[row.pk].word, self.request.user):
                    continue
                was = row.latest_revision_id
                desk.put(row, after)
                variants.save(row, by=self.request.user)
                changed.append([row.pk, was, row.latest_revision_id])
                names.append(row.format_label)
                told |= {
                    f"{each.said} is {each.here} on {row.spec.platform_label}.": None for each in renamed
                }
        return changed, names, list(told)


class UndoCopyView(TemplateView):
    """Take a copied change back where nobody has changed anything since."""

    model = Variant
    capability = policy.WRITE
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        here = reverse("variants:copy", args=[kwargs["pk"]])
        try:
            rows = signing.loads(request.POST.get("done", ""), salt=SALT, max_age=UNDO_FOR_S)
        except signing.BadSignature:
            messages.error(
                request,
                "This can no longer be undone from here. Every variant’s history has its older texts.",
            )
            return redirect(here)
        back, kept = self._back(rows)
        if back:
            messages.success(request, f"Taken back in: {', '.join(back)}.")
        if kept:
            messages.warning(
                request,
                f"Left as they are, because they changed since: {', '.join(kept)}. Their history has the older texts.",
            )
        return redirect(here)

    def _back(self, rows: list[list[int]]) -> tuple[list[str], list[str]]:
        back, kept = [], []
        with transaction.atomic():
            for pk, was, now in rows:
                current = fresh(pk)
                policy.require(self.request.user, policy.WRITE, current)
                word = status.status_of([current])[pk].word
                old = Revision.objects.filter(pk=was).first()
                if (
                    current.latest_revision_id != now
                    or old is None
                    or why_closed(current, word, self.request.user)
                ):
                    kept.append(current.format_label)
                    continue
                current.parts = old.as_object().parts
                variants.save(current, by=self.request.user, action="wagtail.revert")
                back.append(current.format_label)
        return back, kept


def _places(before: copying.Rows, after: copying.Rows) -> Any:
    for number, (old, new) in enumerate(zip(before, after, strict=True), 1):
        if old.text != new.text:
            yield Place(number, "text", worddiff.diff(old.text, new.text))
        for nth, (item, changed) in enumerate(zip(old.media, new.media, strict=True), 1):
            if item["alt"] != changed["alt"]:
                yield Place(number, f"alt text of picture {nth}", worddiff.diff(item["alt"], changed["alt"]))


def _over(row: Variant, after: copying.Rows) -> tuple[str, ...]:
    """What the platform would newly say against the changed parts."""
    known = {(f.code, f.part, f.media) for f in row.findings({}) if f.level is Level.BLOCKER}
    parts = row.parts
    desk.put(row, after)
    found = [f for f in row.findings({}) if f.level is Level.BLOCKER]
    row.parts = parts
    return tuple(f.message for f in found if (f.code, f.part, f.media) not in known)
