"""Which passage of a video goes out, and what of its frame is seen: the choice as HTML for the editor's dialog."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import cache as kept
from django.core.files.storage import default_storage
from django.http import Http404
from django.views.generic import TemplateView

from access import policy
from formats.core import plans
from formats.models import Variant
from formats.views.desk import loaded
from media import cache, captions, probe, spoken
from media.captions import Cue
from media.errors import BadMedia
from media.models import Render
from media.plans import plan_key

STEP_S = 0.1
DAY_S = 86_400


@dataclass(frozen=True)
class Frame:
    """How much of the video's frame is seen, as shares of its width and height, and where its middle lies, in per cent.

    ``known`` is False while nobody has chosen the middle and the renderer, which then finds it, has not made the cut.
    """

    width: float
    height: float
    x: int = 50
    y: int = 50
    known: bool = True

    @property
    def whole(self) -> bool:
        return self.width >= 0.99 and self.height >= 0.99


class PassagesView(TemplateView):
    """``key`` names the cut that stands there now."""

    model = Variant
    capability = policy.WRITE
    template_name = "formats/variants/desk/passages.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        variant = loaded(self.kwargs["pk"])
        offered = {**variant.plans, **dict(variant.chosen_plans.values_list("key", "plan"))}
        plan = offered.get(self.request.GET.get("key", ""))
        if not plan or plan.get("kind") != "cut":
            raise Http404("There is no cut of this name.")
        row = cache.find([plan]).get(plan_key(plan))
        cues = _cues(plan)
        whole_s, end_card_s = float(plan["source"].get("duration_s") or 0), plans.end_card_s(plan)
        longest, shortest = float(plan["max_s"]) - end_card_s, max(0.5, float(plan["min_s"]) - end_card_s)
        start, end = _now(plan, row, whole_s, longest)
        return {
            "video": default_storage.url(plan["source"]["path"]),
            "track": default_storage.url(plan["captions"]["path"]) if plan.get("captions") else "",
            "language": plan.get("language") or "en",
            "heard": not plan["source"].get("width"),
            "whole_s": whole_s,
            "longest_s": round(min(longest, whole_s), 1),
            "shortest_s": round(shortest, 1),
            "end_card_s": end_card_s,
            "auto": plan.get("start_s") is None,
            "start_s": round(start, 1),
            "end_s": round(end, 1),
            "cover_s": round(start + plan["cover_s"], 1) if plan.get("cover_s") is not None else "",
            "frame": _frame(plan, row),
            "speaker": plan.get("lower_third") or {},
            "sentences": spoken.sentences(cues),
            "chapters": _chapters(plan, longest),
            "suggested": _suggested(plan, cues, longest, min(max(shortest, 5.0), longest)),
        }


def _cues(plan: Mapping[str, Any]) -> Sequence[Cue]:
    if not plan.get("captions"):
        return ()
    with contextlib.suppress(BadMedia, OSError):
        return captions.stored(Path(settings.MEDIA_ROOT) / plan["captions"]["path"])
    return ()


def _chapters(plan: Mapping[str, Any], longest_s: float) -> list[spoken.Spoken]:
    """The chapters that the file itself names, each as far as it fits. Looked for once a day: it takes a process."""
    source = plan["source"]
    name = f"chapters:{source.get('sha256') or source['path']}"
    found = kept.get(name)
    if found is None:
        try:
            found = [list(each) for each in probe.probe(Path(settings.MEDIA_ROOT) / source["path"]).chapters]
        except (BadMedia, OSError):
            found = []
        kept.set(name, found, DAY_S)
    return [spoken.Spoken(start, min(end, start + longest_s), title) for start, end, title in found]


def _suggested(
    plan: Mapping[str, Any], cues: Sequence[Cue], longest_s: float, shortest_s: float
) -> Sequence[spoken.Spoken]:
    """Passages of whole sentences; without captions, from silence to silence as it was heard when a cut was made."""
    if cues:
        return spoken.suggested(cues, longest_s=longest_s, shortest_s=shortest_s)
    sounds = cache.sounds_of(plan["source"])
    return spoken.between_silences(sounds, longest_s=longest_s, shortest_s=shortest_s)


def _now(
    plan: Mapping[str, Any], row: Render | None, whole_s: float, longest_s: float
) -> tuple[float, float]:
    """From where to where the cut goes: as chosen, else as it was made, else the beginning."""
    start, length = plan.get("start_s"), float(plan.get("length_s") or longest_s)
    if start is None and row is not None and row.start_s is not None:
        start = row.start_s
        if row.duration_s:  # it may end with a sentence
            length = min(length, row.duration_s - plans.end_card_s(plan))
    start = start or 0.0
    return start, min(whole_s, start + length)


def _frame(plan: Mapping[str, Any], row: Render | None) -> Frame:
    source, (width, height) = plan["source"], plan["size"]
    if not source.get("width") or not source.get("height"):  # sound alone: nothing to frame
        return Frame(1.0, 1.0)
    shape = (width / height) / (source["width"] / source["height"])
    frame = Frame(round(min(1.0, shape), 4), round(min(1.0, 1 / shape), 4))
    if chosen := plan.get("centre"):
        centre = (chosen["x"], chosen["y"])
    elif row is not None and row.centre:
        centre = tuple(row.centre)
    else:
        return replace(frame, known=frame.whole)
    return replace(frame, x=round(centre[0] * 100), y=round(centre[1] * 100))
