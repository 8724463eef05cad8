"""Renditions, which the public can fetch, tell nothing of the camera: neither where a picture was taken nor with what.

Willow, which draws Wagtail's renditions, carries EXIF data (with the place) and comments from the picture into JPEG, PNG
and GIF. Here its first step, turning the picture upright, leaves them behind. The stored picture stays as it came.
"""

from __future__ import annotations

from typing import Any

from willow.plugins.pillow import PillowImage

# What the look of a picture depends on. All else that a file says beside its pixels is left out.
KEPT = ("icc_profile", "transparency")


def upright_and_bare(picture: PillowImage) -> PillowImage:
    turned: PillowImage = PillowImage.auto_orient(picture)
    said: dict[Any, Any] = turned.image.info
    turned.image.info = {name: said[name] for name in KEPT if name in said}
    return turned


willow_operations = [(PillowImage, "auto_orient", upright_and_bare)]
