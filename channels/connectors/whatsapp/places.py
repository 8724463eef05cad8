"""The places to fill in of a template, "{{1}}" or "{{name}}": what stands in them in an approved text. Pure."""

from __future__ import annotations

import re
from typing import Any

from channels.connectors.meta import plain

PLACE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
MAX_VALUE = 1024


def filled(body: str, text: str) -> list[dict[str, Any]] | None:
    """The values in the order in which WhatsApp wants them, so that the template says the text; None where it cannot.

    A place that stands twice holds the same both times. Line breaks count as spaces: WhatsApp takes none in a value.
    """
    pieces, names = PLACE.split(plain(body)), PLACE.findall(plain(body))
    pattern, known = re.escape(pieces[0]), set()
    for name, after in zip(names, pieces[2::2], strict=True):
        pattern += f"(?P=p_{name})" if name in known else f"(?P<p_{name}>.{{1,{MAX_VALUE}}}?)"
        pattern += re.escape(after)
        known.add(name)
    found = re.fullmatch(pattern, plain(text))
    if found is None:
        return None
    order = sorted(known, key=int) if all(name.isdigit() for name in known) else list(dict.fromkeys(names))
    return [_parameter(name, found[f"p_{name}"]) for name in order]


def _parameter(name: str, value: str) -> dict[str, Any]:
    named = {} if name.isdigit() else {"parameter_name": name}
    return {"type": "text", **named, "text": value}
