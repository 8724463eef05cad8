"""Measures publishing with real processes over real HTTP, against a network that answers at once."""

from publishing.bench.measure import measure

__all__ = ["measure"]
