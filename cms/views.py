"""What the public site serves besides its pages."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from cms.look import digest, stylesheet
from cms.models import CampaignPage

YEAR_S = 365 * 24 * 3600


@require_safe
def campaign_css(request: HttpRequest, pk: int) -> HttpResponse:
    """A campaign's colours. The address in the pages carries their digest and may be kept for a year."""
    campaign = get_object_or_404(CampaignPage, pk=pk)
    response = HttpResponse(stylesheet(campaign), content_type="text/css; charset=utf-8")
    if request.GET.get("v") == digest(campaign):
        patch_cache_control(response, public=True, max_age=YEAR_S, immutable=True)
    else:
        patch_cache_control(response, no_cache=True)
    return response
