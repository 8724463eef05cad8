"""Which mails a person gets besides those that need them: kinds that a house offers, and each person's choice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from work.models import MailChoice


@dataclass(frozen=True)
class Kind:
    """``label`` is what stands beside the tick in a person's settings."""

    kind: str
    label: str
    default: bool


_OFFERED: dict[str, Kind] = {}


def offer(kind: str, *, label: str, default: bool) -> None:
    """Let people choose about mails of this kind. Kinds that nobody offers are always sent."""
    _OFFERED[kind] = Kind(kind, label, default)


def offered() -> tuple[Kind, ...]:
    return tuple(_OFFERED.values())


def wanted_by(users: Iterable[Any], kind: str) -> list[Any]:
    """Those who get mails of this kind; no query for a kind about which there is no choice."""
    people = list(users)
    offer = _OFFERED.get(kind)
    if offer is None or not people:
        return people
    rows = MailChoice.objects.filter(kind=kind, user__in=[user.pk for user in people])
    chosen = dict(rows.values_list("user_id", "wanted"))
    return [user for user in people if chosen.get(user.pk, offer.default)]


def choices_of(user: Any) -> dict[str, bool]:
    """Every offered kind and whether this person gets it."""
    chosen = dict(MailChoice.objects.filter(user=user).values_list("kind", "wanted"))
    return {kind: chosen.get(kind, offer.default) for kind, offer in _OFFERED.items()}


def choose(user: Any, choices: Mapping[str, bool]) -> None:
    """Keep a person's choices; unknown kinds are left out."""
    for kind, wanted in choices.items():
        if kind in _OFFERED:
            MailChoice.objects.update_or_create(user=user, kind=kind, defaults={"wanted": wanted})
