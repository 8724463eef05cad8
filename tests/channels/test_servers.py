"""A server that a person names: made into an address, put into the network's, and never one of our own."""

from __future__ import annotations

import pytest

from channels.safe import UnsafeAddress
from channels.servers import has_servers, network_of, server_address
from channels.wire import NotSent, Wire

MANY = {"api": "{server}", "client_id": "", "client_secret": ""}


@pytest.fixture
def many(settings):
    settings.NETWORKS = {**settings.NETWORKS, "many": MANY}
    settings.SANDBOX_URL = ""


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("mastodon.social", "https://mastodon.social"),
        (" https://Mastodon.Social/ ", "https://mastodon.social"),
        ("@river@social.example.org", "https://social.example.org"),
        ("https://social.example.org/@river", "https://social.example.org"),
    ],
)
def test_what_people_type_becomes_an_address(typed, address, many):
    assert server_address(typed) == address


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "localhost",
        "http://mastodon.social",
        "https://a:b@mastodon.social",
        "https://mastodon.social:99999",
        "ftp://x.org",
    ],
)
def test_what_is_no_public_server_is_refused_in_words(typed, many):
    with pytest.raises(UnsafeAddress) as refused:
        server_address(typed)
    assert str(refused.value).endswith(".")


def test_only_the_sandbox_may_do_without_tls_and_below_a_path(many, settings):
    settings.SANDBOX_URL = "http://127.0.0.1:8001"

    assert server_address("http://127.0.0.1:8001/many") == "http://127.0.0.1:8001/many"
    with pytest.raises(UnsafeAddress):
        server_address("http://127.0.0.1:8002/many")


def test_the_server_stands_in_the_networks_addresses(many):
    assert has_servers("many")
    assert not has_servers("x")
    assert network_of("many", "https://a.example")["api"] == "https://a.example"


def test_a_channels_calls_go_to_its_server_and_never_into_our_own_network(many):
    wire = Wire("many", token="t", server="http://127.0.0.1")

    assert wire.url("api", "/v1") == "http://127.0.0.1/v1"
    with pytest.raises(NotSent):
        wire.get(wire.url("api", "/v1"))
    with pytest.raises(NotSent, match="not its own"):
        wire.get("https://elsewhere.example/v1")
    assert wire.bytes_started_at is None
