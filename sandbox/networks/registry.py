"""The networks the sandbox stands in for. A new one is a module beside this and one line here."""

from __future__ import annotations

from sandbox.network import Network
from sandbox.networks import facebook, instagram, x

NETWORKS: dict[str, Network] = {
    network.name: network for network in (x.NETWORK, facebook.NETWORK, instagram.NETWORK)
}
