"""Pictures and a short video for the sample campaign, drawn by the set-up itself: a town's river clean-up.

Illustrations rather than stand-in photographs: layered hills, a river, people in bright vests. Nothing is
downloaded, everything is the same on every machine, and it takes a few seconds.
"""

from media.sample.pictures import make_pictures
from media.sample.video import make_video

__all__ = ["make_pictures", "make_video"]
