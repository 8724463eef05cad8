"""Maps in the admin, each view behind the check of its campaign."""

from __future__ import annotations

from typing import Any

from django import forms
from wagtail.admin.panels import FieldPanel, HelpPanel, ObjectList
from wagtail.admin.ui.tables import Column
from wagtail.snippets.views.snippets import SnippetViewSet

from access import policy
from cms.maps.form import MapForm
from cms.models import RegionMap
from formats.viewsets import Scoped

ABOUT = (
    "<p>An infographic of the kind “A map” colours the regions of a map by its figures. Many offices give maps of wards, "
    "districts or states as SVG; name the source where its licence asks for it.</p>"
)


class ScopedMap(Scoped):
    things = RegionMap


class MapViewSet(SnippetViewSet):
    model = RegionMap
    url_prefix = "maps"
    url_namespace = "maps"
    icon = "site"
    menu_label = "Maps"
    menu_name = "maps"
    menu_order = 230
    add_to_admin_menu = True
    copy_view_enabled = False
    list_per_page = 50
    list_display = [
        "name",
        Column(
            "regions",
            label="Regions",
            accessor=lambda each: ", ".join(each.regions[:8]) + (" …" if len(each.regions) > 8 else ""),
        ),
        Column("campaign", label="Campaign", accessor="campaign.title", sort_key="campaign__title"),
    ]
    search_fields = ["name"]
    search_backend_name = None

    edit_handler = ObjectList(
        [
            HelpPanel(ABOUT),
            FieldPanel("campaign", widget=forms.Select),
            FieldPanel("name"),
            FieldPanel("svg"),
            FieldPanel("source"),
        ],
        base_form_class=MapForm,
    )

    def get_queryset(self, request: Any) -> Any:
        rows = policy.scoped(RegionMap.objects.all(), request.user, policy.VIEW)
        return rows.select_related("campaign")

    def construct_view(self, view_class: Any, **kwargs: Any) -> Any:
        scoped = type(f"Scoped{view_class.__name__}", (ScopedMap, view_class), {})
        return super().construct_view(scoped, **kwargs)

    def register_chooser_viewset(self) -> None:
        """None: the infographic's form lists its campaign's maps itself."""
