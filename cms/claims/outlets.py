"""Where claims are out. Publishing is a house beside this one: an upper house that knows both lends the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Provider = Callable[[Iterable[int]], Mapping[int, "Outlets"]]
_providers: list[Provider] = []


@dataclass(frozen=True)
class Outlet:
    """One variant, or one post of it. ``post_url`` is its address on the network, ``url`` ours."""

    label: str
    account: str
    url: str
    word: str
    tone: str
    post_url: str = ""
    at: Any = None


@dataclass(frozen=True)
class Outlets:
    """What carries a claim: posts that are out, posts that wait, the corrections made for it, and answers to people.

    ``answers`` are the newest few; ``answers_url`` leads to all of them, where there are any.
    """

    out: tuple[Outlet, ...] = ()
    waiting: tuple[Outlet, ...] = ()
    corrections: tuple[Outlet, ...] = ()
    answers: tuple[Outlet, ...] = ()
    answers_url: str = ""

    def __add__(self, other: Outlets) -> Outlets:
        return Outlets(
            self.out + other.out,
            self.waiting + other.waiting,
            self.corrections + other.corrections,
            self.answers + other.answers,
            self.answers_url or other.answers_url,
        )


def provide(provider: Provider) -> None:
    if provider not in _providers:
        _providers.append(provider)


def of(claim_ids: Iterable[int]) -> dict[int, Outlets]:
    """For each claim where it is out; a fixed number of queries, however many there are."""
    ids = list(claim_ids)
    found = {pk: Outlets() for pk in ids}
    for provider in _providers:
        for pk, more in provider(ids).items():
            found[pk] += more
    return found
