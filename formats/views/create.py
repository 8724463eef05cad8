"""From a story to its variants: what each format would make, and making the ticked ones."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import TemplateView
from wagtail.admin import messages

from formats import reach, variants
from formats.core.draft import Level
from formats.registry import FORMATS
from formats.views.story import StoryMixin
from formats.views.words import story_url


class CreateVariantsView(StoryMixin, TemplateView):
    """What each format would make of the story; a tick and a button make it so."""

    template_name = "formats/variants/create.html"
    page_title = "Create variants"

    @property
    def everything(self) -> bool:
        """Whether formats are shown, too, that cannot be published yet."""
        return self.request.GET.get("show") == "all"

    @cached_property
    def choices(self) -> list[dict[str, Any]]:
        have = {v.format: v for v in self.variants}
        offered = reach.within_reach() if not self.everything else FORMATS.ids()
        drafts = variants.compose(
            self.story, [name for name in FORMATS.ids() if name in offered or name in have]
        )
        choices = [self._choice(FORMATS[name], draft, have.get(name)) for name, draft in drafts.items()]
        connected = any(choice["channels"] for choice in choices)
        for (
            choice
        ) in choices:  # ticked is what the campaign can publish; of one without accounts, all that is advised
            choice["ticked"] = choice["ticked"] and bool(choice["channels"] or not connected)
        return choices

    def _choice(self, spec, draft, variant):
        blockers = [f for f in draft.findings if f.level is Level.BLOCKER]
        warnings = [f for f in draft.findings if f.level is Level.WARNING]
        media = [item for part in draft.parts for item in part.media]
        return {
            "spec": spec,
            "draft": draft,
            "variant": variant,
            "blockers": blockers,
            "warnings": warnings,
            "media": len(media),
            "parts": [{"text": p.text, "count": spec.count(p.text), "media": p.media} for p in draft.parts],
            "ticked": not variant
            and bool(draft.parts)
            and spec.suggested
            and reach.obstacle(spec.id) is None,
            "unreachable": reach.obstacle(spec.id),
            "channels": variants.channels_for(self.story.get_campaign().pk, spec.platform),
        }

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        return {
            **context,
            "story": self.story,
            "choices": self.choices,
            "left": any(choice["parts"] and not choice["variant"] for choice in self.choices),
            "something": any(choice["draft"].parts for choice in self.choices),
            "story_edit_url": reverse("wagtailadmin_pages:edit", args=[self.story.pk]),
            "story_url": story_url(self.story.pk),
            "have": len(self.variants),
            "everything": self.everything,
            "more": len(FORMATS) - len(self.choices),
        }

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        chosen = [name for name in FORMATS.ids() if name in request.POST.getlist("format")]
        if not chosen:
            messages.error(request, "Nothing was ticked. Choose at least one format.")
            return redirect(request.get_full_path())
        had = {v.format for v in self.variants}
        try:
            made = variants.create_variants(self.story, chosen, by=request.user)
        except variants.NothingToSay as error:
            edit = reverse("wagtailadmin_pages:edit", args=[self.story.pk])
            messages.error(request, str(error), buttons=[messages.button(edit, "Write the story")])
            return redirect(request.get_full_path())
        new = [v for v in made if v.format not in had]
        if new:
            names = ", ".join(v.format_label for v in new)
            messages.success(request, f"Made: {names}. Pictures and videos follow below as they are ready.")
        if kept := [v.format_label for v in made if v.format in had]:
            messages.info(
                request, f"Kept as they were: {', '.join(kept)}. “Derive again” brings them up to date."
            )
        return redirect(story_url(self.story.pk))
