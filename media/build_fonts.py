"""``python -m media.build_fonts``: put the fonts we draw with into media/fonts/dist (part of ``make setup``).

They come from packages of the locks, so that two machines draw the same: Inter, Source Serif and Nunito from fontpkg, the
Noto families from manimgx-fonts, Japanese, Korean and emoji in colour from the packages of frontend/. Where the machine has
Debian's fonts-noto-color-emoji (or HUSTINGS_EMOJI_FONT names such a font of pictures, CBDT), that is taken as it is: the
same drawings, and a minute less. Without any of them emoji are drawn in one colour, with Noto Emoji. Idempotent: does
nothing when the sources are the same.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fontTools.ttLib import TTFont

from media.typefaces import DIST

FORMAT = 4  # raise it when this script makes other files from the same sources
COLOUR_EMOJI = Path(
    os.environ.get("HUSTINGS_EMOJI_FONT", "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
)

# The order is the order of asking: the face for Latin, Greek and Cyrillic first, then a wider one, then
# scripts.
SCRIPTS = [
    *("Arabic", "Hebrew", "Armenian", "Georgian", "Devanagari", "Bengali", "Gurmukhi", "Gujarati", "Oriya"),
    *("Tamil", "Telugu", "Kannada", "Malayalam", "Sinhala", "Thai", "Lao", "Khmer", "Myanmar", "Ethiopic"),
    "Symbols",
]
FONTS = [
    ("fontpkg_inter", "files/Inter[opsz,wght].ttf", "Inter.ttf", "text"),
    ("manimgx_fonts", "NotoSans[wght].ttf", "NotoSans.ttf", "text"),
    *[("manimgx_fonts", f"NotoSans{name}[wght].ttf", f"NotoSans{name}.ttf", "text") for name in SCRIPTS],
    ("manimgx_fonts", "NotoEmoji[wght].ttf", "NotoEmoji.ttf", "emoji"),
    # Asked last, unless a campaign has chosen them (typefaces.CHOICES).
    ("fontpkg_source_serif_4", "files/SourceSerif4[opsz,wght].ttf", "SourceSerif4.ttf", "text"),
    ("fontpkg_nunito", "files/Nunito[wght].ttf", "Nunito.ttf", "text"),
]

# Too large for the Python packages that are kept: two weights each out of packages of frontend/package-lock.json.
NPM_FONTS = Path(__file__).resolve().parent.parent / "frontend" / "node_modules" / "@expo-google-fonts"
PAIRS = {"NotoSansJP": "noto-sans-jp", "NotoSansKR": "noto-sans-kr"}
EMOJI = NPM_FONTS / "noto-color-emoji" / "400Regular" / "NotoColorEmoji_400Regular.ttf"


def east_asian() -> dict[str, tuple[Path, Path]]:
    """Regular and bold by name; nothing where the packages of frontend/ are not installed."""
    found = {}
    for name, package in PAIRS.items():
        folder = NPM_FONTS / package
        pair = (folder / "400Regular" / f"{name}_400Regular.ttf", folder / "700Bold" / f"{name}_700Bold.ttf")
        if all(file.is_file() for file in pair):
            found[name] = pair
    return found


def colour_emoji() -> Path | None:
    """Emoji in colour: the machine's font of pictures, otherwise the drawings of the package they can be made from."""
    if COLOUR_EMOJI.is_file():
        with TTFont(COLOUR_EMOJI, lazy=True) as font:
            if "CBDT" in font:
                return COLOUR_EMOJI
    return EMOJI if EMOJI.is_file() else None


def _emoji(source: Path, out: Path) -> None:
    if source == EMOJI:
        from media import build_emoji  # brings a converter of 80 MB

        build_emoji.build(source, out)
        shutil.copyfile(source.parent.parent / "LICENSE_FONT", out.parent / "LICENSE-NotoColorEmoji.txt")
    else:
        shutil.copyfile(source, out)


def package_folder(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        sys.exit(f"The font package {name.replace('_', '-')} is not installed. Run: make setup")
    return Path(next(iter(spec.submodule_search_locations)))


def ranges(codes: list[int]) -> list[list[int]]:
    out: list[list[int]] = []
    for code in sorted(codes):
        if out and code == out[-1][1] + 1:
            out[-1][1] = code
        else:
            out.append([code, code])
    return out


def describe(file: Path, kind: str) -> dict[str, Any]:
    with TTFont(file, lazy=True) as font:
        axes = [[a.axisTag, a.minValue, a.maxValue] for a in font["fvar"].axes] if "fvar" in font else []
        return {
            "file": file.name,
            "family": font["name"].getBestFamilyName(),
            "version": font["name"].getDebugName(5),
            "kind": kind,
            "axes": axes,
            "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
            "ranges": ranges(list(font.getBestCmap())),
        }


def source_digest(sources: list[Path]) -> str:
    hasher = hashlib.sha256(str(FORMAT).encode())
    for source in sources:
        hasher.update(source.read_bytes())
    return hasher.hexdigest()


def licences() -> dict[str, Path]:
    noto = package_folder("manimgx_fonts")
    single = {"Inter": "fontpkg_inter", "SourceSerif4": "fontpkg_source_serif_4", "Nunito": "fontpkg_nunito"}
    found = {f"LICENSE-{name}.txt": package_folder(package) / "LICENSE" for name, package in single.items()}
    found["LICENSE-Noto.txt"] = next(noto.parent.glob("manimgx_fonts-*.dist-info/licenses/LICENSE"))
    return found


def build() -> str:
    """Make media/fonts/dist. Returns a line that says what was done."""
    sources = [package_folder(package) / path for package, path, _, _ in FONTS]
    pairs = east_asian()
    sources += [file for pair in pairs.values() for file in pair]
    emoji = colour_emoji()
    if emoji:
        sources.append(emoji)
    stamp = source_digest(sources)
    if _built() == stamp:
        return "fonts: up to date"

    DIST.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix="dist.", dir=DIST.parent))
    new.chmod(0o755)
    described = []
    if emoji:
        _emoji(emoji, new / "NotoColorEmoji.ttf")
        described.append(describe(new / "NotoColorEmoji.ttf", "bitmap"))
    for (_, _, name, kind), source in zip(FONTS, sources, strict=False):
        shutil.copyfile(source, new / name)
        described.append(describe(new / name, kind))
    described += [_pair(new, name, *files) for name, files in pairs.items()]
    for name, source in licences().items():
        shutil.copyfile(source, new / name)
    (new / "fonts.json").write_text(json.dumps({"sources": stamp, "fonts": described}))
    _put(new, stamp)
    east = (
        ""
        if len(pairs) == len(PAIRS)
        else "; without Japanese and Korean: the packages of frontend/ are missing"
    )
    return f"fonts: {len(described)} built, emoji in {'colour' if emoji else 'one colour'}{east}"


def _built() -> str:
    """The digest of what the fonts that are there were made of; "" where there are none."""
    try:
        return json.loads((DIST / "fonts.json").read_text()).get("sources", "")
    except FileNotFoundError:
        return ""


def _put(new: Path, stamp: str) -> None:
    """Put the new folder in its place. Others may be drawing: what they have open is not taken away for the same again."""
    if _built() == stamp:  # another process has just built the same
        shutil.rmtree(new)
        return
    old = new.with_name(f"{new.name}.old")
    if DIST.exists():
        DIST.rename(old)  # not deleted first, which takes time in which nothing can be drawn
    try:
        new.rename(DIST)
    except OSError:  # another process was faster
        shutil.rmtree(new)
    shutil.rmtree(old, ignore_errors=True)


def _pair(folder: Path, name: str, regular: Path, bold: Path) -> dict[str, Any]:
    for source, file in ((regular, f"{name}.ttf"), (bold, f"{name}-Bold.ttf")):
        shutil.copyfile(source, folder / file)
    shutil.copyfile(regular.parent.parent / "LICENSE_FONT", folder / f"LICENSE-{name}.txt")
    strong = hashlib.sha256(bold.read_bytes()).hexdigest()
    return describe(folder / f"{name}.ttf", "text") | {"bold": f"{name}-Bold.ttf", "bold_sha256": strong}


if __name__ == "__main__":
    print(build())
