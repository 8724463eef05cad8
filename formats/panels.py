"""What the editor shows beside its fields: drift from the story, and how well the variant fits its platform."""

from __future__ import annotations

from typing import Any

from django.utils.functional import cached_property
from wagtail.admin.panels import FieldPanel, Panel
from wagtail.admin.ui.side_panels import BaseSidePanel

from formats.locks import SentLock
from formats.report import Report


class FoldPanel(FieldPanel):
    """Asks which of two equal times is meant, only on the night that has them."""

    class BoundPanel(FieldPanel.BoundPanel):
        def is_shown(self):
            planned = self.instance.planned if not self.form.errors else None
            return super().is_shown() and bool(planned and planned.ambiguous)


class PartsPanel(FieldPanel):
    """The parts as a writing desk: fields, counters, findings and buttons, and beside them the post as it will look.

    Filled and kept up to date by the page's script from ``variants:desk``; without it the fields and the look as last saved.
    """

    class BoundPanel(FieldPanel.BoundPanel):
        template_name = "formats/variants/desk/panel.html"

        def get_context_data(self, parent_context=None):
            from formats.preview import preview_payload, render_payload  # slow: every platform, and the fonts

            context = super().get_context_data(parent_context)
            variant, lock = self.instance, self.instance.get_lock()
            context["variant"] = variant
            context["spec"] = variant.spec
            context["takes_pictures"] = "image" in variant.spec.kinds
            context["locked"] = bool(lock and lock.for_user(self.request.user))
            context["sent"] = lock.get_description(self.request.user) if isinstance(lock, SentLock) else ""
            context["preview"] = render_payload(preview_payload(variant))
            context["report"] = Report(variant)
            return context


class StoryPanel(Panel):
    """Where the variant comes from, and what changed there since."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "formats/variants/story_panel.html"

        def show_panel_furniture(self):
            return False

        def get_context_data(self, parent_context=None):
            context = super().get_context_data(parent_context)
            context["variant"] = self.instance
            context["drift"] = self.instance.drift()
            context["attaches_links"] = any(child.value.get("link") for child in self.instance.parts)
            return context


class FitSidePanel(BaseSidePanel):
    """Counts, findings and media, by the server's own measure; redrawn at every autosave."""

    class SidePanelToggle(BaseSidePanel.SidePanelToggle):
        @property
        def aria_label(self):
            return (
                f"Platform fit, to mend: {len(self.panel.report.blockers)}"  # the number is also what is seen
            )

        icon_name = "clipboard-list"
        counter_classname = "w-bg-critical-200"

        def get_context_data(self, parent_context):
            context = super().get_context_data(parent_context)
            context["count"] = len(self.panel.report.blockers)
            return context

    name = "fit"
    title = "Platform fit"
    template_name = "formats/variants/fit_panel.html"
    order = 150

    @cached_property
    def report(self) -> Report:
        return Report(self.object)

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        context = super().get_context_data(parent_context)
        context["report"] = self.report
        return context
