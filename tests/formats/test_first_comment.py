"""The first comment: asked where the network takes one, counted, looked at, approved with the rest, shown."""

from types import SimpleNamespace

import pytest

from channels.connectors.abilities import Action
from channels.connectors.registry import CONNECTORS
from formats import options
from formats.core import first_comment
from formats.core.draft import Level, Part
from formats.core.options import settled
from formats.core.payload import digest
from formats.payload import head
from formats.preview import preview_payload, render_payload
from formats.registry import FORMATS
from formats.report import Report
from formats.variants import fresh
from tests.formats.test_options import answers, codes
from tests.formats.test_views import address, form_data, signed_in

ASKING = {spec.id for spec in FORMATS if any(option.name == first_comment.NAME for option in spec.options)}


def said(format: str, text: str, post: str = "The river is clean.") -> list[str]:
    spec = FORMATS[format]
    asked = settled(spec.options, {"first_comment": text})
    return [found.code for found in first_comment.check(spec, [Part(post)], asked)]


def test_it_is_asked_for_exactly_where_the_network_takes_one():
    takes = {c.platform for c in CONNECTORS if Action.COMMENT in c.acts}
    assert {spec.id for spec in FORMATS if spec.platform in takes} - ASKING == {"instagram.story"}
    assert {name.partition(".")[0] for name in ASKING} == takes


@pytest.mark.parametrize(
    ("format", "most"),
    [
        ("facebook.post", 8000),
        ("instagram.carousel", 2200),
        ("youtube.short", 10_000),
        ("linkedin.post", 1250),
    ],
)
def test_each_network_has_its_own_length(format, most):
    options = FORMATS[format].options
    just, over = ({"first_comment": "x" * count} for count in (most, most + 1))

    assert first_comment.length(options, just).over == 0
    assert (first_comment.length(options, over).count, first_comment.length(options, over).over) == (
        most + 1,
        1,
    )
    assert first_comment.length(options, {}) is None
    assert first_comment.length(FORMATS["x.thread"].options, just) is None


def test_what_is_wrong_with_it_is_said():
    assert said("facebook.post", "See https://river.example for the map") == []
    assert said("instagram.image", "See https://river.example for the map") == ["first_comment_link"]
    assert said("facebook.post", "The river is clean.") == ["first_comment_repeats"]
    assert said("facebook.post", "The\ufeffriver") == ["first_comment_unsendable"]
    assert said("facebook.post", "") == []


def test_its_hashtags_count_together_with_those_of_the_post():
    post = "Clean! #river #nets #thanks"
    assert said("instagram.image", "#spring #boats", post) == []
    assert said("instagram.image", "#spring #boats #mill", post) == ["first_comment_hashtags"]
    spec = FORMATS["instagram.image"]
    many = {"first_comment": " ".join(f"#tag{n}x" for n in range(28))}
    (found,) = first_comment.check(spec, [Part(post)], many)
    assert (found.level, found.actual, found.limit) == (Level.BLOCKER, 31, 30)


@pytest.mark.parametrize(
    ("answer", "code"),
    [({"made_for_kids": "yes"}, "first_comment_for_kids"), ({"privacy": "private"}, "first_comment_private")],
)
def test_a_video_that_has_no_comments_cannot_have_a_first_one(answer, code):
    spec = FORMATS["youtube.short"]
    assert code in {
        f.code for f in spec.option_rules(settled(spec.options, {**answer, "first_comment": "Hello"}))
    }
    assert code not in {f.code for f in spec.option_rules(settled(spec.options, answer))}


@pytest.mark.parametrize(
    ("scopes", "text", "warned"),
    [
        (["pages_manage_posts", "pages_manage_engagement"], "Hello", False),
        (["pages_manage_posts"], "Hello", True),
        (["pages_manage_posts"], "", False),
        ([], "Hello", False),  # nobody told us its permissions
    ],
)
def test_an_account_that_may_not_comment_is_named_before(scopes, text, warned):
    page = SimpleNamespace(platform="facebook", handle="Riverside", scopes=scopes, facts={})
    variant = SimpleNamespace(
        spec=FORMATS["facebook.post"],
        options={"first_comment": text},
        channels=SimpleNamespace(all=lambda: [page]),
        to_parts=lambda: (Part("The river is clean."),),
    )

    found = [f for f in options.findings(variant) if f.code == "first_comment_not_allowed"]

    assert bool(found) is warned
    assert all("Riverside" in f.message and "pages_manage_engagement" in f.remedy for f in found)


# In the editor and on the way out -------------------------------------------------------------------------------------


@pytest.fixture
def variant(world):
    [made] = world.make("linkedin.post")
    return made


@pytest.mark.db
def test_the_editor_asks_keeps_counts_and_shows_it(world, variant):
    creator = signed_in(world.people["creator"])
    url = address("edit", pk=variant.pk)
    assert 'name="options-first_comment"' in creator.get(url).content.decode()

    creator.post(
        url, form_data(fresh(variant.pk), **answers(first_comment=" Where we meet:\r\nthe old mill "))
    )

    kept = fresh(variant.pk)
    assert kept.options["first_comment"] == "Where we meet:\nthe old mill"
    length = Report(kept).first_comment
    assert (length.count, length.limit) == (27, 1250)
    shown = render_payload(preview_payload(kept))
    assert "Where we meet:<br>the old mill" in shown
    assert "27 / 1250 characters" in shown
    page = creator.get(url).content.decode()
    assert page.count("27 / 1250 characters") >= 2


@pytest.mark.db
def test_one_that_is_too_long_cannot_be_submitted(variant):
    variant.options = {"first_comment": "x" * 1251}
    (found,) = (f for f in variant.findings() if f.code == "option_first_comment_too_long")
    assert (found.level, found.actual, found.limit) == (Level.BLOCKER, 1251, 1250)
    assert "first_comment_repeats" not in codes(variant)


@pytest.mark.db
def test_it_is_part_of_what_is_approved_and_an_empty_one_changes_nothing(variant):
    before = digest(head(variant))
    assert "options" not in head(variant)

    variant.options = {"first_comment": "  \r\n"}
    assert digest(head(variant)) == before

    variant.options = {"first_comment": "Where we meet"}
    one = digest(head(variant))
    variant.options = {"first_comment": "Where we met"}
    assert len({before, one, digest(head(variant))}) == 3
