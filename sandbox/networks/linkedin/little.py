"""LinkedIn's "little text", read strictly: what is reserved must be escaped.

On purpose not the writer that Hustings uses: two implementations that were written apart check each other.
"""

from __future__ import annotations

import re

RESERVED = set("|{}@[]()<>#*_~\\")


class BadText(ValueError):
    """The text is not little text; the message says where."""


def read(text: str) -> str:
    """Return the text as people see it. Raises BadText."""
    out, position = [], 0
    while position < len(text):
        letter = text[position]
        if letter == "\\":
            if position + 1 >= len(text) or text[position + 1] not in RESERVED:
                raise BadText(f"a lone \\ at character {position}")
            out.append(text[position + 1])
            position += 2
        elif found := re.compile(r"\{hashtag\|\\#\|((?:\w|\\_)+)\}").match(text, position):
            out.append("#" + found[1].replace("\\_", "_"))
            position = found.end()
        elif found := re.compile(r"@\[([^\]\\]+)\]\(urn:li:(?:organization|person):\w+\)").match(
            text, position
        ):
            out.append(found[1])
            position = found.end()
        elif found := re.compile(r"#(\w+)").match(text, position):
            if "_" in found[1]:
                raise BadText(f"an unescaped _ at character {position}")
            out.append(found[0])
            position = found.end()
        elif letter in RESERVED:
            raise BadText(f"an unescaped {letter} at character {position}")
        else:
            out.append(letter)
            position += 1
    return "".join(out)
