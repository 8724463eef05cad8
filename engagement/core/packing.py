"""A network's answer in few bytes. Pure."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any

# What answers are full of: compression of a short text is as good as what it may refer back to.
_WORDS = (
    b'"profile_visits":"bookmark_count":"quote_count":"repost_count":"replyCount":"indexedAt":"insights":[{"name":"'
    b'","period":"lifetime","values":[{"value":"total_value":"title":"description":"id":"https://{"statistics":'
    b'{"viewCount":"likeCount":"commentCount":"favoriteCount":"analytics":{"posts":[{"created_at":"edit_history_tweet_ids":['
    b'"media":[],"non_public_metrics":{"impression_count":,"url_link_clicks":,"user_profile_clicks":'
    b',"public_metrics":{"retweet_count":,"reply_count":,"like_count":,"quote_count":,"text":"'
)


def pack(raw: Mapping[str, Any]) -> bytes:
    squeeze = zlib.compressobj(level=9, wbits=-15, zdict=_WORDS)
    text = json.dumps(raw, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    return b"1" + squeeze.compress(text) + squeeze.flush()


def unpack(packed: bytes) -> Any:
    """Raises ValueError for what :func:`pack` did not make."""
    if packed[:1] != b"1":
        raise ValueError("not a packed answer of this kind")
    unsqueeze = zlib.decompressobj(wbits=-15, zdict=_WORDS)
    return json.loads(unsqueeze.decompress(packed[1:]) + unsqueeze.flush())
