"""What a page says, freed from Django: the frozen input of every format.

A page turns itself into a :class:`Piece` with ``to_piece()``; a Markdown file becomes one with ``formats.markdown``.
Nothing here knows the database, the clock or the network.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class FileRef:
    """A file that a piece uses.

    ``path`` is relative to the media folder (or absolute for a piece made from a Markdown file); ``sha256`` is over
    the bytes, so that a replaced file changes every digest it is part of. Sizes are pixels after EXIF orientation.
    """

    path: str
    sha256: str
    mime: str
    bytes: int = 0
    width: int = 0
    height: int = 0
    duration_s: float | None = None


@dataclass(frozen=True)
class Focus:
    """A picture's focal rectangle as fractions (0..1) of width and height; ``x``, ``y`` are its centre."""

    x: float = 0.5
    y: float = 0.5
    width: float = 0.0
    height: float = 0.0


@dataclass(frozen=True)
class Block:
    """One block of a piece. ``id`` is stable across revisions (Wagtail's StreamField block id)."""

    id: str


@dataclass(frozen=True)
class Heading(Block):
    text: str


@dataclass(frozen=True)
class Paragraph(Block):
    """Plain text; paragraphs inside one block are separated by a blank line."""

    text: str


@dataclass(frozen=True)
class KeyPoints(Block):
    points: tuple[str, ...]


@dataclass(frozen=True)
class Quote(Block):
    text: str
    speaker: str
    role: str = ""


@dataclass(frozen=True)
class Statistic(Block):
    """One figure: ``value`` as written (``"4.2"``), its ``unit`` (``"tonnes"``), what it counts, and who says so."""

    value: str
    unit: str
    label: str
    source: str
    source_url: str = ""


@dataclass(frozen=True)
class Picture(Block):
    file: FileRef
    alt: str
    focus: Focus = Focus()
    credit: str = ""
    caption: str = ""


@dataclass(frozen=True)
class Video(Block):
    file: FileRef
    title: str
    captions: FileRef | None = None
    alt: str = ""


@dataclass(frozen=True)
class Recording(Video):
    """Something to be heard alone, like a podcast. Its cuts show the title, the sound's waves and the captions."""


@dataclass(frozen=True)
class Music(Block):
    """What is heard under films made of cards. It says nothing, so only films use it."""

    file: FileRef


@dataclass(frozen=True)
class CallToAction(Block):
    text: str
    url: str = ""


@dataclass(frozen=True)
class Row:
    """``on`` is a timeline's date: ``2026-03-14``, ``2026-03`` or ``2026``; its ``value`` is then not shown."""

    label: str
    value: float
    on: str = ""


@dataclass(frozen=True)
class Figures(Block):
    """The rows of an infographic in their given order.

    ``chart`` is one of ``media.chart_kinds``. A pictogram counts in ``icon`` (``media.outlines``), each of which stands
    for ``per_icon``; 0 lets it be chosen. A map is a file that ``media.regions`` has made, with the names of its regions.
    """

    title: str
    unit: str
    source: str
    rows: tuple[Row, ...]
    chart: str = "bar"
    source_url: str = ""
    icon: str = ""
    per_icon: float = 0.0
    map: FileRef | None = None
    regions: tuple[str, ...] = ()
    map_source: str = ""


@dataclass(frozen=True)
class Look:
    """How a campaign looks. Colours are ``#rrggbb``; what is empty is as usual.

    ``typeface`` is one of ``media.typefaces.CHOICES``; ``corners`` one of ``media.canvas.CORNERS``; ``brand`` says where
    logo and name stand: where reading begins, or at the "end".
    """

    colour: str = "#0b5c63"
    ink: str = "#ffffff"
    paper: str = "#ffffff"
    text: str = "#14201f"
    logo: FileRef | None = None
    typeface: str = ""
    corners: str = ""
    brand: str = ""

    def further(self) -> dict[str, str]:
        """What came later than the colours and says something: a look that leaves it empty keeps its digests."""
        named = {name: getattr(self, name) for name in ("typeface", "corners", "brand")}
        return {name: value for name, value in named.items() if value}


@dataclass(frozen=True)
class Campaign:
    name: str
    utm_name: str = ""
    imprint: str = ""
    hashtags: tuple[str, ...] = ()
    time_zone: str = "UTC"
    look: Look = Look()


@dataclass(frozen=True)
class Account:
    """A person or organisation that texts may name: as it stands there, and what each platform calls it.

    ``also`` are other spellings of the name; ``handles`` are pairs of platform and handle, without ``@``.
    """

    name: str
    also: tuple[str, ...] = ()
    handles: tuple[tuple[str, str], ...] = ()

    def on(self, platform: str) -> str:
        """The handle on a platform; empty where none is known."""
        return dict(self.handles).get(platform, "")


@dataclass(frozen=True)
class Piece:
    """A story or infographic, ready to be adapted.

    ``key`` names the page (``"story:12"``) or file; ``revision`` what it was made from. ``link`` is the absolute
    address of the public page. ``hashtags`` carry no ``#``. ``language`` is a BCP 47 tag. ``claims`` are the ids of the
    claims that a block (or ``headline``, ``lead``) rests on; ``unclaimed`` the blocks that need one and have none.
    ``accounts`` are all that the campaign knows; the piece may name some of them.
    """

    key: str
    kind: str
    headline: str
    lead: str
    blocks: tuple[Block, ...]
    link: str = ""
    hashtags: tuple[str, ...] = ()
    language: str = "en"
    revision: str = ""
    campaign: Campaign = field(default_factory=lambda: Campaign(name=""))
    claims: tuple[tuple[str, tuple[int, ...]], ...] = ()
    unclaimed: tuple[str, ...] = ()
    accounts: tuple[Account, ...] = ()

    def of(self, kind: type[Any]) -> tuple[Any, ...]:
        """The piece's blocks of one kind, in page order."""
        return tuple(b for b in self.blocks if isinstance(b, kind))


# Fields that came later are left out while they say nothing: what nobody has touched keeps its digest.
_CAME_LATER = frozenset({"on", "icon", "per_icon", "map", "regions", "map_source"})


def block_digest(block: Block) -> str:
    """A short digest of everything a block says; equal digests mean nothing changed for a variant that used it."""

    def kept(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return {name: value for name, value in pairs if value or name not in _CAME_LATER}

    return digest({"kind": type(block).__name__, **asdict(block, dict_factory=kept)})[:16]


def digest(data: Mapping[str, Any] | list[Any]) -> str:
    """sha256 (hex) of canonical JSON: sorted keys, no spaces, UTF-8."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
