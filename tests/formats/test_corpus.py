"""Ten long stories in five languages, in every format, as somebody read and approved them.

After a change that is meant: look at the difference (git diff), and approve it with
``APPROVE=1 .venv/bin/python -m pytest tests/formats/test_corpus.py``.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from formats import markdown
from formats.core import plans
from formats.core.draft import Level
from formats.management.commands.compose import as_lines
from formats.registry import FORMATS

pytestmark = pytest.mark.unit
FOLDER = Path(__file__).parent / "corpus"
STORIES = sorted(FOLDER.glob("*.md"))
every_story = pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)


def told(path: Path) -> str:
    """Every format's posts, media with the words on them, and findings, as a person reads them."""
    piece = markdown.load(path).piece
    lines = []
    for format in FORMATS:
        draft = format.compose(piece)
        lines.append(f"===== {format.id}")
        lines += [line for line in as_lines(format, draft) if not line.startswith("  not said")]
        lines += sorted({f"  not said: {each.what}: {each.why}" for each in draft.left_out})
        for number, part in enumerate(draft.parts, 1):
            for item in part.media:
                lines += [f"  on {item.role} of post {number}: {text!r}" for text in plans.texts(item.plan)]
        lines.append("")
    return "\n".join(line.rstrip() for line in lines)


def test_the_corpus_has_ten_stories_in_five_languages():
    assert len(STORIES) == 10
    assert sorted({path.name[:2] for path in STORIES}) == ["ar", "de", "en", "hi", "ja"]


@every_story
def test_every_format_is_as_approved(path):
    approved = path.with_suffix(".approved.txt")
    now = told(path)
    if os.environ.get("APPROVE") and not os.environ.get("CI"):
        approved.write_text(now, encoding="utf-8")

    assert now == approved.read_text(encoding="utf-8")


@every_story
def test_every_format_can_be_submitted(path):
    read = markdown.load(path)

    assert read.remarks == ()
    for format in FORMATS:
        draft = format.compose(read.piece)
        assert [each.code for each in draft.findings if each.level is not Level.NOTE] == [], format.id
        assert draft.parts[0].sources
        assert read.piece.language[:2] == path.name[:2] == draft.language[:2]
