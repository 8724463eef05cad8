"""One-click mends: what a button can do about a finding.

A mend is a pure function of a draft and one of its findings. It never loses words silently: what it would take away is
in :attr:`Mend.drops`, and a page shows that beside the button. A finding names the mends that concern it
(``Finding.mends``); :func:`available` returns those that would do something to this draft.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import regex

from formats.core import counting, links, plans, splitting, tokens
from formats.core.draft import Draft, Finding, MediaItem, Part

UNSENDABLE = regex.compile(r"[\ufffe\uffff\ufeff\ud800-\udfff\x00-\x08\x0b\x0c\x0e-\x1f]")
_WORD = regex.compile(r"[\p{L}\p{N}]")


@dataclass(frozen=True)
class Mend:
    """What a button does. ``drops`` is the text that it takes away, exactly; empty where nothing is lost."""

    name: str
    label: str
    drops: str = ""


Done = tuple[Draft, str] | None  # the mended draft and what was taken away; None where there is nothing to do
Recipe = Callable[[Draft, Finding], Done]


def available(finding: Finding, draft: Draft) -> tuple[Mend, ...]:
    """Return the mends that would do something about ``finding`` in ``draft``, the one to offer first, first."""
    found = []
    for name in finding.mends:
        recipe = MENDS.get(name)
        done = _run(recipe[1], draft, finding) if recipe else None
        if recipe and done:
            found.append(Mend(name, _label(recipe[0], finding), done[1]))
    return tuple(found)


def apply(name: str, draft: Draft, finding: Finding) -> Draft:
    """Return ``draft`` with one finding mended. The findings of the result are not counted anew: ask ``check``.

    The draft comes back unchanged where there is nothing (left) to do. Raises KeyError for a mend that does not exist.
    """
    done = _run(MENDS[name][1], draft, finding)
    return done[0] if done else draft


def _run(recipe: Recipe, draft: Draft, finding: Finding) -> Done:
    if finding.part is not None and not 0 <= finding.part < len(draft.parts):
        return None
    if finding.media is not None and _item(draft, finding) is None:
        return None
    done = recipe(draft, finding)
    return done if done and done[0].parts != draft.parts else None


def _label(label: str, finding: Finding) -> str:
    most = f"{finding.limit:g}" if finding.limit is not None else ""
    return label.format(most=most, unit=finding.unit, value=finding.value)


# Texts ----------------------------------------------------------------------------------------------------------------


def _split_part(draft: Draft, finding: Finding) -> Done:
    """Over as many posts as it takes; the whole thread is numbered anew where it bears numbers."""
    if finding.limit is None or finding.part is None:
        return None
    index, limit, count = finding.part, int(finding.limit), counting.COUNTERS[finding.unit]
    texts = [splitting.unmarked(part.text) for part in draft.parts]
    if len(draft.parts) > 1 and not _numbered(draft.parts):
        pieces = splitting.split(texts[index], lambda text: count(text) <= limit)
        cut = [[part.text] for part in draft.parts]
        cut[index] = pieces or [""]
    else:
        cut = splitting.numbered(texts, count, limit)
    return _with_texts(draft, cut), ""


def _numbered(parts: Sequence[Part]) -> bool:
    return any(splitting.unmarked(part.text) != part.text for part in parts)


def _with_texts(draft: Draft, cut: Sequence[Sequence[str]]) -> Draft:
    """The draft with each part's text over several parts; media and link stay with the first of them."""
    parts = []
    for part, pieces in zip(draft.parts, cut, strict=True):
        first, *rest = pieces
        parts.append(replace(part, text=first))
        parts += [Part(text, sources=part.sources) for text in rest]
    return replace(draft, parts=tuple(parts))


def _condense(draft: Draft, finding: Finding) -> Done:
    """Shorten the longest paragraph, at the end of a sentence if there is one, until the text fits."""
    if finding.limit is None or finding.part is None:
        return None
    limit, count = int(finding.limit), counting.COUNTERS[finding.unit]
    paragraphs, dropped = draft.parts[finding.part].text.split("\n\n"), []
    while count("\n\n".join(paragraphs)) > limit:
        longest = max(range(len(paragraphs)), key=lambda i: len(paragraphs[i]))
        rest = "\n\n".join(paragraphs[:longest] + paragraphs[longest + 1 :])
        room = limit - count(rest) - 2
        kept, left = splitting.opening(paragraphs[longest], _fits(count, room))
        if not left:
            return None
        if count(kept) > max(room, 0):  # not even its beginning
            kept, left = "", paragraphs[longest]
        paragraphs[longest : longest + 1] = [kept] if kept else []
        dropped.append(left)
    return _with_part(draft, finding.part, text="\n\n".join(paragraphs)), "\n\n".join(dropped)


def _fits(count: Callable[[str], int], room: int) -> Callable[[str], bool]:
    return lambda text: count(text) <= room


def _shorten_title(draft: Draft, finding: Finding) -> Done:
    """The end of the title moves to the description, below; nothing is lost."""
    if finding.limit is None or finding.part is None:
        return None
    limit, count = int(finding.limit), counting.COUNTERS[finding.unit]
    title, _, rest = draft.parts[finding.part].text.strip().partition("\n")
    kept, left = splitting.opening(title, lambda text: count(text) <= limit)
    if not left or count(kept) > limit:
        return None
    text = f"{kept}\n\n{left}\n\n{rest.strip()}".strip()
    return _with_part(draft, finding.part, text=text), ""


def _join_parts(draft: Draft, finding: Finding) -> Done:
    """One post out of all; only offered where the format takes one."""
    if len(draft.parts) < 2:
        return None
    texts = (splitting.unmarked(part.text).strip() for part in draft.parts)
    addresses = [part.link for part in draft.parts if part.link.strip()]
    whole = Part(
        "\n\n".join([*filter(None, texts), *addresses[1:]]),
        tuple(item for part in draft.parts for item in part.media),
        addresses[0] if addresses else "",
        tuple(dict.fromkeys(source for part in draft.parts for source in part.sources)),
    )
    return replace(draft, parts=(whole,)), ""


def _remove_part(draft: Draft, finding: Finding) -> Done:
    if finding.part is None or len(draft.parts) < 2:
        return None
    parts = [part for index, part in enumerate(draft.parts) if index != finding.part]
    return replace(draft, parts=tuple(_renumbered(parts) if _numbered(draft.parts) else parts)), ""


def _renumbered(parts: Sequence[Part]) -> list[Part]:
    texts = [splitting.unmarked(part.text) for part in parts]
    if len(parts) < 2:
        return [replace(part, text=text) for part, text in zip(parts, texts, strict=True)]
    total = len(parts)
    return [
        replace(part, text=(text + splitting.mark(number, total)).strip())
        for number, (part, text) in enumerate(zip(parts, texts, strict=True), 1)
    ]


def _remove_invisible(draft: Draft, finding: Finding) -> Done:
    return _text(draft, finding, lambda text: UNSENDABLE.sub("", text))


def _replace_brackets(draft: Draft, finding: Finding) -> Done:
    return _text(draft, finding, lambda text: text.replace("<", "‹").replace(">", "›"))


def _hashtags_last(draft: Draft, finding: Finding) -> Done:
    """Move the first line, which is only hashtags, below the text."""
    assert finding.part is not None
    whole = draft.parts[finding.part].text
    text = splitting.unmarked(whole).strip()
    first, _, rest = text.partition("\n")
    if not rest.strip():
        return None
    return _with_part(
        draft, finding.part, text=f"{rest.strip()}\n\n{first.strip()}{whole.strip()[len(text) :]}"
    ), ""


def _add_imprint(draft: Draft, finding: Finding) -> Done:
    imprint = " ".join(finding.value.split())
    if not imprint or not draft.parts:
        return None
    last = len(draft.parts) - 1
    whole = draft.parts[last].text.rstrip()
    text = splitting.unmarked(whole)
    mark = whole[len(text) :]
    return _with_part(draft, last, text=f"{text}\n\n{imprint}{mark}".strip()), ""


def _remove_text(draft: Draft, finding: Finding) -> Done:
    if finding.part is None:
        return None
    return _with_part(draft, finding.part, text=""), draft.parts[finding.part].text


def _text(draft: Draft, finding: Finding, change: Callable[[str], str]) -> Done:
    if finding.part is None:
        return None
    return _with_part(draft, finding.part, text=change(draft.parts[finding.part].text)), ""


def _with_part(draft: Draft, index: int, **changes: object) -> Draft:
    part = replace(draft.parts[index], **changes)  # type: ignore[arg-type]
    return replace(draft, parts=(*draft.parts[:index], part, *draft.parts[index + 1 :]))


# Hashtags, mentions, links --------------------------------------------------------------------------------------------


def _drop_hashtags(draft: Draft, finding: Finding) -> Done:
    """The last ones: they are the least important."""
    return _drop_last(draft, finding, tokens.hashtags)


def _drop_last(draft: Draft, finding: Finding, spans: Callable[[str], list[tokens.Span]]) -> Done:
    if finding.part is None or finding.limit is None:
        return None
    text = draft.parts[finding.part].text
    extra = spans(text)[int(finding.limit) :]
    return _with_part(draft, finding.part, text=_without(text, extra)), _words(text, extra)


def _unlink_mentions(draft: Draft, finding: Finding) -> Done:
    """The last names stay as words, without the sign that makes them a mention."""
    return _unsigned(draft, finding, tokens.mentions)


def _unlink_cashtags(draft: Draft, finding: Finding) -> Done:
    return _unsigned(draft, finding, tokens.cashtags)


def _unsigned(draft: Draft, finding: Finding, spans: Callable[[str], list[tokens.Span]]) -> Done:
    if finding.part is None or finding.limit is None:
        return None
    text = draft.parts[finding.part].text
    for first, _ in reversed(spans(text)[int(finding.limit) :]):
        text = text[:first] + text[first + 1 :]
    return _with_part(draft, finding.part, text=text), ""


def _move_link(draft: Draft, finding: Finding) -> Done:
    """Out of the preview card, to the end of the text; not twice where it stands there as it is."""
    if finding.part is None or not draft.parts[finding.part].link.strip():
        return None
    part = draft.parts[finding.part]
    link = part.link.strip()
    there = link in (part.text[first:last] for first, last in tokens.addresses(part.text))
    text = part.text if there else f"{part.text.rstrip()}\n\n{link}".strip()
    return _with_part(draft, finding.part, text=text, link=""), ""


def _keep_last_link(draft: Draft, finding: Finding) -> Done:
    """One link for the whole thread: the last one."""
    found = [(index, span) for index, part in enumerate(draft.parts) for span in tokens.addresses(part.text)]
    attached = [index for index, part in enumerate(draft.parts) if part.link.strip()]
    keep = None if attached else found[-1] if found else None
    dropped = [draft.parts[index].link.strip() for index in attached[:-1]]
    parts = list(draft.parts)
    for index, part in enumerate(draft.parts):
        extra = [span for at, span in found if at == index and (at, span) != keep]
        dropped += [part.text[first:last] for first, last in extra]
        link = "" if index in attached[:-1] else part.link
        parts[index] = replace(part, text=_without(part.text, extra), link=link)
    return replace(draft, parts=tuple(parts)), " ".join(dropped)


def _drop_links(draft: Draft, finding: Finding) -> Done:
    """All of a text's links but as many as are allowed."""
    if finding.part is None:
        return None
    text = draft.parts[finding.part].text
    allowed = max(0, int(finding.limit or 0) - bool(draft.parts[finding.part].link.strip()))
    seen: list[str] = []
    extra = []
    for span in tokens.addresses(text):
        address = text[span[0] : span[1]]
        if address not in seen and len(seen) < allowed:
            seen.append(address)
        elif address not in seen:
            extra.append(span)
    return _with_part(draft, finding.part, text=_without(text, extra)), _words(text, extra)


def _write_link_in_full(draft: Draft, finding: Finding) -> Done:
    if finding.part is None:
        return None
    link = f"https://{draft.parts[finding.part].link.strip().lstrip('/')}"
    parsed = links.parsed(link)
    if parsed is None or "." not in (parsed.hostname or ""):
        return None
    return _with_part(draft, finding.part, link=link), ""


def _remove_link(draft: Draft, finding: Finding) -> Done:
    if finding.part is None:
        return None
    return _with_part(draft, finding.part, link=""), draft.parts[finding.part].link


def _without(text: str, spans: Sequence[tokens.Span]) -> str:
    """``text`` without the spans, and without the empty lines and double spaces they would leave."""
    for first, last in reversed(spans):
        before, after = text[:first], text[last:]
        if before[-1:].isspace() and (not after or after[0].isspace()):
            before = before.rstrip(" \t")
        text = before + (after.lstrip(" \t") if not before or before[-1] == "\n" else after)
    return regex.sub(r"\n{3,}", "\n\n", text).strip() if spans else text


def _words(text: str, spans: Sequence[tokens.Span]) -> str:
    return " ".join(text[first:last] for first, last in spans)


# Media ----------------------------------------------------------------------------------------------------------------


def _item(draft: Draft, finding: Finding) -> MediaItem | None:
    if finding.part is None or finding.media is None:
        return None
    media = draft.parts[finding.part].media
    return media[finding.media] if 0 <= finding.media < len(media) else None


def _with_item(draft: Draft, finding: Finding, **changes: object) -> Draft:
    item = _item(draft, finding)
    assert item is not None
    assert finding.part is not None
    assert finding.media is not None
    media = list(draft.parts[finding.part].media)
    media[finding.media] = replace(item, **changes)  # type: ignore[arg-type]
    return _with_part(draft, finding.part, media=tuple(media))


def _shorten_alt(draft: Draft, finding: Finding) -> Done:
    item = _item(draft, finding)
    if item is None or finding.limit is None:
        return None
    kept, left = splitting.opening(item.alt, lambda text: len(text) < int(finding.limit or 0))
    kept = kept[: int(finding.limit) - 1].rstrip()
    left = item.alt.strip()[len(kept) :].strip()
    if not left:
        return None
    return _with_item(draft, finding, alt=f"{kept}…"), left


def _drop_media(draft: Draft, finding: Finding) -> Done:
    if finding.part is None or finding.limit is None:
        return None
    media = draft.parts[finding.part].media
    kept = media[: int(finding.limit)]
    return _with_part(draft, finding.part, media=kept), "\n".join(each.alt for each in media[len(kept) :])


def _remove_medium(draft: Draft, finding: Finding) -> Done:
    item = _item(draft, finding)
    if item is None or finding.part is None:
        return None
    media = draft.parts[finding.part].media
    kept = tuple(each for index, each in enumerate(media) if index != finding.media)
    return _with_part(draft, finding.part, media=kept), item.alt


def _recrop(draft: Draft, finding: Finding) -> Done:
    """The nearest shape that the platform takes, around the same focal point."""
    item = _item(draft, finding)
    if item is None or not finding.limit or not finding.actual:
        return None
    plan = plans.reshaped(item.plan, ratio=float(finding.limit), narrower=finding.limit < finding.actual)
    return (_with_item(draft, finding, plan=plan), "") if plan else None


def _cut_shorter(draft: Draft, finding: Finding) -> Done:
    item = _item(draft, finding)
    if item is None or not finding.limit or item.plan.get("kind") != "cut":
        return None
    return _with_item(draft, finding, plan={**item.plan, "max_s": int(finding.limit)}), ""


def _shorten_card(draft: Draft, finding: Finding) -> Done:
    """The longest text of the card, at the end of a sentence if there is one."""
    item = _item(draft, finding)
    text = item.plan.get("text") if item else None
    if item is None or not isinstance(text, dict) or finding.limit is None:
        return None
    long = [name for name, value in text.items() if isinstance(value, str) and len(value) > finding.limit]
    changed, dropped = dict(text), []
    for name in long:
        kept, left = splitting.opening(text[name], lambda part: len(part) < int(finding.limit or 0))
        kept = kept[: int(finding.limit) - 1].rstrip()
        left = text[name].strip()[len(kept) :].strip()
        changed[name] = f"{kept}…" if left else kept
        dropped.append(left)
    return _with_item(draft, finding, plan={**item.plan, "text": changed}), "\n".join(filter(None, dropped))


MENDS: dict[str, tuple[str, Recipe]] = {
    "split_part": ("Split into more posts", _split_part),
    "condense": ("Shorten to {most} {unit}", _condense),
    "shorten_title": ("Move the end of the title into the description", _shorten_title),
    "join_parts": ("Join into one post", _join_parts),
    "remove_part": ("Remove the empty post", _remove_part),
    "remove_invisible": ("Remove the invisible characters", _remove_invisible),
    "replace_brackets": ("Write ‹ and › instead", _replace_brackets),
    "remove_text": ("Remove the text", _remove_text),
    "hashtags_last": ("Move the hashtags to the end", _hashtags_last),
    "add_imprint": ("Add the imprint", _add_imprint),
    "drop_hashtags": ("Keep the first {most} hashtags", _drop_hashtags),
    "unlink_mentions": ("Keep {most} mentions, and the other names as words", _unlink_mentions),
    "unlink_cashtags": ("Keep {most} of them, and the others as words", _unlink_cashtags),
    "move_link": ("Move the link into the text", _move_link),
    "keep_last_link": ("Keep only the last link", _keep_last_link),
    "drop_links": ("Take the links out that are too many", _drop_links),
    "write_link_in_full": ("Put https:// in front", _write_link_in_full),
    "remove_link": ("Remove the link", _remove_link),
    "shorten_alt": ("Shorten the alt text to {most} {unit}", _shorten_alt),
    "drop_media": ("Keep the first {most}", _drop_media),
    "remove_medium": ("Remove it", _remove_medium),
    "recrop": ("Crop it to a shape that fits", _recrop),
    "cut_shorter": ("Cut it to {most} {unit}", _cut_shorter),
    "shorten_card": ("Shorten the text on the card", _shorten_card),
}

# What can be done about a finding, by its code. A finding whose format decides names its own (``text_too_long``).
BY_CODE: dict[str, tuple[str, ...]] = {
    "empty_part": ("remove_part",),
    "unsendable_character": ("remove_invisible",),
    "forbidden_character": ("replace_brackets",),
    "title_too_long": ("shorten_title",),
    "text_not_shown": ("remove_text",),
    "opening_is_hashtags": ("hashtags_last",),
    "missing_imprint": ("add_imprint",),
    "too_many_hashtags": ("drop_hashtags",),
    "too_many_mentions": ("unlink_mentions",),
    "too_many_cashtags": ("unlink_cashtags",),
    "link_with_media": ("move_link",),
    "several_links": ("keep_last_link",),
    "too_many_links": ("drop_links",),
    "dead_link": ("drop_links",),
    "bad_link": ("write_link_in_full", "remove_link"),
    "alt_too_long": ("shorten_alt",),
    "too_many_media": ("drop_media",),
    "wrong_kind": ("remove_medium",),
    "wrong_shape": ("recrop",),
    "video_too_long": ("cut_shorter",),
    "long_card_text": ("shorten_card",),
}
