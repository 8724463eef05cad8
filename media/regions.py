"""A map given as SVG: its regions as rings of points, named by title or id. Nothing else of the file is kept.

:func:`read` is for any process; it starts ``python -m media.regions``, which limits itself. The file is parsed without
DTDs, entities or anything from outside; scripts, foreign content and pictures are refused. What is hidden is left out, and
what is a line; other styles are not looked at.
"""

from __future__ import annotations

import io
import json
import math
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse
from fontTools.misc.transform import Identity, Transform

from media import child, layers, outlines
from media.errors import BadMedia, RenderError
from media.region_names import plain
from media.surface import Ring, bounds

MAX_BYTES = 3 * 1024 * 1024
MAX_ELEMENTS = 20_000
MAX_DEPTH = 40
MAX_POINTS = 400_000  # before they are thinned
MAX_REGIONS = 400
FIELD = 1000.0  # the longer side of a map, in the units that rings are kept in
THIN = 0.7  # points nearer than this to the line between their neighbours are left out, same units
REFUSED = {
    "script",
    "foreignobject",
    "iframe",
    "object",
    "embed",
    "image",
    "video",
    "audio",
    "animate",
    "set",
    "use",
}
SHAPES = {"path", "polygon", "polyline", "rect", "circle", "ellipse"}
BESIDE = {"defs", "clippath", "mask", "pattern", "symbol", "marker", "text", "metadata"}
NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
TRANSFORM = re.compile(r"(matrix|translate|scale|rotate|skewX|skewY)\s*\(([^()]*)\)")


@dataclass(frozen=True)
class Region:
    id: str
    title: str
    rings: tuple[Ring, ...]

    @property
    def name(self) -> str:
        return self.title or self.id


@dataclass(frozen=True)
class Map:
    """Rings lie on a field whose longer side is :data:`FIELD`."""

    width: float
    height: float
    regions: tuple[Region, ...]

    def find(self, name: str) -> Region | None:
        wanted = plain(name)
        return next((r for r in self.regions if wanted in (plain(r.title), plain(r.id)) and wanted), None)


def read(path: Path | str) -> dict[str, Any]:
    """The map in a file as JSON data (:func:`from_json`). Raises BadMedia with a reason for people. Safe for any file."""
    return child.run_python("media.regions", {"path": str(path)}, timeout_s=20)


def from_json(data: dict[str, Any]) -> Map:
    """Shapes with the same title are one region, as a mainland and its islands are."""
    found: dict[tuple[str, str], Region] = {}
    for each in data["regions"]:
        id, title, rings = each["id"], each["title"], tuple(map(_pairs, each["rings"]))
        key = ("title", plain(title)) if title else ("id", id)
        known = found.get(key)
        found[key] = replace(known, rings=known.rings + rings) if known else Region(id, title, rings)
    return Map(data["width"], data["height"], tuple(found.values()))


def load(path: Path) -> Map:
    return from_json(json.loads(path.read_text()))


def _pairs(flat: Sequence[float]) -> Ring:
    return list(zip(flat[::2], flat[1::2], strict=True))


# In the child ---------------------------------------------------------------------------------------------------------
def parse(data: bytes) -> dict[str, Any]:
    if len(data) > MAX_BYTES:
        raise BadMedia(
            f"This map has {len(data) / 1e6:.1f} MB; at most {MAX_BYTES // 1024**2} MB are possible. Simplify it."
        )
    found: dict[str, tuple[str, list[Ring]]] = {}
    points = 0
    for id, title, rings in _regions(_tree(data)):
        points += sum(map(len, rings))
        if points > MAX_POINTS:
            raise BadMedia(
                "This map has too many points. Simplify it (for instance with mapshaper) and try again."
            )
        known = found.setdefault(id or title, (title, []))
        known[1].extend(rings)
    if len(found) < 2:
        raise BadMedia(
            "No regions were found. Give each path, or group of paths, of the map an id or a title."
        )
    if len(found) > MAX_REGIONS:
        raise BadMedia(f"This map has {len(found)} regions; at most {MAX_REGIONS} are possible.")
    return _placed(found)


def _tree(data: bytes) -> Element:
    depth, count, root = 0, 0, None
    try:
        events = iterparse(
            io.BytesIO(data), ("start", "end"), forbid_dtd=False, forbid_entities=True, forbid_external=True
        )
        for event, element in events:
            root = element if root is None else root
            depth += 1 if event == "start" else -1
            count += event == "start"
            if depth > MAX_DEPTH or count > MAX_ELEMENTS:
                raise BadMedia(
                    "This map is built too deeply or of too many parts. Simplify it and try again."
                )
            if event == "start":
                _refuse(element)
    except DefusedXmlException as error:
        raise BadMedia(
            "This file declares entities or leads elsewhere, which maps need not. Export it as plain SVG."
        ) from error
    except (ParseError, ValueError, LookupError) as error:
        raise BadMedia("This is not an SVG that can be read. Export the map as plain SVG.") from error
    if root is None or _tag(root) != "svg":
        raise BadMedia("This is not an SVG. Export the map as plain SVG.")
    return root


def _tag(element: Element) -> str:
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def _refuse(element: Element) -> None:
    if (tag := _tag(element)) in REFUSED:
        raise BadMedia(f"This file has “{tag}” in it. A map is only shapes: remove it and try again.")
    for name, value in element.attrib.items():
        name = name.rpartition("}")[2].lower()
        if (
            name.startswith("on")
            or (name == "href" and not value.startswith("#"))
            or "javascript:" in value.lower()
        ):
            raise BadMedia("This file has scripts or leads elsewhere. Export the map as plain SVG.")


def _regions(root: Element) -> Iterator[tuple[str, str, list[Ring]]]:
    """(id, title, rings) of every shape; shapes inside a named group belong to the group's innermost name."""
    names = layers.names(list(_chains(root)))
    stack: list[tuple[Element, Transform, str, str, str]] = [(root, Identity, "", "", "")]
    while stack:
        element, place, id, title, fill = stack.pop()
        tag = _tag(element)
        if tag in BESIDE or _is_hidden(element):
            continue
        fill = _look(element, "fill") or fill
        if element is not root:
            place = place.transform(_transform(element.get("transform", "")))
            own = names.get(element, ("", ""))
            if own[1] or (own[0] and not title):
                id, title = own
        if tag in SHAPES and (id or title):
            outline = [ring for ring in _outline(element, tag, fill) if len(ring) >= 3]
            if outline:
                yield id, title, [[place.transformPoint(point) for point in ring] for ring in outline]
        stack += [(each, place, id, title, fill) for each in reversed(list(element))]


def _chains(root: Element) -> Iterator[layers.Chain]:
    """Every shape with the groups around it."""
    stack: list[tuple[Element, layers.Chain]] = [(each, ()) for each in root]
    while stack:
        element, around = stack.pop()
        if (tag := _tag(element)) in BESIDE or _is_hidden(element):
            continue
        chain = (element, *around)
        if tag in SHAPES:
            yield chain
        stack += [(each, chain) for each in element]


def _look(element: Element, name: str) -> str:
    """What the element says of its own look; its style goes before its attributes."""
    said = re.search(rf"(?:^|;)\s*{name}\s*:\s*([^;!]*)", element.get("style") or "", re.IGNORECASE)
    return (said[1] if said else element.get(name) or "").strip().lower()


def _is_hidden(element: Element) -> bool:
    return _look(element, "display") == "none" or _look(element, "visibility") in ("hidden", "collapse")


def _outline(element: Element, tag: str, fill: str) -> list[Ring]:
    """The rings of a shape. A line that is not closed is one where nothing fills it: a river, a border."""
    try:
        return outlines.rings(_path_of(element, tag), closed=fill in ("none", "transparent"))
    except RenderError as error:
        raise BadMedia(f"{error} Export the map as plain SVG.") from error


def _path_of(element: Element, tag: str) -> str:
    def number(name: str) -> float:
        found = re.match(NUMBER, (element.get(name) or "0").strip())
        return float(found[0]) if found else 0.0

    if tag == "path":
        return element.get("d") or ""
    if tag in ("polygon", "polyline"):
        numbers = re.findall(NUMBER, element.get("points") or "")
        if tag == "polyline" and [*map(float, numbers[:2])] != [*map(float, numbers[-2:])]:
            return ""  # a line: a river, a road
        return f"M{' '.join(numbers[: len(numbers) // 2 * 2])}Z" if len(numbers) >= 6 else ""
    if tag == "rect":
        x, y, w, h = map(number, ("x", "y", "width", "height"))
        return f"M{x} {y}H{x + w}V{y + h}H{x}Z" if w > 0 and h > 0 else ""
    rx, ry = (number("r"), number("r")) if tag == "circle" else (number("rx"), number("ry"))
    cx, cy = number("cx"), number("cy")
    if rx <= 0 or ry <= 0:
        return ""
    return f"M{cx - rx} {cy}A{rx} {ry} 0 1 1 {cx + rx} {cy}A{rx} {ry} 0 1 1 {cx - rx} {cy}Z"


def _transform(text: str) -> Transform:
    whole = Identity
    for name, words in TRANSFORM.findall(text[:2000]):
        n = [float(each) for each in re.findall(NUMBER, words)]
        if not n or any(not math.isfinite(v) or abs(v) > 1e6 for v in n):
            continue
        if name == "matrix" and len(n) == 6:
            whole = whole.transform(Transform(*n))
        elif name == "translate":
            whole = whole.translate(n[0], n[1] if len(n) > 1 else 0)
        elif name == "scale":
            whole = whole.scale(n[0], n[1] if len(n) > 1 else n[0])
        elif name == "rotate":
            x, y = (n[1], n[2]) if len(n) == 3 else (0.0, 0.0)
            whole = whole.translate(x, y).rotate(math.radians(n[0])).translate(-x, -y)
        elif name == "skewX":
            whole = whole.skew(math.radians(n[0]), 0)
        elif name == "skewY":
            whole = whole.skew(0, math.radians(n[0]))
    return whole


def _placed(found: dict[str, tuple[str, list[Ring]]]) -> dict[str, Any]:
    """All regions moved and scaled onto the field, and thinned."""
    box = bounds([ring for _, rings in found.values() for ring in rings])
    if box.width <= 0 or box.height <= 0:
        raise BadMedia("The shapes of this map have no extent. Export it as plain SVG.")
    scale = FIELD / max(box.width, box.height)
    regions = []
    for id, (title, rings) in found.items():
        moved = [
            thinned([((x - box.left) * scale, (y - box.top) * scale) for x, y in ring]) for ring in rings
        ]
        flat = [[round(v, 1) for point in ring for v in point] for ring in moved if len(ring) >= 3]
        if flat:
            regions.append({"id": id[:80], "title": title, "rings": flat})
    return {"width": round(box.width * scale, 1), "height": round(box.height * scale, 1), "regions": regions}


def thinned(ring: Ring) -> Ring:
    """The ring without points that nobody sees (Douglas and Peucker 1973, without recursion)."""
    points = list(ring)
    if len(points) < 4:
        return points
    keep = [False] * len(points)
    far = max(range(len(points)), key=lambda i: math.dist(points[0], points[i]))
    keep[0] = keep[far] = keep[-1] = True
    spans = [(0, far), (far, len(points) - 1)]
    while spans:
        first, last = spans.pop()
        worst, at = THIN, -1
        for i in range(first + 1, last):
            away = _distance(points[i], points[first], points[last])
            if away > worst:
                worst, at = away, i
        if at >= 0:
            keep[at] = True
            spans += [(first, at), (at, last)]
    return [point for point, kept in zip(points, keep, strict=True) if kept]


def _distance(p: tuple[float, float], a: tuple[float, float], b: tuple[float, float]) -> float:
    length = math.dist(a, b)
    if length == 0:
        return math.dist(p, a)
    return abs((b[0] - a[0]) * (a[1] - p[1]) - (a[0] - p[0]) * (b[1] - a[1])) / length


def _work(task: dict[str, Any], progress: Any) -> dict[str, Any]:
    with Path(task["path"]).open("rb") as file:
        return parse(file.read(MAX_BYTES + 1))


if __name__ == "__main__":
    if len(sys.argv) == 2:  # by hand
        print(json.dumps(parse(Path(sys.argv[1]).read_bytes())))
    else:
        child.serve(_work, memory_mib=1024, cpu_s=15, file_mib=16)
