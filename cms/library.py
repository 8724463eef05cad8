"""The one button of ours in the library of videos and recordings."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.generic import View
from wagtail.admin import messages
from wagtail.permissions import policy_registry

from cms import public_media
from cms.models import CampaignMedia


class CopyAgainView(View):
    """Has the copy for the public made once more. For whoever may change the upload."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        policy = policy_registry.get_by_type(CampaignMedia)
        media = get_object_or_404(policy.instances_user_has_permission_for(request.user, "change"), pk=pk)
        if public_media.again(media):
            messages.success(request, "The copy for the public is being made.")
        else:
            messages.info(request, "There is nothing to make again.")
        return redirect("wagtailmedia:edit", media.pk)
