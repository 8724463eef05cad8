"""What can go wrong with a picture or a video, said so that the person who uploaded it can mend it."""

from __future__ import annotations


class MediaError(Exception):
    """``str(error)`` is a whole sentence for people: what is wrong and what to do."""


class BadMedia(MediaError):
    """A file that we do not take: not a picture or video at all, too large, too long, damaged."""


class RenderError(MediaError):
    """A plan that cannot be rendered as it stands; doing the same again gives the same."""


class RenderInterrupted(MediaError):
    """Rendering was cut off by something of ours (time limit, full disk, killed child): worth another try."""
