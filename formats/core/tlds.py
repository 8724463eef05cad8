"""The top-level domains after which a name without a protocol reads as a link.

From the Public Suffix List as the kept package ``publicsuffixlist`` ships it. X's own list is older: a domain younger
than that list is counted by X letter by letter, by us as a link, so our count can then be too low by a few characters
(the finding about the length comes with the network's refusal instead).
"""

from __future__ import annotations

from importlib.resources import files


def _read() -> frozenset[str]:
    text = (files("publicsuffixlist") / "public_suffix_list.dat").read_text(encoding="utf-8")
    public = text.split("// ===BEGIN PRIVATE DOMAINS===")[0]
    rules = (
        line.strip().lstrip("!").removeprefix("*.")
        for line in public.splitlines()
        if not line.startswith("//")
    )
    return frozenset(rule for rule in rules if rule and "." not in rule)


TLDS: frozenset[str] = _read()
