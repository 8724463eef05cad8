"""``{% bundle "calendar" %}``: the script and style that the build made under that name, or nothing.

Every page works without its bundle, so a missing one is no error; a system check names it once at start.
"""

from functools import cache

from django import template
from django.conf import settings
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join

register = template.Library()


@cache
def built(name: str) -> tuple[str, ...]:
    return tuple(
        path
        for ending in ("css", "js")
        if finders.find(path := f"hustings/dist/{name}.{ending}") or _collected(path)
    )


def _collected(path: str) -> bool:
    return (settings.STATIC_ROOT / path).exists()


@register.simple_tag
def bundle(name: str) -> str:
    tags = {"css": '<link rel="stylesheet" href="{}">', "js": '<script src="{}" defer></script>'}
    return format_html_join("", "{}", ((_tag(path, tags[path.rsplit(".", 1)[1]]),) for path in built(name)))


def _tag(path: str, pattern: str) -> str:
    return format_html(pattern, static(path))
