"""docs/formats.md holds the table that the code would print now."""

from pathlib import Path

import pytest

from formats import table
from formats.registry import FORMATS

pytestmark = pytest.mark.unit
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "formats.md"


def test_document_holds_the_table_as_it_is_now():
    text = DOCUMENT.read_text(encoding="utf-8")

    assert table.placed(text) == text, "run manage.py formats_table --write"


def test_every_format_and_limit_has_its_row():
    rows = table.markdown().split("\n")[2:]

    assert len(rows) == sum(len(format.limits) for format in FORMATS)
    assert sum(f"`{format.id}`" in row for format in FORMATS for row in rows) == len(FORMATS)
    assert all(row.count("https://") == 1 for row in rows)


def test_a_document_without_marks_is_refused():
    with pytest.raises(ValueError, match="no place"):
        table.placed("# Formats")
