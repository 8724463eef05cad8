"""Which media the formats make for each network today: fewer than some networks take. Pure."""

from __future__ import annotations

from channels.connectors.abilities import Media
from formats.registry import FORMATS

OF_PICTURES = {Media.IMAGE, Media.ALT_TEXT}
OF_VIDEOS = {Media.VIDEO, Media.CAPTIONS, Media.COVER, Media.ALT_TEXT}


def media_of(platform: str) -> frozenset[Media]:
    """What a post of ours may carry there, as far as it is for the formats to say."""
    found: set[Media] = set()
    for format in FORMATS:
        if format.platform != platform:
            continue
        if "image" in format.kinds:
            found |= OF_PICTURES
            found |= {Media.IMAGES} if format.max_media > 1 else set()
        if "video" in format.kinds:
            found |= OF_VIDEOS
    return frozenset(found)
