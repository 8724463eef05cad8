"""The first comment: what we say ourselves under a post, right after it. An option of the networks that take comments.

It is counted and looked at like a text of its own, and approved with the rest. Where it cannot be written the post
stands without it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from formats.core import mends, tokens
from formats.core.draft import Finding, Level, Part
from formats.core.limits import Limit
from formats.core.options import Option, Value

if TYPE_CHECKING:
    from formats.core.format import Format

NAME = "first_comment"
LABEL = "First comment"
HELP = (
    "Written under the post as soon as it is out, in the name of the same account. Empty: there is none. "
    "If the network refuses it, the post stays and you are told."
)


@dataclass(frozen=True)
class Length:
    count: int
    limit: int
    unit: str

    @property
    def over(self) -> int:
        return max(0, self.count - self.limit)


def option(limit: Limit, help: str = "") -> Option:
    """The question of a format whose network takes a first comment of at most so many characters."""
    return Option(
        NAME,
        LABEL,
        limit.source,
        default="",
        most=limit.ceiling,
        lines=4,
        quiet=True,
        help=f"{HELP} {help}".strip(),
    )


def text_of(answers: Mapping[str, Value]) -> str:
    return str(answers.get(NAME) or "")


def length(options: Sequence[Option], answers: Mapping[str, Value]) -> Length | None:
    """How long it is, where the format asks for one and it is not empty."""
    asked = next((each for each in options if each.name == NAME), None)
    text = text_of(answers)
    return Length(len(text), asked.most, "characters") if asked is not None and text else None


def check(format: Format, parts: Sequence[Part], answers: Mapping[str, Value]) -> tuple[Finding, ...]:
    """What is wrong with it besides its length, which is the option's own finding."""
    text = text_of(answers)
    if not text:
        return ()
    found = []
    if mends.UNSENDABLE.search(text):
        found.append(
            _finding(
                "unsendable",
                Level.BLOCKER,
                "The first comment has an invisible character that platforms refuse.",
                "Delete the text under “Options” and type it anew, or paste it without formatting.",
            )
        )
    if not format.links_work and tokens.addresses(text):
        found.append(
            _finding(
                "link",
                Level.WARNING,
                f"A link in a comment cannot be clicked on {format.platform_label}.",
                "Take it away, or say where the link can be found.",
            )
        )
    if parts and text.strip() == parts[0].text.strip():
        found.append(
            _finding(
                "repeats",
                Level.WARNING,
                "The first comment says the same as the post.",
                "Say something that the post does not say, or leave it empty.",
            )
        )
    return (*found, *_hashtags(format, parts, text))


def not_allowed(handle: str, why: str) -> Finding:
    """An account may not comment: known before, so it is said before."""
    return _finding(
        "not_allowed",
        Level.WARNING,
        f"The first comment will be left out on {handle}: it may not comment.",
        why,
    )


def _hashtags(format: Format, parts: Sequence[Part], text: str) -> list[Finding]:
    """A network that limits hashtags counts those of the post and of the first comment together."""
    own = len(tokens.hashtags(text))
    hard, advised = format.limits.get("hashtags"), format.limits.get("hashtags_advised")
    if not own or not parts:
        return []
    for limit, level in ((hard, Level.BLOCKER), (advised, Level.WARNING)):
        both = own + len(tokens.hashtags(parts[0].text))
        if limit is not None and both > limit.ceiling:
            verb = "allowed" if level is Level.BLOCKER else "advised"
            return [
                Finding(
                    f"{NAME}_hashtags",
                    level,
                    f"Post and first comment have {both} hashtags together, where {limit.ceiling} are {verb}.",
                    f"Take {both - limit.ceiling} of them away.",
                    limit=limit.ceiling,
                    actual=both,
                    unit=limit.unit,
                    source=limit.source,
                )
            ]
    return []


def _finding(code: str, level: Level, message: str, remedy: str) -> Finding:
    return Finding(f"{NAME}_{code}", level, message, remedy)
