"""A thread: a hook, one post per point, a statistic as a card, a quote, and a closing post with link and imprint.

What differs between networks is data: the unit and limit, the shape of cards, how many hashtags serve there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from formats.core import charting, checks, direction, hashtags, items, splitting, wording
from formats.core.draft import Finding, MediaItem, Part
from formats.core.format import Format
from formats.core.piece import (
    Block,
    CallToAction,
    Figures,
    KeyPoints,
    Paragraph,
    Picture,
    Piece,
    Quote,
    Statistic,
)

MARK_ROOM = 10  # for "n/m" at the end, in any unit


@dataclass(frozen=True)
class Post:
    """A post as it is planned, before it is cut to length and numbered."""

    text: str
    sources: tuple[str, ...]
    media: tuple[MediaItem, ...] = ()


class Thread(Format):
    """The planner of every network on which posts are short and follow one another."""

    where = "the thread"
    max_parts = 25
    one_link = True
    card: ClassVar[items.Canvas] = items.Canvas((1600, 900))
    most_body_posts: ClassVar[int] = 12  # more is a page, not a thread: our judgement
    most_tags: ClassVar[int] = 3

    def length(self, text: str) -> int:
        """Return what a post's text is cut by, against ``text_limit``; where two limits hold, the worse of them."""
        return self.count(text)

    def plan(self, piece: Piece) -> tuple[tuple[Part, ...], tuple[Finding, ...]]:
        if not checks.has_content(piece):
            return (), ()
        said = self.worded(piece, self._order(piece))
        hook = Post(wording.paragraphs(said.headline, said.lead), ("headline", "lead"))
        closing, notes = self._closing(said)
        body, more = self._body(piece, said, self._pieces(hook) + self._pieces(closing))
        posts = [each for each in (hook, *body, closing) if each.text]
        if not posts:
            return (), (*notes, *more)
        return self._parts(self._joined(self._illustrated(piece, posts)), piece.language), (*notes, *more)

    def why_left_out(self, piece: Piece, block: Block) -> str:
        match block:
            case Paragraph() if self._has_points(piece):
                return "The key points say it in fewer words."
            case CallToAction():
                return "One closing post has no room for a further call to action."
            case Picture():
                return "A thread opens with one picture; this is a further one."
            case Paragraph() | KeyPoints() | Quote() | Statistic() | Figures():
                return f"A thread longer than {self.most_body_posts} points or {self.max_parts} posts is not read."
        return super().why_left_out(piece, block)

    # What goes in

    def _has_points(self, piece: Piece) -> bool:
        return any(isinstance(each, KeyPoints) and checks.says_something(each) for each in piece.blocks)

    def _order(self, piece: Piece) -> list[str]:
        """The blocks that are told, in order; what calls to action say stands at the end."""
        told = [
            each for each in piece.blocks if not (isinstance(each, Paragraph) and self._has_points(piece))
        ]
        return [each.id for each in sorted(told, key=lambda each: isinstance(each, CallToAction))]

    def _body(self, piece: Piece, said: Piece, taken: int) -> tuple[list[Post], list[Finding]]:
        """As many posts as a thread bears beside the ``taken`` ones of hook and closing; in the words of ``said``."""
        paragraphs = not self._has_points(piece)
        posts = [
            post
            for block, words in zip(piece.blocks, said.blocks, strict=True)
            for post in self._of_block(piece, block, words, paragraphs=paragraphs)
        ]
        room = self.max_parts - taken
        kept: list[Post] = []
        for post in posts[: self.most_body_posts]:
            pieces = splitting.first_pieces(post.text, self._fits(), room)
            if not pieces:
                break
            room -= len(pieces)
            whole = splitting.rejoined(post.text, pieces)
            kept.append(replace(post, text=whole))
            if len(whole) < len(post.text.strip()):
                return kept, [
                    *_more(len(posts) - len(kept)),
                    checks.omitted("the end of a long text", self.where),
                ]
        return kept, _more(len(posts) - len(kept), self.where)

    def _of_block(self, piece: Piece, block: Block, words: Block, *, paragraphs: bool) -> list[Post]:
        """The posts of a block: its texts as they are worded here, its cards as it stands in the story."""
        language, sources = piece.language, (block.id,)
        if not checks.says_something(block):
            return []
        match words, block:
            case KeyPoints(), _:
                return [Post(point.strip(), sources) for point in words.points if point.strip()]
            case Quote(), _:
                return [Post(wording.quote_text(words, language), sources)]
            case Statistic(), Statistic():
                card = items.statistic_card(piece, block, self.card)
                return [Post(wording.statistic_text(words, language), sources, (card,))]
            case Figures(), Figures():
                cards = tuple(items.figures_cards(piece, block, self.card)[: self.max_media])
                return [Post(self._figures_text(piece, words), sources, cards)]
            case Paragraph(), _ if paragraphs:
                return [Post(text, sources) for text in items.paragraphs_of(words)]
        return []

    def _figures_text(self, piece: Piece, figures: Figures) -> str:
        """The title and as many of the largest figures as fit one post: the card shows them all."""
        ranked = sorted(charting.drawable(figures), key=lambda row: -abs(row.value))
        for shown in range(min(3, len(ranked)), 0, -1):
            text = charting.as_text(figures, piece.language, tuple(ranked[:shown]), below=piece.headline)
            if self.length(text) <= self.text_limit - MARK_ROOM:
                return text
        return charting.as_text(figures, piece.language, (), below=piece.headline)

    def _closing(self, piece: Piece) -> tuple[Post, list[Finding]]:
        link = items.link_of(piece, platform=self.platform, format=self.id)
        imprint = piece.campaign.imprint.strip()
        calls = self._calls(piece, link, imprint)
        lines = [wording.paragraphs(*(each.text for each in calls)), link, imprint]
        tags, notes = hashtags.chosen(piece, self.most_tags, self.where)
        text = wording.paragraphs(*lines, " ".join(tags))
        while tags and self.length(text) > self.text_limit - MARK_ROOM:
            tags = tags[:-1]
            text = wording.paragraphs(*lines, " ".join(tags))
        return Post(text, (*(each.id for each in calls), "link", "hashtags", "campaign")), notes

    def _calls(self, piece: Piece, link: str, imprint: str) -> list[CallToAction]:
        """The first call to action, and of the others as many as one closing post holds."""
        fits = self._fits()
        kept: list[CallToAction] = []
        for each in piece.of(CallToAction):
            if not checks.says_something(each):
                continue
            texts = (call.text for call in (*kept, each))
            if kept and not fits(wording.paragraphs(*texts, link, imprint)):
                break
            kept.append(each)
        return kept

    def _illustrated(self, piece: Piece, posts: list[Post]) -> list[Post]:
        """Give the first post a picture: the story's first, or else the infographic, which then moves up."""
        first, rest = posts[0], posts[1:]
        picture = next((each for each in piece.blocks if isinstance(each, Picture)), None)
        if picture:
            shown = items.whole_picture(piece, picture, max_bytes=self.card.max_bytes)
            return [replace(first, media=(shown,), sources=(*first.sources, picture.id)), *rest]
        for index, post in enumerate(rest):
            if any(item.role == "figures" for item in post.media):
                rest[index] = replace(post, media=())
                return [replace(first, media=post.media, sources=first.sources + post.sources), *rest]
        return posts

    # How it is cut

    def _fits(self) -> splitting.Fits:
        room = self.text_limit - MARK_ROOM
        return lambda text: self.length(text) <= room

    def _pieces(self, post: Post) -> int:
        return len(splitting.first_pieces(post.text, self._fits(), self.max_parts))

    def _joined(self, posts: list[Post]) -> list[Post]:
        """A story that fits one post is one post."""
        if len(posts) != 2:
            return posts
        both = wording.paragraphs(posts[0].text, posts[1].text)
        if self.length(both) > self.text_limit or len(posts[0].media + posts[1].media) > self.max_media:
            return posts
        return [Post(both, posts[0].sources + posts[1].sources, posts[0].media + posts[1].media)]

    def _parts(self, posts: Sequence[Post], language: str) -> tuple[Part, ...]:
        texts = [direction.marked(post.text, language) for post in posts]
        cut = splitting.numbered(texts, self.length, self.text_limit)
        parts = []
        for post, pieces in zip(posts, cut, strict=True):
            for index, text in enumerate(pieces):
                parts.append(Part(text, media=post.media if index == 0 else (), sources=post.sources))
        return tuple(parts)


def _more(count: int, where: str = "the thread") -> list[Finding]:
    what = "what would have been 1 more post" if count == 1 else f"what would have been {count} more posts"
    return [checks.omitted(what, where)] if count > 0 else []
