"""From what people type to what a piece carries: hashtags, plain text, languages."""

from __future__ import annotations

import re
from html.parser import HTMLParser

RIGHT_TO_LEFT = frozenset(
    {"ar", "arc", "ckb", "dv", "fa", "ff-Adlm", "he", "ks", "ku", "nqo", "ps", "sd", "ug", "ur", "yi"}
)
_TAG = re.compile(r"\w+", re.UNICODE)


def split_hashtags(text: str) -> tuple[str, ...]:
    """``"#CleanUp, Riverside"`` → ``("CleanUp", "Riverside")``: no ``#``, no doubles, order kept."""
    tags: dict[str, str] = {}
    for word in re.split(r"[\s,;#＃]+", text):
        if word:
            tags.setdefault(word.casefold(), word)
    return tuple(tags.values())


def bad_hashtags(text: str) -> tuple[str, ...]:
    """Those that a network would cut short: with a sign in them, or of digits only."""
    return tuple(t for t in split_hashtags(text) if not _TAG.fullmatch(t) or t.isdigit())


def language_tag(code: str) -> str:
    """Django's ``zh-hans`` and ``en-gb`` as BCP 47: ``zh-Hans``, ``en-GB``."""
    first, *rest = code.split("-")
    return "-".join([first, *(part.title() if len(part) == 4 else part.upper() for part in rest)])


def direction(language: str) -> str:
    """``"rtl"`` or ``"ltr"``."""
    return "rtl" if language in RIGHT_TO_LEFT or language.split("-")[0] in RIGHT_TO_LEFT else "ltr"


class _Text(HTMLParser):
    """Collects paragraphs; list items become lines of their own."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.paragraphs: list[str] = []
        self.text = ""
        self.lists: list[int | None] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "br":
            self.text += "\n"
        elif tag in ("ul", "ol"):
            self.close_paragraph()
            self.lists.append(0 if tag == "ol" else None)
        elif tag == "li" and self.lists:
            if self.text:
                self.text = self.text.rstrip() + "\n"
            number = self.lists[-1]
            if number is not None:
                self.lists[-1] = number = number + 1
            self.text += "• " if number is None else f"{number}. "

    def handle_endtag(self, tag: str) -> None:
        if tag in ("ul", "ol") and self.lists:
            self.lists.pop()
        if tag in ("p", "ul", "ol", "h2", "h3", "h4", "blockquote"):
            self.close_paragraph()

    def handle_data(self, data: str) -> None:
        self.text += re.sub(r"[ \t\r\n\f]+", " ", data)

    def close_paragraph(self) -> None:
        lines = (line.strip() for line in self.text.split("\n"))
        if text := "\n".join(lines).strip():
            self.paragraphs.append(text)
        self.text = ""


def plain_text(html: str) -> str:
    """The words of a rich text, a blank line between paragraphs. Of links only the words stay."""
    parser = _Text()
    parser.feed(html)
    parser.close()
    parser.close_paragraph()
    return "\n\n".join(parser.paragraphs)
