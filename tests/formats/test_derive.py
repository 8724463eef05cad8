"""What a variant was made from, and what changed since, over plain pieces."""

from dataclasses import replace

import pytest

from formats.core.merge import Snapshot
from formats.core.piece import Campaign, Paragraph, Piece, Quote
from formats.derive import Change, changes, concerning, derivation

pytestmark = pytest.mark.unit

A = Snapshot("a", "One", sources="b1")


def piece(*blocks, headline="Four tonnes"):
    return Piece("story:1", "story", headline, "Lead", blocks, campaign=Campaign("River"))


def test_changes_names_what_changed_came_and_went():
    then = derivation(piece(Paragraph("p", "One"), Quote("q", "Yes", "Jean")), [A])

    found = changes(then, piece(Paragraph("p", "Two"), Paragraph("n", "New"), headline="Five tonnes"))

    assert found == [
        Change("headline", "changed", "headline"),
        Change("p", "changed", "paragraph"),
        Change("n", "added", "paragraph"),
        Change("q", "removed", "quote"),
    ]


def test_changes_without_a_difference_is_empty():
    same = piece(Paragraph("p", "One"))

    assert changes(derivation(same, [A]), same) == []


def test_concerning_leaves_out_blocks_that_no_part_uses():
    found = [
        Change("b1", "changed", "quote"),
        Change("b9", "changed", "quote"),
        Change("lead", "changed", "lead"),
    ]

    assert concerning(found, [A]) == [found[0], found[2]]


def test_derivation_keeps_the_claims_of_each_block():
    told = replace(piece(Paragraph("p", "One")), claims=(("p", (3, 4)),))

    assert derivation(told, [A])["claims"] == {"p": [3, 4]}


def test_claims_alone_are_no_drift():
    then = derivation(piece(Paragraph("p", "One")), [A])

    assert changes(then, replace(piece(Paragraph("p", "One")), claims=(("p", (3,)),))) == []


def test_another_language_is_drift_but_not_for_what_was_made_before_it_was_kept():
    then = derivation(piece(Paragraph("p", "One")), [A])
    now = replace(piece(Paragraph("p", "One")), language="cy")

    found = changes(then, now)

    assert [str(change) for change in concerning(found, [A])] == ["language changed"]
    assert changes({name: value for name, value in then.items() if name != "language"}, now) == []
