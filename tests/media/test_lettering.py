import pytest
from PIL import Image, ImageChops

from media import lettering, typefaces
from media.errors import RenderError
from media.lettering import Style, TooLong

pytestmark = pytest.mark.unit
STYLE = Style(600, 40, (0, 0, 0))


def words(lines):
    return ["".join(run.text for run in line.runs).strip() for line in lines]


def test_wrap_breaks_between_words():
    lines = lettering.wrap("one two three four", STYLE, 200)

    assert len(lines) > 1
    assert " ".join(words(lines)) == "one two three four"
    assert all(line.width <= 200 for line in lines)


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("river-side", 110, ["river-", "side"]),
        ("kept\nlines", 400, ["kept", "lines"]),
        ("", 400, [""]),
        ("Unbreakableword", 150, None),
    ],
)
def test_wrap_cases(text, width, lines):
    found = lettering.wrap(text, STYLE, width)

    assert lines is None or words(found) == lines
    assert all(line.width <= width for line in found)


def test_long_word_is_broken_only_when_the_smallest_size_does_not_help():
    shrunk = lettering.fit("Donaudampfschifffahrt", STYLE, 300, 200, smallest=12)
    broken = lettering.fit("Donaudampfschifffahrt" * 4, STYLE, 300, 200, smallest=20)

    assert len(shrunk.lines) == 1
    assert shrunk.style.size < 40
    assert broken.style.size >= 20
    assert len(broken.lines) > 1
    assert all(line.endswith("-") for line in words(broken.lines)[:-1])


@pytest.mark.parametrize(
    "text",
    [
        "Short",
        "Two hundred volunteers pulled four tonnes of rubbish from the river",
        "نظّف المتطوعون أربعة أطنان من النهر",
    ],
)
@pytest.mark.parametrize("align", ["start", "centre", "end"])
def test_text_never_leaves_its_box(text, align):
    block = lettering.fit(text, Style(800, 60, (0, 0, 0), 1.1, align), 300, 160, smallest=14, balance=True)
    image = Image.new("RGB", (500, 400), "white")
    lettering.draw(image, block, 100, 100, 300)

    left, top, right, bottom = ImageChops.invert(image.convert("L")).getbbox()
    slack = (
        block.style.size // 6
    )  # a letter may hang a little over its advance width, marks over the capitals
    assert 100 - slack <= left < right <= 400 + slack
    assert 100 - block.style.size // 2 <= top < bottom <= 260 + slack


def test_right_to_left_starts_at_the_right():
    image = Image.new("RGB", (500, 100), "white")
    lettering.draw(image, lettering.set_text("نهر", STYLE, 500), 0, 20, 500)

    assert ImageChops.invert(image.convert("L")).getbbox()[0] > 380


def test_too_long_says_by_how_much():
    with pytest.raises(TooLong, match=r"The headline is too long .* Shorten it by about \d+ characters"):
        lettering.fit("word " * 300, STYLE, 200, 100, smallest=18, what="headline")


def test_balanced_lines_are_about_equal():
    text = "Two hundred volunteers pulled four tonnes of rubbish from it"
    plain = lettering.set_text(text, STYLE, 700)
    balanced = lettering.set_text(text, STYLE, 700, balance=True)

    assert len(balanced.lines) == len(plain.lines)
    assert min(line.width for line in balanced.lines) >= min(line.width for line in plain.lines)


def test_runs_keep_emoji_sequences_and_marks_whole():
    runs = typefaces.faces_for("Go 👩🏽‍🔧 e\u0301 🇬🇧")

    assert [text for text, face in runs if face.kind != "text"] == ["👩🏽‍🔧", "🇬🇧"]
    assert "".join(text for text, _ in runs) == "Go 👩🏽‍🔧 e\u0301 🇬🇧"


@pytest.mark.parametrize(
    "text",
    [
        "Ünïcödé œşđ",
        "αβγ",
        "Привет",
        "نهر",
        "נהר",
        "川のごみ",
        "강에서",
        "नदी",
        "แม่น้ำ",
        "€ • – “x” … →",
        "🌊👍🏾",
    ],
)
def test_every_promised_script_has_a_font(text):
    assert typefaces.missing_characters(text) == []


def test_missing_characters_are_named_not_drawn_as_boxes():
    assert typefaces.missing_characters("ᚠ river") == ["ᚠ"]
    with pytest.raises(RenderError, match=r"“ᚠ” .*runic"):
        lettering.set_text("ᚠ river", STYLE, 300)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_signs_that_nobody_sees_are_left_out(language):
    text = "\x01川の\ud800ごみ\x7f ri\x00ver\ufffe"
    assert typefaces.missing_characters(text) == []
    lines = lettering.wrap(text * 9, STYLE, 300, language)
    assert "".join(run.text for line in lines for run in line.runs).replace(" ", "") == "川のごみriver" * 9


def test_right_to_left_without_fribidi_is_refused(monkeypatch):
    monkeypatch.setattr(typefaces, "can_shape", lambda: False)

    for text in ("نهر", "नदी", "แม่น้ำ", "👩🏽‍🔧", "🇬🇧"):
        with pytest.raises(RenderError, match="libfribidi0"):
            typefaces.refuse_unshapeable(text)
    typefaces.refuse_unshapeable("Latin goes on working")


GERMAN = "Kraftfahrzeughaftpflichtversicherungsbeitragsbemessungsgrenze erhöht"


@pytest.mark.parametrize(("width", "height"), [(900, 700), (500, 500), (1400, 260)])
def test_a_far_too_long_german_word_is_divided_by_rule_and_never_spills(width, height):
    block = lettering.fit(
        GERMAN, Style(800, 92, (0, 0, 0), 1.1), width, height, smallest=34, language="de", balance=True
    )

    said = words(block.lines)
    assert all(line.width <= width for line in block.lines)
    assert block.height <= height
    assert (
        "".join(line.removesuffix("-") if line.endswith("-") else f"{line} " for line in said).strip()
        == GERMAN
    )
    assert block.style.size >= 60 or not any(line.endswith("-") for line in said)


def test_a_word_that_only_has_to_shrink_a_little_stays_whole():
    block = lettering.fit(
        "Donaudampfschifffahrt", Style(800, 60, (0, 0, 0)), 560, 300, smallest=20, language="de"
    )

    assert len(block.lines) == 1
    assert block.style.size < 60


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("ボランティア二百人が川から四トンのごみを拾いました。", ["ボランティア", "川から", "ごみを"]),
        ("자원봉사자 이백 명이 강에서 쓰레기 4톤을 치웠습니다", ["자원봉사자", "쓰레기", "치웠습니다"]),
        ("อาสาสมัครสองร้อยคนช่วยกันเก็บขยะสี่ตันจากแม่น้ำ", ["สมัคร", "ช่วย", "ขยะ", "แม่น้ำ"]),
    ],
)
def test_scripts_without_spaces_break_between_phrases(text, whole):
    lines = words(lettering.wrap(text, STYLE, 260))

    assert len(lines) > 1
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(any(word in line for line in lines) for word in whole)
    assert not any(line[0] in "。、ー" for line in lines)


def test_a_sign_of_several_code_points_counts_as_one_letter():
    assert lettering.shape("e\u0301", 600, 40, False) == lettering.shape("é", 600, 40, False)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("of rubbish came out of the river in a single Saturday", "en"),
        ("أعيش هنا منذ أربعين عامًا ولم أر النهر بهذا الصفاء من قبل", "ar"),
        ("Volunteers.\nof rubbish came out of the river in a single Saturday", "en"),
    ],
)
def test_no_single_short_word_on_a_last_line(text, language):
    all_but_one = text.splitlines()[-1].rsplit(" ", 1)[0]
    width = round(lettering.shape(all_but_one, STYLE.weight, STYLE.size, language == "ar").width) + 2
    plain = lettering.set_text(text, STYLE, width, language)
    pretty = lettering.fit(text, STYLE, width, 2000, smallest=STYLE.size, language=language)

    assert plain.lines[-1].width < 0.33 * width  # otherwise this shows nothing
    assert pretty.lines[-1].width >= 0.33 * width
    assert len(pretty.lines) == len(plain.lines)
    assert all(line.width <= width for line in pretty.lines)


def test_a_word_that_cannot_be_spared_the_last_line_stays_there():
    text = "Verkehrswegeplanungsbeschleunigungsgesetz ja"
    width = round(lettering.shape(text.split()[0], STYLE.weight, STYLE.size, False).width) + 10

    lines = lettering.fit(text, STYLE, width, 2000, smallest=STYLE.size, language="de").lines

    assert ["".join(run.text for run in line.runs).strip() for line in lines] == text.split()


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("ボランティア二百人が", ["ボランティア", "二百人が"]),
        ("ショッピングカート十一台", ["ショッピングカート", "十一台"]),
        ("10月12日にご参加", ["10月", "12日に", "ご参加"]),
        ("第一歩を踏み出す", ["第一歩を", "踏み出す"]),
    ],
)
def test_japanese_numbers_stay_with_what_they_count(text, pieces):
    assert list(lettering.words_of(text)) == pieces


@pytest.mark.parametrize("text", ["数は十", "ご", "四十二", "一二三四五六七八九十百"])
def test_nothing_is_lost_where_numbers_are_carried(text):
    assert "".join(lettering.words_of("かな" + text)) == "かな" + text


def lines_of(text, width, language="en"):
    set_lines = lettering.set_text(text, STYLE, width, language).lines
    return ["".join(run.text for run in line.runs).strip() for line in set_lines]


def wide(text):
    return round(lettering.shape(text, STYLE.weight, STYLE.size, False).width) + 2


@pytest.mark.parametrize(
    ("text", "torn", "lines"),
    [
        ("It is on Saturday 5 December", "It is on Saturday 5", ["It is on Saturday", "5 December"]),
        ("They took out 4.2 tonnes", "They took out 4.2", ["They took out", "4.2 tonnes"]),
        ("All of it since 2026 alone", "All of it since 2026", ["All of it since 2026", "alone"]),
    ],
)
def test_a_number_stays_with_what_it_counts(text, torn, lines):
    assert lines_of(text, wide(torn)) == lines


def test_in_a_narrow_column_a_number_stands_alone():
    assert lines_of("am 12 Oktober", wide("Oktober"), "de") == ["am 12", "Oktober"]
    assert not lettering.tears_words("am 12 Oktober", STYLE, wide("Oktober"), "de")
