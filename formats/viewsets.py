"""The admin pages of variants, each behind the same check of the campaign."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.urls import path
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel, ObjectList
from wagtail.models import Page
from wagtail.snippets.views import snippets as generic
from wagtail.snippets.views.snippets import SnippetViewSet

from access import policy
from formats.forms import VariantForm
from formats.models import Variant
from formats.options import OptionsPanel
from formats.panels import FoldPanel, PartsPanel, StoryPanel
from formats.registry import FORMATS
from formats.views import (
    buttons,
    copying,
    create,
    desk,
    drift,
    editor,
    files,
    listing,
    passages,
    pictures,
    story,
)

# Views that show or decide without writing content; who may decide is the workflow step's rule. Everything else writes.
LOOKING = (
    generic.IndexView,
    generic.HistoryView,
    generic.UsageView,
    generic.InspectView,
    generic.PreviewRevisionView,
    generic.RevisionsCompareView,
    generic.WorkflowActionView,
    generic.CollectWorkflowActionDataView,
    generic.WorkflowPreviewView,
    generic.WorkflowHistoryView,
    generic.WorkflowHistoryDetailView,
)


class Scoped:
    """Mixed into every view: the person needs the capability in the campaign of the thing in the address.

    Wagtail's snippet views ask about the model, most of them not about the instance. This runs before they load
    anything. ``capability`` on a view says otherwise than the rule above. ``things`` are what ``pk`` names.
    """

    things: Any = Variant

    def setup(self, request: Any, *args: Any, **kwargs: Any) -> None:
        self._refuse_strangers(request.user, kwargs)
        super().setup(request, *args, **kwargs)

    def _refuse_strangers(self, user: Any, kwargs: dict[str, Any]) -> None:
        usual = policy.VIEW if isinstance(self, LOOKING) else policy.WRITE
        capability = getattr(self, "capability", usual)
        thing: Any = None
        if "pk" in kwargs:
            thing = self.things.objects.filter(pk=_number(kwargs["pk"])).only("pk", "campaign_id").first()
        elif "story_id" in kwargs:
            thing = Page.objects.filter(pk=kwargs["story_id"]).first()
        else:
            policy.require(user, capability)
            return
        if thing is None:
            raise Http404
        if not policy.can(user, policy.VIEW, thing):
            raise Http404  # not even that it exists
        if not policy.can(user, capability, thing):
            raise PermissionDenied


def _number(text: Any) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise Http404 from error


def my_campaigns(request: Any) -> Any:
    return policy.campaigns(request.user, policy.VIEW) if request else Page.objects.none()


class VariantFilterSet(WagtailFilterSet):
    format = django_filters.MultipleChoiceFilter(
        choices=FORMATS.choices, widget=forms.CheckboxSelectMultiple, label="Format"
    )
    campaign = django_filters.ModelChoiceFilter(queryset=my_campaigns, label="Campaign")
    planned_at = django_filters.BooleanFilter(lookup_expr="isnull", exclude=True, label="Has a planned time")

    class Meta:
        model = Variant
        fields = ["format", "campaign", "planned_at"]


class VariantViewSet(SnippetViewSet):
    model = Variant
    name = "variants"
    url_prefix = "variants"
    url_namespace = "variants"
    icon = "variants"
    menu_label = "Variants"
    menu_name = "variants"
    menu_order = 210
    add_to_admin_menu = True
    inspect_view_enabled = True
    copy_view_enabled = False
    list_per_page = 50
    filterset_class = VariantFilterSet
    index_view_class = listing.VariantIndexView
    edit_view_class = editor.VariantEditView
    delete_view_class = editor.VariantDeleteView
    inspect_view_class = editor.VariantInspectView
    edit_template_name = "formats/variants/edit.html"
    inspect_template_name = "formats/variants/inspect.html"

    edit_handler = ObjectList(
        [
            StoryPanel(),
            MultiFieldPanel(
                [
                    FieldRowPanel([FieldPanel("planned_wall"), FieldPanel("planned_zone")]),
                    FoldPanel("planned_fold"),
                ],
                heading="Planned time",
                icon="calendar-alt",
                help_text="What the clock on the wall shows there when it goes out. It can be moved on the calendar too.",
            ),
            FieldPanel("channels", heading="Channels", icon="site"),
            OptionsPanel("options", heading="Options", icon="cog"),
            PartsPanel("parts", heading="Parts"),
        ],
        base_form_class=VariantForm,
    )

    def get_queryset(self, request):
        rows = policy.scoped(Variant.objects.all(), request.user, policy.VIEW)
        return rows.select_related("story", "campaign", "latest_revision")

    def construct_view(self, view_class, **kwargs):
        scoped = type(f"Scoped{view_class.__name__}", (Scoped, view_class), {})
        return super().construct_view(scoped, **kwargs)

    def register_chooser_viewset(self):
        """None: a chooser would list every campaign's variants, and nothing chooses variants."""

    def get_urlpatterns(self):
        view = self.construct_view
        return [
            *super().get_urlpatterns(),
            path("story/<int:story_id>/", view(story.StoryVariantsView), name="story"),
            path("story/<int:story_id>/create/", view(create.CreateVariantsView), name="create_for_story"),
            path("story/<int:story_id>/progress/", view(story.ProgressView), name="progress"),
            path("story/<int:story_id>/files/", view(files.FilesView), name="files"),
            path(
                "story/<int:story_id>/files/progress/", view(files.FilesProgressView), name="files_progress"
            ),
            path("story/<int:story_id>/files/make/", view(files.MakeFilesView), name="files_make"),
            path("story/<int:story_id>/files/archive/", view(files.ArchiveView), name="files_archive"),
            path("story/<int:story_id>/files/<str:key>.srt", view(files.SubRipView), name="files_srt"),
            path("submit/<int:pk>/", view(buttons.SubmitView), name="submit"),
            path("rederive/<int:pk>/", view(buttons.RederiveView), name="rederive"),
            path("drift/<int:pk>/", view(drift.DriftView), name="drift"),
            path("retry/<int:pk>/", view(buttons.RetryMediaView), name="retry"),
            path("cancel-media/<int:pk>/", view(buttons.CancelMediaView), name="cancel_media"),
            path("again/<int:pk>/", view(buttons.AgainView), name="again"),
            path("copy/<int:pk>/", view(copying.CopyView), name="copy"),
            path("copy/<int:pk>/undo/", view(copying.UndoCopyView), name="undo_copy"),
            path("desk/<int:pk>/", view(desk.DeskView), name="desk"),
            path("pictures/<int:pk>/", view(pictures.PicturesView), name="pictures"),
            path("passages/<int:pk>/", view(passages.PassagesView), name="passages"),
        ]
