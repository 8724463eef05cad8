"""For the public pages: the address of a campaign's colours, and figures as people write them."""

from __future__ import annotations

from decimal import Decimal

from django import template
from django.urls import reverse
from django.utils.formats import number_format

from cms.look import digest
from cms.public_media import Public, public

register = template.Library()


@register.simple_tag
def campaign_css(campaign) -> str:
    """The address of the campaign's stylesheet; it changes with the colours, so it may be kept."""
    return f"{reverse('campaign_css', args=[campaign.pk])}?v={digest(campaign)}"


@register.simple_tag
def public_copy(media, page=None) -> Public:
    """A video or recording as the public gets it."""
    campaign = page.get_campaign() if hasattr(page, "get_campaign") else None
    return public(media, campaign and campaign.pk)


@register.filter
def figure(value: Decimal | float) -> str:
    """``4.2000`` → ``4.2``, ``12000`` → ``12,000``, by the active language."""
    number = Decimal(str(value)).normalize()
    places = max(0, -int(number.as_tuple().exponent))
    return number_format(number, decimal_pos=places, force_grouping=True)
