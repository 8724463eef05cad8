"""``{% pauses as standing %}``: what is paused and concerns the person who looks."""

from django import template

from publishing.domain import pause
from publishing.times import moment
from work import glance

register = template.Library()


@register.simple_tag(takes_context=True)
def pauses(context):
    request = context.get("request")
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or not glance.of(request)["paused"]:
        return []
    return [{"each": each, "at": moment(each.switch.at, "")} for each in pause.standing(user)]
