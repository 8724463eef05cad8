"""Captions: read WebVTT and SubRip, say in which line a file is wrong, cut out a passage.

Only what is said and when is kept: styles, positions and regions are the renderer's business.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import regex

from media.errors import BadMedia

TIME = r"(?:(\d{1,3}):)?([0-5]?\d):([0-5]\d)[.,](\d{1,3})"
TIMING = re.compile(rf"^\s*{TIME}\s*-->\s*{TIME}(?:\s+.*)?$")
TAG = re.compile(r"<[^<>]*>|\{\\[^{}]*\}")  # looks no further than the next bracket: else quadratic
NEW_LINE = re.compile(r"(?<!:)\\N")  # not in C:\New
# What is meant as a time, also where it cannot be read.
A_TIME = re.compile(rf"\s*(?:{TIME}\s*-->.*|\d+:[\d:.,]*\s*-->[\s\d:.,]*)")
STRICT = r"(?:\d{2,}:)?[0-5]\d:[0-5]\d\.\d{3}"  # browsers leave out a caption with any other time
STRICT_TIMING = re.compile(rf"\s*{STRICT}\s*-->\s*{STRICT}(?:[ \t].*)?")
COMMENT = re.compile(r"(NOTE|STYLE|REGION)(\s|$)")
MAX_BYTES = 2_000_000
MAX_CUES = 5000
MAX_LETTERS = 1000  # of one caption: some twenty lines
PARAGRAPH = 240  # letters: a longer caption is read in several screens, one after the other
TOGETHER_S = 1.0  # captions that overlap for no longer are shown one after the other
MARKS = "“”„‘’‚‹›«»–—…•·¿¡°\xa0"  # in words of any western language
# Signs beside letters as no western language has them: Polish ż, ł and Ł, German ß and Ü, Spanish á in other encodings.
STRANGE = regex.compile(
    r"(?<=\p{L})(?:[¿¡¼½¾¤]|§(?!\s?\d)|[¶£¥¢†‡](?=\p{L})|[¹³](?=\p{Ll})(?<!m³))|[¤†](?=\p{L})|¯"
    r"|(?<=\p{Ll})[ŠŽŸŒ](?!\p{Lu})|(?<=\p{L})[ŠŸŒ](?=\p{Ll})"
)
MARKED = re.compile(r"[-–—(\[♪]")


@dataclass(frozen=True)
class Cue:
    """What is said from ``start_s`` to ``end_s``. Lines are kept as written, tags removed, and those that then are empty."""

    start_s: float
    end_s: float
    text: str


class BadCaptions(BadMedia):
    """The captions file cannot be understood; the message names the line."""


def read(path: Path) -> list[Cue]:
    """The cues of a file as it came; raises BadCaptions where it is no captions file."""
    return parse(_text(path))


def stored(path: Path) -> list[Cue]:
    """The cues of a file that was taken, or written by us. Earlier versions wrote captions with an empty line in them, which
    ends a caption in the file: its rest belongs to it all the same. They also took a caption for words of the one before,
    where no empty line stood between, and wrote its time as such words are written.
    """
    return parse(_text(path), whole=True)


def _text(path: Path) -> str:
    if path.stat().st_size > MAX_BYTES:
        raise BadCaptions(
            "This captions file is larger than 2 MB. Captions are plain text; is it the right file?"
        )
    data = path.read_bytes()
    for encoding in ("utf-8-sig", "utf-16", "cp1252"):
        if encoding == "utf-16" and data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
            continue
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "cp1252" and not _is_western(text):
            raise BadCaptions(
                "This captions file is in an old encoding of its language, and its letters cannot be told from others. Save "
                "it in UTF-8 and upload it again."
            )
        return text
    raise BadCaptions("This captions file is not plain text. Save it as WebVTT or SubRip in UTF-8.")


def _is_western(text: str) -> bool:
    """Words in Latin letters have fewer accents than plain letters; Arabic or Greek read so is nothing but accents. In
    Polish, or in words from an old Mac, signs stand within words.
    """
    plain_text = re.sub(r"\\[Nnh]", " ", TAG.sub("", text))  # breaks and hard spaces of subtitle editors
    said = "\n".join(line for line in plain_text.splitlines() if "-->" not in line)
    if STRANGE.search(said):
        return False
    plain = sum(char.isascii() and char.isalpha() for char in said)
    return sum(char > "\x7f" and char not in MARKS for char in said) <= plain


def parse(text: str, *, whole: bool = False) -> list[Cue]:
    """The cues of a WebVTT or SubRip text in order of time. Raises BadCaptions with the line's number.

    ``whole``: lines without a time after a caption are the rest of it.
    """
    if "\x00" in text:
        raise BadCaptions("This captions file is not plain text. Save it as WebVTT or SubRip in UTF-8.")
    lines = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    blocks = _blocks([*_unescaped(lines)] if whole else lines)
    cues: list[Cue] = []
    for first, block in _mended(blocks) if whole else blocks:
        cue = _cue(block, first + 1)
        if cue:
            cues.append(cue)
        if len(cues) > MAX_CUES:
            raise BadCaptions(f"This captions file has more than {MAX_CUES} captions.")
    if not cues:
        raise BadCaptions(
            "There are no captions in this file. A caption is a line like 00:01.000 --> 00:03.500, then text."
        )
    cues.sort(key=lambda cue: (cue.start_s, cue.end_s))
    _refuse_crowds(cues)
    return cues


def is_strict(text: str) -> bool:
    """Whether browsers read a WebVTT text as :func:`parse` does: each time is written in full and begins its block, or
    stands below the name that does, no line is of nothing but space, and none breaks in a way that WebVTT does not know.
    """
    lines = ["", *text.replace("\r\n", "\n").replace("\r", "\n").rstrip().split("\n")[1:]]
    times = [n for n, line in enumerate(lines) if "-->" in line]
    return not any(line.isspace() or NEW_LINE.search(line) for line in lines) and all(
        STRICT_TIMING.fullmatch(lines[n]) and not (lines[n - 1] and lines[max(n - 2, 0)]) for n in times
    )


def _unescaped(lines: Iterable[str]) -> Iterator[str]:
    """What :func:`stored` tells of, put in order."""
    before: str | None = None
    for line in lines:
        time = line.replace("--&gt;", "-->", 1)
        if time != line and TIMING.match(time):
            line = time
            if before is None or not before.strip().isdecimal():
                yield from () if before is None else (before,)
                before = None
            yield ""
        yield from () if before is None else (before,)
        before = line
    yield from () if before is None else (before,)


def _blocks(lines: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Lines that stand together, and where the first of them is; without a WebVTT file's header."""
    at = 1 if lines and lines[0].strip().startswith("WEBVTT") else 0
    if at:  # the header reaches to the first empty line
        while at < len(lines) and lines[at].strip() and "-->" not in lines[at]:
            at += 1
        if 1 < at < len(lines) and "-->" in lines[at] and lines[at - 1].strip().isdecimal():
            at -= 1  # or to the number of the first caption
    while at < len(lines):
        if not lines[at].strip():
            at += 1
            continue
        first = at
        while at < len(lines) and lines[at]:
            at += 1
        yield from _divided(first, list(lines[first:at]))


def _divided(first: int, block: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Captions between which no empty line stands, divided where players divide them: a time after a time begins a caption.
    A line of nothing but space ends none.
    """
    begun, timed = 0, -1
    for n, line in enumerate(block):
        comment = timed < 0 and bool(COMMENT.match(block[begun]))
        if A_TIME.fullmatch(line):
            if timed < 0 and not comment:
                timed = n if n <= begun + 1 else timed
                continue
            ends = n - _is_name(block, begun, max(begun, timed), n)
            if comment and block[ends - 1].strip():
                continue
            yield first + begun, block[begun:ends]
            begun, timed = ends, n
        elif timed >= 0 and COMMENT.match(line) and not block[n - 1].strip():
            yield first + begun, block[begun:n]
            begun, timed = n, -1
    yield first + begun, block[begun:]


def _is_name(block: Sequence[str], begun: int, timed: int, at: int) -> bool:
    """Whether the line before the time ``at`` is its number, or its name after a line of space, and not said."""
    numbered = timed == begun + 1 and block[begun].strip().isdecimal()
    return at - 1 > timed and (
        (numbered and block[at - 1].strip().isdecimal()) or (at - 2 > timed and not block[at - 2].strip())
    )


def _mended(blocks: Iterable[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    begun: tuple[int, list[str]] | None = None
    for first, block in blocks:
        comment = COMMENT.match(block[0])
        if begun and not comment and _timing(block) is None:
            begun[1].extend(block)
            continue
        if begun:
            yield begun
        begun = None if comment else (first, block)
    if begun:
        yield begun


def _timing(block: Sequence[str]) -> int | None:
    """Which of the first two lines tells the time: the first may be a name or a number."""
    return next((i for i, line in enumerate(block[:2]) if "-->" in line), None)


def _refuse_crowds(cues: Sequence[Cue]) -> None:
    """What is shown at once is no longer than one caption may be, however many there are."""
    changes = sorted([(c.end_s, -len(c.text)) for c in cues] + [(c.start_s, len(c.text)) for c in cues])
    letters = 0
    for at, change in changes:  # at the same time, what ends goes first
        letters += change
        if letters > MAX_LETTERS:
            raise BadCaptions(
                f"At {_time(at, '.')} captions of {letters} characters are shown at once; at most {MAX_LETTERS} can be "
                "read. Let them follow one another."
            )


def _cue(block: list[str], number: int) -> Cue | None:
    """One block of lines. ``number`` is the line, from 1, on which it begins."""
    if COMMENT.match(block[0]):
        _refuse_times(block, number)
        return None
    timing = _timing(block)
    if timing is None:
        raise BadCaptions(
            f"Line {number}: “{_short(block[0])}” stands where a time was expected, like 00:01.000 --> 00:03.500."
        )
    found = TIMING.match(block[timing])
    if not found:
        raise BadCaptions(
            f"Line {number + timing}: the time “{_short(block[timing])}” cannot be read. Write it like "
            "00:01.000 --> 00:03.500."
        )
    start, end = _seconds(found.groups()[:4]), _seconds(found.groups()[4:8])
    if end <= start:
        raise BadCaptions(
            f"Line {number + timing}: the caption ends before it begins ({_short(block[timing])})."
        )
    if sum(map(len, block)) > MAX_LETTERS * 2:
        raise BadCaptions(_too_long(number + timing, sum(map(len, block))))
    text = "\n".join(filter(None, map(clean, block[timing + 1 :])))
    if len(text) > MAX_LETTERS:
        raise BadCaptions(_too_long(number + timing, len(text)))
    return Cue(start, end, text) if text else None


def _refuse_times(comment: Sequence[str], number: int) -> None:
    """Players show such a caption, whatever its editor meant."""
    if hidden := next((n for n, line in enumerate(comment, number) if A_TIME.fullmatch(line)), None):
        raise BadCaptions(
            f"Line {hidden}: this time stands in a comment, which begins on line {number}. If the caption is to be shown, "
            "put an empty line before it; else remove it."
        )


def _too_long(line: int, letters: int) -> str:
    return f"Line {line}: this caption has {letters} characters; at most {MAX_LETTERS} can be read. Divide it into several."


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = parts
    return (
        int(hours or 0) * 3600
        + int(minutes or 0) * 60
        + int(seconds or 0)
        + int((fraction or "0").ljust(3, "0")) / 1000
    )


def clean(line: str) -> str:
    """What is read of one line: without tags, characters for their names, and still one line, but for the breaks that
    subtitle editors write as ``\\N``.
    """
    parts = map(html.unescape, NEW_LINE.split(TAG.sub("", line)))
    return "\n".join(filter(None, (re.sub(r"[\r\n]+", " ", part).strip() for part in parts)))


def _short(text: str) -> str:
    text = text.strip()
    return text if len(text) <= 40 else text[:39] + "…"


def passage(cues: list[Cue], start_s: float, end_s: float, *, shortest_s: float = 0.15) -> list[Cue]:
    """The cues that are heard between two times, moved so that the passage begins at 0; one at a time.

    Where two overlap by a moment, the first ends when the second begins. Where they are heard together, they are one cue
    with a line for each. Of a whole paragraph only those words that are said inside.
    """
    inside = [
        Cue(
            round(max(c.start_s, start_s) - start_s, 3),
            round(min(c.end_s, end_s) - start_s, 3),
            _heard(c, start_s, end_s),
        )
        for c in cues
        if c.end_s > start_s and c.start_s < end_s
    ]
    return [cue for cue in _one_at_a_time(inside) if cue.end_s - cue.start_s >= shortest_s]


def _heard(cue: Cue, start_s: float, end_s: float) -> str:
    """The words of a cue between two times, as their letters share its time; all of a short one."""
    if len(cue.text) <= PARAGRAPH or (start_s <= cue.start_s and cue.end_s <= end_s):
        return cue.text
    per_second = len(cue.text) / (cue.end_s - cue.start_s)
    first, last = (start_s - cue.start_s) * per_second, (end_s - cue.start_s) * per_second
    words = [w for w in re.finditer(r"\S+", cue.text) if w.end() + 1 > first and w.start() < last]
    return cue.text[words[0].start() : words[-1].end()] if words else cue.text


def _one_at_a_time(cues: Sequence[Cue]) -> list[Cue]:
    """``cues`` are in order of their beginnings, and so is what is returned, without overlaps."""
    cut: list[Cue] = []
    for nth, cue in enumerate(cues):
        following = next((other for other in cues[nth + 1 :] if other.start_s > cue.start_s), None)
        brief = following and following.start_s < cue.end_s <= min(
            following.start_s + TOGETHER_S, following.end_s
        )
        cut.append(replace(cue, end_s=following.start_s) if following and brief else cue)
    times = sorted({at for cue in cut for at in (cue.start_s, cue.end_s)})
    parts: list[Cue] = []
    for begins, ends in pairwise(times):
        heard = [cue for cue in cut if cue.start_s <= begins and ends <= cue.end_s]
        if not heard:
            continue
        text = _together([cue.text for cue in heard])
        last = parts[-1] if parts else None
        if last and last.end_s == begins and last.text == text and len(heard) > 1:
            parts[-1] = replace(last, end_s=ends)
        else:
            parts.append(Cue(begins, ends, text))
    return parts


def _together(texts: Sequence[str]) -> str:
    """What is said at once, a line for each, as captions mark it."""
    different = list(dict.fromkeys(texts))
    if len(different) == 1:
        return different[0]
    lines = [text.replace("\n", " ") if not MARKED.match(text) else text for text in different]
    return "\n".join(line if MARKED.match(line) else f"– {line}" for line in lines)


def to_vtt(cues: Sequence[Cue]) -> str:
    """The cues as WebVTT, which browsers show."""
    return "WEBVTT\n\n" + "\n".join(
        f"{_time(c.start_s, '.')} --> {_time(c.end_s, '.')}\n{_escaped(c.text)}\n" for c in cues
    )


def to_srt(cues: Sequence[Cue]) -> str:
    """The cues as SubRip, which Facebook and Instagram take as a captions file."""
    return "\n".join(
        f"{n}\n{_time(c.start_s, ',')} --> {_time(c.end_s, ',')}\n{_untagged(c.text)}\n"
        for n, c in enumerate(cues, 1)
    )


def _escaped(text: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = text.replace("\\N", "&#92;N")  # what is shown as a break or a SubRip tag is none
    return text.replace("{\\", "{&#92;")


def _untagged(text: str) -> str:
    """What looks like a tag and is text: SubRip has no other way to write it, and players leave a tag away."""
    return TAG.sub(lambda tag: f"‹{tag[0][1:-1]}›" if tag[0][0] == "<" else f"{{ {tag[0][1:]}", text)


def _time(seconds: float, point: str) -> str:
    ms = round(seconds * 1000)
    return f"{ms // 3600000:02}:{ms // 60000 % 60:02}:{ms // 1000 % 60:02}{point}{ms % 1000:03}"
