"""The page of a campaign's look, and the two addresses its preview is fetched from."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.functional import cached_property
from django.views.generic import TemplateView, View
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from access import policy
from cms.core import looks
from cms.looks import sample
from cms.looks.form import COLOURS, KINDS, LookForm, chosen
from cms.models import CampaignPage
from media import sheet
from media.errors import MediaError
from media.plans import plan_key

AT_ONCE = threading.BoundedSemaphore(2)  # previews drawn at the same time by one web process
KEPT_S = 3600


class OfCampaign:
    """Loads the campaign of the address as last saved; refuses those who may not write in it."""

    request: HttpRequest
    kwargs: dict[str, Any]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        page = get_object_or_404(CampaignPage, pk=kwargs["pk"])
        if not policy.can(request.user, policy.VIEW, page):
            raise Http404
        if not page.permissions_for_user(request.user).can_edit():
            raise PermissionDenied
        self.campaign = page.get_latest_revision_as_object()
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]


class LookView(OfCampaign, WagtailAdminTemplateMixin, TemplateView):
    """Shows the form with its preview; ``preview`` and ``take`` answer it as filled in, anything else saves."""

    template_name = "cms/looks/look.html"
    page_title = "Look"
    header_icon = "view"
    _show_breadcrumbs = True

    def get_page_subtitle(self) -> str:
        return self.campaign.get_admin_display_title()

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        url = reverse("wagtailadmin_pages:edit", args=[self.campaign.pk])
        crumbs = [
            {"url": url, "label": self.get_page_subtitle()},
            {"url": "", "label": self.get_page_title()},
        ]
        return [*self.breadcrumbs_items, *crumbs]

    @cached_property
    def form(self) -> LookForm:
        asked = self.request.POST.copy() if self.request.method == "POST" else None
        if asked is not None:
            name, _, colour = asked.get("take", "").partition(":")
            if name in COLOURS:
                asked[name] = colour
        return LookForm(asked, instance=self.campaign, for_user=self.request.user)

    @property
    def rights(self) -> Any:
        return self.campaign.permissions_for_user(self.request.user)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.rights.page_locked():
            messages.error(request, "This campaign is locked. Whoever locked it has to unlock it first.")
        elif not ({"preview", "take"} & set(request.POST)) and self.form.is_valid():
            return self._save(publish="publish" in request.POST and self.rights.can_publish())
        elif not ({"preview", "take"} & set(request.POST)):
            messages.error(request, "The look has not been saved. See below what to mend.")
        return self.render_to_response(self.get_context_data())

    def _save(self, *, publish: bool) -> HttpResponse:
        campaign = self.form.save(commit=False)
        revision = campaign.save_revision(user=self.request.user, log_action=True)
        if publish:
            revision.publish(user=self.request.user)
            messages.success(
                self.request, "The look is saved and in use. What is out already stays as it is."
            )
        else:
            messages.success(
                self.request, "The look is saved as a draft. A manager puts it into use by publishing."
            )
        return redirect("campaign_look", campaign.pk)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        asked = {name: self.form[name].value() or "" for name in self.form.fields}
        return {
            **context,
            **preview_context(
                self.campaign, {name: str(value) for name, value in asked.items()}, self.request.user
            ),
            "form": self.form,
            "media": context.get("media", "") or self.form.media,
            "campaign": self.campaign,
            "colours": [self.form[name] for name in COLOURS],
            "kinds": [self.form[name] for name in KINDS],
            "may_publish": self.rights.can_publish(),
            "waiting": self.campaign.has_unpublished_changes,
            "check_url": reverse("campaign_look_check", args=[self.campaign.pk]),
        }


def preview_context(campaign: CampaignPage, asked: dict[str, str], user: Any) -> dict[str, Any]:
    """What the preview shows of these values: the pairs of colours, and the picture's address, which holds them all."""
    seen = chosen(campaign, asked, user)
    values = {name: getattr(seen, name) for name in (*COLOURS, *KINDS)} | {"logo": seen.logo_id or ""}
    values["v"] = plan_key({"kind": "card", "version": 1})[:8]  # another renderer or other fonts draw it anew
    return {
        "judged": looks.judge({name: values[name].lower() for name in COLOURS}),
        "picture": f"{reverse('campaign_look_picture', args=[campaign.pk])}?{urlencode(values)}",
        "size": (2 * sample.CANVAS.size[0] + sheet.GAP, 2 * sample.CANVAS.size[1] + sheet.GAP),
    }


class CheckView(OfCampaign, TemplateView):
    """The part of the page that follows what is chosen, as HTML."""

    template_name = "cms/looks/preview.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = {name: self.request.GET[name] for name in LookForm._meta.fields if name in self.request.GET}
        return {
            **super().get_context_data(**kwargs),
            **preview_context(self.campaign, asked, self.request.user),
        }


class PictureView(OfCampaign, View):
    """The cards as one JPEG, drawn in a process with limits, two at a time; 503 where it is too busy for now."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        seen = chosen(self.campaign, request.GET.dict(), request.user)
        if not AT_ONCE.acquire(timeout=10):
            return HttpResponse("Too many previews at once. Try again in a moment.", status=503)
        try:
            data = sheet.jpeg(sample.plans_of(seen), Path(settings.MEDIA_ROOT))
        except MediaError as error:
            return HttpResponse(str(error), status=503, content_type="text/plain; charset=utf-8")
        finally:
            AT_ONCE.release()
        response = HttpResponse(data, content_type="image/jpeg")
        patch_cache_control(response, private=True, max_age=KEPT_S)
        return response
