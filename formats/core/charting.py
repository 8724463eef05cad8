"""What an infographic shows beyond its rows: shares, what one icon stands for, the difference, dates in words.

Computed once, here, for the picture, its alt text, the list in a post and the public page, so that they cannot differ.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import regex
from icu4py.messageformat import MessageFormat

from formats.core import wording
from formats.core.piece import Figures, Row
from media.chart_kinds import KINDS
from media.region_names import plain

PERCENT = regex.compile(r"%|٪|per\s?cent|percent|prozent|pour\s?cent|por\s?cient\w*|procent|prosent", regex.I)
ICONS_PER_ROW = 10
MOST_ICONS = 20
REST = {
    "ar": "أخرى", "cs": "Ostatní", "cy": "Arall", "da": "Andet", "de": "Übrige", "en": "Other", "es": "Otros",
    "fi": "Muut", "fr": "Autres", "ga": "Eile", "he": "אחר", "it": "Altro", "nb": "Annet", "nl": "Overig",
    "no": "Annet", "pl": "Inne", "pt": "Outros", "ro": "Altele", "sv": "Övrigt", "tr": "Diğer", "uk": "Інше",
    "hi": "अन्य", "ja": "その他", "ko": "기타", "ru": "Прочее", "th": "อื่น ๆ", "zh": "其他",
}  # fmt: skip
POINTS = {
    "en": "percentage points", "de": "Prozentpunkte", "fr": "points", "es": "puntos porcentuales", "da": "procentpoint",
    "it": "punti percentuali", "pt": "pontos percentuais", "nl": "procentpunten", "sv": "procentenheter",
    "nb": "prosentpoeng", "no": "prosentpoeng", "fi": "prosenttiyksikköä", "pl": "p.p.", "cs": "p. b.", "ru": "п. п.",
    "uk": "в. п.", "ar": "نقطة مئوية", "he": "נקודות אחוז", "tr": "yüzde puan", "ro": "puncte procentuale",
}  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """A row as it is shown. ``size`` is what is drawn (a share in per cent, else the figure); ``detail`` stands small."""

    label: str
    size: float
    text: str
    detail: str = ""
    row: Row | None = None


@dataclass(frozen=True)
class Charted:
    """``note`` explains the scale; ``difference`` is said of a comparison; ``per_icon`` what one icon stands for.

    ``rest``: the last row is what the percentages leave to 100, and nobody typed it.
    """

    kind: str
    rows: tuple[Shown, ...]
    note: str = ""
    difference: str = ""
    per_icon: float = 0.0
    rest: bool = False


@dataclass(frozen=True)
class Problem:
    """Why a chart cannot be drawn. ``row`` is an index (0-based), ``field`` what of it or of the whole is wrong."""

    message: str
    remedy: str
    field: str = ""
    row: int | None = None

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}"


def drawable(figures: Figures) -> tuple[Row, ...]:
    """The rows that can be shown: those with a number; of a timeline, those with a date, the earliest first."""
    if _kind(figures) == "timeline":
        dated = [row for row in figures.rows if _date_of(row.on)]
        return tuple(sorted(dated, key=lambda row: _date_of(row.on) or (date.min, "")))
    return tuple(row for row in figures.rows if math.isfinite(row.value))


def charted(figures: Figures, language: str) -> Charted:
    """What there is to show; the chart falls back to bars where :func:`problems` finds that it cannot be."""
    rows = drawable(figures)
    kind = _kind(figures)
    if problems(figures):
        kind = "timeline" if kind == "timeline" and rows else "bar"
    match kind:
        case "share":
            return _shares(figures, rows, language)
        case "pictogram":
            return _pictogram(figures, rows, language)
        case "comparison":
            return Charted(kind, _plain(rows, language), difference=_difference(figures, rows, language))
        case "timeline":
            shown = (Shown(row.label, 0.0, date_text(row.on, language), row=row) for row in rows)
            return Charted(kind, tuple(shown))
    return Charted(kind, _plain(rows, language))


def lines(figures: Figures, language: str, rows: Sequence[Row] | None = None) -> list[str]:
    """Every row, or those given, as a line of text with its unit; after all of a comparison the difference."""
    shown = charted(figures, language)
    by_row = {each.row: each for each in shown.rows}
    wanted = shown.rows if rows is None else [by_row[row] for row in rows if row in by_row]
    found = [_line(shown.kind, each, figures.unit, language) for each in wanted]
    if shown.difference and len(wanted) == len(shown.rows):
        found.append(f"→ {shown.difference}")
    return found


def as_text(figures: Figures, language: str, rows: Sequence[Row] | None = None, *, below: str = "") -> str:
    """Return title, rows and source; the title is left away where it only repeats the headline ``below`` which it stands."""
    listed = (f"• {line}" for line in lines(figures, language, rows))
    title = figures.title if figures.title.strip() != below.strip() else ""
    return wording.joined(title, *listed, wording.source(figures.source, language))


def _line(kind: str, shown: Shown, unit: str, language: str) -> str:
    if kind == "timeline":
        return f"{shown.text}: {shown.label.strip()}"
    if kind == "share":
        return f"{shown.label.strip()}: {shown.text}" + (f" ({shown.detail})" if shown.detail else "")
    return wording.row_text(shown.row or Row(shown.label, shown.size), unit, language)


def _kind(figures: Figures) -> str:
    return figures.chart if figures.chart in KINDS else "bar"


def _plain(rows: Sequence[Row], language: str) -> tuple[Shown, ...]:
    return tuple(Shown(row.label, row.value, wording.number(row.value, language), row=row) for row in rows)


# Shares of a whole


def is_percent(unit: str) -> bool:
    return PERCENT.match(unit.strip()) is not None


def _slack(rows: Sequence[Row]) -> float:
    """By how much rounded percentages may miss 100 together."""
    return 0.5 * len(rows) + 1e-9


def _shares(figures: Figures, rows: Sequence[Row], language: str) -> Charted:
    total = math.fsum(row.value for row in rows)
    if is_percent(figures.unit):
        shown = [
            Shown(row.label, row.value, f"{wording.number(row.value, language)}\u00a0%", row=row)
            for row in rows
        ]
        rest = 100 - total
        if rest > _slack(rows):
            label = REST.get(wording.primary(language), REST["en"])
            shown.append(Shown(label, rest, f"{wording.number(round(rest, 2), language)}\u00a0%"))
        return Charted("share", tuple(shown), rest=rest > _slack(rows))
    shares = [row.value / total * 100 for row in rows]
    exact = sum(round(share) for share in shares) != 100  # 60 + 26 + 15 would look like a mistake
    shown = []
    for row, share in zip(rows, shares, strict=True):
        amount = _with_unit(wording.number(row.value, language), figures.unit)
        text = f"{wording.number(round(share, 1), language)}\u00a0%" if exact else _percent(share, language)
        shown.append(Shown(row.label, share, text, amount, row))
    note = f"100 % = {_with_unit(wording.number(total, language), figures.unit)}"
    return Charted("share", tuple(shown), note=note.replace("100 %", "100\u00a0%"))


def _percent(share: float, language: str) -> str:
    return f"{wording.number(round(share, 0 if share >= 10 or share == 0 else 1), language)}\u00a0%"


def _with_unit(number: str, unit: str) -> str:
    return f"{number}\u00a0{unit.strip()}".strip()


# Icons


def _pictogram(figures: Figures, rows: Sequence[Row], language: str) -> Charted:
    per_icon = figures.per_icon or _round_up(max(row.value for row in rows) / ICONS_PER_ROW)
    note = f"= {_with_unit(wording.number(per_icon, language), figures.unit)}"
    return Charted("pictogram", _plain(rows, language), note=note, per_icon=per_icon)


def _round_up(value: float) -> float:
    """The next of 1, 2, 5, 10, 20, 50 …: what people can count in."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= value * (1 - 1e-9))


# Two figures


def _difference(figures: Figures, rows: Sequence[Row], language: str) -> str:
    before, after = rows[0].value, rows[1].value
    change = after - before
    amount = ("+" if change > 0 else "−" if change < 0 else "±") + wording.number(abs(change), language)
    if is_percent(figures.unit):
        return f"{amount}\u00a0{POINTS.get(wording.primary(language), 'pp')}"
    text = _with_unit(amount, figures.unit)
    if before <= 0 or after < 0 or not change:
        return text
    share = change / before * 100
    return f"{text} ({'+' if share > 0 else '−'}{_percent(abs(share), language)})"


# Dates

_SKELETONS = {"day": "yMMMMd", "month": "yMMMM", "year": "y"}


def _date_of(text: str) -> tuple[date, str] | None:
    found = regex.fullmatch(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", text.strip())
    if not found:
        return None
    year, month, day = found.groups()
    try:
        precision = "day" if day else "month" if month else "year"
        return date(int(year), int(month or 1), int(day or 1)), precision
    except ValueError:
        return None


@lru_cache(maxsize=512)
def date_text(text: str, language: str) -> str:
    """``2026-03-14``, ``2026-03`` or ``2026`` as the language writes it; as it stands where it is no date."""
    found = _date_of(text)
    if found is None:
        return text
    locale = "en_GB" if language == "en" else language.replace("-", "_")
    pattern = f"{{on, date, ::{_SKELETONS[found[1]]}}}"
    return str(MessageFormat(pattern, locale).format({"on": found[0]}))


# What cannot be


def problems(figures: Figures) -> list[Problem]:
    """Why this chart cannot be drawn, with what to do; nothing where it can. Rows without a number are not its matter."""
    if figures.chart and figures.chart not in KINDS:
        return []  # a chart of another version: shown as bars
    kind, name = KINDS[_kind(figures)], figures.chart or "bar"
    rows = drawable(figures)
    found = _dates(figures) if kind.dated else []
    if name == "map":
        found += _strange_regions(figures)
    if kind.values == "positive":
        found += [
            Problem(
                f"“{row.label.strip()}” is below zero, which {_NAMES[name]} cannot show.",
                "Enter a figure of zero or more, or choose bars.",
                "value",
                number,
            )
            for number, row in enumerate(figures.rows)
            if math.isfinite(row.value) and row.value < 0
        ]
    if len(rows) > kind.most and not kind.pages and name in ("share", "comparison"):
        found.append(_too_many(name, kind.most, len(rows)))
    if len(rows) < kind.fewest and rows and not found and name != "line":
        found.append(
            Problem(
                f"{_NAMES[name].capitalize()} needs {kind.fewest} rows; this one has {len(rows)}.",
                "Add a row, or choose another chart.",
                "chart",
            )
        )
    if found or not rows:
        return found
    return _share_problems(figures, rows) if name == "share" else _icon_problems(figures, rows, name)


_NAMES = {
    "bar": "a bar chart",
    "column": "a column chart",
    "line": "a line chart",
    "share": "a chart of shares",
    "pictogram": "a pictogram",
    "comparison": "a comparison",
    "timeline": "a timeline",
    "map": "a map",
}


def too_many(figures: Figures) -> Problem | None:
    """What is shown otherwise than it was chosen, because its kind has no room for so many rows on one card."""
    name, count = _kind(figures), len(drawable(figures))
    kind = KINDS[name]
    if problems(figures) or kind.pages or name == "number" or count <= kind.most:
        return None
    instead = "as bars" if count <= KINDS["bar"].most else "as a list"
    return Problem(
        f"{_NAMES[name].capitalize()} shows {kind.most} rows; these {count} are shown {instead}.",
        "Keep those that matter most, put the smallest together as one row, or divide them into two infographics.",
        "chart",
    )


def _strange_regions(figures: Figures) -> list[Problem]:
    """A map that is not chosen, and rows that no region is named like."""
    if not figures.map:
        return [Problem("A map needs a map to colour.", "Choose one, or choose bars.", "map")]
    known = {plain(name) for name in figures.regions}
    named = ", ".join(figures.regions[:12]) + (" …" if len(figures.regions) > 12 else "")
    return [
        Problem(
            f"“{row.label.strip()}” is no region of this map.",
            f"Write it as the map does: {named}.",
            "label",
            number,
        )
        for number, row in enumerate(figures.rows)
        if row.label.strip() and plain(row.label) not in known
    ]


def _too_many(name: str, most: int, count: int) -> Problem:
    remedy = (
        "Keep the two to compare, or choose bars."
        if name == "comparison"
        else "Put the smallest together as one row, or choose bars."
    )
    return Problem(f"{_NAMES[name].capitalize()} shows {most} rows; this one has {count}.", remedy, "chart")


def _dates(figures: Figures) -> list[Problem]:
    return [
        Problem(
            f"“{row.label.strip()}” has no date."
            if not row.on.strip()
            else f"“{row.on.strip()}” is not a date.",
            "Write it as 2026-03-14, 2026-03 or 2026.",
            "on",
            number,
        )
        for number, row in enumerate(figures.rows)
        if row.label.strip() and _date_of(row.on) is None
    ]


def _share_problems(figures: Figures, rows: Sequence[Row]) -> list[Problem]:
    total = math.fsum(row.value for row in rows)
    if total <= 0:
        return [Problem("All parts of the whole are zero.", "Enter the figures, or choose bars.", "chart")]
    if is_percent(figures.unit) and total > 100 + _slack(rows):
        return [
            Problem(
                f"The parts add up to {wording.number(total, 'en')} %, more than the whole.",
                "Mend the figures, or choose bars if people could name more than one.",
                "chart",
            )
        ]
    return []


def _icon_problems(figures: Figures, rows: Sequence[Row], name: str) -> list[Problem]:
    if name != "pictogram" or not figures.per_icon:
        return []
    if not math.isfinite(figures.per_icon) or figures.per_icon < 0:
        return [
            Problem(
                "One icon must stand for more than zero.", "Enter a number, or leave it empty.", "per_icon"
            )
        ]
    largest = max(row.value for row in rows)
    if largest / figures.per_icon <= MOST_ICONS:
        return []
    least = wording.number(_round_up(largest / MOST_ICONS), "en")
    return [
        Problem(
            f"The largest figure would need {math.ceil(largest / figures.per_icon):,} icons; {MOST_ICONS} can be counted.",
            f"Let one icon stand for at least {least}, or leave it empty.",
            "per_icon",
        )
    ]
