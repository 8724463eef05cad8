"""The options of a variant: asked in the editor, kept, approved, and shown to the approver."""

import pytest

from channels.models import Channel
from formats import servers
from formats.core.draft import Part
from formats.core.payload import digest
from formats.models import Variant
from formats.payload import head
from formats.preview import preview_payload, render_payload
from formats.registry import FORMATS
from formats.variants import fresh
from tests.formats.test_views import address, form_data, signed_in

pytestmark = pytest.mark.db


@pytest.fixture
def creator(world):
    return signed_in(world.people["creator"])


@pytest.fixture
def variant(world):
    [made] = world.make("tiktok.video")
    return made


def answers(**said):
    return {"options-asked": "1"} | {f"options-{name}": value for name, value in said.items()}


def codes(variant):
    return {f.code for f in variant.findings()}


def test_the_editor_asks_and_keeps_the_answers(variant, creator):
    url = address("edit", pk=variant.pk)
    page = creator.get(url).content.decode()
    assert 'name="options-privacy"' in page
    assert "Please choose" in page
    assert "option_privacy_missing" in codes(fresh(variant.pk))

    creator.post(url, form_data(fresh(variant.pk), **answers(privacy="SELF_ONLY", comment="on")))

    kept = fresh(variant.pk)
    assert (kept.options["privacy"], kept.options["comment"], kept.options["duet"]) == (
        "SELF_ONLY",
        True,
        False,
    )
    assert Variant.objects.get(pk=variant.pk).options == kept.options
    assert "option_privacy_missing" not in codes(kept)


def test_a_form_that_does_not_ask_changes_nothing(variant, creator):
    variant.options = {"privacy": "SELF_ONLY"}
    variant.save()
    variant.save_revision()

    creator.post(address("edit", pk=variant.pk), form_data(fresh(variant.pk)))

    assert fresh(variant.pk).options["privacy"] == "SELF_ONLY"


def test_formats_that_ask_nothing_show_nothing_and_keep_their_payload(world, creator):
    [variant] = world.make("x.thread")

    assert "options-asked" not in creator.get(address("edit", pk=variant.pk)).content.decode()
    assert "options" not in head(variant)


def test_the_answers_are_part_of_what_is_approved_and_seen(variant):
    before = digest(head(variant))
    variant.options = {"privacy": "SELF_ONLY"}

    assert head(variant)["options"]["privacy"] == "SELF_ONLY"
    assert digest(head(variant)) != before
    shown = render_payload(preview_payload(variant))
    assert "Who can see it" in shown
    assert "Only ourselves" in shown


def test_the_desk_judges_answers_that_are_not_saved(variant, creator):
    data = form_data(variant, **answers(privacy="SELF_ONLY", branded="on"))

    answer = creator.post(address("desk", pk=variant.pk), data).json()

    assert "paid partnership that only we can see" in answer["whole"]
    assert "not answered yet" not in answer["whole"]


def test_what_the_account_does_not_offer_is_said(world, variant):
    channel = Channel.objects.create(
        campaign_id=variant.campaign_id,
        platform="tiktok",
        remote_id="1",
        handle="@ours",
        facts={"options": {"privacy": ["SELF_ONLY"], "comment": [False]}},
    )
    variant.channels = [channel]
    variant.options = {"privacy": "PUBLIC_TO_EVERYONE", "comment": True}

    assert {"option_privacy_not_offered", "option_comment_not_offered"} <= codes(variant)
    variant.options = {"privacy": "SELF_ONLY"}
    assert not any(code.startswith("option_") for code in codes(variant))


def test_a_server_of_its_own_has_limits_of_its_own_and_a_warning_takes_room(world):
    [variant] = world.make("mastodon.thread")
    channel = Channel.objects.create(
        campaign_id=world.campaign.pk, platform="mastodon", remote_id="1@a.example", handle="@town@a.example",
        facts={"limits": {"text": 5000}},
    )  # fmt: skip
    long = "x" * 600

    def found():
        return {f.code for f in servers.as_taken(variant).check([Part(long)], language="en")}

    assert "text_too_long" in found()
    variant.channels.set([channel])
    assert "text_too_long" not in found()
    variant.options = {"spoiler_text": "y" * 200}
    channel.facts = {"limits": {"text": 700}}
    channel.save()
    assert "text_too_long" in found()
    assert servers.as_taken(variant).text_limit == 500


def test_of_several_servers_the_strictest_counts():
    spec = FORMATS["mastodon.thread"]

    assert servers.strictest(spec, [{"limits": {"text": 5000, "media": 16}}, {"limits": {"text": 1000}}]) == {
        "text": 1000, "media": 4, "alt": 1500, "url_weight": 23, "image_bytes": 16_777_216,
    }  # fmt: skip
    assert servers.strictest(spec, []) == {}
