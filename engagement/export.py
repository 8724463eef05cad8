"""Reports as CSV and XLSX. A cell that a spreadsheet would take for a formula is made plain text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from engagement.core.metrics import BASES, METRICS
from engagement.reports import StoryReport

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def plain(value: Any) -> Any:
    """Text that starts like a formula gets a leading apostrophe, as spreadsheets understand it; numbers stay."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


def table(report: StoryReport) -> tuple[list[str], list[list[Any]]]:
    """Heading and rows of a report; unknown is an empty cell."""
    heading = ["Platform", "Format", "Account", "Published (UTC)", "Age (minutes)", "Address", "Followers"]
    heading += [m.label if m.unit == "times" else f"{m.label} ({m.unit})" for m in METRICS]
    heading += [f"Engagement rate by {base} (%)" for base in BASES]
    rows = []
    for row in report.rows:
        publication = row.publication
        rows.append(
            [
                publication.channel.platform,
                row.format_label,
                publication.channel.handle,
                publication.published_at.strftime("%Y-%m-%d %H:%M:%S"),
                round(row.reading.age.total_seconds() / 60, 1) if row.reading else None,
                publication.remote_url,
                row.values["followers"],
                *(row.values[m.name] for m in METRICS),
                *(round(r.value, 3) if (r := row.rates[base]) else None for base in BASES),
            ]
        )
    return heading, rows


def as_csv(heading: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """UTF-8 with a byte order mark, so that every spreadsheet reads it right."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([plain(cell) for cell in heading])
    writer.writerows([["" if cell is None else plain(cell) for cell in row] for row in rows])
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(title: str, heading: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    book = Workbook()
    sheet = book.active
    sheet.title = "Platforms compared"
    book.properties.title = title
    for number, row in enumerate([heading, *rows], 1):
        for column, value in enumerate(row, 1):
            cell = sheet.cell(number, column, value)
            if isinstance(value, str):
                cell.data_type = "s"  # never a formula
            if number == 1:
                cell.font = Font(bold=True)
    for column, name in enumerate(heading, 1):
        sheet.column_dimensions[get_column_letter(column)].width = max(12, len(name) + 2)
    sheet.freeze_panes = "D2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
