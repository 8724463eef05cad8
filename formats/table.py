"""Platforms × formats × limits as a Markdown table, from the registry: docs/formats.md holds it between two marks."""

from __future__ import annotations

from collections.abc import Iterator

from formats.core.format import Format
from formats.core.limits import Limit
from formats.registry import FORMATS

BEGIN = "<!-- formats:begin (manage.py formats_table --write) -->"
END = "<!-- formats:end -->"

NAMES = {
    "text": "text",
    "text_bytes": "text, as well",
    "title": "title",
    "caption": "text with a medium",
    "media": "media",
    "alt": "alt text",
    "hashtags": "hashtags",
    "hashtags_advised": "hashtags, advised",
    "mentions": "mentions",
    "cashtags": "cashtags",
    "links": "links, advised",
    "links_per_post": "links",
    "link_or_media": "link card or media",
    "url_weight": "what a link counts",
    "image_bytes": "picture file",
    "image_ratio": "picture shape",
    "video_bytes": "video file",
    "video_s": "video length",
    "video_ratio": "video shape",
    "window": "free answers",
}


def markdown() -> str:
    """Return the whole table, one row for each limit of each format, in the registry's order."""
    head = ["| platform | format | limit of | limit | read | note |", "|---|---|---|---|---|---|"]
    return "\n".join([*head, *(row for format in FORMATS for row in _rows(format))])


def _rows(format: Format) -> Iterator[str]:
    for index, (name, limit) in enumerate(format.limits.items()):
        who = (format.platform, f"`{format.id}`") if index == 0 else ("", "")
        source = f"[{limit.source.read_on}]({limit.source.url})"
        cells = (*who, NAMES.get(name, name.replace("_", " ")), _range(limit), source, limit.note)
        yield f"| {' | '.join(cells)} |".replace("  ", " ")


def _range(limit: Limit) -> str:
    least = "" if limit.least is None else _number(limit.least)
    most = "" if limit.most is None else _number(limit.most)
    bounds = most if not least or least == most else f"{least} – {most}" if most else f"from {least}"
    return f"{bounds} {limit.unit}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:.4g}"


def placed(text: str) -> str:
    """Return a document with the table as it is now between its marks. Raises ValueError where it has none."""
    before, mark, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not mark or not end:
        raise ValueError("the document has no place for the table")
    return f"{before}{BEGIN}\n{markdown()}\n{END}{after}"
