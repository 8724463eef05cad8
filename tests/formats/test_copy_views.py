"""Copying a change to the other variants: seen before it happens, closed where it may not, and taken back."""

import json
from dataclasses import replace

import pytest

from formats import desk
from formats.models import Variant
from formats.variants import fresh, save
from tests.formats.test_desk import sent  # noqa: F401 - a fixture
from tests.formats.test_views import address, queries_for, signed_in

pytestmark = pytest.mark.db


@pytest.fixture
def creator(world):
    return signed_in(world.people["creator"])


def write(variant, person, **texts):
    """Change words of the first part as an editor would."""
    row = fresh(variant.pk)
    rows = desk.rows_of(row)
    first = rows[0]
    changed = first.text
    for old, new in texts.values():
        changed = changed.replace(old, new)
    desk.put(row, (replace(first, text=changed), *rows[1:]))
    save(row, by=person)
    return row


@pytest.fixture
def corrected(world):
    """A thread in which somebody corrected a figure that stands in the post too."""
    thread, post = world.make("x.thread", "facebook.post")
    write(thread, world.people["creator"], it=("Four tonnes", "Five tonnes"))
    return thread, post, f"words-{thread.parts[0].id}"


def test_the_page_shows_what_would_change_where(corrected, creator):
    thread, post, what = corrected

    page = creator.get(address("copy", pk=thread.pk), {"what": what}).content.decode()

    assert "What you changed in part 1" in page
    assert "<del>" in page
    assert "Five" in page
    assert f'name="to" value="{post.pk}" checked' in page
    assert fresh(post.pk).to_parts() == post.to_parts()


def test_it_is_copied_to_the_ticked_ones_and_taken_back(corrected, creator):
    thread, post, what = corrected
    was = fresh(post.pk).to_parts()
    url = address("copy", pk=thread.pk)

    answer = creator.post(url, {"what": what, "to": [post.pk]})

    now = fresh(post.pk)
    assert now.to_parts()[0].text == was[0].text.replace("Four tonnes", "Five tonnes")
    assert Variant.objects.get(pk=post.pk).to_parts() == now.to_parts()
    done = answer.url.split("done=")[1]
    page = creator.get(answer.url).content.decode()
    assert "Take it back" in page
    creator.post(address("undo_copy", pk=thread.pk), {"done": done})
    assert fresh(post.pk).to_parts() == was


def test_people_are_called_as_the_other_platform_calls_them_and_it_is_said(world, creator):
    handles = {"x": "RiverTrust", "mastodon": "trust@green.example"}
    world.campaign.known_accounts.create(name="River Trust", handles=handles)
    thread, toot, post = world.make("x.thread", "mastodon.thread", "facebook.post")
    write(thread, world.people["creator"], it=("Four tonnes", "With @RiverTrust: five tonnes"))
    url, what = address("copy", pk=thread.pk), f"words-{thread.parts[0].id}"

    page = creator.get(url, {"what": what}).content.decode()
    answer = creator.post(url, {"what": what, "to": [toot.pk, post.pk]}, follow=True).content.decode()

    assert "<bdi>@RiverTrust</bdi> is written as <bdi>@trust@green.example</bdi> here." in page
    assert "<bdi>@RiverTrust</bdi> is written as <bdi>River Trust</bdi> here." in page
    assert "With @trust@green.example: five tonnes" in fresh(toot.pk).to_parts()[0].text
    assert "With River Trust: five tonnes" in fresh(post.pk).to_parts()[0].text
    assert (
        "@RiverTrust is River Trust on Facebook. @RiverTrust is @trust@green.example on Mastodon." in answer
    )
    assert "foreign_handle" not in {each.code for each in fresh(toot.pk).findings()}


def test_taking_back_leaves_what_changed_since(world, corrected, creator):
    thread, post, what = corrected
    answer = creator.post(address("copy", pk=thread.pk), {"what": what, "to": [post.pk]})
    write(post, world.people["manager"], it=("Five tonnes", "Six tonnes"))

    page = creator.post(
        address("undo_copy", pk=thread.pk), {"done": answer.url.split("done=")[1]}, follow=True
    ).content.decode()

    assert "Left as they are, because they changed since: Facebook post" in page
    assert "Six tonnes" in fresh(post.pk).to_parts()[0].text


def test_a_forged_undo_does_nothing(corrected, creator):
    thread, post, _ = corrected
    before = fresh(post.pk).latest_revision_id

    creator.post(address("undo_copy", pk=thread.pk), {"done": json.dumps([[post.pk, 1, before]])})

    assert fresh(post.pk).latest_revision_id == before


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("approved", "It is approved."),
        ("published", "It is published."),
        ("in_review", "waiting for approval"),
    ],
)
def test_closed_variants_stay_as_they_are_and_say_why(corrected, creator, sent, word, reason):  # noqa: F811
    thread, post, what = corrected
    sent[post.pk] = word

    page = creator.get(address("copy", pk=thread.pk), {"what": what}).content.decode()
    creator.post(address("copy", pk=thread.pk), {"what": what, "to": [post.pk]})

    assert reason in page
    assert fresh(post.pk).to_parts() == post.to_parts()


def test_nothing_ticked_is_said(corrected, creator):
    thread, _, what = corrected

    page = creator.post(address("copy", pk=thread.pk), {"what": what}, follow=True).content.decode()

    assert "Choose at least one variant" in page


def test_people_who_only_look_cannot_copy(world, corrected):
    thread, post, what = corrected
    analyst = signed_in(world.people["analyst"])

    answer = analyst.post(address("copy", pk=thread.pk), {"what": what, "to": [post.pk]})

    assert answer.status_code in (302, 403)
    assert fresh(post.pk).to_parts() == post.to_parts()


def test_the_page_costs_the_same_for_one_other_and_for_many(world, creator, django_assert_max_num_queries):
    [thread, _] = world.make("x.thread", "facebook.post")
    url = f"{address('copy', pk=thread.pk)}?what=tags"
    queries_for(creator, url, django_assert_max_num_queries)
    one = queries_for(creator, url, django_assert_max_num_queries)

    world.make("instagram.carousel", "instagram.reel", "x.post")

    assert queries_for(creator, url, django_assert_max_num_queries) == one


def test_the_board_compares_openings_and_filters(world, corrected, creator):
    thread, post, _ = corrected
    url = address("story", story_id=thread.story_id)

    every = creator.get(url).content.decode()
    only_x = creator.get(url, {"platform": "x"}).content.decode()
    sent_ones = creator.get(url, {"only": "sent"}).content.decode()

    assert "How they begin, and where they lead" in every
    assert f'id="variant-{post.pk}"' in every
    assert f'id="variant-{post.pk}"' not in only_x
    assert f'id="variant-{thread.pk}"' in only_x
    assert "No variant of this story is like that" in sent_ones
