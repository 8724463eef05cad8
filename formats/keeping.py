"""Which renders the variants still refer to: what their parts show now, and what stood there before, for going back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from formats.choices import keys
from formats.models import ChosenPlan, Variant
from media.cleaning import Kept


def kept() -> Kept:
    return Kept(plans=_plans())


def _plans() -> Iterator[dict[str, Any]]:
    for variant in Variant.objects.only("pk", "parts", "plans").iterator(chunk_size=200):
        named = set(keys(variant.parts))
        yield from (plan for key, plan in variant.plans.items() if key in named)
    yield from ChosenPlan.objects.values_list("plan", flat=True).iterator()
