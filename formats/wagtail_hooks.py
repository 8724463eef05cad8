"""Variants in the admin: their pages, the button on stories, an icon; and no publish button."""

from __future__ import annotations

from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from wagtail import hooks
from wagtail.admin.widgets.button import Button
from wagtail.snippets.models import register_snippet

from formats.models import Variant
from formats.pages import has_variants, piece_viewsets, way_to_variants
from formats.viewsets import VariantViewSet

register_snippet(VariantViewSet)


@hooks.register("register_icons")
def icons(icons):
    return [*icons, "formats/icons/variants.svg"]


@hooks.register("insert_global_admin_css")
def css():
    return format_html('<link rel="stylesheet" href="{}">', static("formats/admin.css"))


@hooks.register("register_admin_viewset")
def piece_editors():
    return piece_viewsets()


@hooks.register("register_page_header_buttons")
def page_header_button(page, user, view_name, next_url=None):
    """In the menu of a story's own listing; its editor has a button in the head (formats.pages)."""
    if view_name != "edit" and (way := way_to_variants(page, user)):
        yield Button(way[0], url=way[1], icon_name="variants", priority=12)


@hooks.register("register_page_listing_more_buttons")
def page_listing_button(page, user, next_url=None):
    """One per row, so it asks the database nothing."""
    if has_variants(page, user):
        yield Button(
            "Variants", url=reverse("variants:story", args=[page.pk]), icon_name="variants", priority=12
        )


@hooks.register("construct_snippet_action_menu")
def no_publishing(menu_items, request, context):
    """Variants go out through approval; Wagtail would still offer administrators its own publishing."""
    if context["model"] is Variant:
        menu_items[:] = [
            item for item in menu_items if item.name not in ("action-publish", "action-unpublish")
        ]
