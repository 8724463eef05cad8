"""How a Mastodon server counts a text and what it makes of it as HTML."""

from __future__ import annotations

import regex
from markupsafe import Markup, escape

from sandbox.networks.mastodon.wire import URL_WEIGHT

LINK = regex.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)'\]]")
MENTION = regex.compile(r"(?<![\w/@])@([\w.-]*\w)(@[\w-]+(?:\.[\w-]+)+)?")
TAG = regex.compile(r"(?<![\w/&#])#(\w+)")
_ALL = regex.compile(f"(?P<link>{LINK.pattern})|(?P<mention>{MENTION.pattern})|(?P<tag>{TAG.pattern})")


def length(text: str, warning: str = "") -> int:
    """Characters as people see them; an address counts 23, and of @name@server only @name."""
    counted = LINK.sub("x" * URL_WEIGHT, text)
    counted = MENTION.sub(lambda m: f"@{m[1]}", counted)
    return len(regex.findall(r"\X", warning + counted))


def html(text: str, here: str) -> str:
    paragraphs = [_marked(part, here) for part in text.split("\n\n")]
    return str(Markup("").join(Markup("<p>{}</p>").format(part) for part in paragraphs))


def _marked(text: str, here: str) -> Markup:
    out, position = Markup(""), 0
    for match in _ALL.finditer(text):
        out += _lines(text[position : match.start()])
        whole = match[0]
        if match["link"]:
            out += _link(whole)
        elif match["mention"]:
            shown = whole.split("@")[1]
            out += Markup(
                '<span class="h-card" translate="no"><a href="{}/@{}" class="u-url mention">@<span>{}</span></a></span>'
            ).format(here, whole[1:], shown)
        else:
            out += Markup(
                '<a href="{}/tags/{}" class="mention hashtag" rel="tag">#<span>{}</span></a>'
            ).format(here, whole[1:], whole[1:])
        position = match.end()
    return out + _lines(text[position:])


def _lines(text: str) -> Markup:
    return Markup("<br />").join(escape(line) for line in text.split("\n"))


def _link(url: str) -> Markup:
    """Shown shortened; the whole address stands in spans that are not shown."""
    start = url.index("//") + 2
    head, shown, rest = url[:start], url[start : start + 30], url[start + 30 :]
    return Markup(
        '<a href="{}" target="_blank" rel="nofollow noopener" translate="no"><span class="invisible">{}</span>'
        '<span class="{}">{}</span><span class="invisible">{}</span></a>'
    ).format(url, head, "ellipsis" if rest else "", shown, rest)
