"""Direction of text: which way a paragraph runs, and in which order the runs of one line are drawn.

A line may need several fonts, so it cannot be given to the shaper whole. This resolves levels for plain
text by the Unicode Bidirectional Algorithm's rules W1 to W7, N1, N2, I1, I2 and L2 (UAX 9), and keeps a sign with
its figure; embeddings and overrides, which people do not type, are ignored.
"""

from __future__ import annotations

import unicodedata

RTL_LANGUAGES = frozenset({"ar", "he", "fa", "ur", "yi", "ps", "sd", "ug", "ckb", "dv"})
GERESH = "׳״"  # part of a word in Hebrew
SIGNS = "-\u2212+\u00b1"
STRONG = {"L": "L", "R": "R", "AL": "R"}


def base_is_rtl(text: str, language: str = "en") -> bool:
    """The direction of the first letter; in a language that runs from the right, from the right wherever one letter does:
    an Arabic sentence may begin with "WHO". Without letters, the language's.
    """
    from_right = language.lower().split("-")[0] in RTL_LANGUAGES
    first = ""
    for char in text:
        kind = unicodedata.bidirectional(char)
        if kind in STRONG:
            if not from_right:
                return kind != "L"
            if kind != "L":
                return True
            first = first or kind
    return from_right and not first


def levels(text: str, rtl: bool) -> list[int]:
    """An embedding level per character: even runs left to right, odd right to left."""
    if not rtl and all(unicodedata.bidirectional(c) not in ("R", "AL", "AN") for c in text):
        return [0] * len(text)
    base = "R" if rtl else "L"
    kinds = _weak([unicodedata.bidirectional(c) or "L" for c in text], base)
    kinds = _signed(text, kinds)
    kinds = _neutral(kinds, base)
    if rtl:
        return [2 if k in ("L", "EN", "AN") else 1 for k in kinds]
    return [{"L": 0, "R": 1, "EN": 2 if _after_rtl(kinds, i) else 0, "AN": 2}[k] for i, k in enumerate(kinds)]


def _after_rtl(kinds: list[str], at: int) -> bool:
    """Numbers in left-to-right text only rise to level 2 where they stand in right-to-left words."""
    for kind in reversed(kinds[:at]):
        if kind in ("L", "R"):
            return kind == "R"
    return False


def _weak(kinds: list[str], base: str) -> list[str]:
    out, last, strong = [], base, base
    for kind in kinds:
        if kind in ("NSM", "BN"):
            kind = last if kind == "NSM" else "ON"
        if kind in ("L", "R", "AL"):
            strong = kind
        elif kind == "EN" and strong == "AL":
            kind = "AN"
        out.append(kind)
        last = kind
    out = ["R" if k == "AL" else k for k in out]
    for i in range(1, len(out) - 1):
        if out[i] == "ES" and out[i - 1] == out[i + 1] == "EN":
            out[i] = "EN"
        elif out[i] == "CS" and out[i - 1] == out[i + 1] and out[i - 1] in ("EN", "AN"):
            out[i] = out[i - 1]
    for sweep in (range(len(out)), range(len(out) - 1, -1, -1)):
        step = 1 if sweep.step > 0 else -1
        for i in sweep:
            if out[i] == "ET" and 0 <= i - step < len(out) and out[i - step] == "EN":
                out[i] = "EN"
    out = ["ON" if k in ("ES", "ET", "CS") else k for k in out]
    strong = base
    for i, kind in enumerate(out):
        if kind in ("L", "R"):
            strong = kind
        elif kind == "EN" and strong == "L":
            out[i] = "L"
    return out


def _signed(text: str, kinds: list[str]) -> list[str]:
    """A sign before a figure belongs to it, as Unicode's locales have it with a mark that nobody types; a hyphen after a
    letter or a figure is none, whatever marks the letter has.
    """
    out = list(kinds)
    for i, (char, following) in enumerate(zip(text, kinds[1:], strict=False)):
        if char in SIGNS and following in ("EN", "AN") and not _after_a_word(text, i):
            out[i] = following
    return out


def _after_a_word(text: str, at: int) -> bool:
    while at and unicodedata.category(text[at - 1]).startswith("M"):
        at -= 1
    return bool(at) and (text[at - 1].isalnum() or text[at - 1] in GERESH)


def _neutral(kinds: list[str], base: str) -> list[str]:
    out, i = list(kinds), 0
    while i < len(out):
        if out[i] in ("L", "R", "EN", "AN"):
            i += 1
            continue
        end = i
        while end < len(out) and out[end] not in ("L", "R", "EN", "AN"):
            end += 1
        before = _side(out[i - 1]) if i else base
        after = _side(out[end]) if end < len(out) else base
        out[i:end] = [before if before == after else base] * (end - i)
        i = end
    return out


def _side(kind: str) -> str:
    return "L" if kind == "L" else "R"


def visual_order(run_levels: list[int]) -> list[int]:
    """The order in which runs with these levels stand from left to right (rule L2)."""
    order = list(range(len(run_levels)))
    for level in range(max(run_levels, default=0), 0, -1):
        i = 0
        while i < len(order):
            if run_levels[order[i]] < level:
                i += 1
                continue
            end = i
            while end < len(order) and run_levels[order[end]] >= level:
                end += 1
            order[i:end] = reversed(order[i:end])
            i = end
    return order
