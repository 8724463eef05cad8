"""The catalogue is data: it must speak of the networks and metrics that there are, and of what connectors read."""

import pytest
from django.urls import reverse

from channels.connectors.abilities import Read
from channels.connectors.registry import CONNECTORS
from engagement.core.catalogue import NETWORKS, counted_apart, definitions, tells
from engagement.core.metrics import NAMES
from engagement.history.invent import TELLS


@pytest.mark.unit
def test_every_network_that_tells_numbers_is_described():
    assert set(NETWORKS) == {c.platform for c in CONNECTORS if Read.NUMBERS in c.reads}


@pytest.mark.unit
@pytest.mark.parametrize("platform", NETWORKS)
def test_definitions_use_our_names_and_say_who_says_so(platform):
    network = NETWORKS[platform]

    assert set(network.metrics) <= set(NAMES)
    assert "read 20" in network.source
    assert network.lag.endswith(".")
    assert all(d.theirs and d.words.endswith(".") for d in network.metrics.values())


@pytest.mark.unit
def test_of_what_differs_from_network_to_network_each_says_what_it_counts():
    """A share of Instagram is a private message, one of X is public; Mastodon counts direct replies, Facebook all."""
    for name in ("views", "clicks", "shares", "comments"):
        assert all(d.counts for _, d in definitions(name, NETWORKS) if d is not None)
    assert len(counted_apart("shares", ["instagram", "x"])) == 2
    assert len(counted_apart("comments", ["mastodon", "facebook"])) == 2
    assert counted_apart("shares", ["x", "bluesky", "threads"]) == {}
    assert counted_apart("comments", ["x", "bluesky", "mastodon"]) == {}


@pytest.mark.unit
def test_what_is_invented_for_measuring_is_what_networks_tell():
    assert all(tells(platform, name) for platform, names in TELLS.items() for name in names)


@pytest.mark.unit
def test_a_network_that_does_not_tell_a_number_has_no_definition_of_it():
    told = dict(definitions("reach", ["facebook", "mastodon", "unheard-of"]))

    assert told["facebook"].theirs.startswith("post_total_media_view")
    assert (told["mastodon"], told["unheard-of"]) == (None, None)


@pytest.mark.db
def test_the_page_of_meanings_tells_what_each_network_counts(admin_client):
    page = admin_client.get(reverse("engagement:meanings")).content.decode()

    assert all(d.theirs in page for network in NETWORKS.values() for d in network.metrics.values())
    assert all(network.source in page for network in NETWORKS.values())
