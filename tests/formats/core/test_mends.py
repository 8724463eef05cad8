"""Mends: each does what its label says, names what it takes away, and does nothing where nothing is to do."""

from dataclasses import replace

import pytest

from formats.core import mends, plans
from formats.core.draft import Draft, Level, MediaItem, Part
from formats.registry import FORMATS
from tests.formats import pieces

pytestmark = pytest.mark.unit
IMPRINT = "Published by Riverside Town Council"


def drafted(format, *parts, imprint="", facts=None):
    found = FORMATS[format].check(parts, language="en", imprint=imprint, facts=facts)
    return Draft(format, "en", tuple(parts), found)


def mended(draft, code, *, imprint="", index=0, facts=None):
    """Apply the mend offered for a finding: (draft afterwards, the mend, findings left with that code)."""
    finding = next(each for each in draft.findings if each.code == code)
    mend = mends.available(finding, draft)[index]
    after = mends.apply(mend.name, draft, finding)
    left = FORMATS[draft.format].check(after.parts, language="en", imprint=imprint, facts=facts)
    return after, mend, [each for each in left if each.code == code]


def texts(draft):
    return [part.text for part in draft.parts]


def card(**changes):
    plan = FORMATS["instagram.carousel"].compose(pieces.STORY).parts[0].media[0].plan
    return MediaItem({**plan, **changes}, "A card", "card", ("picture",))


def test_long_post_is_split_and_the_thread_numbered_anew():
    long = "A sentence about the river and its banks. " * 10
    draft = drafted("x.thread", Part("First\n\n1/2", sources=("a",)), Part(f"{long}\n\n2/2", sources=("b",)))

    after, mend, left = mended(draft, "text_too_long")

    assert mend.label == "Split into more posts"
    assert mend.drops == ""
    assert left == []
    assert [text.rsplit("\n\n", 1)[1] for text in texts(after)] == ["1/3", "2/3", "3/3"]
    assert " ".join(" ".join(texts(after)).split()).count("A sentence about the river and its banks.") == 10
    assert [part.sources for part in after.parts] == [("a",), ("b",), ("b",)]


def test_long_post_of_an_unnumbered_thread_stays_unnumbered():
    draft = drafted("mastodon.thread", Part("First"), Part("A sentence about the river. " * 25))

    after, _, left = mended(draft, "text_too_long")

    assert left == []
    assert not any("/3" in text for text in texts(after))


def test_bytes_are_mended_where_only_bytes_are_too_many():
    draft = drafted("bluesky.thread", Part("👨‍👩‍👧‍👦 " * 140))

    after, _, left = mended(draft, "text_too_long")

    assert {each.unit for each in draft.findings if each.code == "text_too_long"} == {"bytes"}
    assert left == []
    assert len(after.parts) == 2


def test_single_post_is_shortened_in_its_longest_paragraph_and_says_what_goes():
    body = "One thing happened. " * 8 + "Another thing happened too. " * 8
    draft = drafted("x.post", Part(f"Headline\n\n{body.strip()}\n\nhttps://example.org/a\n\n{IMPRINT}"))

    after, mend, left = mended(draft, "text_too_long")

    assert left == []
    assert mend.label == "Shorten to 280 weighted characters"
    assert after.parts[0].text.startswith("Headline\n\nOne thing")
    assert after.parts[0].text.endswith(f"https://example.org/a\n\n{IMPRINT}")
    assert after.parts[0].text.split() + mend.drops.split() != []
    assert sorted([*texts(after)[0].split(), *mend.drops.split()]) == sorted(draft.parts[0].text.split())


def test_title_moves_into_the_description():
    draft = drafted("youtube.short", Part("A very long title about the river, " * 4 + "\n\nBelow", (card(),)))

    after, mend, left = mended(draft, "title_too_long")

    assert left == []
    assert mend.drops == ""
    assert after.parts[0].text.split() == draft.parts[0].text.split()


def test_hashtags_are_dropped_from_the_end_and_named():
    draft = drafted("threads.thread", Part("Words #One #Two #Three and more"))

    after, mend, left = mended(draft, "too_many_hashtags")

    assert (texts(after), mend.drops, left) == (["Words #One and more"], "#Two #Three", [])


def test_mentions_beyond_the_limit_stay_as_words():
    draft = drafted(
        "instagram.carousel", Part("With " + " ".join(f"@name{n}" for n in range(22)), (card(), card()))
    )

    after, mend, left = mended(draft, "too_many_mentions")

    assert left == []
    assert after.parts[0].text.endswith("@name19 name20 name21")
    assert mend.drops == ""


def test_link_moves_into_the_text():
    draft = drafted("facebook.post", Part("Words", (card(),), link="https://example.org/"))

    after, _, left = mended(draft, "link_with_media")

    assert (after.parts[0].text, after.parts[0].link, left) == ("Words\n\nhttps://example.org/", "", [])


def test_link_that_stands_in_the_text_already_is_not_written_twice():
    draft = drafted(
        "facebook.post", Part("See https://example.org/ now", (card(),), link="https://example.org/")
    )

    assert mended(draft, "link_with_media")[0].parts[0].text == "See https://example.org/ now"


def test_only_the_last_link_of_a_thread_stays():
    draft = drafted("x.thread", Part("See example.com there"), Part("And https://example.org/ here"))

    after, mend, left = mended(draft, "several_links")

    assert (texts(after), mend.drops, left) == (
        ["See there", "And https://example.org/ here"],
        "example.com",
        [],
    )


def test_dead_link_is_taken_out():
    draft = drafted("instagram.image", Part("Read more at example.com today", (card(),)))

    after, mend, left = mended(draft, "dead_link")

    assert (texts(after), mend.drops, left) == (["Read more at today"], "example.com", [])


def test_address_without_a_protocol_is_written_in_full():
    draft = drafted("facebook.post", Part("Words", link="example.org/a"))

    assert mended(draft, "bad_link")[0].parts[0].link == "https://example.org/a"
    after, mend, _ = mended(draft, "bad_link", index=1)
    assert (after.parts[0].link, mend.drops) == ("", "example.org/a")


def test_imprint_goes_before_the_number_of_the_last_post():
    draft = drafted("x.thread", Part("First\n\n1/2"), Part("Last\n\n2/2"), imprint=IMPRINT)

    after, mend, left = mended(draft, "missing_imprint", imprint=IMPRINT)

    assert (texts(after)[1], left) == (f"Last\n\n{IMPRINT}\n\n2/2", [])
    assert mend.label == "Add the imprint"


def test_alt_text_ends_at_a_sentence_and_the_rest_is_named():
    alt = "A sentence about what is seen. " * 40
    item = replace(card(), alt=alt.strip())
    draft = drafted("x.thread", Part("Words", (item,)))

    after, mend, left = mended(draft, "alt_too_long")

    assert left == []
    assert after.parts[0].media[0].alt.endswith("seen.…")
    assert len(after.parts[0].media[0].alt) <= 1000
    assert (after.parts[0].media[0].alt[:-1] + " " + mend.drops).split() == alt.split()


@pytest.mark.parametrize(("size", "bound"), [((2000, 1000), 1.91), ((600, 1000), 0.8)])
def test_shape_is_cropped_to_the_nearest_one_that_fits(size, bound):
    item = card(size=list(size))
    from media.plans import plan_key

    facts = {plan_key(item.plan): {"mime": "image/jpeg", "bytes": 1, "width": size[0], "height": size[1]}}
    draft = drafted("instagram.image", Part("Words", (item,)), facts=facts)

    after, _, left = mended(draft, "wrong_shape", facts=facts)

    width, height = after.parts[0].media[0].plan["size"]
    assert width / height == pytest.approx(bound, abs=0.006)
    assert 0.8 <= width / height <= 1.91
    assert left == []


def test_film_is_cropped_with_its_slides():
    film = FORMATS["instagram.reel"].compose(pieces.STORY).parts[0].media[0].plan

    reshaped = plans.reshaped(film, ratio=1.0, narrower=False)

    assert reshaped["size"] == [1920, 1920]
    assert {tuple(slide["size"]) for slide in reshaped["slides"]} == {(1920, 1920)}


def test_media_beyond_the_limit_go_with_their_words_named():
    draft = drafted("x.thread", Part("Words", tuple(replace(card(), alt=f"Card {n}") for n in range(6))))

    after, mend, left = mended(draft, "too_many_media")

    assert (len(after.parts[0].media), mend.drops, left) == (4, "Card 4\nCard 5", [])


def test_a_story_frame_has_no_text():
    draft = drafted("instagram.story", Part("Some text", (card(),)))

    after, mend, left = mended(draft, "text_not_shown")

    assert (texts(after), mend.drops, left) == ([""], "Some text", [])


def test_several_posts_become_one_where_one_is_taken():
    draft = drafted(
        "linkedin.post", Part("One", link="https://a.example/"), Part("Two", link="https://b.example/")
    )

    after, _, left = mended(draft, "too_many_parts")

    assert left == []
    assert (texts(after), after.parts[0].link) == (["One\n\nTwo\n\nhttps://b.example/"], "https://a.example/")


def test_empty_post_is_removed_and_the_others_numbered_anew():
    draft = drafted("x.thread", Part("One\n\n1/3"), Part(""), Part("Three\n\n3/3"))

    after, _, left = mended(draft, "empty_part")

    assert (texts(after), left) == (["One\n\n1/2", "Three\n\n2/2"], [])


@pytest.mark.parametrize(
    ("format", "text", "code", "expected"),
    [
        ("x.thread", "a\ufffeb", "unsendable_character", "ab"),
        ("youtube.short", "a <b>", "forbidden_character", "a ‹b›"),
        ("x.thread", "$ABC and $DEF", "too_many_cashtags", "$ABC and DEF"),
        ("x.thread", "#One #Two\nThen words", "opening_is_hashtags", "Then words\n\n#One #Two"),
    ],
)
def test_characters_and_signs(format, text, code, expected):
    media = (card(),) if format == "youtube.short" else ()

    after, mend, left = mended(drafted(format, Part(text, media)), code)

    assert (texts(after), left) == ([expected], [])
    assert mend.drops == ""


def test_a_mend_that_would_do_nothing_is_not_offered():
    draft = drafted("facebook.post", Part("Words", link="www nowhere"))
    finding = next(each for each in draft.findings if each.code == "bad_link")

    assert [each.name for each in mends.available(finding, draft)] == ["remove_link"]
    assert mends.apply("write_link_in_full", draft, finding) == draft
    assert mends.available(replace(finding, part=7), draft) == ()


def test_every_mend_has_a_finding_that_offers_it():
    by_format = {"split_part", "condense", "join_parts"}

    assert set(mends.MENDS) == by_format | {name for names in mends.BY_CODE.values() for name in names}


def test_findings_of_any_level_name_their_mends():
    draft = drafted("threads.thread", Part("Words #One #Two"))

    finding = next(each for each in draft.findings if each.code == "too_many_hashtags")
    assert (finding.level, finding.mend) == (Level.WARNING, "drop_hashtags")
