"""What checks found when they last ran, as rows, so that health, metrics and the System page tell the same."""

from __future__ import annotations

from typing import Any

from work import clock
from work.models import Finding


def note(key: str, *, ok: bool, words: str = "", **data: Any) -> Finding:
    values = {"ok": ok, "words": words, "data": data, "at": clock.now()}
    return Finding.objects.update_or_create(key=key, defaults=values)[0]


def get(key: str) -> Finding | None:
    return Finding.objects.filter(key=key).first()
