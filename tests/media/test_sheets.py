"""Tables from outside: read in the limited child, and written so that no cell is a formula."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import date, time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from media import sheets
from media.errors import BadMedia

pytestmark = pytest.mark.unit


def rows_in(tmp_path, data: bytes):
    path = tmp_path / "plan"
    path.write_bytes(data)
    return sheets.inspect(path)


def book(rows) -> bytes:
    made = Workbook()
    for row in rows:
        made.active.append(row)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_is_read_as_spreadsheets_write_it(tmp_path, encoding, delimiter):
    text = f"Story{delimiter}Date\r\n“Süd”{delimiter}2026-12-01\r\n\r\n"

    assert rows_in(tmp_path, text.encode(encoding)) == [["Story", "Date"], ["“Süd”", "2026-12-01"]]


def test_xlsx_becomes_text(tmp_path):
    data = book(
        [["Story", "Date", "Time", "n"], ["A", date(2026, 12, 1), time(18), 3.0], ["B", None, "9:30", 2.5]]
    )

    assert rows_in(tmp_path, data)[1:] == [["A", "2026-12-01", "18:00:00", "3"], ["B", "", "9:30", "2.5"]]


def test_a_formula_is_never_worked_out(tmp_path):
    assert rows_in(tmp_path, book([["Story"], ["=1+1"], ["x"]])) == [["Story"], [], ["x"]]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"PK\x03\x04 no zip", "no spreadsheet"),
        (b"\x00\x01\x02binary", "neither CSV nor XLSX"),
        (b"a\n" * (sheets.MAX_ROWS + 1), "more than 500 rows"),
        (b"," * 40, None),
        (b"x" * (sheets.MAX_CELL + 1), "characters"),
        (b"a" * (sheets.MAX_BYTES + 1), "larger than 2 MB"),
        (",".join("abcdefghijklmnopqrstuvwxyzABCDE").encode(), "more than 30 columns"),
    ],
)
def test_what_is_no_plan_is_refused_with_the_way_out(tmp_path, data, words):
    if words is None:
        assert rows_in(tmp_path, data) == []
        return
    with pytest.raises(BadMedia, match=words):
        rows_in(tmp_path, data)


def test_a_zip_bomb_is_not_unpacked(tmp_path, monkeypatch):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * (sheets.MAX_UNPACKED_BYTES + 1))

    with pytest.raises(BadMedia, match="far too large"):
        rows_in(tmp_path, out.getvalue())


def test_the_child_answers_and_refuses_like_the_function(tmp_path):
    path = tmp_path / "plan.csv"
    path.write_bytes(b"Story,Format\nA,X thread\n")
    assert sheets.read(path) == [["Story", "Format"], ["A", "X thread"]]

    path.write_bytes(b"PK\x03\x04")
    with pytest.raises(BadMedia, match="no spreadsheet"):
        sheets.read(path)


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "plain", "'quoted", "a;=1"])
def test_what_is_written_is_text_and_comes_back(tmp_path, cell):
    rows = [["Story"], [cell], ["end"]]

    as_csv, as_xlsx = sheets.to_csv(rows), sheets.to_xlsx("Plan", rows)

    assert not as_csv.decode("utf-8-sig").splitlines()[1].startswith(sheets.FORMULA_STARTS)
    assert load_workbook(io.BytesIO(as_xlsx))["Plan"]["A2"].data_type != "f"
    for data in (as_csv, as_xlsx):
        assert rows_in(tmp_path, data)[1] == [cell.strip()]


CELLS = st.one_of(
    st.none(),
    st.integers(-(10**9), 10**9),
    st.text(max_size=6),
    st.builds("".join, st.tuples(st.sampled_from("=+-@\t\r0"), st.text(max_size=4))),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=4))
def test_unknown_is_empty_and_no_text_is_a_formula(rows):
    """What nobody knows becomes no zero in either file; text that begins like a formula is text in both."""
    told = list(csv.reader(io.StringIO(sheets.to_csv(rows).decode("utf-8-sig"), newline="")))
    book = load_workbook(io.BytesIO(sheets.to_xlsx("=1+1", rows)))

    for number, row in enumerate(rows, 1):
        for column, cell in enumerate(row, 1):
            in_csv, in_xlsx = told[number - 1][column - 1], book.active.cell(number, column)
            assert not (isinstance(cell, str) and in_csv.startswith(sheets.FORMULA_STARTS))
            assert in_xlsx.data_type != "f"
            if cell is None:
                assert (in_csv, in_xlsx.value) == ("", None)
            elif isinstance(cell, int):
                assert (in_csv, in_xlsx.value) == (str(cell), cell)


TEXTS = st.text(alphabet="=+-@;,\t\r\n\"' ab＝", max_size=8)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(TEXTS, min_size=1, max_size=4), min_size=1, max_size=4))
@example([["River;=cmd|'/c calc'!A1", "3"]])
@example([["first", "a\n=1+1"]])
def test_no_text_is_a_formula_where_semicolons_or_tabs_part_the_columns(rows):
    """A spreadsheet set to German parts at ";": quotes that do not begin a column mean nothing to it."""
    written = sheets.to_csv(rows).decode("utf-8-sig")

    for between in (";", "\t"):
        for column in re.split(rf"[{between}\r\n]", written):
            assert not column.startswith(sheets.FORMULA_STARTS)
