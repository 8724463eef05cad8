"""Claims in the admin, each view behind the check of its campaign; and the chooser in a story's blocks."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.urls import path
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel, ObjectList
from wagtail.snippets.views import chooser
from wagtail.snippets.views.chooser import SnippetChooserViewSet
from wagtail.snippets.views.snippets import SnippetViewSet

from access import policy
from cms.claims import views
from cms.claims.forms import ClaimForm
from cms.claims.reminders import SOON
from cms.models import Claim, ClaimStatus
from formats.viewsets import Scoped, my_campaigns
from work import clock

EXPIRY = [("soon", f"within {SOON.days} days"), ("over", "has expired"), ("none", "no end")]


class ScopedClaim(Scoped):
    things = Claim


class ClaimFilterSet(WagtailFilterSet):
    status = django_filters.MultipleChoiceFilter(
        choices=ClaimStatus.choices, widget=forms.CheckboxSelectMultiple, label="Status"
    )
    campaign = django_filters.ModelChoiceFilter(queryset=my_campaigns, label="Campaign")
    expiry = django_filters.ChoiceFilter(choices=EXPIRY, method="by_expiry", label="Good until")

    class Meta:
        model = Claim
        fields = ["status", "campaign"]

    def by_expiry(self, rows: Any, name: str, value: str) -> Any:
        today = clock.now().date()
        return {
            "soon": rows.filter(expires_on__gte=today, expires_on__lte=today + SOON),
            "over": rows.filter(expires_on__lt=today),
            "none": rows.filter(expires_on=None),
        }.get(value, rows)


class OfMyCampaigns:
    """The chooser shows, and lets choose, claims of campaigns in which the person writes; withdrawn ones only if chosen."""

    def get_object_list(self) -> Any:
        return policy.scoped(Claim.objects.all(), self.request.user, policy.WRITE).exclude(
            status__in=[ClaimStatus.CORRECTED, ClaimStatus.RETRACTED]
        )

    def get_object(self, pk: Any) -> Any:
        return policy.scoped(Claim.objects.all(), self.request.user, policy.WRITE).get(pk=pk)

    def get_objects(self, pks: Any) -> Any:
        return policy.scoped(Claim.objects.all(), self.request.user, policy.WRITE).filter(pk__in=pks)

    def get_creation_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_creation_form_kwargs(), "for_user": self.request.user}


class ChooseView(OfMyCampaigns, chooser.ChooseView):
    pass


class ChooseResultsView(OfMyCampaigns, chooser.ChooseResultsView):
    pass


class ChosenView(OfMyCampaigns, chooser.SnippetChosenView):
    pass


class ChosenMultipleView(OfMyCampaigns, chooser.SnippetChosenMultipleView):
    pass


class NewView(OfMyCampaigns, chooser.SnippetCreateView):
    pass


class NewClaimForm(ClaimForm):
    """Beside the list in the chooser: a claim that does not exist yet."""

    class Meta:
        model = Claim
        fields = ["campaign", "text", "source_title", "source_url", "checker"]
        widgets = {"campaign": forms.Select, "text": forms.Textarea(attrs={"rows": 3})}


class ClaimChooserViewSet(SnippetChooserViewSet):
    choose_view_class = ChooseView
    choose_results_view_class = ChooseResultsView
    chosen_view_class = ChosenView
    chosen_multiple_view_class = ChosenMultipleView
    create_view_class = NewView
    creation_form_class = NewClaimForm
    create_action_label = "Add this claim"


class ClaimViewSet(SnippetViewSet):
    model = Claim
    url_prefix = "claims"
    url_namespace = "claims"
    icon = "clipboard-list"
    menu_label = "Claims"
    menu_name = "claims"
    menu_order = 220
    add_to_admin_menu = True
    inspect_view_enabled = True
    copy_view_enabled = False
    list_per_page = 30
    search_fields = ["text", "source_title"]
    search_backend_name = None
    filterset_class = ClaimFilterSet
    index_view_class = views.ClaimIndexView
    add_view_class = views.ClaimCreateView
    edit_view_class = views.ClaimEditView
    delete_view_class = views.ClaimDeleteView
    inspect_view_class = views.ClaimInspectView
    inspect_template_name = "cms/claims/claim.html"
    index_results_template_name = "cms/claims/index_results.html"
    chooser_viewset_class = ClaimChooserViewSet

    edit_handler = ObjectList(
        [
            FieldPanel("campaign", widget=forms.Select),
            FieldPanel("text"),
            MultiFieldPanel([FieldPanel("source_title"), FieldPanel("source_url")], heading="Source"),
            MultiFieldPanel(
                [FieldRowPanel([FieldPanel("checker"), FieldPanel("expires_on")])], heading="Check"
            ),
        ],
        base_form_class=ClaimForm,
    )

    def get_queryset(self, request: Any) -> Any:
        rows = policy.scoped(Claim.objects.all(), request.user, policy.VIEW)
        return rows.select_related("campaign", "checked_by")

    def construct_view(self, view_class: Any, **kwargs: Any) -> Any:
        scoped = type(f"Scoped{view_class.__name__}", (ScopedClaim, view_class), {})
        return super().construct_view(scoped, **kwargs)

    def get_urlpatterns(self) -> list[Any]:
        return [
            *super().get_urlpatterns(),
            path("check/<int:pk>/", self.construct_view(views.CheckView), name="check"),
        ]
