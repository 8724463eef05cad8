"""A story in a Markdown file becomes a Piece: for planning without the site, and for trying out a format.

The format is described in docs/formats.md. Everything a person can get wrong raises :class:`StoryError`, which names
the file, the line and, in the front matter, the field. Files are read; nothing is written, fetched or looked up.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import regex
import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.front_matter import front_matter_plugin

from formats import front_matter
from formats.core import charting
from formats.core.piece import (
    Block,
    CallToAction,
    Campaign,
    Figures,
    FileRef,
    Heading,
    KeyPoints,
    Paragraph,
    Picture,
    Piece,
    Quote,
    Row,
    Statistic,
    Video,
)
from formats.front_matter import StoryError
from media import pictures
from media.chart_kinds import KINDS
from media.errors import MediaError
from media.outlines import ICONS
from media.probe import probe

MAX_BYTES = 2_000_000
VIDEO_SUFFIXES = frozenset({".mp4", ".m4v", ".mov", ".webm", ".mkv"})
CAPTION_MIMES = {".vtt": "text/vtt", ".srt": "application/x-subrip"}

_SOURCE = regex.compile(
    r"^(.*?)\s*\((?:source|quelle|fuente|fonte|bron)\s*:\s*(.*)\)\s*\.?$", regex.I | regex.DOTALL
)
_FIGURE = regex.compile(
    r"((?:[<>~≈±+\-−]\s?)?(?:\p{Sc}\s?)?\p{Nd}(?:[\p{Nd}.,  \u202f/:–\-]*\p{Nd})?)\s*(.*)", regex.DOTALL
)
_SPEAKER = regex.compile(r"^(?:—|–|―|--)\s*(.+)$", regex.DOTALL)
SHORT_STATISTIC = 140


@dataclass(frozen=True)
class Story:
    """A piece, and remarks on what in the file was not used (one line each, with the place)."""

    piece: Piece
    remarks: tuple[str, ...] = ()


def load(path: Path | str) -> Story:
    """Return the story in a file. Raises StoryError."""
    path = Path(path)
    return parse(_read(path), path)


def _read(path: Path) -> str:
    if not path.exists():
        raise StoryError("There is no such file.", file=path)
    if not path.is_file():
        raise StoryError("This is not a file. Give the path of a Markdown file.", file=path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise StoryError("This file is larger than 2 MB. Is it the right one?", file=path)
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise StoryError("This is not UTF-8 text. Save it as UTF-8.", file=path, line=line) from error
    except OSError as error:
        raise StoryError(f"This file cannot be read ({error.strerror}).", file=path) from error


def parse(text: str, path: Path) -> Story:
    """Return the story in ``text``; pictures are looked for beside ``path``. Raises StoryError."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    tokens = MarkdownIt("commonmark").enable("table").use(front_matter_plugin).parse(text)
    front, accounts, tokens, remarks = front_matter.read(text, tokens, path)
    reader = _Reader(path)
    blocks = reader.blocks(tokens)
    title = front.get("title", "")
    if not title and blocks and isinstance(blocks[0], Heading) and reader.levels.get(blocks[0].id) == 1:
        title, blocks = blocks[0].text, blocks[1:]
    piece = Piece(
        key=f"file:{path.name}",
        kind="infographic" if any(isinstance(b, Figures) for b in blocks) else "story",
        headline=title,
        lead=front.get("lead", ""),
        blocks=tuple(blocks),
        link=front.get("link", ""),
        hashtags=tuple(front.get("hashtags", "").split("\n")) if front.get("hashtags") else (),
        language=front.get("language", "") or "en",
        revision=hashlib.sha256(text.encode()).hexdigest()[:16],
        campaign=Campaign(
            name=front.get("campaign", ""), utm_name=front.get("utm", ""), imprint=front.get("imprint", "")
        ),
        accounts=accounts,
    )
    return Story(piece, (*remarks, *reader.remarks))


# The body -------------------------------------------------------------------------------------------------------------


class _Reader:
    """Turns Markdown tokens into blocks; keeps remarks on what it could not use."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.remarks: list[str] = []
        self.levels: dict[str, int] = {}
        self._count = 0

    def blocks(self, tokens: Sequence[Token]) -> list[Block]:
        found: list[Block] = []
        at = 0
        while at < len(tokens):
            last = _closing(tokens, at)
            found += self._block(tokens[at : last + 1])
            at = last + 1
        return found

    def _block(self, tokens: Sequence[Token]) -> list[Block]:
        first, line = tokens[0], (tokens[0].map or [0])[0] + 1
        match first.type:
            case "heading_open":
                return self._heading(first, tokens[1])
            case "paragraph_open":
                return self._paragraph(tokens[1], line)
            case "bullet_list_open" | "ordered_list_open":
                points = tuple(filter(None, _items(tokens)))
                return [KeyPoints(self._id(), points)] if points else []
            case "blockquote_open":
                return self._quote(tokens)
            case "table_open":
                return self._table(tokens, line)
            case "fence":
                return self._fence(first, line)
            case "hr":
                return []
        self.remarks.append(
            f"{self.path}:{line}: this is neither text, list, quote nor picture, and is not used."
        )
        return []

    def _id(self) -> str:
        self._count += 1
        return f"b{self._count}"

    def _error(self, message: str, line: int, field: str = "") -> StoryError:
        return StoryError(message, file=self.path, line=line, field=field)

    def _heading(self, opening: Token, inline: Token) -> list[Block]:
        text = " ".join(plain(inline.children or []).split())
        if not text:
            return []
        heading = Heading(self._id(), text)
        self.levels[heading.id] = int(opening.tag[1:])
        return [heading]

    def _paragraph(self, inline: Token, line: int) -> list[Block]:
        children = inline.children or []
        files = [child for child in children if child.type == "image"]
        text = plain([child for child in children if child.type != "image"]).strip()
        found: list[Block] = []
        if text:
            block = _call(children, text) or _statistic(children, text) or Paragraph("", text)
            found.append(replace(block, id=self._id()))
        return found + [self._file(image, line) for image in files]

    def _quote(self, tokens: Sequence[Token]) -> list[Block]:
        lines = [plain(token.children or [], breaks="\n") for token in tokens if token.type == "inline"]
        lines = [line.strip() for text in lines for line in text.split("\n") if line.strip()]
        who = _SPEAKER.match(lines[-1]) if len(lines) > 1 else None
        if who:
            lines.pop()
        if not lines:
            return []
        name, _, role = (who[1] if who else "").partition(",")
        return [Quote(self._id(), " ".join(lines), name.strip(), role.strip())]

    # Pictures and videos

    def _file(self, image: Token, line: int) -> Block:
        address = unquote(str(image.attrGet("src") or "")).strip()
        path = self._local(address, line)
        title = str(image.attrGet("title") or "").strip()
        if path.suffix.lower() in VIDEO_SUFFIXES:
            return self._video(path, image.content.strip(), title, line)
        try:
            header = pictures.read_header(path)
        except MediaError as error:
            raise self._error(f"{address}: {error}", line) from error
        ref = _ref(path, header.mime, header.width, header.height)
        return Picture(self._id(), ref, image.content.strip(), caption=title)

    def _local(self, address: str, line: int) -> Path:
        if regex.match(r"[a-z][a-z0-9+.\-]*:", address, regex.I):
            raise self._error(f"{address[:100]}: Pictures and videos must be files beside the story.", line)
        if not address or "\0" in address:
            raise self._error("A picture has no file. Write ![what it shows](picture.jpg).", line)
        path = (self.path.parent / address).resolve()
        try:
            found = path.is_file()
        except OSError:
            found = False
        if not found:
            raise self._error(f"{address}: There is no such file beside the story.", line)
        return path

    def _video(self, path: Path, alt: str, title: str, line: int) -> Video:
        try:
            facts = probe(path)
        except MediaError as error:
            raise self._error(f"{path.name}: {error}", line) from error
        ref = replace(_ref(path, facts.mime, facts.width, facts.height), duration_s=facts.duration_s)
        return Video(self._id(), ref, title or alt or path.stem, captions=_captions(path), alt=alt)

    # Figures

    def _fence(self, token: Token, line: int) -> list[Block]:
        kind = token.info.strip().split(" ")[0].lower()
        if kind not in ("statistic", "figures", "infographic"):
            self.remarks.append(f"{self.path}:{line}: a code block is not used.")
            return []
        try:
            data = yaml.load(token.content, Loader=yaml.BaseLoader)  # noqa: S506 - makes text, lists, mappings only
        except yaml.YAMLError as error:
            raise front_matter.yaml_error(error, self.path, line) from error
        if not isinstance(data, Mapping):
            raise self._error(f"A {kind} block holds lines of the form “field: value”.", line)
        return [self._statistic_of(data, line) if kind == "statistic" else self._figures_of(data, line)]

    def _text(self, data: Mapping[str, Any], name: str, line: int) -> str:
        value = data.get(name, "")
        if not isinstance(value, str):
            raise self._error("Write one text here, not a list.", line, name)
        return front_matter.clean(value)

    def _statistic_of(self, data: Mapping[str, Any], line: int) -> Statistic:
        names = ("value", "unit", "label", "source", "source_url")
        texts = {name: self._text(data, name, line) for name in names}
        if not texts["value"]:
            raise self._error("A statistic needs a value.", line, "value")
        return Statistic(self._id(), **texts)

    def _figures_of(self, data: Mapping[str, Any], line: int) -> Figures:
        names = ("title", "unit", "source", "source_url", "chart", "icon", "per_icon")
        texts = {name: self._text(data, name, line) for name in names}
        texts["chart"] = texts["chart"] or "bar"
        for name, known in (("chart", KINDS), ("icon", ICONS)):
            if texts[name] and texts[name] not in known:
                said = f"There is no {name} “{texts[name]}”. Choose one of {', '.join(known)}."
                raise self._error(said, line, name)
        rows = data.get("rows", [])
        if isinstance(rows, Mapping):
            rows = list(rows.items())
        if not isinstance(rows, list):
            raise self._error("Write the rows as “label: number”, one to a line.", line, "rows")
        read = self._event if KINDS[texts["chart"]].dated else self._row
        per_icon = texts.pop("per_icon")
        figures = Figures(
            self._id(),
            rows=tuple(read(row, line) for row in rows),
            per_icon=self._number(per_icon, line) if per_icon else 0.0,
            **texts,
        )
        for problem in charting.problems(figures):
            raise self._error(str(problem), line, "rows" if problem.row is not None else problem.field)
        return figures

    def _event(self, row: Any, line: int) -> Row:
        if isinstance(row, Mapping) and len(row) == 1:
            row = next(iter(row.items()))
        if (
            not isinstance(row, list | tuple)
            or len(row) != 2
            or not all(isinstance(each, str) for each in row)
        ):
            raise self._error("Write an event as “2026-03-14: what happened”.", line, "rows")
        return Row(front_matter.clean(row[1]), 0.0, front_matter.clean(row[0]))

    def _row(self, row: Any, line: int) -> Row:
        if isinstance(row, Mapping) and len(row) == 1:
            row = next(iter(row.items()))
        if (
            not isinstance(row, list | tuple)
            or len(row) != 2
            or not all(isinstance(each, str) for each in row)
        ):
            raise self._error("A row has a label and a number.", line, "rows")
        return Row(front_matter.clean(row[0]), self._number(row[1], line))

    def _number(self, text: str, line: int) -> float:
        try:
            value = float(regex.sub(r"[\s_,\u202f]", "", text.replace("−", "-")))
        except ValueError:
            value = float("nan")
        if value - value != 0:  # not a number, or infinite
            raise self._error(
                f"“{text.strip()}” is not a number. Write it with a decimal point.", line, "rows"
            )
        return value

    def _table(self, tokens: Sequence[Token], line: int) -> list[Block]:
        """A table of two columns is an infographic; its head gives title and unit."""
        cells = [" ".join(plain(token.children or []).split()) for token in tokens if token.type == "inline"]
        width = sum(1 for token in tokens if token.type == "th_open")
        if width != 2:
            self.remarks.append(f"{self.path}:{line}: a table that is not of two columns is not used.")
            return []
        pairs = list(zip(cells[2::2], cells[3::2], strict=False))
        rows = tuple(self._row([label, value], line) for label, value in pairs)
        return [Figures(self._id(), title=cells[0], unit=cells[1], source="", rows=rows)]


def _closing(tokens: Sequence[Token], at: int) -> int:
    """Return the index of the token that closes the block which opens at ``at``."""
    depth = 0
    for index in range(at, len(tokens)):
        depth += tokens[index].nesting
        if depth <= 0:
            return index
    return len(tokens) - 1


def _items(tokens: Sequence[Token]) -> Iterator[str]:
    """Return each entry of a list; an entry of a list inside it is one of its own."""
    current: list[str] = []
    for token in tokens:
        if token.type == "inline":
            current.append(" ".join(plain(token.children or []).split()))
        elif token.type in ("list_item_open", "list_item_close") and current:
            yield " ".join(current).strip()
            current = []


def plain(children: Sequence[Token], *, breaks: str = " ") -> str:
    """Return inline Markdown as plain text. A link's address follows its words, unless it is the words."""
    text: list[str] = []
    opened: list[tuple[str, int]] = []
    for child in children:
        match child.type:
            case "softbreak":
                text.append(breaks)
            case "hardbreak":
                text.append("\n")
            case "link_open":
                opened.append((str(child.attrGet("href") or ""), len(text)))
            case "link_close":
                address, start = opened.pop()
                words = "".join(text[start:]).strip()
                if address and not words.endswith(address.removeprefix("mailto:")):
                    text.append(f" ({address})" if words else address)
            case "text" | "code_inline":
                text.append(child.content)
    return "".join(text)


def _call(children: Sequence[Token], text: str) -> CallToAction | None:
    """A paragraph that is one link, and nothing else, asks for something."""
    real = [child for child in children if not (child.type == "text" and not child.content.strip())]
    opening = [child for child in real if child.type == "link_open"]
    if len(opening) != 1 or real[0].type != "link_open" or real[-1].type != "link_close":
        return None
    address = str(opening[0].attrGet("href") or "")
    words = plain(real[1:-1]).strip()
    if not regex.match("https?://", address) or not words or words == address:
        return None
    return CallToAction("", words, address)


def _statistic(children: Sequence[Token], text: str) -> Statistic | None:
    """A paragraph that opens with a figure in bold: ``**4.2 tonnes** of rubbish collected (Source: …)``."""
    real = [child for child in children if child.content or child.nesting]
    if len(real) < 3 or real[0].type != "strong_open" or real[2].type != "strong_close":
        return None
    figure = _FIGURE.fullmatch(real[1].content.strip())
    sourced = _SOURCE.match(text)
    if figure is None or not (sourced or len(text) <= SHORT_STATISTIC):
        return None
    said = sourced[1] if sourced else text
    label = said[len(real[1].content.strip()) :].strip().strip("–—:").strip()
    source, address = _source_address(sourced[2].strip()) if sourced else ("", "")
    return Statistic("", figure[1].strip(), figure[2].strip(), label.rstrip("."), source, address)


def _source_address(text: str) -> tuple[str, str]:
    """Part "the council (https://…)" into name and address."""
    found = regex.search(r"^(.*?)[\s,(]*(https?://[^\s)]+)\)?$", text)
    return (found[1].strip() or found[2], found[2]) if found else (text, "")


def _ref(path: Path, mime: str, width: int, height: int) -> FileRef:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return FileRef(str(path), digest, mime, path.stat().st_size, width, height)


def _captions(video: Path) -> FileRef | None:
    """The captions lie beside the video: ``clip.vtt``, ``clip.srt`` or, with a language, ``clip.en.vtt``."""
    for suffix, mime in CAPTION_MIMES.items():
        for path in (
            video.with_suffix(suffix),
            *sorted(video.parent.glob(f"{glob_safe(video.stem)}.*{suffix}")),
        ):
            if path.is_file():
                return _ref(path, mime, 0, 0)
    return None


def glob_safe(name: str) -> str:
    return regex.sub(r"([*?\[])", r"[\1]", name)
