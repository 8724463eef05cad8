"""``{% payload_preview payload theme="dark" %}`` and ``{% variant_preview variant %}``: the look on the platform.

``{{ seconds|clock }}`` writes a place in a video as 1:02.5.
"""

from django import template

register = template.Library()


@register.filter
def clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{seconds % 60:04.1f}"


@register.simple_tag
def payload_preview(payload, theme="light", width="phone", name=""):
    from formats import preview  # slow: every platform, and the renderer's fonts

    return preview.render_payload(payload, theme=theme, width=width, name=name)


@register.simple_tag
def variant_preview(variant, theme="light", width="phone", name=""):
    from formats import preview  # as above

    return preview.render_payload(preview.preview_payload(variant), theme=theme, width=width, name=name)
