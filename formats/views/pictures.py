"""What can stand in a part instead: the story's pictures, the variant's cards, and the image library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.files.storage import default_storage
from django.core.paginator import Paginator
from django.views.generic import TemplateView
from wagtail.images import get_image_model

from access import policy
from formats import choices, variants
from formats.core.piece import Picture
from formats.models import Variant
from formats.views.desk import loaded
from media import cache
from media.models import RenderState
from media.plans import plan_key

SMALL, LARGE = "max-240x240", "max-900x700"
PER_PAGE = 12


@dataclass(frozen=True)
class Candidate:
    """One thing that can be chosen. ``x`` and ``y`` are its focal point in per cent; -1 where nothing can be cropped."""

    value: str
    title: str
    alt: str
    small: str
    large: str
    x: int = -1
    y: int = -1


class PicturesView(TemplateView):
    """The choice as a piece of HTML for the editor's dialog; ``key`` names what stands there now, ``q`` searches."""

    model = Variant
    capability = policy.WRITE
    template_name = "formats/variants/desk/pictures.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        variant = loaded(self.kwargs["pk"])
        asked = self.request.GET
        plans = {**variant.plans, **dict(variant.chosen_plans.values_list("key", "plan"))}
        words = asked.get("q", "").strip()
        page = self._library(words, asked.get("page", "1"))
        return {
            "now": self._now(plans.get(asked.get("key", ""))),
            "story": [] if words else self._of_story(variant),
            "cards": [] if words else self._cards(variant),
            "library": [self._of_image(image) for image in page],
            "page": page,
            "words": words,
            "story_id": variant.story_id,
        }

    def _now(self, plan: Any) -> Candidate | None:
        if not plan or plan.get("kind") != "card" or not plan.get("source"):
            return None
        image = _image_of(plan["source"]["path"])
        focus = plan["source"]["focus"]
        large = image.get_rendition(LARGE).url if image else default_storage.url(plan["source"]["path"])
        return Candidate(
            "", "The picture as it is", "", large, large, _percent(focus["x"]), _percent(focus["y"])
        )

    def _of_story(self, variant: Variant) -> list[Candidate]:
        found = []
        for picture in variants.piece_of(variant.story).of(Picture):
            image = _image_of(picture.file.path)
            if image is not None:
                at = (_percent(picture.focus.x), _percent(picture.focus.y))
                urls = (image.get_rendition(SMALL).url, image.get_rendition(LARGE).url)
                found.append(Candidate(f"story:{picture.id}", image.title, picture.alt, *urls, *at))
        return found

    def _cards(self, variant: Variant) -> list[Candidate]:
        """The cards made for this variant, also those that were taken out."""
        alts = {
            item.plan is not None and plan_key(item.plan): item.alt
            for p in variant.to_parts()
            for item in p.media
        }
        cards = {key: plan for key, plan in variant.plans.items() if plan.get("kind") == "card"}
        renders = cache.find(cards.values())
        found = []
        for key, plan in cards.items():
            row = renders.get(plan_key(plan))
            if row is not None and row.state == RenderState.DONE:
                url = default_storage.url(row.file)
                title = f"{plan.get('template', 'card')}: {_first_words(plan)}"
                found.append(Candidate(f"card:{key}", title, alts.get(row.key, ""), url, url))
        return found

    def _library(self, words: str, number: str) -> Any:
        images = choices.usable_images(self.request.user).order_by("-created_at")
        if words:
            images = images.filter(title__icontains=words) | images.filter(description__icontains=words)
        return Paginator(images.prefetch_renditions(SMALL, LARGE), PER_PAGE).get_page(number)

    def _of_image(self, image: Any) -> Candidate:
        focus = image.focus()
        urls = (image.get_rendition(SMALL).url, image.get_rendition(LARGE).url)
        at = (_percent(focus.x), _percent(focus.y))
        return Candidate(f"image:{image.pk}", image.title, image.description or "", *urls, *at)


def _image_of(path: str) -> Any:
    return get_image_model().objects.filter(file=path).first()


def _percent(share: float) -> int:
    return round(share * 100)


def _first_words(plan: Any) -> str:
    text = plan.get("text") or {}
    words = next((str(text[n]) for n in ("headline", "value", "body", "footer") if text.get(n)), "")
    return words if len(words) < 60 else words[:59] + "…"
