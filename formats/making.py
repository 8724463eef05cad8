"""Pictures and videos of a variant that are not there yet: how far each is, how long it will take, what can be done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from formats.core import plans
from formats.core.draft import MediaItem, Part
from formats.models import Variant
from media import cache, progress
from media.models import Render, RenderState
from media.plans import plan_key

UNDER_WAY = (RenderState.WAITING, RenderState.RENDERING)


@dataclass(frozen=True)
class Item:
    """One medium that is not done. ``key`` names its render; empty where nobody has asked for it yet."""

    key: str
    name: str
    state: str
    per_cent: int = 0
    left_s: float | None = None
    error: str = ""

    @property
    def words(self) -> str:
        if self.state == RenderState.RENDERING:
            left = progress.words(self.left_s)
            return f"{self.per_cent} %, {left}" if left else f"{self.per_cent} %"
        return {
            RenderState.FAILED: f"could not be made. {self.error}".strip(),
            RenderState.CANCELLED: "cancelled",
        }.get(RenderState(self.state), "waiting for its turn")

    def to_json(self) -> dict[str, Any]:
        left = None if self.left_s is None else round(self.left_s)
        return {"key": self.key, "name": self.name, "state": self.state, "percent": self.per_cent,
                "left_s": left, "words": self.words}  # fmt: skip


@dataclass(frozen=True)
class Making:
    """What a variant waits for, each medium once."""

    items: tuple[Item, ...]

    def _of(self, *states: str) -> list[Item]:
        return [item for item in self.items if item.state in states]

    @property
    def rendering(self) -> list[Item]:
        return self._of(RenderState.RENDERING)

    @property
    def waiting(self) -> list[Item]:
        return self._of(RenderState.WAITING)

    @property
    def ended(self) -> list[Item]:
        """Those that need a person: failed or cancelled."""
        return self._of(RenderState.FAILED, RenderState.CANCELLED)


def of(parts: Iterable[Part], renders: Mapping[str, Render], now: datetime) -> Making:
    found: dict[str, Item] = {}
    for number, item in _media(parts):
        key = plan_key(item.plan)
        row = renders.get(key)
        if row is None or row.state != RenderState.DONE:
            found.setdefault(key, _item(key, _name(item, number), row, now))
    return Making(tuple(found.values()))


def _media(parts: Iterable[Part]) -> Iterable[tuple[int, MediaItem]]:
    for number, part in enumerate(parts, 1):
        for item in part.media:
            yield number, item


def _name(item: MediaItem, part: int) -> str:
    what = {"cut": "Video", "film": "Film"}.get(item.plan.get("kind", ""))
    if what is None:
        what = f"{item.role.capitalize()} card" if item.role not in ("", "picture") else "Picture"
    return what if plans.is_video(item.plan) else f"{what} of part {part}"


def _item(key: str, name: str, row: Render | None, now: datetime) -> Item:
    if row is None:
        return Item("", name, RenderState.WAITING)
    error = row.error if row.state == RenderState.FAILED else ""
    return Item(key, name, row.state, row.progress, cache.left_s(row, now), error)


# What the buttons do --------------------------------------------------------------------------------------------------
def cancel(variant: Variant, keys: Iterable[str]) -> int:
    """Cancel those of the renders that belong to the variant and are under way; how many it were."""
    rows = cache.find(_named(variant, keys)).values()
    return sum(cache.cancel(row) for row in rows if row.state in UNDER_WAY)


def again(variant: Variant, keys: Iterable[str]) -> int:
    """Have made once more what failed or was cancelled; how many it were."""
    named = _named(variant, keys)
    before = {key: row.state for key, row in cache.find(named).items()}
    rows = [cache.request(plan, campaign=variant.campaign_id, retry=True) for plan in named]
    return sum(row.state != before.get(row.key) for row in rows)


def _named(variant: Variant, keys: Iterable[str]) -> list[Mapping[str, Any]]:
    """The plans of these names, of those that the variant has or that somebody just chose for it."""
    mine = [*variant.plans.values(), *variant.chosen_plans.values_list("plan", flat=True)]
    wanted = set(keys)
    return [plan for plan in mine if plan_key(plan) in wanted]
