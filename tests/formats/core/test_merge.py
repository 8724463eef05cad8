"""The three-way merge: tables for each rule, and Hypothesis for what must hold always."""

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from formats.core.merge import KEEP, TAKE, Choice, Conflict, Snapshot, merge, resolve
from formats.core.splitting import unmarked

pytestmark = pytest.mark.unit

A = Snapshot("a", "One", sources="b1")
B = Snapshot("b", "Two", sources="b2", media=(("k1", "Old words", "card", "b2"),))
C = Snapshot("c", "Three", sources="b3")


def texts(merged):
    return [part.text for part in merged.parts]


def thread(*texts, sources="points", start=0):
    """A numbered thread: parts p0, p1 … of one block."""
    total = len(texts)
    return [
        Snapshot(f"p{n + start}", f"{text}\n\n{n + 1}/{total}", sources=sources)
        for n, text in enumerate(texts)
    ]


def fresh(*parts):
    """New parts bear ids of their own."""
    return [replace(part, id=f"new-{n}") for n, part in enumerate(parts)]


def test_snapshot_survives_json():
    assert Snapshot.from_json(B.to_json()) == B


def test_untouched_parts_follow_and_keep_their_ids():
    merged = merge([A, B], [A, B], fresh(replace(A, text="One, new"), B))

    assert texts(merged) == ["One, new", "Two"]
    assert [part.id for part in merged.parts] == ["a", "b"]
    assert merged.conflicts == ()
    assert merged.updated == 1


def test_an_edit_stays_and_the_storys_words_are_offered():
    mine = replace(A, text="My own words")

    merged = merge([A], [mine], fresh(replace(A, text="One, new")))

    assert texts(merged) == ["My own words"]
    assert merged.conflicts == (Conflict(0, "text", "My own words", "One, new", id="a"),)


def test_an_edit_stays_silently_where_the_story_did_not_change():
    merged = merge([A], [replace(A, text="My own words")], fresh(A))

    assert texts(merged) == ["My own words"]
    assert merged.conflicts == ()


def test_edited_alt_words_go_on_the_new_picture():
    mine = replace(B, media=(("k1", "My words", "card", "b2"),))

    merged = merge([B], [mine], fresh(replace(B, media=(("k2", "Old words", "card", "b2"),))))

    assert merged.parts[0].media == (("k2", "My words", "card", "b2"),)
    assert merged.conflicts == ()


def test_alt_words_edited_here_and_there_are_a_conflict_of_that_picture():
    mine = replace(B, media=(("k1", "My words", "card", "b2"),))

    merged = merge([B], [mine], fresh(replace(B, media=(("k2", "Their words", "card", "b2"),))))

    (conflict,) = merged.conflicts
    assert (conflict.key, conflict.kept, conflict.offered) == ("b.alt.0", "My words", "Their words")
    assert resolve(merged, {"b.alt.0": TAKE}).parts[0].media == (("k2", "Their words", "card", "b2"),)


def test_a_described_picture_that_the_story_dropped_stays_until_somebody_decides():
    mine = replace(B, media=(("k1", "My words", "card", "b2"),))

    merged = merge([B], [mine], fresh(replace(B, media=())))

    assert merged.parts[0].media == mine.media
    assert [c.field for c in merged.conflicts] == ["media"]
    assert resolve(merged, {"b.media": TAKE}).parts[0].media == ()


def test_pictures_that_a_person_chose_stay():
    mine = replace(B, media=(("own", "Mine", "picture", ""),))
    new = fresh(replace(B, media=(("k2", "New", "card", "b2"),)))

    merged = merge([B], [mine], new)

    assert merged.parts[0].media == mine.media
    assert resolve(merged, {merged.conflicts[0].key: TAKE}).parts[0].media == new[0].media


def test_new_parts_come_where_they_belong():
    merged = merge([A, C], [A, C], fresh(A, Snapshot("n", "Between", sources="b2"), C))

    assert texts(merged) == ["One", "Between", "Three"]


def test_untouched_parts_that_the_story_lost_go_and_edited_ones_stay():
    merged = merge([A, B, C], [A, replace(B, text="Mine"), C], fresh(A))

    assert texts(merged) == ["One", "Mine"]
    assert [(c.part, c.field) for c in merged.conflicts] == [(1, "part")]
    assert texts(resolve(merged, {"b.part": TAKE})) == ["One"]


def test_parts_that_a_person_removed_or_added_stay_so():
    own = Snapshot("own", "Written by hand")

    assert texts(merge([A, B], [A, own], fresh(A, B))) == ["One", "Written by hand"]


def test_a_removed_part_comes_back_when_the_story_says_something_new_there():
    assert texts(merge([A, B], [A], fresh(A, replace(B, text="Two, new")))) == ["One", "Two, new"]


def test_order_follows_the_story():
    own = Snapshot("own", "By hand")

    merged = merge([A, B, C], [A, own, B, C], fresh(C, A, B))

    assert texts(merged) == ["Three", "One", "By hand", "Two"]


def test_order_that_a_person_chose_stays():
    merged = merge([A, B, C], [C, A, B], fresh(A, replace(B, text="Two, new"), C))

    assert texts(merged) == ["Three", "One", "Two, new"]


def test_a_point_put_first_does_not_shift_an_edit_onto_another_point():
    old = thread("Four tonnes in a day", "Many people took part", "Next day in May")
    mine = [old[0], replace(old[1], text="Very many people took part!\n\n2/3"), old[2]]
    new = fresh(
        *thread("A record at last", "Four tonnes in a day", "Many people took part", "Next day in May")
    )

    merged = merge(old, mine, new)

    assert texts(merged) == [
        "A record at last\n\n1/4",
        "Four tonnes in a day\n\n2/4",
        "Very many people took part!\n\n3/4",
        "Next day in May\n\n4/4",
    ]
    assert merged.conflicts == ()


def test_a_changed_number_brings_no_removed_part_back():
    old = thread("Four tonnes", "Many people", "Next day")

    merged = merge(
        old, [old[0], old[2]], fresh(*thread("Four tonnes", "Many people", "Next day", "And soup"))
    )

    assert [unmarked(text) for text in texts(merged)] == ["Four tonnes", "Next day", "And soup"]


def test_resolve_takes_own_words_and_leaves_the_rest_open():
    mine = [replace(A, text="My one"), replace(C, text="My three")]
    merged = merge([A, C], mine, fresh(replace(A, text="1"), replace(C, text="3")))

    decided = resolve(merged, {"a.text": Choice("edit", "Both in one")})

    assert texts(decided) == ["Both in one", "My three"]
    assert [c.key for c in decided.conflicts] == ["c.text"]


def test_resolve_keeps_the_edit_and_closes_the_conflict():
    merged = merge([A], [replace(A, text="Mine")], fresh(replace(A, text="Theirs")))

    decided = resolve(merged, {"a.text": KEEP})

    assert texts(decided) == ["Mine"]
    assert decided.conflicts == ()


# What always holds ----------------------------------------------------------------------------------------------------
WORDS = st.sampled_from(
    ["river", "clean", "4.2 tonnes", "नदी", "نهر", "川", "👩‍👩‍👧", "people", "soup", "Jean", "e\u0301", "1/3"]
)
TEXT = st.lists(WORDS, max_size=5).map(" ".join)
SOURCES = st.sampled_from(["", "b1", "b2", "b3", "b1 b2"])
MEDIA = st.lists(
    st.tuples(st.sampled_from(["k1", "k2", "k3"]), TEXT, st.sampled_from(["card", "picture"]), SOURCES),
    max_size=2,
).map(tuple)
PART = st.builds(
    Snapshot, id=st.just(""), text=TEXT, link=st.sampled_from(["", "u1", "u2"]), sources=SOURCES, media=MEDIA
)


@st.composite
def situations(draw):
    """(old, mine, new): mine is old with edits, removals, moves and additions; new is old with the story's changes."""
    old = [replace(part, id=f"o{n}") for n, part in enumerate(draw(st.lists(PART, max_size=5)))]
    mine = []
    for part in old:
        what = draw(st.sampled_from(["keep", "keep", "edit", "alt", "remove"]))
        if what == "edit":
            part = replace(part, text=draw(TEXT))
        elif what == "alt":
            part = replace(part, media=tuple((k, draw(TEXT), r, s) for k, _, r, s in part.media))
        if what != "remove":
            mine.append(part)
    mine += [replace(part, id=f"m{n}") for n, part in enumerate(draw(st.lists(PART, max_size=2)))]
    if draw(st.booleans()):
        mine = draw(st.permutations(mine))
    new = [
        replace(part, text=draw(TEXT)) if draw(st.booleans()) else part for part in old if draw(st.booleans())
    ]
    new += draw(st.lists(PART, max_size=2))
    if draw(st.booleans()):
        new = draw(st.permutations(new))
    return old, mine, [replace(part, id=f"n{n}") for n, part in enumerate(new)]


@settings(max_examples=120)
@given(situations())
@example(([Snapshot("o0", "")], [Snapshot("o0", "1/3")], []))
def test_no_edit_is_ever_lost(situation):
    old, mine, new = situation
    before = {part.id: part for part in old}

    merged = merge(old, mine, new)

    there = {part.id: part for part in merged.parts}
    for part in mine:
        was = before.get(part.id)
        if was is None:
            assert there[part.id] == part
            continue
        if part == was:
            continue
        if unmarked(part.text) != unmarked(was.text):
            assert unmarked(there[part.id].text) == unmarked(part.text)
        if [row[0] for row in part.media] == [row[0] for row in was.media]:
            edited = {row[1] for row, row_was in zip(part.media, was.media, strict=True) if row != row_was}
            if edited:  # a part of which only the number was changed may go with its source
                assert edited <= {row[1] for row in there[part.id].media}
        else:
            assert there[part.id].media == part.media


@settings(max_examples=120)
@given(situations())
@example(
    (
        [Snapshot("o0", "river", sources="b2")],
        [Snapshot("o0", "", sources="b2")],
        [Snapshot("n0", "1/3", sources="b2")],
    )
)
def test_merging_is_deterministic_and_again_changes_nothing(situation):
    old, mine, new = situation

    once = merge(old, mine, new)
    again = merge(once.base, once.parts, new)

    assert once == merge(old, mine, new)
    assert again.parts == once.parts
    assert again.updated == 0
    assert again.conflicts == ()


@settings(max_examples=80)
@given(situations())
def test_untouched_variant_becomes_exactly_the_new_derivation(situation):
    old, _, new = situation

    merged = merge(old, old, new)

    assert [replace(part, id="") for part in merged.parts] == [replace(part, id="") for part in new]
    assert merged.conflicts == ()
    assert len({part.id for part in merged.parts}) == len(merged.parts)


@settings(max_examples=80)
@given(situations())
@example(([Snapshot("o0", "1/3")], [Snapshot("o0", "")], []))
def test_an_unchanged_story_changes_nothing(situation):
    old, mine, _ = situation

    merged = merge(old, mine, [replace(part, id=f"n{n}") for n, part in enumerate(old)])

    before = {part.id: part.text for part in old}
    for part, kept in zip(mine, merged.parts, strict=True):
        was = before.get(part.id, part.text)
        renumbered = part.text != was and unmarked(part.text) == unmarked(
            was
        )  # its number follows the thread
        assert kept.text == (was if renumbered else part.text)
    assert merged.conflicts == ()


@settings(max_examples=60)
@given(situations())
def test_every_conflict_can_be_decided(situation):
    merged = merge(*situation)

    assert len({c.key for c in merged.conflicts}) == len(merged.conflicts)
    assert all(merged.parts[c.part].id == c.id for c in merged.conflicts)
    assert resolve(merged, {c.key: TAKE for c in merged.conflicts}).conflicts == ()
