import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"Up\Nand down", "Up\nand down"),
        (r"{\an8}<i>Up</i>\N<i>and down</i>", "Up\nand down"),
        (r"\NUp \N \N down\N", "Up\ndown"),
        (r"in C:\New, at 1\2", r"in C:\New, at 1\2"),
    ],
)
def test_breaks_of_subtitle_editors_are_breaks(written, read):
    for text in (
        f"1\n00:00:01,000 --> 00:00:02,000\n{written}\n",
        f"WEBVTT\n\n00:01.000 --> 00:02.000\n{written}\n",
    ):
        assert [cue.text for cue in parse(text)] == [read]
    assert captions.is_strict(f"WEBVTT\n\n00:01.000 --> 00:02.000\n{written}\n") is ("\n" not in read)


def test_read_takes_other_encodings_and_refuses_large_files(tmp_path):
    path = tmp_path / "c.srt"
    path.write_bytes("1\n00:00:01,000 --> 00:00:02,000\nGrüße\n".encode("cp1252"))
    assert captions.read(path)[0].text == "Grüße"

    path.write_bytes(b"x" * 2_000_001)
    with pytest.raises(BadCaptions, match="2 MB"):
        captions.read(path)


@pytest.mark.parametrize(
    ("said", "encoding"),
    [
        ("السلام عليكم", "cp1256"),
        ("Добрый день", "cp1251"),
        ("Добрый день", "koi8-r"),
        ("Καλημέρα σας", "cp1253"),
        ("שלום לכם", "cp1255"),
        ("สวัสดี", "cp874"),
        ("你好，世界", "gbk"),
    ],
)
def test_letters_of_old_encodings_are_not_guessed(tmp_path, said, encoding):
    """Any of them can be read as western letters, which would be burnt in."""
    path = tmp_path / "c.srt"
    path.write_bytes(f"1\n00:00:01,000 --> 00:00:02,000\n<i>{said}</i>\n".encode(encoding))

    with pytest.raises(BadCaptions, match=r"(old encoding .*|not plain text.*) UTF-8"):
        captions.read(path)


@pytest.mark.parametrize(
    ("said", "encoding"),
    [
        ("Będą następne, więc proszę, że też są", "cp1250"),
        ("Było źle i głośno", "cp1250"),
        ("Mówię, że głosuję", "cp1250"),
        ("BYŁO BŁĘDNIE", "cp1250"),
        ("ŻĄDAMY CZYSTEJ RZEKI", "cp1250"),
        ("Jaźń i gęś", "iso-8859-2"),
        ("Über die Straße", "mac_roman"),
        ("Das ist größer", "mac_roman"),
        ("Ich weiß, dass Spaß sein muß", "mac_roman"),
        ("Mädchen und Jungen", "mac_roman"),
        ("Ein Dank für alle", "mac_roman"),
        ("Están aquí, y más", "mac_roman"),
        ("¿Por qué no?", "mac_roman"),
        ("Están aquí", "cp850"),
    ],
)
def test_signs_within_words_are_letters_of_another_encoding(tmp_path, said, encoding):
    path = tmp_path / "c.srt"
    path.write_bytes(f"1\n00:00:01,000 --> 00:00:02,000\n{said}\n".encode(encoding))

    with pytest.raises(BadCaptions, match=r"old encoding .* Save it in UTF-8"):
        captions.read(path)
    path.write_text(f"1\n00:00:01,000 --> 00:00:02,000\n{said}\n", encoding="utf-8")
    assert captions.read(path)[0].text == said


@pytest.mark.parametrize("said", ["No lo sé.\\N¿Y tú?", "¡Sí!\\N¡Mañana!"])
def test_breaks_before_spanish_signs_are_no_letters(tmp_path, said):
    path = tmp_path / "c.srt"
    path.write_bytes(f"1\n00:00:01,000 --> 00:00:02,000\n{said}\n".encode("cp1252"))

    assert captions.read(path)[0].text == said.replace("\\N", "\n")


WITH_SIGNS = [
    "¿Qué pasa? ¡Mañana será así!", "–¿Y tú?", "(¡No!)", "«¿Qué?» Él dijo: “¡Sí!”", "¡¿Cómo?!", "Artículo 1º",
    "40 m² und 3 m³, 12 km²", "CO², CO²e und NO³", "800 m³h", "§5 und §§ 3–4 StGB", "Art.§5", "Art§ 5",
    "£5m, £m, £bn, £million",
    "½l Milch, 1½ Stunden, ¾h", "¶ La la la ¶", "¶La la la¶", "50¢, ¢50", "¥500, JP¥", "†1990, † Anna", "Siehe Anhang†, ‡",
    "Fußnote¹ und Zahl³", "5€, €5, €uro", "A–Z, 5±2, 20°C", "©Anna, Hustings®, ™", "Naïf Œuvre, cœur, ŒUVRE, ŠKODA, Škoda",
    "Ich heiße Jörg; où ça ? À Besançon",
    "µg, 3×4, 10÷2, Ærø, Ångström, Ðorde", "VIŠ ŽIŽEK", "d’Été, l‘hiver, rock ’n’ roll", "15 % · 20 ‰ … ja",
]  # fmt: skip


@pytest.mark.parametrize("said", WITH_SIGNS)
def test_signs_beside_western_words_are_read(tmp_path, said):
    path = tmp_path / "c.srt"
    path.write_bytes(f"1\n00:00:01,000 --> 00:00:02,000\nA few plain words\n{said}\n".encode("cp1252"))

    assert captions.read(path)[0].text == f"A few plain words\n{said}"


@pytest.mark.parametrize(
    "said", ["Où êtes-vous allés à Noël ?", "Þórður á æðri Ægissíðu", "“Ça va ?” – “Été”"]
)
def test_western_letters_with_many_accents_are_read(tmp_path, said):
    path = tmp_path / "c.srt"
    path.write_bytes(f"1\n00:00:01,000 --> 00:00:02,000\n{said}\n".encode("cp1252"))

    assert captions.read(path)[0].text == said


def test_passage_moves_cuts_and_resolves_overlaps():
    cues = [Cue(0, 5, "a"), Cue(4, 7, "b"), Cue(8, 12, "c"), Cue(9.95, 13, "d"), Cue(20, 21, "e")]

    assert passage(cues, 3.0, 10.0) == [Cue(0, 1.0, "a"), Cue(1.0, 4.0, "b"), Cue(5.0, 6.95, "c")]


def test_of_a_paragraph_only_the_words_of_the_passage_are_shown():
    words = [f"word{n:03}" for n in range(100)]
    cues = [Cue(10.0, 60.0, " ".join(words))]

    (said,) = passage(cues, 30.0, 35.0)
    (end,) = passage(cues, 59.6, 65.0)

    assert (said.start_s, said.end_s, said.text.split()) == (0, 5.0, words[39:50])
    assert (end.start_s, end.end_s, end.text.split()) == (0, 0.4, words[99:])
    assert passage(cues, 5.0, 70.0) == [Cue(5.0, 55.0, cues[0].text)]
    assert passage([Cue(10.0, 60.0, "A few words")], 30.0, 35.0) == [Cue(0, 5.0, "A few words")]


def test_passage_in_which_nothing_is_said():
    assert passage([Cue(0, 1, "a")], 5.0, 6.0) == []
    assert passage([], 0.0, 6.0) == []


def test_to_srt_can_be_read_again():
    cues = [Cue(0.4, 3.4, "One\ntwo"), Cue(3661.25, 3662.0, "Three")]

    assert parse(captions.to_srt(cues)) == cues


def test_who_speaks_at_once_is_shown_at_once():
    cues = [Cue(1, 3, "- Anna asks"), Cue(1, 3, "- Ben answers"), Cue(4, 6, "One"), Cue(4, 6, "Two")]

    assert captions.passage(cues, 0, 10) == [
        Cue(1, 3, "- Anna asks\n- Ben answers"),
        Cue(4, 6, "– One\n– Two"),
    ]


def test_a_long_caption_goes_on_after_a_short_one_inside_it():
    cues = [Cue(5, 15, "Thank you all"), Cue(7, 8, "(applause)")]

    assert captions.passage(cues, 0, 20) == [
        Cue(5, 7, "Thank you all"),
        Cue(7, 8, "– Thank you all\n(applause)"),
        Cue(8, 15, "Thank you all"),
    ]


def test_nothing_that_is_said_is_lost_or_shown_twice_over():
    cues = [Cue(0, 3, "a"), Cue(2.8, 5, "b"), Cue(5, 6, "c"), Cue(5, 6, "c"), Cue(5.5, 9, "d")]

    found = captions.passage(cues, 0, 10)

    assert {letter for cue in found for letter in cue.text if letter.isalpha()} == set("abcd")
    assert found[:2] == [Cue(0, 2.8, "a"), Cue(2.8, 5, "b")]
    assert all(first.end_s <= second.start_s for first, second in pairwise(found))


def test_more_at_once_than_can_be_read_is_refused():
    """Each for itself would pass: together they would hold a renderer for hours."""
    cues = [Cue(n * 0.15, 60 + n * 0.15, "word " * 60) for n in range(400)]

    with pytest.raises(
        captions.BadCaptions, match=r"00:00:00\.450 captions of 1196 characters .* follow one another"
    ):
        captions.parse(captions.to_vtt(cues))


def test_captions_that_follow_each_other_or_meet_for_a_moment_are_no_crowd():
    cues = [Cue(n, n + 1, "x" * 900) for n in range(5)] + [
        Cue(9, 12, "a"),
        Cue(9.5, 12, "b"),
        Cue(10, 12, "c"),
    ]

    assert captions.parse(captions.to_vtt(cues)) == cues


@pytest.mark.parametrize(
    "line", ["<" * 200_000, "{\\" * 200_000, "&" * 200_000, "x" * 200_000, "<x" * 100_000]
)
def test_a_line_that_would_take_hours_is_answered_at_once(line):
    began = time.thread_time()

    with pytest.raises(captions.BadCaptions, match="at most 1000"):
        captions.parse(f"WEBVTT\n\n00:01.000 --> 00:02.000\n{line}\n")
    captions.clean(line)

    assert time.thread_time() - began < 2


@pytest.mark.parametrize("unit", ["<", "{\\", "<a ", "{\\b", "<<{\\", "&", "&#", "< "])
def test_tags_that_never_end_cost_as_much_as_they_are_long(unit):
    """Sixteen times the length: some sixteen times the work, not two hundred and fifty times. Counted in processor time."""

    def work(length):
        line, took = (unit * length)[:length], []
        for _ in range(3):
            began = time.thread_time()
            captions.clean(line)
            took.append(time.thread_time() - began)
        return min(took)

    assert work(32_000) < 64 * max(work(2_000), 0.0001)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("<v Anna>a <b>b</b> c", "a b c"),
        ("{\\an8}{\\pos(1,2)}Hello {curly}", "Hello {curly}"),
        ("3 < 4 and <i>5</i> > 4", "3 < 4 and 5 > 4"),
        ("a < b", "a < b"),
        ("never <ended", "never <ended"),
    ],
)
def test_tags_are_removed_and_other_brackets_stay(line, text):
    assert captions.clean(line) == text


def one_cue(*lines):
    return "WEBVTT\n\n00:01.000 --> 00:02.000\n" + "\n".join(lines) + "\n"


def test_a_number_too_long_to_be_one_is_refused_too():
    with pytest.raises(BadCaptions, match=r"^Line 3: .*at most 1000"):
        parse(one_cue("a", "&#" + "1" * 5_000 + ";"))


def test_a_long_note_is_no_caption():
    assert parse("WEBVTT\n\nNOTE " + "x" * 9_000 + "\n\n00:01.000 --> 00:02.000\nHi\n") == [
        Cue(1.0, 2.0, "Hi")
    ]


PARTS = (
    "First",
    "&nbsp;",
    "<i></i>",
    "{\\an8}",
    "{&#92;an8}",
    "a &amp; b",
    "&lt;b&gt;",
    "&#10;",
    "a&#13;&#10;&#10;b",
    "a&#92;Nb",
    "a\\Nb",
)
LINES = st.lists(st.sampled_from(PARTS), min_size=1, max_size=4)


@given(st.lists(LINES, min_size=1, max_size=3))
def test_what_is_read_is_written_so_that_it_is_read_alike(texts):
    said = "\n\n".join(
        f"00:0{n}.000 --> 00:0{n}.900\n" + "\n".join(lines) for n, lines in enumerate([["Hello"], *texts])
    )

    cues = parse(f"WEBVTT\n\n{said}\n")

    assert parse(captions.to_vtt(cues)) == cues
    assert "\n\n\n" not in captions.to_srt(cues)
    assert captions.to_srt(cues).rstrip("\n").count("\n\n") == len(cues) - 1


def test_lines_that_are_empty_without_their_tags_end_no_caption():
    found = parse("1\n00:00:01,000 --> 00:00:02,000\nFirst line\n&nbsp;\n<i> </i>\nSecond line\n")

    assert found == [Cue(1.0, 2.0, "First line\nSecond line")]
    assert parse(captions.to_srt(found)) == found


def test_a_stored_caption_with_an_empty_line_in_it_is_read_whole(tmp_path):
    path = tmp_path / "said.vtt"
    said = "WEBVTT\n\n00:01.000 --> 00:02.000\nFirst line\n\nSecond line\n\n\nThird\n\n"
    path.write_text(f"{said}NOTE hidden\n\n00:03.000 --> 00:04.000\nLater\n\n")

    assert captions.stored(path) == [Cue(1.0, 2.0, "First line\nSecond line\nThird"), Cue(3.0, 4.0, "Later")]
    with pytest.raises(BadCaptions, match="“Second line” stands where a time"):
        captions.read(path)


def test_a_stored_file_that_begins_without_a_time_is_refused(tmp_path):
    path = tmp_path / "said.vtt"
    path.write_text("WEBVTT\n\nlost\n\n00:01.000 --> 00:02.000\nHi\n")

    with pytest.raises(BadCaptions, match=r"^Line 3"):
        captions.stored(path)


WE_MEET = [Cue(3.0, 4.0, "We meet"), Cue(5.0, 6.0, "at eight.")]


@pytest.mark.parametrize(
    "text",
    [
        "1\n00:00:03,000 --> 00:00:04,000\nWe meet\n2\n00:00:05,000 --> 00:00:06,000\nat eight.\n",
        "WEBVTT\n1\n00:03.000 --> 00:04.000\nWe meet\n2\n00:05.000 --> 00:06.000\nat eight.\n",
        "WEBVTT\n\n00:03.000 --> 00:04.000\nWe meet\n00:05.000 --> 00:06.000 line:0\nat eight.\n",
        "WEBVTT\n\n00:01.000 --> 00:02.000\n00:03.000 --> 00:04.000\nWe meet\n\n00:05.000 --> 00:06.000\nat eight.",
        "WEBVTT\n\n00:03.000 --> 00:04.000\nWe meet\n \nlater\n00:05.000 --> 00:06.000\n \nat eight.\n",
        "WEBVTT\n\n00:03.000 --> 00:04.000\nWe meet\n\t\nNOTE hidden\n\t\n00:05.000 --> 00:06.000\nat eight.\n",
    ],
    ids=["subrip", "number after the header", "webvtt", "nothing said", "line of space", "comment"],
)
def test_where_an_empty_line_is_missing_the_next_caption_begins_with_its_time(text):
    assert parse(text) == parse(text, whole=True) == WE_MEET


def test_a_line_of_space_ends_no_caption():
    """Each caption that YouTube makes by itself begins with one."""
    found = parse("WEBVTT\n\n00:01.000 --> 00:02.000 align:start\n \nhello<00:00:01.400><c> world</c>\n\n")

    assert found == [Cue(1.0, 2.0, "hello world")]


def test_a_figure_is_said_where_captions_have_no_numbers():
    text = "WEBVTT\n\n00:03.000 --> 00:04.000\nHow many?\n3\n00:05.000 --> 00:06.000\nYes\n"

    assert parse(text) == [Cue(3.0, 4.0, "How many?\n3"), Cue(5.0, 6.0, "Yes")]


@pytest.mark.parametrize("time", ["00:00:05 --> 00:00:06", "00:05.000 --> soon", "0:5.0-->0:6.0"])
def test_a_time_that_cannot_be_read_is_not_taken_for_words(time):
    with pytest.raises(BadCaptions, match=r"^Line 5: the time .* cannot be read"):
        parse(f"WEBVTT\n\n00:03.000 --> 00:04.000\nWe meet\n{time}\nat eight.\n")


def test_an_arrow_in_what_is_said_is_no_time():
    text = "1\n00:00:03,000 --> 00:00:04,000\nMill --> weir\n5:00 --> 6:00 by the river\n"

    assert parse(text) == [Cue(3.0, 4.0, "Mill --> weir\n5:00 --> 6:00 by the river")]


def test_a_caption_in_a_comment_is_neither_lost_nor_shown():
    with pytest.raises(
        BadCaptions, match=r"^Line 5: this time stands in a comment, which begins on line 3\."
    ):
        parse("WEBVTT\n\nNOTE ask Bob\n2\n00:03.000 --> 00:04.000\nWe meet\n")


def test_a_stored_caption_that_holds_the_next_one_is_read_as_two(tmp_path):
    path = tmp_path / "said.vtt"
    both = Cue(3.0, 4.0, "We meet\n2\n00:00:05,000 --> 00:00:06,000\nat eight.")
    path.write_text(captions.to_vtt([both, Cue(7.0, 8.0, "5:00 --> 6:00")]))

    assert captions.stored(path) == [*WE_MEET, Cue(7.0, 8.0, "5:00 --> 6:00")]


def test_many_times_without_empty_lines_cost_as_much_as_they_are_many():
    def work(lines):
        began = time.thread_time()
        with pytest.raises(BadCaptions):
            parse("WEBVTT\n\nNOTE\n" + "00:03.000 --> 00:04.000\n" * lines)
        return time.thread_time() - began

    assert work(64_000) < 64 * max(work(4_000), 0.001)


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("{\\an8}Hi", "{ \\an8}Hi"),
        ("Type <b> for bold", "Type ‹b› for bold"),
        ("a < b, {so} it goes", "a < b, {so} it goes"),
    ],
)
def test_what_looks_like_a_tag_is_seen_in_subrip(said, written):
    (cue,) = parse(captions.to_srt([Cue(1.0, 2.0, said)]))

    assert cue.text == written
    assert parse(captions.to_vtt([Cue(1.0, 2.0, said)])) == [Cue(1.0, 2.0, said)]
