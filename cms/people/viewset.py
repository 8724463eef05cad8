"""People and accounts in the admin, each view behind the check of its campaign."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.panels import FieldPanel, HelpPanel, MultiFieldPanel, ObjectList
from wagtail.admin.ui.tables import Column
from wagtail.snippets.views.snippets import SnippetViewSet

from access import policy
from cms.models import KnownAccount
from cms.people.forms import AccountForm, field_of, linking
from formats.viewsets import Scoped, my_campaigns

ABOUT = (
    "<p>Where a story names this person or organisation, each platform's post says its handle the first time, and the "
    "name after that. Where the field is empty the name stays. Headlines and the words of quotations are never changed.</p>"
)


class ScopedAccount(Scoped):
    things = KnownAccount


class AccountFilterSet(WagtailFilterSet):
    campaign = django_filters.ModelChoiceFilter(queryset=my_campaigns, label="Campaign")

    class Meta:
        model = KnownAccount
        fields = ["campaign"]


class HandlesColumn(Column):
    cell_template_name = "cms/people/handles_cell.html"


def handles(account: KnownAccount) -> list[tuple[str, str]]:
    """[(platform's name, handle)] in the order of the formats."""
    return [
        (format.platform_label, account.handles[platform])
        for platform, format in linking().items()
        if account.handles.get(platform)
    ]


class AccountViewSet(SnippetViewSet):
    model = KnownAccount
    url_prefix = "people"
    url_namespace = "people"
    icon = "group"
    menu_label = "People and accounts"
    menu_name = "people"
    menu_order = 225
    add_to_admin_menu = True
    copy_view_enabled = False
    list_per_page = 50
    list_display = [
        "name",
        HandlesColumn("handles", label="Handles", accessor=handles),
        Column(
            "campaign",
            label="Campaign",
            accessor="campaign.title",
            sort_key="campaign__title",
            classname="people-campaign",
        ),
    ]
    search_fields = ["name", "also"]
    search_backend_name = None
    filterset_class = AccountFilterSet

    edit_handler = ObjectList(
        [
            HelpPanel(ABOUT),
            FieldPanel("campaign", widget=forms.Select),
            FieldPanel("name"),
            FieldPanel("also", widget=forms.Textarea(attrs={"rows": 2})),
            MultiFieldPanel([FieldPanel(field_of(platform)) for platform in linking()], heading="Handles"),
        ],
        base_form_class=AccountForm,
    )

    def get_queryset(self, request: Any) -> Any:
        rows = policy.scoped(KnownAccount.objects.all(), request.user, policy.VIEW)
        return rows.select_related("campaign")

    def construct_view(self, view_class: Any, **kwargs: Any) -> Any:
        scoped = type(f"Scoped{view_class.__name__}", (ScopedAccount, view_class), {})
        return super().construct_view(scoped, **kwargs)

    def register_chooser_viewset(self) -> None:
        """None: a chooser would list every campaign's entries, and nothing chooses one."""
