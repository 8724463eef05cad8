"""What the operator should know at start-up: fonts, text direction, ffmpeg."""

from __future__ import annotations

from django.core import checks

from media import child, ffmpeg, typefaces
from media.errors import RenderError


@checks.register("media")
def fonts_are_built(app_configs, **kwargs):
    if typefaces.digest() != "none":
        return []
    return [
        checks.Warning(
            "The fonts are not built; no card can be rendered.", hint="Run: make setup", id="media.W001"
        )
    ]


@checks.register("media")
def text_can_be_shaped(app_configs, **kwargs):
    if typefaces.can_shape():
        return []
    return [
        checks.Warning(
            "Arabic, Hebrew, Indic and Thai texts cannot be drawn on pictures; such cards will be refused.",
            hint="Install FriBiDi (Debian: apt install libfribidi0) and start again.",
            id="media.W002",
        )
    ]


@checks.register("media", deploy=True)
def ffmpeg_is_there(app_configs, **kwargs):
    """Only with --deploy: it starts a program."""
    try:
        missing = [
            f"{name} ({what[:-1]})"
            for what, names in (("filters", FILTERS), ("encoders", ENCODERS))
            for name in names
            if name not in ffmpeg.has(what)
        ]
    except RenderError as error:
        return [checks.Error(str(error), id="media.E001")]
    if not missing:
        return []
    return [checks.Error(f"This ffmpeg lacks what videos need: {', '.join(missing)}.", id="media.E002")]


@checks.register("media", deploy=True)
def files_are_read_without_a_network(app_configs, **kwargs):
    """Only with --deploy: it starts a program."""
    if child.can_leave_the_network():
        return []
    return [
        checks.Warning(
            "The processes that read uploaded files cannot be cut off from the network here; ffmpeg's lists of protocols "
            "and containers still hold.",
            hint="Allow unprivileged user namespaces, or run the media worker in a network without a way out, as "
            "compose.yaml does.",
            id="media.W003",
        )
    ]


# All that the graphs of cuts and films, the measuring of sound and the small copy for looking use.
FILTERS = (
    *("afade", "aformat", "alimiter", "anull", "anullsrc", "apad", "aresample", "asplit", "atrim", "bwdif", "color"),
    *("concat", "crop", "ebur128", "fade", "format", "fps", "loop", "overlay", "scale", "setparams", "setpts", "setsar"),
    *("showwaves", "split", "tonemap", "tpad", "trim", "volume", "zscale"),
)  # fmt: skip
ENCODERS = ("aac", "libx264")
