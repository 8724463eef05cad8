"""TikTok photo posts: what is told about them, and looking for one whose answer was lost. Pure.

developers.tiktok.com/doc/content-posting-api-reference-photo-post, read in November 2026. The pictures are fetched from
our public address, which has to be verified at TikTok. One call starts everything: there is no handle before it, so a
lost answer is looked for among the account's public posts, and what is not found there is left to a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from channels.connectors.base import Lookup, LookupKind, UnsupportedFeature

FORMAT = "tiktok.photo"
MOST = 35
MIMES = frozenset({"image/jpeg", "image/webp"})
SHOWN = 150  # as much of a text as the list shows
PATIENCE = timedelta(minutes=15)
NOT_LISTED = (
    "TikTok does not show this post among those that everybody sees. It may still be looked at there, or be seen by fewer. "
    "Look in the TikTok app whether it is there."
)


def is_photo(payload: Mapping[str, Any]) -> bool:
    return payload.get("format") == FORMAT


def require(media: Sequence[Mapping[str, Any]]) -> None:
    """Raise UnsupportedFeature for what cannot be a photo post."""
    if not 1 <= len(media) <= MOST or any(medium["kind"] != "image" for medium in media):
        raise UnsupportedFeature("TikTok", f"anything but one to {MOST} pictures in a photo post")
    if any(medium["mime"] not in MIMES for medium in media):
        raise UnsupportedFeature("TikTok", "pictures that are neither JPEG nor WebP")


def body(said: Mapping[str, Any], text: str, options: Mapping[str, Any], urls: list[str]) -> dict[str, Any]:
    """``said`` is what is told about a video; a photo post knows less of it, and music besides."""
    names = ("privacy_level", "disable_comment", "brand_content_toggle", "brand_organic_toggle")
    info = {name: said[name] for name in names}
    return {
        "media_type": "PHOTO",
        "post_mode": "DIRECT_POST",
        "post_info": {**info, "description": text, "auto_add_music": bool(options.get("music", False))},
        "source_info": {"source": "PULL_FROM_URL", "photo_images": urls, "photo_cover_index": 0},
    }


def made_at(seconds: Any) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)


def found(posts: Iterable[Mapping[str, Any]], text: str, since: datetime, now: datetime) -> Lookup:
    """Look for our text among the newest public posts. Not being there proves nothing: TikTok looks at posts first.

    For ``PATIENCE`` it is asked again, then a person is.
    """
    start = " ".join(text[:SHOWN].split())
    after = (since - timedelta(seconds=60)).timestamp()
    same = [
        {
            "id": str(post["id"]),
            "url": str(post.get("share_url") or ""),
            "text": str(post.get("video_description")),
            "create_time": int(post["create_time"]),
        }
        for post in posts
        if int(post.get("create_time") or 0) >= int(after)
        and start
        and " ".join(str(post.get("video_description") or post.get("title") or "").split()) == start
    ]
    if len(same) != 1:
        reason = f"TikTok has {len(same)} posts with this text." if same else NOT_LISTED
        over = bool(same) or now - since > PATIENCE
        return Lookup(LookupKind.CANNOT, complete=over, seen=tuple(same), reason=reason)
    one = same[0]
    return Lookup(
        LookupKind.FOUND,
        remote_id=one["id"],
        remote_url=one["url"],
        complete=True,
        remote_ref={"id": one["id"]},
        seen=(one,),
        at=made_at(one["create_time"]),
    )
