"""The published moderation policy as data: why something may be hidden, deleted or its author no longer answered.

Criticism is no category: who only disagrees, however sharply, is answered. docs/conversation.md explains it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

HIDING = frozenset({"hide"})
DELETING = frozenset({"delete_comment"})
BLOCKING = frozenset({"mute", "block"})
UNDOING = frozenset({"unhide", "unmute", "unblock"})
NEEDS_REASON = HIDING | DELETING | BLOCKING
LEAST_NOTE = 10  # characters: a note says what was wrong, not "bad"


@dataclass(frozen=True)
class Category:
    """``allows`` are the acts it is a ground for; ``text`` is published as it stands."""

    key: str
    name: str
    text: str
    allows: frozenset[str]


CATEGORIES = (
    Category(
        "threat",
        "Threats and incitement",
        "Threats against people, calls for violence, and what puts somebody in danger.",
        NEEDS_REASON,
    ),
    Category(
        "hate",
        "Hatred of groups",
        "Attacks on people because of their origin, skin colour, religion, sex, orientation, age or disability.",
        NEEDS_REASON,
    ),
    Category(
        "insult",
        "Insults",
        "Abuse of a person instead of what they said or did. Sharp criticism of us is no insult.",
        HIDING | BLOCKING,
    ),
    Category(
        "privacy",
        "Private details",
        "Addresses, telephone numbers, health and other private details, of others or one's own.",
        HIDING | DELETING,
    ),
    Category(
        "spam",
        "Advertising and spam",
        "Advertising, fraud, the same text again and again, and links that lead to them.",
        NEEDS_REASON,
    ),
    Category(
        "illegal",
        "Against the law",
        "What the law forbids to publish, such as forbidden symbols or what a court has forbidden.",
        HIDING | DELETING,
    ),
    Category(
        "voting",
        "False voting information",
        "Wrong dates, places or rules that could keep people from voting. The right ones are posted as an answer.",
        HIDING,
    ),
)
BY_KEY = {each.key: each for each in CATEGORIES}
PRINCIPLES = (
    "Criticism stays. We answer it; we neither hide nor delete it because we dislike it.",
    "Whatever we hide or delete, we keep a copy of, with the reason from this list and the name of who decided.",
    "Deleting criticism of us takes two people, unless an organisation has switched that off.",
    "What is hidden can be shown again. Whoever is concerned can ask us to look again.",
    "We publish how many posts we hid, deleted and showed again, and why.",
)


@dataclass(frozen=True)
class Finding:
    """Why an act does not go through as it is. ``field`` names what is to be changed."""

    field: str
    message: str


@dataclass(frozen=True)
class Wish:
    """What somebody wants to do. ``about_us``: what was said criticises the publisher."""

    action: str
    category: str = ""
    note: str = ""
    about_us: bool = False


def findings(wish: Wish) -> list[Finding]:
    """What is missing; empty where the act may be done (by one person, or two: :func:`needs_second`)."""
    if wish.action in UNDOING:
        return []
    if wish.action not in NEEDS_REASON:
        return [Finding("action", f"“{wish.action}” is nothing that this policy knows.")]
    found = []
    category = BY_KEY.get(wish.category)
    if category is None:
        found.append(
            Finding("category", "Choose the reason from the published policy. If none fits, answer instead.")
        )
    elif wish.action not in category.allows:
        others = ", ".join(sorted(WORDS[each] for each in category.allows))
        found.append(
            Finding(
                "category",
                f"“{category.name}” is no ground to {WORDS[wish.action]} something, only to {others}.",
            )
        )
    if len(wish.note.strip()) < LEAST_NOTE:
        found.append(Finding("note", "Say in a sentence what is wrong with it. It stays in the log."))
    return found


WORDS = {
    "hide": "hide",
    "delete_comment": "delete",
    "mute": "stop answering",
    "block": "block",
    "unhide": "show",
    "unmute": "answer",
    "unblock": "unblock",
}


def needs_second(wish: Wish, *, second_person_for_criticism: bool) -> str:
    """Why a second person must agree; "" where one is enough."""
    if second_person_for_criticism and wish.about_us and wish.action in DELETING:
        return "It deletes criticism of us: a second person has to agree."
    return ""


def may_second(*, by: int, second: int) -> bool:
    """Nobody is their own second person."""
    return by != second


def allowed_for(action: str) -> Sequence[Category]:
    """The categories that are a ground for an act, in the policy's order."""
    return [each for each in CATEGORIES if action in each.allows]
