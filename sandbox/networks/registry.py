"""The networks the sandbox stands in for. A new one is a module beside this and one line here."""

from __future__ import annotations

from sandbox.network import Network
from sandbox.networks import (
    bluesky,
    facebook,
    instagram,
    linkedin,
    mastodon,
    threads,
    tiktok,
    whatsapp,
    x,
    youtube,
)

NETWORKS: dict[str, Network] = {
    network.name: network
    for network in (
        x.NETWORK,
        facebook.NETWORK,
        instagram.NETWORK,
        threads.NETWORK,
        linkedin.NETWORK,
        youtube.NETWORK,
        mastodon.NETWORK,
        bluesky.NETWORK,
        whatsapp.NETWORK,
        tiktok.NETWORK,
    )
}
