"""The editor of one variant, and what Wagtail brings beside it: delete, inspect."""

from __future__ import annotations

from django.db.models import ProtectedError
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from wagtail.admin import messages
from wagtail.admin.ui.components import MediaContainer
from wagtail.snippets.views.snippets import DeleteView, EditView, InspectView

from access import policy
from formats import readiness, signals, variants
from formats.models import Variant
from formats.panels import FitSidePanel
from formats.preview import preview_payload, render_payload
from formats.readiness import NotReady
from formats.report import Report
from formats.views.words import edit_url, say_not_ready, story_url


class VariantEditView(EditView):
    """Wagtail's editor without publishing, with the fit panel, and a submit button that explains itself."""

    def get_available_actions(self):
        return [action for action in super().get_available_actions() if action != "publish"]

    def get_side_panels(self):
        return MediaContainer([*super().get_side_panels(), FitSidePanel(self.object, self.request)])

    def get(self, request, *args, **kwargs):
        variants.ensure_media(self.object.to_parts(), campaign=self.object.campaign_id)
        return super().get(request, *args, **kwargs)

    def form_valid(self, form):
        """Everything that saves comes by here: the buttons, autosave, an older version taken up again."""
        before = _time_of(form.instance.pk)
        answer = super().form_valid(form)
        if _time_of(form.instance.pk) != before:
            signals.variant_moved.send(Variant, variant=form.instance, before=before, by=self.request.user)
        return answer

    def submit_action(self):
        return self._submit(super().submit_action)

    def restart_workflow_action(self):
        return self._submit(super().restart_workflow_action)

    def _submit(self, start):
        """The edit is saved already; only submitting may be refused."""
        policy.require(self.request.user, policy.SUBMIT, self.object)
        if found := readiness.blockers(self.object):
            say_not_ready(
                self.request,
                self.object,
                NotReady(found),
                lead="Saved, but it cannot be submitted for approval yet:",
            )
            return redirect(self.get_edit_url())
        return start()

    def get_success_message(self, instance=None):
        if self.action in ("submit", "restart-workflow"):
            return f"“{self.object}” has been submitted for approval."
        return super().get_success_message(instance)

    def save_action(self):
        resolved = getattr(self.form, "resolved", None)
        if resolved is not None and resolved.note and not self.expects_json_response:
            messages.warning(self.request, resolved.note)
        return super().save_action()

    @cached_property
    def header_more_buttons(self):
        from wagtail.admin.widgets.button import Button

        story = Button(
            "All variants of the story", url=story_url(self.object.story_id), icon_name="list-ul", priority=5
        )
        copy = Button(
            "Copy a change…",
            url=reverse("variants:copy", args=[self.object.pk]),
            icon_name="copy",
            priority=6,
        )
        return [story, copy, *super().header_more_buttons]


def _time_of(pk):
    """As saved."""
    return Variant.objects.filter(pk=pk).values_list("planned_wall", "planned_zone", "planned_fold").first()


class VariantDeleteView(DeleteView):
    def get_success_url(self):
        return story_url(self.object.story_id)

    def form_valid(self, form):
        try:
            return super().form_valid(form)
        except ProtectedError:
            messages.error(
                self.request,
                f"“{self.object}” was approved or sent and is part of the record, so it cannot be deleted. "
                "Take it off the calendar instead.",
            )
            return redirect(edit_url(self.object))


class VariantInspectView(InspectView):
    """The variant for people who may look but not write."""

    template_name = "formats/variants/inspect.html"

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        context["report"] = Report(self.object)
        context["preview"] = render_payload(preview_payload(self.object), theme="light")
        return context
