"""A campaign's settings: colours that read, days in order, hashtags that work."""

import pytest
from django.core.exceptions import ValidationError

from cms.models import CampaignPage, StoryPage

pytestmark = pytest.mark.db


def errors_of(page) -> dict:
    with pytest.raises(ValidationError) as caught:
        page.full_clean()
    return caught.value.message_dict


@pytest.mark.parametrize("colour", ["red", "#12345", "#12345g", "0b5c63"])
def test_colour_must_be_written_as_hex(campaign, colour):
    campaign.colour = colour

    (message,) = errors_of(campaign)["colour"]

    assert "#0b5c63" in message


def test_last_day_before_the_first(campaign):
    campaign.starts_on, campaign.ends_on = "2026-05-02", "2026-05-01"
    campaign.starts_on = CampaignPage._meta.get_field("starts_on").to_python(campaign.starts_on)
    campaign.ends_on = CampaignPage._meta.get_field("ends_on").to_python(campaign.ends_on)

    assert errors_of(campaign)["ends_on"] == ["The last day is before the first day."]


def test_hashtag_that_a_network_would_cut(campaign):
    campaign.hashtags = "#clean-up"

    (message,) = errors_of(campaign)["hashtags"]

    assert message.startswith("#clean-up would not work as a hashtag. Use letters")


def test_piece_belongs_to_its_campaign(make_story, campaign, make_campaign):
    other = make_campaign("Safe Cycling")

    assert make_story().get_campaign().pk == campaign.pk
    assert make_story(title="Other", under=other).get_campaign().pk == other.pk
    assert campaign.get_campaign() == campaign


def test_emoji_headlines_get_different_addresses(make_story):
    first, second = make_story(title="🎉"), make_story(title="🚲")

    assert first.slug != second.slug
    assert StoryPage.objects.filter(slug__in=[first.slug, second.slug]).count() == 2
