"""Names in a story become handles: each platform's own, once, where a reader can follow it; else they stay names.

The list of accounts belongs to the campaign. Nothing is marked in the story: a name is found as it stands there. The first
mention outside headlines and quotations becomes the handle; later ones stay the name, because one link to an account is a
courtesy and five are spam. A handle that somebody typed into the story is taken as the name of its account, so that no
platform gets the handle of another. Cards, alt texts and the words of a quotation are never changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import regex

from formats.core import tokens
from formats.core.piece import (
    Account,
    Block,
    CallToAction,
    Figures,
    Heading,
    KeyPoints,
    Paragraph,
    Piece,
    Quote,
    Statistic,
)

_WORD = r"\p{L}\p{M}\p{Nd}_"
_IN_WORD = regex.compile(rf"[{_WORD}]")
# Scripts that put no space between words: a name there may stand right beside other letters.
_SPACELESS = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}ー]")
_BEFORE = rf"(?<![{_WORD}@＠#＃$/&.\-])"
_BESIDE = r"(?<![@＠#＃$/])"
_AFTER = rf"(?![{_WORD}@＠]|-[{_WORD}]|[’'][{_WORD}]{{3}}|://)"


@dataclass(frozen=True)
class Named:
    """A place in a text where an account is named; ``typed`` where it is by a handle."""

    start: int
    end: int
    account: Account
    typed: bool


def named(text: str, accounts: Sequence[Account], platform: str = "") -> list[Named]:
    """Return where accounts are named, in order: the longest name wins; never inside a link, address or hashtag.

    A handle that two accounts have on different platforms names the one that has it on ``platform``.
    """
    known = _known(tuple(accounts), platform)
    if known is None:
        return []
    pattern, by_spelling = known
    found = [
        Named(*match.span(), by_spelling[_plain(match.group())], match.group()[0] in "@＠")
        for match in pattern.finditer(text)
    ]
    if not found:
        return []
    taken = [*tokens.addresses(text), *tokens.hashtags(text)]
    return [
        each for each in found if each.typed or not any(s < each.end and each.start < e for s, e in taken)
    ]


@lru_cache(maxsize=64)
def _known(
    accounts: tuple[Account, ...], platform: str
) -> tuple[regex.Pattern[str], dict[str, Account]] | None:
    by_spelling: dict[str, Account] = {}
    for account in accounts:
        if own := account.on(platform):
            by_spelling.setdefault(_plain(f"@{own}"), account)
    for account in accounts:
        for spelling in (account.name, *account.also):
            if spelling.strip():
                by_spelling.setdefault(_plain(spelling), account)
        for _, handle in account.handles:
            by_spelling.setdefault(_plain(f"@{handle}"), account)
    if not by_spelling:
        return None
    longest_first = sorted(by_spelling, key=lambda spelling: (-len(spelling), spelling))
    return regex.compile("|".join(map(_pattern, longest_first))), by_spelling


def _plain(spelling: str) -> str:
    """The key of a spelling: one space for any white space; handles have no capitals."""
    text = " ".join(spelling.split())
    return f"@{text[1:].casefold()}" if text[:1] in ("@", "＠") else text


def _pattern(spelling: str) -> str:
    if spelling.startswith("@"):
        return rf"{_BEFORE}[@＠](?i:{regex.escape(spelling[1:])}){_AFTER}(?!\.[{_WORD}])"
    words = r"\s+".join(regex.escape(word) for word in spelling.split(" "))
    before = _BESIDE if _SPACELESS.match(spelling[0]) else _BEFORE
    after = "" if _SPACELESS.match(spelling[-1]) else _AFTER
    return f"{before}{words}{after}"


# Into a text ----------------------------------------------------------------------------------------------------------
@dataclass
class Mentioning:
    """Names the accounts of a platform's post, each by its handle once. ``platform`` empty: only ever by name."""

    accounts: tuple[Account, ...]
    platform: str
    done: set[Account] = field(default_factory=set)

    def in_text(self, text: str) -> str:
        return _replaced(text, named(text, self.accounts), self._mention)

    def by_name(self, text: str) -> str:
        """Return ``text`` with names as they are, and the names of accounts that are named by a handle."""
        found = named(text, self.accounts)
        return _replaced(text, found, lambda each, said: each.account.name if each.typed else said)

    def _mention(self, each: Named, said: str) -> str:
        handle = each.account.on(self.platform) if self.platform else ""
        if handle and each.account not in self.done:
            self.done.add(each.account)
            return f"@{handle}"
        return each.account.name if each.typed else said


def _replaced(text: str, found: Sequence[Named], word: Callable[[Named, str], str]) -> str:
    out, at = "", 0
    for each in found:
        said = text[each.start : each.end]
        new = word(each, said)
        out += text[at : each.start]
        if new != said and new.startswith(
            "@"
        ):  # a handle ends where a letter follows that is none of its own
            new = (" " if out and _IN_WORD.match(out[-1]) else "") + new
            new += " " if _IN_WORD.match(text, each.end) else ""
        out, at = out + new, each.end
    return out + text[at:]


@dataclass(frozen=True)
class Renamed:
    """A handle, and what stands for it on another platform: the handle there, or the name."""

    said: str
    here: str


def moved(
    text: str, accounts: Sequence[Account], origin: str, platform: str
) -> tuple[str, tuple[Renamed, ...]]:
    """Return a text from a post on ``origin`` with the handles of ``platform``; names stay names. And what was renamed.

    ``platform`` is empty for one that links no plain handles.
    """
    renamed: dict[Renamed, None] = {}

    def word(each: Named, said: str) -> str:
        own = each.account.on(platform)
        if not each.typed or (own and said[1:].casefold() == own.casefold()):
            return said
        here = f"@{own}" if own else each.account.name
        renamed[Renamed(said, here)] = None
        return here

    return _replaced(text, named(text, accounts, origin), word), tuple(renamed)


def worded(piece: Piece, platform: str, order: Sequence[str]) -> Piece:
    """Return the piece as its texts are said on a platform; ``order`` has the ids of the blocks that are told, as told.

    ``platform`` is empty for one that links no plain handles. What is not told mentions nobody.
    """
    if not piece.accounts:
        return piece
    say = Mentioning(piece.accounts, platform)
    lead = say.in_text(piece.lead)
    place = {name: index for index, name in reversed(list(enumerate(order)))}
    blocks = list(piece.blocks)
    told = [index for index, block in enumerate(blocks) if block.id in place]
    for index in sorted(told, key=lambda index: place[blocks[index].id]):
        blocks[index] = _said(blocks[index], say)
    return replace(piece, headline=say.by_name(piece.headline), lead=lead, blocks=tuple(blocks))


def _said(block: Block, say: Mentioning) -> Block:
    match block:
        case Heading():
            return replace(block, text=say.by_name(block.text))
        case Paragraph() | CallToAction():
            return replace(block, text=say.in_text(block.text))
        case KeyPoints():
            return replace(block, points=tuple(map(say.in_text, block.points)))
        case Quote():
            return replace(block, speaker=say.in_text(block.speaker), role=say.in_text(block.role))
        case Statistic() | Figures():
            return replace(block, source=say.in_text(block.source))
    return block


def texts(piece: Piece) -> Iterator[str]:
    """Return every text of a piece in which a name can become a handle."""
    yield piece.headline
    yield piece.lead
    for block in piece.blocks:
        match block:
            case Heading() | Paragraph() | CallToAction():
                yield block.text
            case KeyPoints():
                yield from block.points
            case Quote():
                yield from (block.speaker, block.role)
            case Statistic() | Figures():
                yield block.source


def handles_of(piece: Piece, platform: str) -> list[list[str]]:
    """Return [name, handle] of the accounts that the piece names and this platform knows, in order of the list."""
    here = [account for account in piece.accounts if account.on(platform)]
    seen = {each.account for text in texts(piece) for each in named(text, here)} if here else set()
    return [[account.name, account.on(platform)] for account in here if account in seen]
