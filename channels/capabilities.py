"""The documents' table of networks and what each lets us do: made from the connectors' own data. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from channels.connectors.abilities import Action, Media, Read, Version
from channels.connectors.base import Connector, Safety

Marks = tuple[str, str]
Made = Callable[[str], Collection[Media]]  # which media the formats make for a network

TABLE: Marks = ("<!-- capabilities: made by manage.py capabilities_table -->", "<!-- end of capabilities -->")
GUIDE: Marks = ("<!-- media: made by manage.py capabilities_table -->", "<!-- end of media -->")
READS = {
    Read.NUMBERS: "numbers",
    Read.FOLLOWERS: "followers",
    Read.COMMENTS: "comments",
    Read.MENTIONS: "mentions",
    Read.DIRECT: "direct messages",
}
ACTS = {
    Action.REPLY: "reply",
    Action.COMMENT: "first comment",
    Action.HIDE: "hide",
    Action.UNHIDE: "show again",
    Action.DELETE_COMMENT: "delete a comment",
    Action.EDIT_POST: "edit a post",
    Action.DELETE_POST: "delete a post",
    Action.BLOCK: "block a person",
    Action.UNBLOCK: "unblock",
}
MEDIA = {
    Media.IMAGE: "picture",
    Media.IMAGES: "several pictures",
    Media.GIF: "GIF",
    Media.VIDEO: "video",
    Media.ALT_TEXT: "alt texts",
    Media.CAPTIONS: "captions",
    Media.COVER: "cover of a video",
}
LOST = {
    Safety.PURE: "harmless to repeat",
    Safety.KEYED: "repeated under the same key",
    Safety.EXACT: "asked by its handle",
    Safety.PROBE: "repeated; the network names the first",
    Safety.SEARCH: "looked for among our own",
    Safety.BLIND: "a person is asked",
}


def table(connectors: Iterable[Connector], made: Made) -> str:
    """Markdown: what can be done where, then what becomes of an answer that was lost, then versions and prices."""
    known = list(connectors)
    return (
        "\n\n".join(
            [_abilities(known, made), _ways(known), _acts(known), _prices(known), _untold(known)]
        ).strip()
        + "\n"
    )


def carried(c: Connector, made: Collection[Media]) -> str:
    """For a set-up guide: what posts carry today, and what only the network would take."""
    said = f"**What posts carry today:** {_words(c.media & set(made), MEDIA)}."
    rest = _words(c.media - set(made), MEDIA)
    return f"{said} {c.label} takes more, which no format makes yet: {rest}." if c.media - set(made) else said


def _abilities(known: list[Connector], made: Made) -> str:
    rows = []
    for c in known:
        formats = ", ".join(f"`{name}`" for name in sorted(c.publishes)) or "–"
        today = set(made(c.platform))
        media = [_words(c.media & today, MEDIA), _words(c.media - today, MEDIA)]
        rows.append([f"**{c.label}**", formats, *media, _read(c), _words(c.acts, ACTS)])
    head = ["Network", "Publishes", "Media", "Media that no format makes yet", "Reads", "Can do"]
    return _markdown(head, rows)


def _read(c: Connector) -> str:
    heard = [f"{READS[what]} (as they are called to us)" for what in READS if what in c.hears]
    told = [words for what, words in READS.items() if what in c.reads]
    return ", ".join([*told, *heard]) or "–"


def _ways(known: list[Connector]) -> str:
    rows = []
    for c in known:
        flow = c.oauth
        asked = ", ".join(field.label.lower() for field in flow.fields)
        way = "sign-in page of the network" if flow.redirects else "our own page"
        if any(field.optional for field in flow.fields):
            way += ", or sign-in page of the network"
        version = c.version
        window = f"{c.window.hours} hours" if c.window else "–"
        rows.append(
            [
                c.label,
                f"{asked}; {way}" if asked else way,
                version.name if version else "–",
                version.end if version else "–",
                _source(version) if version else "–",
                "yes" if c.webhook else "no",
                window,
                _beside(c),
            ]
        )
    head = [
        "Network",
        "How an account is connected",
        "Version",
        "Ends",
        "Read at",
        "Calls us",
        "Direct messages answered within",
        "Pictures in answers",
    ]
    return _markdown(head, rows)


def _source(version: Version) -> str:
    return version.source.removeprefix("https://")


def _beside(c: Connector) -> str:
    """How many pictures an answer may hold, in public and in private."""
    found = []
    for private, where in ((False, "in public"), (True, "in private")):
        if takes := c.attaches.get(private):
            alt = "alt text" if takes.alt else "no alt text"
            found.append(f"{where} {takes.most} ({alt})")
    return ", ".join(found) or "–"


def _acts(known: list[Connector]) -> str:
    rows = [
        [c.label, ACTS[action], LOST[safety]]
        for c in known
        for action, safety in c.acts.items()
        if safety is not Safety.PURE
    ]
    return _markdown(["Network", "Act", "When its answer is lost"], rows) if rows else ""


def _prices(known: list[Connector]) -> str:
    rows = [[c.label, p.words, f"{p.amount:f} {p.currency}", p.source] for c in known for p in c.prices]
    return _markdown(["Network", "Costs", "Price", "Source"], rows) if rows else ""


def _untold(known: list[Connector]) -> str:
    rows = [
        [c.label, metric.removesuffix("_s").replace("_", " "), why]
        for c in known
        for metric, why in c.untold.items()
    ]
    return _markdown(["Network", "Number that stays unknown", "Why"], rows) if rows else ""


def _words(given: Iterable[str], names: Mapping[str, str]) -> str:
    have = set(given)
    return ", ".join(words for name, words in names.items() if name in have) or "–"


def _markdown(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def put_into(page: str, made: str, marks: Marks = TABLE) -> str:
    """The page with what was made between its marks. ValueError when the marks are missing."""
    before, begin, rest = page.partition(marks[0])
    _, end, after = rest.partition(marks[1])
    if not begin or not end:
        raise ValueError("the marks are missing")
    return f"{before}{begin}\n\n{made.rstrip()}\n\n{end}{after}"
