from django import template

from cms.sample import people_on_screen

register = template.Library()


@register.simple_tag
def demo_people():
    """The sample's people with their password, for the sign-in page of a demo; nobody in production."""
    return people_on_screen()
