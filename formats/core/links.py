"""Web addresses in posts: which are usable, and how clicks on them can be told apart."""

from __future__ import annotations

from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit, urlunsplit


def parsed(url: str) -> SplitResult | None:
    """Return the parts of an absolute web address; None for anything that cannot be opened in a browser."""
    try:
        parts = urlsplit(url.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    if not usable or any(c.isspace() for c in url.strip()):
        return None
    return parts


def with_utm(url: str, *, source: str, campaign: str, content: str, medium: str = "social") -> str:
    """Return ``url`` with the tags by which web statistics tell platforms and formats apart.

    Tags that the address already has are kept: somebody chose them. Something that is no web address comes back
    unchanged, and ``checks`` says so.
    """
    parts = parsed(url)
    if parts is None:
        return url.strip()
    present = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    wanted = {"utm_source": source, "utm_medium": medium, "utm_campaign": campaign, "utm_content": content}
    added = urlencode([(name, value) for name, value in wanted.items() if value and name not in present])
    query = "&".join(each for each in (parts.query, added) if each)
    return urlunsplit(parts._replace(query=query))


def spoken(url: str) -> str:
    """Return an address short enough to print on a picture: the host, without ``www.``; empty if there is none."""
    parts = parsed(url)
    return (parts.hostname or "").removeprefix("www.") if parts else ""
