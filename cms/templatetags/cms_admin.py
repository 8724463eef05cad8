from django import template

from cms import public_media
from cms.sample import people_on_screen
from formats.files import PublicCopy
from work import clock

register = template.Library()


@register.simple_tag
def demo_people():
    """The sample's people with their password, for the sign-in page of a demo; nobody in production."""
    return people_on_screen()


@register.simple_tag
def copy_for_the_public(media) -> PublicCopy | None:
    """What the public gets of a video or recording, as far as it is; None where no page has shown it yet."""
    found = public_media.copy_of(media)
    if found is not None:
        found.told = found.words(clock.now())
    return found
