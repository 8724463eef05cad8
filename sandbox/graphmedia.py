"""Media that Meta's servers fetch themselves."""

from __future__ import annotations

from sandbox import fetch
from sandbox.box import box


def fetched(url: str, limit: int) -> tuple[str, bool]:
    """Fetch a medium; returns (sha256, whether it is larger than allowed). Raises fetch.NotFetched."""
    store = box().store
    path = fetch.fetch(url, hosts=box().fetch_hosts, limit=limit, folder=store.uploads)
    try:
        return store.keep(path), path.stat().st_size > limit
    finally:
        path.unlink()
