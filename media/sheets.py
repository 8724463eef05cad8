"""A table from outside, as CSV or XLSX, read in a limited child process; and tables that are safe to open written.

A cell is text here, whatever a spreadsheet made of it: dates and times in ISO 8601, numbers without needless zeros.
A formula counts as what it last showed and is never worked out. :func:`read` is for any process.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from media import child
from media.errors import BadMedia

MAX_BYTES = 2 * 1024 * 1024
MAX_UNPACKED_BYTES = 30 * 1024 * 1024  # an XLSX is a zip file
MAX_ROWS = 501  # with the heading
MAX_COLUMNS = 30
MAX_CELL = 2000
TIMEOUT_S = 20
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_CELL, _FORMULA = r"(?:^|(?<=[;\t\r\n]))", f"(?=[{''.join(map(re.escape, FORMULA_STARTS))}])"
_UNMARKED, _MARKED = re.compile(_CELL + _FORMULA), re.compile(f"{_CELL}'{_FORMULA}")


def read(path: Path, *, max_rows: int = MAX_ROWS) -> list[list[str]]:
    """The rows of the first sheet, empty ones left out of the end. Raises BadMedia with the way out, RenderInterrupted.

    ``max_rows`` with the heading.
    """
    task = {"path": str(path), "max_rows": max_rows}
    return child.run_python("media.sheets", task, timeout_s=TIMEOUT_S)["rows"]


def inspect(path: Path, max_rows: int = MAX_ROWS) -> list[list[str]]:
    """The child's side: what is in the file."""
    data = path.read_bytes()
    if len(data) > MAX_BYTES:
        raise BadMedia(
            f"The file is larger than {MAX_BYTES // 1024 // 1024} MB. Split it into several files."
        )
    if not data.strip():
        raise BadMedia("The file is empty.")
    rows = [_trimmed(row) for row in _rows(path, data, max_rows)]
    while rows and not rows[-1]:
        rows.pop()
    return rows


def _rows(path: Path, data: bytes, most: int) -> list[Sequence[Any]]:
    """One row more than wanted at most is read, to say that there are too many."""
    rows = _xlsx(path, most) if data.startswith(b"PK") else _csv(data, most)
    if len(rows) > most and any(cell is not None for cell in rows[most]):
        raise BadMedia(f"It has more than {most - 1:,} rows. Split it into several files.")
    return rows[:most]


def _trimmed(row: Iterable[Any]) -> list[str]:
    cells = [_text(cell) for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    if len(cells) > MAX_COLUMNS:
        raise BadMedia(f"It has more than {MAX_COLUMNS} columns. Use the template.")
    return cells


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = value.date() if value.time() == time() else value
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = _MARKED.sub("", str(value).strip()).strip()  # as :func:`plain` wrote it
    if len(text) > MAX_CELL:
        raise BadMedia(f"A cell has more than {MAX_CELL} characters. Shorten it.")
    return text


def _xlsx(path: Path, most: int) -> list[Sequence[Any]]:
    from openpyxl import load_workbook  # only for files of this kind

    try:
        with zipfile.ZipFile(path) as packed:
            if sum(each.file_size for each in packed.infolist()) > MAX_UNPACKED_BYTES:
                raise BadMedia("Unpacked, the file is far too large. Save only the plan in a new file.")
        with path.open("rb") as file:  # by its name openpyxl would judge the ending
            sheet = load_workbook(file, read_only=True, data_only=True).worksheets[0]
            rows = list(sheet.iter_rows(max_row=most + 1, max_col=MAX_COLUMNS + 1, values_only=True))
    except BadMedia:
        raise
    except Exception as error:  # whatever openpyxl meets in a broken file, the way out is the same
        words = "This is no spreadsheet that can be read. Save it as XLSX or CSV and try again."
        raise BadMedia(words) from error
    return rows


def _csv(data: bytes, most: int) -> list[Sequence[Any]]:
    text = _decoded(data)
    if "\0" in text:
        raise BadMedia("This is neither CSV nor XLSX. Save the plan as one of the two and try again.")
    first = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    rows: list[Sequence[Any]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            rows.append(row)
            if len(rows) > most:
                break
    except csv.Error as error:
        raise BadMedia(f"Row {len(rows) + 1} cannot be read as CSV: {error}.") from error
    return rows


def _decoded(data: bytes) -> str:
    for start, encoding in (
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
        (b"", "utf-8-sig"),
        (b"", "cp1252"),
    ):
        if data.startswith(start):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                continue
    raise BadMedia("The letters of this file cannot be read. Save it as CSV in UTF-8.")


# Writing --------------------------------------------------------------------------------------------------------------
Cell = str | int | float | None  # None is what nobody knows: an empty cell, never a zero
_NO_SHEET_NAME = re.compile(r"[\[\]:*?/\\]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # XML cannot hold them, so XLSX cannot either


def plain(value: str) -> str:
    """Text that a spreadsheet would take for a formula gets an apostrophe in front, which it shows as text.

    Also after what a spreadsheet set to another language parts columns or rows at, where quotes do not help: it reads
    ``3,"Clean;=1+1"`` as two columns, and the second is a formula.
    """
    return _UNMARKED.sub("'", value)


def to_csv(rows: Iterable[Sequence[Cell]]) -> bytes:
    """UTF-8 with a byte order mark, so that every spreadsheet reads it right."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows([_in_csv(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _in_csv(cell: Cell) -> Cell:
    if cell is None:
        return ""
    return plain(cell) if isinstance(cell, str) else cell


def to_xlsx(title: str, rows: Sequence[Sequence[Cell]]) -> bytes:
    """One sheet with a heading; text is text, so that dates stay as they are written, and numbers are numbers."""
    return to_book({title: rows})


def to_book(sheets: Mapping[str, Sequence[Sequence[Cell]]]) -> bytes:
    """A sheet for each name; names are cut to what a sheet may be called."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for number, (title, rows) in enumerate(sheets.items(), 1):
        name = _NO_SHEET_NAME.sub(" ", title).strip(" '")[:31]
        _fill(book.create_sheet(name or f"Sheet {number}"), rows)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _fill(sheet: Any, rows: Sequence[Sequence[Cell]]) -> None:
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row, 1):
            text = isinstance(value, str)
            cell = sheet.cell(number, column, _CONTROL.sub("", value) if text else value)
            if text:
                cell.data_type, cell.number_format = "s", "@"
            if number == 1:
                cell.font = Font(bold=True)
    for column in range(1, max((len(row) for row in rows), default=0) + 1):
        cells = [row[column - 1] for row in rows if len(row) >= column]
        width = max((len(str(cell)) for cell in cells if cell is not None), default=0)
        sheet.column_dimensions[get_column_letter(column)].width = min(60, max(10, width + 2))
    sheet.freeze_panes = "A2"


if __name__ == "__main__":
    child.serve(
        lambda task, progress: {"rows": inspect(Path(task["path"]), task["max_rows"])},
        memory_mib=1024,
        cpu_s=15,
        file_mib=1,
    )
