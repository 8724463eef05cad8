"""The list of every variant of one's own campaigns."""

from __future__ import annotations

from django.utils.functional import cached_property
from wagtail.admin.ui.tables import Column, DateColumn, StatusTagColumn
from wagtail.snippets.views.snippets import IndexView

from formats import status
from formats.views.words import planned_words


class VariantIndexView(IndexView):
    default_ordering = "-created_at"

    @cached_property
    def list_display(self):
        return [
            "__str__",
            Column("campaign", label="Campaign", accessor="campaign.title"),
            Column("when", label="Planned", accessor=planned_words, sort_key="planned_at"),
            StatusTagColumn("status", label="Status", accessor=self._status, primary=self._is_good),
            DateColumn("updated_at", label="Changed", sort_key="updated_at"),
        ]

    @cached_property
    def _statuses(self):
        return {}

    def get_context_data(self, *args, **kwargs):
        context = super().get_context_data(*args, **kwargs)
        self._statuses.update(status.status_of(context["object_list"]))
        return context

    def _status(self, variant):
        return getattr(self._statuses.get(variant.pk), "label", "")

    def _is_good(self, variant):
        return getattr(self._statuses.get(variant.pk), "word", "") in ("approved", "published")
