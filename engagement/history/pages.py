"""Invented stories, hundreds at once: saving one page by itself takes as long as keeping a thousand readings."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.models import F
from wagtail.models import Page

from cms.models import CampaignPage, StoryPage
from engagement.history.bulk import insert


def stories(campaign: CampaignPage, slugs: Sequence[str]) -> list[int]:
    """New live stories of a campaign; their ids in the order of ``slugs``.

    What Wagtail keeps beside a page to find it again (its search, references to it) is not made: no report asks for it.
    """
    with transaction.atomic():
        parent = Page.objects.select_for_update().get(pk=campaign.pk)
        kind = ContentType.objects.get_for_model(StoryPage)
        pages = Page.objects.bulk_create(
            _page(parent, number, slug, kind) for number, slug in enumerate(slugs, parent.numchild + 1)
        )
        ids = [page.pk for page in pages]
        own = [field for field in StoryPage._meta.local_concrete_fields if not field.primary_key]
        story = StoryPage(lead="A lead.")
        same = [field.get_db_prep_save(field.value_from_object(story), connection) for field in own]
        insert(StoryPage, ["page_ptr", *(field.name for field in own)], ([pk, *same] for pk in ids))
        Page.objects.filter(pk=parent.pk).update(numchild=F("numchild") + len(ids))
        return ids


def _page(parent: Page, number: int, slug: str, kind: ContentType) -> Page:
    depth = parent.depth + 1
    title = f"Invented {slug.replace('-', ' ')}"
    return Page(
        path=Page._get_path(parent.path, depth, number),
        depth=depth,
        title=title,
        draft_title=title,
        slug=slug,
        url_path=f"{parent.url_path}{slug}/",
        content_type=kind,
        locale_id=parent.locale_id,
        live=True,
    )
