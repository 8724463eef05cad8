"""Which claims a story's blocks rest on, read from the page's plain content: no queries, so that autosave stays quick."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

WHOLE = ("headline", "lead")  # where the claims of the page itself belong
FIGURES = "figures"  # the one block of an infographic


def attached(content: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """Claim ids by block id (or ``headline``, ``lead``) of a page's or revision's serializable data; empty ones left out."""
    found: dict[str, list[int]] = {}
    for child in _stream(content.get("body")):
        value = child.get("value")
        if isinstance(value, Mapping):
            found[str(child.get("id") or "")] = _ids(value.get("claims"))
    page = _ids(_stream(content.get("claims")))
    rows = [row.get("claim") for row in content.get("rows") or ()]
    if figures := [*(pk for pk in rows if pk), *(page if "rows" in content else ())]:
        found[FIGURES] = figures
    for name in WHOLE:
        found[name] = page
    return {name: tuple(dict.fromkeys(ids)) for name, ids in found.items() if ids}


def _stream(raw: Any) -> list[Mapping[str, Any]]:
    data = json.loads(raw) if isinstance(raw, str) and raw else raw
    return [child for child in data or () if isinstance(child, Mapping)]


def _ids(items: Any) -> list[int]:
    return list(_numbers(items))


def _numbers(items: Any) -> Iterator[int]:
    for item in items or ():
        value = item.get("value") if isinstance(item, Mapping) else item
        if isinstance(value, int):
            yield value
