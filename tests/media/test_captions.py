import pytest

from media import captions
from media.captions import BadCaptions, Cue, parse, passage

pytestmark = pytest.mark.unit

VTT = """WEBVTT - River
Kind: captions

NOTE made by hand

STYLE
::cue { color: red }

intro
00:00.400 --> 00:03.400 line:80% align:start
<v Anna>This is <b>the</b> Wend
at seven &amp; earlier.

01:00:04.000 --> 01:00:06.5
Later
"""
SRT = (
    "\ufeff1\r\n00:00:01,000 --> 00:00:02,500\r\n{\\an8}Hello\r\n\r\n"
    "2\r\n00:00:03,000 --> 00:00:04,000\r\n<i>World</i>\r\n"
)


def test_webvtt():
    assert parse(VTT) == [
        Cue(0.4, 3.4, "This is the Wend\nat seven & earlier."),
        Cue(3604.0, 3606.5, "Later"),
    ]


def test_subrip():
    assert parse(SRT) == [Cue(1.0, 2.5, "Hello"), Cue(3.0, 4.0, "World")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("WEBVTT\n\n00:01.000 --> soon\nHi\n", "Line 3: .*“00:01.000 --> soon”"),
        ("1\n00:00:05,000 --> 00:00:02,000\nHi\n", "Line 2: the caption ends before it begins"),
        (
            "WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n\nlost words\nmore\n",
            "Line 6: “lost words” stands where a time",
        ),
        ("WEBVTT\n\n", "no captions in this file"),
        ("just a letter", "Line 1: “just a letter”"),
        ("a\x00b", "not plain text"),
    ],
)
def test_errors_name_the_line(text, message):
    with pytest.raises(BadCaptions, match=message):
        parse(text)


def test_read_takes_other_encodings_and_refuses_large_files(tmp_path):
    path = tmp_path / "c.srt"
    path.write_bytes("1\n00:00:01,000 --> 00:00:02,000\nGrüße\n".encode("cp1252"))
    assert captions.read(path)[0].text == "Grüße"

    path.write_bytes(b"x" * 2_000_001)
    with pytest.raises(BadCaptions, match="2 MB"):
        captions.read(path)


def test_passage_moves_cuts_and_resolves_overlaps():
    cues = [Cue(0, 5, "a"), Cue(4, 7, "b"), Cue(8, 12, "c"), Cue(9.95, 13, "d"), Cue(20, 21, "e")]

    assert passage(cues, 3.0, 10.0) == [Cue(0, 1.0, "a"), Cue(1.0, 4.0, "b"), Cue(5.0, 6.95, "c")]


def test_passage_in_which_nothing_is_said():
    assert passage([Cue(0, 1, "a")], 5.0, 6.0) == []
    assert passage([], 0.0, 6.0) == []


def test_to_srt_can_be_read_again():
    cues = [Cue(0.4, 3.4, "One\ntwo"), Cue(3661.25, 3662.0, "Three")]

    assert parse(captions.to_srt(cues)) == cues
