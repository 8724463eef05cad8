"""All variants of one story on one page, and how far their media are."""

from __future__ import annotations

from typing import Any

from django.http import Http404, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import TemplateView, View
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import HeaderButton
from wagtail.models import Page

from access import policy
from formats import claims, comparing, drift, status, variants
from formats.locks import SENT
from formats.models import Variant
from formats.preview import preview_payload, render_payload
from formats.registry import FORMATS
from formats.report import Report
from formats.views.words import edit_url, planned_words
from work import clock


class StoryMixin(WagtailAdminTemplateMixin):
    """Loads the story of the address; whoever may not see its campaign was refused before (viewsets.Scoped)."""

    header_icon = "variants"
    _show_breadcrumbs = True

    @cached_property
    def story(self) -> Any:
        story = get_object_or_404(Page, pk=self.kwargs["story_id"]).specific
        if not variants.can_adapt(story):
            raise Http404("Only stories and infographics have variants.")
        return story

    @cached_property
    def variants(self) -> list[Variant]:
        rows = list(Variant.objects.filter(story_id=self.story.pk).prefetch_related("channels"))
        campaign = self.story.get_campaign()
        for variant in rows:  # loaded once, not once per variant
            variant.story, variant.campaign = self.story, campaign
        order = {name: i for i, name in enumerate(FORMATS.ids())}
        return sorted(rows, key=lambda v: (order.get(v.format, len(order)), v.pk))

    def get_page_subtitle(self):
        return self.story.get_admin_display_title()

    def get_breadcrumbs_items(self):
        items = [
            {
                "url": reverse("wagtailadmin_pages:edit", args=[self.story.pk]),
                "label": self.get_page_subtitle(),
            },
        ]
        return [*self.breadcrumbs_items, *items, {"url": "", "label": self.get_page_title()}]

    def may_write(self) -> bool:
        return policy.can(self.request.user, policy.WRITE, self.story)


# What of a story's variants can be shown: the name in the address, what people read, and whether a card belongs to it.
ONLY = {
    "mend": ("to mend", lambda card: bool(card["report"].content_blockers or card["drift"])),
    "ready": ("ready to submit", lambda card: card["may_submit"] and not card["report"].blockers),
    "waiting": ("in review or approved", lambda card: card["status"].word in ("in_review", "approved")),
    "sent": ("sent", lambda card: card["sent"]),
    "differs": ("that begin or lead differently", lambda card: not card["line"].same or card["line"].astray),
}


def _asked_for(card: dict[str, Any], platform: str, only: str) -> bool:
    wanted = ONLY.get(only)
    return platform in ("", card["variant"].platform) and (wanted is None or wanted[1](card))


def _platforms(rows: list[Variant]) -> list[tuple[str, str]]:
    return [(name, FORMATS.platform_label(name)) for name in dict.fromkeys(row.platform for row in rows)]


class StoryVariantsView(StoryMixin, TemplateView):
    """All variants of one story side by side."""

    capability = policy.VIEW
    template_name = "formats/variants/story.html"
    page_title = "Variants"

    @cached_property
    def header_buttons(self):
        files = HeaderButton("Files", url=reverse("variants:files", args=[self.story.pk]), icon_name="image")
        if not self.may_write():
            return [files] if self.variants else []
        url = reverse("variants:create_for_story", args=[self.story.pk])
        label = "Create more variants" if self.variants else "Create variants"
        more = HeaderButton(label, url=url, icon_name="plus")
        return [more, files] if self.variants else [more]

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        parts = {v.pk: v.to_parts() for v in self.variants}
        every = [part for each in parts.values() for part in each]
        renders = variants.ensure_media(every, campaign=self.story.get_campaign().pk)
        words = status.status_of(self.variants) if self.variants else {}
        theme = "dark" if self.request.GET.get("theme") == "dark" else "light"
        piece = variants.piece_of(self.story) if self.variants else None
        at = clock.now()
        cards = [self._card(v, renders, words, theme, piece, at) for v in self.variants]
        for card, line in zip(cards, comparing.lines([parts[v.pk] for v in self.variants]), strict=True):
            card["line"] = line
        platform, only = self.request.GET.get("platform", ""), self.request.GET.get("only", "")
        shown = [card for card in cards if _asked_for(card, platform, only)]
        return {
            **context,
            "story": self.story,
            "cards": shown,
            "all": len(cards),
            "platforms": _platforms(self.variants),
            "platform": platform,
            "only": only,
            "onlys": ONLY,
            "theme": theme,
            "waiting": any(card["report"].progress["waiting"] for card in cards),
            "progress_url": reverse("variants:progress", args=[self.story.pk]),
            "create_url": reverse("variants:create_for_story", args=[self.story.pk]),
            "may_write": self.may_write(),
        }

    def _card(self, variant, renders, words, theme, piece, at):
        user = self.request.user
        report = Report(variant, renders, piece, now=at)
        now = words.get(variant.pk, status.DRAFT)
        return {
            "variant": variant,
            "report": report,
            "status": now,
            "when": planned_words(variant),
            "drift": drift.drift_of(variant, piece),
            "claims": claims.of_variant(variant, None if variant.is_correction else piece, now=at),
            "preview": render_payload(preview_payload(variant, renders), theme=theme),
            "edit_url": edit_url(variant),
            "copy_url": reverse("variants:copy", args=[variant.pk]),
            "sent": now.word in SENT,
            "may_write": policy.can(user, policy.WRITE, variant),
            "may_submit": now.word in status.SUBMITTABLE and policy.can(user, policy.SUBMIT, variant),
        }


class ProgressView(StoryMixin, View):
    """How far the media of a story's variants are, as JSON."""

    capability = policy.VIEW

    def get(self, request, *args, **kwargs):
        parts = [part for v in self.variants for part in v.to_parts()]
        renders = variants.renders_of(parts)
        now = clock.now()
        reports = [Report(v, renders, now=now) for v in self.variants]
        rows = [{**r.progress, "media": [m.to_json() for m in r.making.items]} for r in reports]
        return JsonResponse({"variants": rows, "finished": not any(row["waiting"] for row in rows)})
