"""``{% pauses as standing %}``: what is paused and concerns the person who looks."""

from django import template

from publishing.domain import pause
from publishing.times import moment

register = template.Library()


@register.simple_tag(takes_context=True)
def pauses(context):
    user = getattr(context.get("request"), "user", None)
    if user is None or not user.is_authenticated:
        return []
    return [{"each": each, "at": moment(each.switch.at, "")} for each in pause.standing(user)]
