"""The writing desk: what the editor's parts are at this moment, saved or not, and what a button makes of them.

The browser sends its form and draws what comes back; it never counts, cuts or numbers by itself. So what it shows is what
the server will say when the variant is submitted.
"""

from __future__ import annotations

import json
import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from formats import arrange, choices, options
from formats.arrange import CannotArrange, Row, Rows
from formats.core import mends, splitting
from formats.core.draft import Draft, Finding, MediaItem, Part
from formats.models import Variant

MEDIUM = ("key", "before", "role", "sources", "alt")


# Between the editor's stream and rows ---------------------------------------------------------------------------------
def read(variant: Variant, data: Any, files: Any) -> None:
    """Put what the editor's form holds into the variant (not saved), however incomplete it is."""
    block = Variant._meta.get_field("parts").stream_block
    variant.parts = block.value_from_datadict(data, files, "parts")
    choices.adopt(variant)
    options.read(variant, data)


def rows_of(variant: Variant) -> Rows:
    return tuple(
        Row(
            id=child.id or str(uuid.uuid4()),
            text=(child.value.get("text") or "").replace("\r\n", "\n").strip(),
            link=(child.value.get("link") or "").strip(),
            sources=child.value.get("sources") or "",
            media=tuple(
                {"id": item.id or str(uuid.uuid4()), **{n: item.value.get(n) or "" for n in MEDIUM}}
                for item in child.value["media"].bound_blocks
            ),
        )
        for child in variant.parts
    )


def stream(rows: Rows) -> list[dict[str, Any]]:
    """The rows as the stream's raw data, which is also the state that the editor's blocks take."""
    return [
        {
            "type": "part",
            "id": row.id,
            "value": {
                "text": row.text,
                "link": row.link,
                "sources": row.sources,
                "media": [
                    {"type": "item", "id": m["id"], "value": {n: m.get(n, "") for n in MEDIUM}}
                    for m in row.media
                ],
            },
        }
        for row in rows
    ]


def put(variant: Variant, rows: Rows) -> None:
    variant.parts = json.dumps(stream(rows))


def draft_of(variant: Variant) -> Draft:
    return Draft(variant.format, variant.language, variant.to_parts())


# What the buttons do --------------------------------------------------------------------------------------------------
def do(variant: Variant, what: Mapping[str, Any], *, by: Any) -> tuple[str, str]:
    """Do what a button says and put the result into the variant (not saved). Returns (sentence, id of the part to go to).

    Raises CannotArrange or choices.BadChoice with a sentence for the person.
    """
    rows = rows_of(variant)
    name, part = str(what.get("do") or ""), str(what.get("part") or "")
    if name in ("pick", "crop", "passage"):
        changed, said = _media(variant, rows, name, what, by)
    elif name == "mend":
        changed, said = _mend(variant, rows, what)
    else:
        changed, said, part = _arrange(rows, name, part, what)
    put(variant, changed)
    return said, part


def _arrange(rows: Rows, name: str, part: str, what: Mapping[str, Any]) -> tuple[Rows, str, str]:
    new = str(uuid.uuid4())
    nth = next((n for n, row in enumerate(rows, 1) if row.id == part), 0)
    match name:
        case "split":
            return (
                arrange.split(rows, part, _number(what.get("at")), new_id=new),
                f"Part {nth} is two parts now.",
                new,
            )
        case "join":
            return arrange.join(rows, part), f"Parts {nth} and {nth + 1} are one part now.", part
        case "move":
            moved = arrange.move(rows, part, _number(what.get("by")))
            now = [row.id for row in moved].index(part) + 1
            return moved, f"It is part {now} of {len(moved)} now.", part
        case "add":
            return (
                arrange.add(rows, part, new_id=new),
                f"An empty part {nth + 1 if part else len(rows) + 1} was added.",
                new,
            )
        case "remove":
            left = arrange.remove(rows, part)
            return left, f"Part {nth} was removed.", left[min(nth, len(left)) - 1].id
        case "number":
            return arrange.number(rows), "The parts are numbered again.", part
        case "unnumber":
            return arrange.without_numbers(rows), "The numbers were taken away.", part
    raise CannotArrange("This button is not known here. Reload the page.")


def _number(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError) as error:
        raise CannotArrange("Put the cursor where it should happen, then try again.") from error


# Mending --------------------------------------------------------------------------------------------------------------
def name_of(finding: Finding) -> str:
    """How a page names one finding among those of the same parts."""
    place = ["" if n is None else str(n) for n in (finding.part, finding.media)]
    return ":".join([finding.code, *place])


def _mend(variant: Variant, rows: Rows, what: Mapping[str, Any]) -> tuple[Rows, str]:
    draft = draft_of(variant)
    wanted, name = str(what.get("finding") or ""), str(what.get("mend") or "")
    finding = next((f for f in variant.findings() if name_of(f) == wanted), None)
    if finding is None:
        raise CannotArrange("This is mended already.")
    offered = next((m for m in mends.available(finding, draft) if m.name == name), None)
    if offered is None:
        raise CannotArrange("Nothing can be mended here by itself any more. Change it by hand.")
    mended = mends.apply(name, draft, finding)
    said = f"Done: {offered.label[:1].lower()}{offered.label[1:]}."
    if offered.drops:
        dropped = offered.drops if len(offered.drops) <= 160 else offered.drops[:159] + "…"
        said += f" Taken away: “{dropped}”"
    return _realigned(variant, rows, mended.parts), said


def _realigned(variant: Variant, rows: Rows, parts: Sequence[Part]) -> Rows:
    """The mended parts under the ids of the rows that they were, so that they are found again by what remembers them."""
    out: list[Row] = []
    for part, row in zip(parts, _origins(rows, [p.text for p in parts]), strict=True):
        old = row or Row(str(uuid.uuid4()))
        media = tuple(_medium(variant, old, item) for item in part.media)
        out.append(replace(old, text=part.text, link=part.link, sources=" ".join(part.sources), media=media))
    return tuple(out)


def _origins(rows: Rows, texts: Sequence[str]) -> list[Row | None]:
    """For each text the row that it continues; None for a text that is the rest of a row that was cut."""
    if len(texts) == len(rows):
        return list(rows)
    if len(texts) == 1:
        return [rows[0]]
    found: list[Row | None] = []
    at = 0
    for place, text in enumerate(texts):
        begins = _bare(text)
        rest_of_texts = len(texts) - place
        here = next((n for n in range(at, len(rows)) if _bare(rows[n].text).startswith(begins)), None)
        if here is not None and (begins or rest_of_texts <= len(rows) - at):
            found.append(rows[here])
            at = here + 1
        else:
            found.append(None)
    return found


def _bare(text: str) -> str:
    return "".join(splitting.unmarked(text).split())


def _medium(variant: Variant, row: Row, item: MediaItem) -> dict[str, Any]:
    for known in row.media:
        plan = variant.plans.get(known["key"])
        if plan is item.plan or plan == item.plan:
            return {**known, "alt": item.alt}
    key = choices.offer(variant, item.plan)
    was = next(
        (m for m in row.media if m["role"] == item.role and m["sources"].split() == [*item.sources]), None
    )
    known = was or {"id": str(uuid.uuid4()), "key": "", "role": item.role, "sources": " ".join(item.sources)}
    return {**known, "key": key, "before": known["key"], "alt": item.alt}


# Pictures -------------------------------------------------------------------------------------------------------------
def _media(variant: Variant, rows: Rows, name: str, what: Mapping[str, Any], by: Any) -> tuple[Rows, str]:
    place = next((n for n, row in enumerate(rows) if row.id == str(what.get("part") or "")), None)
    if place is None:
        raise CannotArrange("This part is no longer there. Reload the page to see the newest parts.")
    row = rows[place]
    nth = next((n for n, m in enumerate(row.media) if m["id"] == str(what.get("medium") or "")), None)
    old = row.media[nth] if nth is not None else None
    new = _chosen(variant, old, what, by) if name == "pick" else dict(old or {})
    if name == "passage":
        new["key"] = choices.offer(variant, _passage(variant.plans.get(new.get("key", "")), what))
    elif "x" in what and "y" in what:
        plan = variant.plans.get(new.get("key", ""))
        if plan is None:
            raise CannotArrange("Choose a picture first.")
        new["key"] = choices.offer(variant, choices.crop(plan, _share(what["x"]), _share(what["y"])))
    if old and new["key"] != old["key"]:
        new["before"] = old["key"]
    media = (*row.media, new) if nth is None else (*row.media[:nth], new, *row.media[nth + 1 :])
    what_it_is = "video" if name == "passage" else "picture"
    said = (
        f"The {what_it_is} is being made." if old is None or new["key"] != old["key"] else "Nothing changed."
    )
    return (*rows[:place], replace(row, media=media), *rows[place + 1 :]), said


def _chosen(
    variant: Variant, old: Mapping[str, Any] | None, what: Mapping[str, Any], by: Any
) -> dict[str, Any]:
    chosen = choices.choose(variant, str(what.get("from") or ""), instead_of=old["key"] if old else "", by=by)
    key = choices.offer(variant, chosen.plan)
    role = old["role"] if old and chosen.role != "picture" else chosen.role
    return {
        "id": old["id"] if old else str(uuid.uuid4()),
        "before": old["before"] if old else "",
        "key": key,
        "role": role,
        "sources": " ".join(chosen.sources),
        "alt": str(what["alt"]).strip() if "alt" in what else chosen.alt,
    }


def _passage(plan: Mapping[str, Any] | None, what: Mapping[str, Any]) -> Mapping[str, Any]:
    if plan is None:
        raise CannotArrange("This video is no longer there. Reload the page to see the newest parts.")
    if "speaker" in what:
        plan = choices.speaking(plan, str(what["speaker"]), str(what.get("speaker_role", "")))
    if what.get("auto"):
        return choices.own_passage(plan)
    cover = what.get("cover")
    return choices.passage(
        plan,
        _seconds(what.get("start")),
        _seconds(what.get("end")),
        x=_share(what["x"]) if "x" in what else None,
        y=_share(what["y"]) if "y" in what else None,
        cover_s=None if cover in (None, "") else _seconds(cover),
    )


def _seconds(value: Any) -> float:
    try:
        found = float(value)
    except (TypeError, ValueError) as error:
        raise CannotArrange("Give the passage in seconds, like 12.5.") from error
    if not math.isfinite(found):
        raise CannotArrange("Give the passage in seconds, like 12.5.")
    return found


def _share(percent: Any) -> float:
    try:
        return float(percent) / 100
    except (TypeError, ValueError) as error:
        raise CannotArrange("The focal point is two numbers between 0 and 100.") from error
