"""A Markdown story becomes a piece, and ``manage.py compose`` prints what would go out. No database: it is refused here."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from formats import markdown
from formats.core.piece import (
    Account,
    CallToAction,
    Figures,
    Heading,
    KeyPoints,
    Paragraph,
    Picture,
    Quote,
    Row,
    Statistic,
)
from formats.management.commands.compose import Command
from formats.registry import FORMATS

pytestmark = pytest.mark.unit

FRONT = """---
title: River clean-up: 180 volunteers
lead: On Saturday the town met at the Old Mill.
link: https://riverside.example.org/clean-up
hashtags: [River clean-up, "#Riverside"]
imprint: Published by Riverside Town Council
language: en-GB
campaign: Clean River
utm: river-2027
---
"""
BODY = """
## What happened

People came from *all five* wards. See [the map](https://example.org/map).
The council lent gloves.

- Most of it was plastic
- Water quality is measured **in May**
  - and in June

**4.2 tonnes** of rubbish collected (Source: Town council)

> I never saw so many neighbours.
> — Anna Shaw, volunteer

![Volunteers lift a tyre](river.jpg "Photo: J. Mills")

[Join the next clean-up](https://example.org/join)
"""


@pytest.fixture
def write(tmp_path):
    Image.new("RGB", (120, 80), "teal").save(tmp_path / "river.jpg")

    def write(text, name="STORY.md"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def piece(write):
    return lambda text: markdown.load(write(text)).piece


def run(*args):
    out, err = io.StringIO(), io.StringIO()
    call_command("compose", *map(str, args), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


# Reading


def test_front_matter(piece):
    read = piece(FRONT + BODY)

    assert read.headline == "River clean-up: 180 volunteers"
    assert read.lead == "On Saturday the town met at the Old Mill."
    assert read.link == "https://riverside.example.org/clean-up"
    assert read.hashtags == ("River clean-up", "Riverside")
    assert read.language == "en-GB"
    assert (read.campaign.name, read.campaign.utm_name) == ("Clean River", "river-2027")
    assert read.campaign.imprint == "Published by Riverside Town Council"


PEOPLE = """---
title: A clean river
lead: With River Trust and Anna Shaw.
people:
  River Trust:
    x: @RiverTrust_UK
    mastodon: https://green.example/@river  # as pasted
    also: [the Trust, "River Trust: UK"]
  Anna Shaw: {threads: "@anna.shaw", also: Ms Shaw}
  Town Council:
---
"""


def test_people_have_handles_and_other_spellings(piece):
    assert piece(PEOPLE).accounts == (
        Account(
            "River Trust",
            ("the Trust", "River Trust: UK"),
            (("mastodon", "river@green.example"), ("x", "RiverTrust_UK")),
        ),
        Account("Anna Shaw", ("Ms Shaw",), (("threads", "anna.shaw"),)),
        Account("Town Council"),
    )


def test_posts_mention_people_by_the_handle_of_their_platform(write):
    out, _ = run(write(PEOPLE), "--format", "x.post", "mastodon.thread", "facebook.post")

    assert "With @RiverTrust_UK and Anna Shaw." in out
    assert "With @river@green.example and Anna Shaw." in out
    assert "With River Trust and Anna Shaw." in out


def test_handle_where_none_is_linked_is_said_and_not_used(write):
    story = markdown.load(write("---\npeople:\n  A:\n    facebook: a.page\n    myspace: a\n---\n"))

    assert [remark.split(":", 1)[1] for remark in story.remarks] == [
        "4: people: facebook: no handles are linked there, not used.",
        "5: people: myspace: no handles are linked there, not used.",
    ]
    assert story.piece.accounts == (Account("A"),)


def test_body(piece, tmp_path):
    heading, paragraph, points, statistic, quote, picture, call = piece(FRONT + BODY).blocks

    assert heading == Heading("b1", "What happened")
    assert paragraph == Paragraph(
        "b2",
        "People came from all five wards. See the map (https://example.org/map). The council lent gloves.",
    )
    assert points == KeyPoints(
        "b3", ("Most of it was plastic", "Water quality is measured in May", "and in June")
    )
    assert statistic == Statistic("b4", "4.2", "tonnes", "of rubbish collected", "Town council")
    assert quote == Quote("b5", "I never saw so many neighbours.", "Anna Shaw", "volunteer")
    assert isinstance(picture, Picture)
    assert (picture.alt, picture.caption) == ("Volunteers lift a tyre", "Photo: J. Mills")
    assert (picture.file.path, picture.file.width, picture.file.height) == (
        str(tmp_path / "river.jpg"),
        120,
        80,
    )
    assert len(picture.file.sha256) == 64
    assert call == CallToAction("b7", "Join the next clean-up", "https://example.org/join")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "**4.2 tonnes** of rubbish (Source: the council)",
            ("4.2", "tonnes", "of rubbish", "the council", ""),
        ),
        ("**€ 3 million** spent (Quelle: Stadt)", ("€ 3", "million", "spent", "Stadt", "")),
        (
            "**12 %**: fewer cars (Source: survey (https://a.example/b))",
            ("12", "%", "fewer cars", "survey", "https://a.example/b"),
        ),
        ("**180** volunteers", ("180", "", "volunteers", "", "")),
        ("**1,200.50 m²** of meadow", ("1,200.50", "m²", "of meadow", "", "")),
    ],
)
def test_statistic_as_a_sentence(piece, text, expected):
    (block,) = piece(text).blocks

    assert block == Statistic("b1", *expected)


@pytest.mark.parametrize(
    "text", ["**Bold** words", "The **4.2 tonnes** of it", "**2026** was good. " + "More words. " * 20]
)
def test_other_bold_text_is_a_paragraph(piece, text):
    (block,) = piece(text).blocks

    assert isinstance(block, Paragraph)


def test_statistic_and_figures_as_blocks(piece):
    text = (
        "```statistic\nvalue: 4.2\nunit: tonnes\nlabel: of rubbish\nsource: council\n```\n\n"
        "```figures\ntitle: By ward\nunit: tonnes\nsource: council\nchart: column\nrows:\n  North: 1.5\n  South: −2\n```\n"
    )

    assert piece(text).blocks == (
        Statistic("b1", "4.2", "tonnes", "of rubbish", "council"),
        Figures("b2", "By ward", "tonnes", "council", (Row("North", 1.5), Row("South", -2.0)), "column"),
    )


def test_further_charts_in_a_block(piece):
    timeline, icons = piece(
        "```figures\ntitle: Bridge\nsource: us\nchart: timeline\nrows:\n  2024-03: Vote\n  2026-10-03: Opening\n```\n"
        "```figures\ntitle: People\nchart: pictogram\nicon: person\nper_icon: 50\nrows:\n  Spring: 214\n```\n"
    ).blocks

    assert timeline.rows == (Row("Vote", 0.0, "2024-03"), Row("Opening", 0.0, "2026-10-03"))
    assert (icons.icon, icons.per_icon, icons.rows) == ("person", 50.0, (Row("Spring", 214.0),))


def test_table_of_two_columns_is_an_infographic(piece):
    (figures,) = piece("| By kind | tonnes |\n|---|---|\n| Plastic | 1.9 |\n| Tyres | 1 200 |\n").blocks

    assert figures == Figures("b1", "By kind", "tonnes", "", (Row("Plastic", 1.9), Row("Tyres", 1200.0)))


def test_first_heading_is_the_headline_where_the_front_matter_has_none(piece):
    read = piece("# A headline\n\nWords.")

    assert read.headline == "A headline"
    assert read.blocks == (Paragraph("b2", "Words."),)


@pytest.mark.parametrize("text", ["", "\n\n", "---\n---\n", "\ufeff# Title"])
def test_little_text_is_still_a_piece(piece, text):
    assert piece(text).headline in ("", "Title")


@pytest.mark.parametrize(
    ("front", "expected"),
    [
        ("hashtags: #River #Clean", ("River", "Clean")),
        ("hashtags: River, Clean up", ("River", "Clean up")),
        ("hashtags: []", ()),
        ("hashtags:", ()),
        ("hashtags:\n  - River\n  - '#Clean'", ("River", "Clean")),
    ],
)
def test_hashtags_as_people_write_them(piece, front, expected):
    assert piece(f"---\n{front}\n---\n").hashtags == expected


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("River: what now?", "River: what now?"),
        ("We are #1", "We are #1"),
        ("#RiverCleanUp is back", "#RiverCleanUp is back"),
        ("River   # the working title", "River"),
        ('"River: what now?"', "River: what now?"),
        ("2026-11-23", "2026-11-23"),
        ("no", "no"),
        ("null", ""),
        ("|\n  River\n  again", "River again"),
        ("River\n  again", "River again"),
    ],
)
def test_title_is_read_as_people_mean_it(piece, written, read):
    assert piece(f"---\ntitle: {written}\n---\n").headline == read


def test_captions_lie_beside_the_video(write, tmp_path, monkeypatch):
    from media.probe import Probe

    monkeypatch.setattr(markdown, "probe", lambda path: Probe("video", "video/mp4", 1920, 1080, 42.0))
    (tmp_path / "clip.mp4").write_bytes(b"video")
    (tmp_path / "clip.en.vtt").write_text("WEBVTT\n")

    (video,) = markdown.load(write('![Along the bank](clip.mp4 "A morning")')).piece.blocks

    assert (video.title, video.alt, video.file.duration_s, video.file.width) == (
        "A morning",
        "Along the bank",
        42.0,
        1920,
    )
    assert video.captions.path == str(tmp_path / "clip.en.vtt")
    assert video.captions.mime == "text/vtt"


def test_what_is_not_used_is_said(write):
    story = markdown.load(
        write("---\ntitle: A\ntitel: B\n---\n\n```python\nprint()\n```\n\n<div>html</div>\n")
    )

    assert [remark.split(":", 1)[1].split(":")[0] for remark in story.remarks] == ["3", "6", "10"]
    assert "titel" in story.remarks[0]


# What is wrong with a file


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("---\ntitle: [never closed\n---\n", 2, "not valid YAML"),
        ("---\ntitle: A\n\nno end", 1, "not closed"),
        ("---\n- a list\n---\n", 2, "field: value"),
        ("---\ntitle:\n  - a list\n---\n", 2, "title: Write one text"),
        ("---\ntitle: A\ntitle: B\n---\n", 3, "title: This field is given twice"),
        ("---\nlink: example.org\n---\n", 2, "link: “example.org” is not a web address"),
        ("---\nlanguage: english language\n---\n", 2, "language: “english language” is not"),
        ("---\nhashtags:\n  a: b\n---\n", 2, "hashtags: Write a list of words"),
        ("---\npeople: River Trust\n---\n", 2, "people: Write each name, and under it a line"),
        ("---\npeople:\n  - River Trust\n---\n", 2, "people: Write each name, and under it a line"),
        ("---\npeople:\n  A: @river\n---\n", 3, "people: Write each name, and under it a line"),
        ("---\npeople:\n  A:\n    x: two words\n---\n", 4, "people: “two words” is no handle there"),
        ("---\npeople:\n  A:\n    x: [a, b]\n---\n", 4, "people: Write one handle to a platform"),
        ("---\npeople:\n  A:\n    also: {a: b}\n---\n", 4, "people: Write one other spelling"),
        ("---\npeople:\n  A:\n    x: a\n  A:\n    x: b\n---\n", 5, "people: This name is given twice"),
        ('---\npeople:\n  "@river":\n    x: a\n---\n', 3, "people: Write the name as people say it"),
        ("Words.\n\n![A](missing.jpg)\n", 3, "missing.jpg: There is no such file"),
        ("![A](https://example.org/a.jpg)", 1, "must be files beside the story"),
        ("![A]()", 1, "has no file"),
        ("![A](fake.jpg)", 1, "fake.jpg: "),
        ("```statistic\nunit: tonnes\n```", 1, "value: A statistic needs a value"),
        ("```statistic\njust words\n```", 1, "field: value"),
        ("```figures\nrows:\n  North: many\n```", 1, "rows: “many” is not a number"),
        ("```figures\nrows:\n  North: nan\n```", 1, "rows: “nan” is not a number"),
        ("```figures\nrows: 4\n```", 1, "rows: Write the rows"),
        ("```figures\nchart: pie\n```", 1, "chart: There is no chart “pie”"),
        ("```figures\nchart: timeline\nrows:\n  May: x\n  June: y\n```", 1, "rows: “May” is not a date"),
        ("```figures\nchart: share\nunit: '%'\nrows:\n  a: 80\n  b: 40\n```", 1, "add up to 120 %"),
        ("```figures\nrows: [[a, b, c]]\n```", 1, "rows: A row has a label and a number"),
        ("```figures\na: [\n```", 3, "not valid YAML"),
    ],
)
def test_fault_names_file_line_and_field(write, tmp_path, text, line, said):
    (tmp_path / "fake.jpg").write_text("not a picture")
    path = write(text)

    with pytest.raises(markdown.StoryError) as caught:
        markdown.load(path)

    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_file_that_is_no_text(tmp_path):
    path = tmp_path / "STORY.md"
    path.write_bytes(b"fine\n\xff\xfe")

    with pytest.raises(markdown.StoryError, match=r"STORY\.md:2: This is not UTF-8"):
        markdown.load(path)


@settings(
    max_examples=40, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.one_of(st.text(), st.lists(st.sampled_from(
    ["---\n", "title: ", "[", "]", "(", ")", "![", "> ", "— a", "- ", "```figures\n", "```\n", "**4**", "| a | b |\n",
     "|---|---|\n", "\n\n", "# ", "&a ", "*a", "!!python/object:os.system ", "\x00", "http://[", "1"]
), max_size=25).map("".join)))  # fmt: skip
def test_any_text_is_a_story_or_a_clear_refusal(tmp_path, text):
    try:
        story = markdown.parse(text, tmp_path / "STORY.md")
    except markdown.StoryError as error:
        refusal = error
    else:
        refusal = None
        assert story.piece.key == "file:STORY.md"

    assert refusal is None or str(refusal).startswith(str(tmp_path))


# The command


def test_json_is_as_documented(write):
    out, _ = run(write(FRONT + BODY), "--json")

    data = json.loads(out)
    assert [each["format"] for each in data] == list(FORMATS.ids())
    thread = data[0]
    assert set(thread) == {
        "format", "platform", "label", "language", "language_tag", "parts", "findings", "left_out",
    }  # fmt: skip
    part = thread["parts"][0]
    assert set(part) == {"text", "count", "limit", "unit", "link", "media", "sources", "facets"}
    assert (part["count"], part["limit"], part["unit"]) == (78, 280, "weighted characters")
    assert set(part["media"][0]) == {"role", "alt", "plan", "sources"}
    finding = thread["findings"][0]
    assert set(finding) == {
        "code", "level", "message", "remedy", "part", "media", "limit", "actual", "unit", "source",
        "mends",
    }  # fmt: skip
    assert thread["left_out"][0] == {
        "source": "b2", "what": "paragraph", "why": "The key points say it in fewer words.",
        "excerpt": "People came from all five wards. See the map (https://example.org/map). The cou…",
    }  # fmt: skip
    bluesky = next(each for each in data if each["format"] == "bluesky.thread")
    assert {facet["kind"] for part in bluesky["parts"] for facet in part["facets"]} == {"link", "tag"}


def test_only_the_formats_asked_for_in_that_order(write):
    path = write(FRONT)

    for args in (
        [path, "--json", "--format", "facebook.post", "x.thread"],
        [path, "--json", "--format", "facebook.post", "--format", "x.thread"],
        ["--json", "--format", "facebook.post", "x.thread", path],
    ):
        out, _ = run(*args)
        assert [each["format"] for each in json.loads(out)] == ["facebook.post", "x.thread"]


def test_text_shows_parts_counts_and_findings(write):
    out, err = run(write("---\ntitle: 🎉\nwhat: ever\n---\n"), "--format", "x.thread")

    assert out.startswith(
        "X thread (x.thread): 1 post, 2 blockers\n\n  Post 1: 2 of 280 weighted characters\n    | 🎉\n"
    )
    assert "BLOCKER (post 1): The first line has no words. Write the first line in words" in out
    assert "STORY.md:3: what: unknown field" in err


def test_half_a_character_does_not_break_the_printing(write):
    out, _ = run(write('---\ntitle: "A \\ud83c\\udf89 and \\ud83c half"\n---\n'), "--format", "x.thread")

    assert "| A 🎉 and \ufffd half" in out
    out.encode()


def test_empty_story_is_a_finding_and_no_error(write):
    out, _ = run(write(""), "--json")

    assert all(each["parts"] == [] for each in json.loads(out))
    assert all(each["findings"][0]["code"] == "empty_story" for each in json.loads(out))


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["nowhere.md"], "nowhere.md: There is no such file."),
        (["."], "This is not a file"),
        ([], "Which story?"),
        (["STORY.md", "--format", "x.poem"], "There is no format “x.poem”. There are: x.thread,"),
        (["BAD.md"], "BAD.md:2: "),
    ],
)
def test_what_cannot_be_planned_ends_with_2_and_one_line(write, tmp_path, monkeypatch, capsys, args, said):
    write(FRONT)
    write("---\ntitle: {a: b\n---\n", "BAD.md")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(SystemExit) as stopped:
        Command().run_from_argv(["manage.py", "compose", *args])

    assert stopped.value.code == 2
    err = capsys.readouterr().err.strip()
    assert said in err
    assert "Traceback" not in err


def test_called_from_code_it_raises(tmp_path):
    with pytest.raises(CommandError, match="no such file"):
        run(tmp_path / "nowhere.md")
