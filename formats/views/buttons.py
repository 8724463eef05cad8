"""The buttons of one variant: each does one thing on POST and goes back to where it was pressed."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.html import format_html, format_html_join
from django.views.generic import View
from wagtail.admin import messages

from access import policy
from formats import drift, making, variants
from formats.again import again
from formats.models import Variant
from formats.readiness import NotReady
from formats.submission import submit
from formats.views.words import edit_url, say_not_ready, story_url


class VariantPost(View):
    """A button: does one thing on POST and goes back to where it was pressed."""

    model = Variant
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        variant = get_object_or_404(Variant, pk=kwargs["pk"]).get_latest_revision_as_object()
        self.act(variant)
        return redirect(
            story_url(variant.story_id) if request.POST.get("from") == "story" else edit_url(variant)
        )

    def act(self, variant: Variant) -> None:
        raise NotImplementedError


class SubmitView(VariantPost):
    capability = policy.SUBMIT

    def act(self, variant):
        try:
            submit(variant, by=self.request.user)
        except NotReady as error:
            say_not_ready(self.request, variant, error, lead=f"“{variant}” cannot be submitted yet:")
        else:
            messages.success(self.request, f"“{variant}” has been submitted for approval.")


class RederiveView(VariantPost):
    capability = policy.WRITE

    def act(self, variant):
        try:
            result = drift.rederive(variant, by=self.request.user)
        except variants.VariantError as error:
            messages.error(self.request, str(error))
            return
        if result.updated:
            plural = "s" if result.updated > 1 else ""
            messages.success(
                self.request, f"{result.updated} part{plural} brought up to date with the story."
            )
        elif not result.conflicts:
            messages.info(self.request, "Everything was up to date already.")
        if result.conflicts:
            items = format_html_join("", "<li>{}</li>", ((conflict_words(c),) for c in result.conflicts))
            text = format_html("Your own changes were kept where the story also changed:<ul>{}</ul>", items)
            messages.warning(self.request, text)


def conflict_words(conflict: Any) -> str:
    where = f"Part {conflict.part + 1}"
    if conflict.field == "part":
        return f"{where}: the story no longer has what this part was made from."
    name = {"text": "text", "link": "link", "alt": "alt text", "media": "pictures"}[conflict.field]
    offered = conflict.offered if len(conflict.offered) < 200 else conflict.offered[:199] + "…"
    return f"{where}, {name}: the story would now say “{offered}”."


def keys_of(request: HttpRequest) -> list[str]:
    """The renders that a button names, by plan key."""
    return " ".join(request.POST.getlist("key")).split()


class RetryMediaView(VariantPost):
    """Has made once more what the button names."""

    capability = policy.WRITE

    def act(self, variant):
        made = making.again(variant, keys_of(self.request))
        messages.info(self.request, "It is being made." if made else "There is nothing to make any more.")


class CancelMediaView(VariantPost):
    """Cancels what the button names: the keys of renders, separated by spaces."""

    capability = policy.WRITE

    def act(self, variant):
        if making.cancel(variant, keys_of(self.request)):
            messages.info(self.request, "Cancelled. You can have it made after all.")
        else:
            messages.info(self.request, "It had been made already.")


class AgainView(View):
    """Make a new variant from one that can no longer be changed, and open it."""

    model = Variant
    capability = policy.WRITE
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        new = again(get_object_or_404(Variant, pk=kwargs["pk"]), by=request.user)
        messages.success(
            request, "This is a new variant with the same words. The one that went out stays as it is."
        )
        return redirect(edit_url(new))
