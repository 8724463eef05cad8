"""Which names in the SVG of a map are names of regions: programs write layers and shapes with names too.

Illustrator and SVG-edit put every shape into a group that has a title, Inkscape names each path by a number.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from xml.etree.ElementTree import Element

INKSCAPE = "{http://www.inkscape.org/namespaces/inkscape}"
MOST = 0.75  # of a map's names: a group with so many below it is no region, if it stands alone or Illustrator named it
DEEPEST = 4  # of groups that stand alone, each inside of one that does
# What programs call a layer, and a shape, that nobody has named.
LAYER = re.compile(
    r"(layer|ebene|calque|capa|camada|livello|laag|lager|lag|taso|vrstva|réteg|warstwa|katman|слой|шар|レイヤー|图层|圖層"
    r"|레이어|artboard)(_x0020_|[\s_-])*\d[\d\s_-]*",
    re.IGNORECASE,
)
UNNAMED = re.compile(
    r"(path|polygon|polyline|rect|rectangle|circle|ellipse|g(?=\d)|group|shape|vector|union|svg|xmlid|svgid)[\d\s_-]*",
    re.IGNORECASE,
)

Name = tuple[str, str]  # id, title
Chain = Sequence[Element]  # a shape and the groups around it, the innermost first


def names(chains: Sequence[Chain]) -> dict[Element, Name]:
    """What each shape or group gives to the shapes in it. A layer with named shapes has no title; where nobody has named
    a layer it has no name.
    """
    found = {each: (each.get("id", ""), title(each)) for chain in chains for each in chain}
    groups = {each for chain in chains for each in chain[1:]}
    default = {each for each in groups if LAYER.fullmatch(found[each][1] or found[each][0])}
    marked = default | set(filter(_is_marked, groups))
    known, below = _below(chains, found, lambda each: each not in default and bool(_spoken(found[each])))
    if len(known) < 2:  # too few for a map: then by what programs call shapes
        known, below = _below(chains, found, lambda each: each not in marked and any(found[each]))
    if len(known) < 2:  # and by what they call layers
        known, below = _below(chains, found, lambda each: any(found[each]))
        default = set()
    alone = _alone(chains, {each for each in groups - marked if found[each][1]})
    for each, inside in below.items():
        most = len(inside) >= MOST * len(known) and (each in alone or each.get("data-name"))
        if len(inside) > 1 and (each in marked or most):
            id, words = found[each]
            found[each] = (id or words, "")
    return {each: name for each, name in found.items() if any(name) and each not in default}


def title(element: Element) -> str:
    words = next((each.text or "" for each in element if str(each.tag).rpartition("}")[2] == "title"), "")
    written = (element.get(name) for name in ("title", "data-name", f"{INKSCAPE}label"))
    return " ".join((words or next(filter(None, written), "")).split())[:80]


def _spoken(name: Name) -> str:
    id, words = name
    return words or ("" if UNNAMED.fullmatch(id) else id)


def _is_marked(element: Element) -> bool:
    """As Inkscape and SVG-edit mark a layer."""
    return element.get(f"{INKSCAPE}groupmode") == "layer" or "layer" in element.get("class", "").split()


def _alone(chains: Sequence[Chain], titled: set[Element]) -> set[Element]:
    """Which of these groups have no other beside them: England beside Wales is a region, however much of the map it is."""
    found: set[Element] = set()
    for _ in range(DEEPEST):
        around = [[each for each in chain[1:] if each in titled] for chain in chains]
        inside = Counter(each for groups in around for each in groups)
        whole = {each for each, shapes in inside.items() if shapes == sum(map(bool, around))}
        if not whole:
            break
        found, titled = found | whole, titled - whole
    return found


def _below(
    chains: Sequence[Chain], found: dict[Element, Name], is_name: Callable[[Element], bool]
) -> tuple[set[str], dict[Element, set[str]]]:
    """The innermost name of every shape, and which of these stand inside of each group."""
    known: set[str] = set()
    below: dict[Element, set[str]] = defaultdict(set)
    for chain in chains:
        at = next((n for n, each in enumerate(chain) if is_name(each)), None)
        if at is not None:
            id, words = found[chain[at]]
            known.add(words or id)
            for group in chain[at + 1 :]:
                below[group].add(words or id)
    return known, below
