"""The way from a story to its variants: a button in the head of its editor, an entry in lists."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.functional import cached_property
from wagtail.admin.views.pages.edit import EditView
from wagtail.admin.viewsets.pages import PageViewSet
from wagtail.admin.widgets.button import HeaderButton
from wagtail.models import get_page_models

from access import policy
from formats.models import Variant
from formats.variants import can_adapt


def has_variants(page: Any, user: Any) -> bool:
    """Whether a page is a piece whose variants this person may see, if there are any."""
    return bool(page.pk) and can_adapt(page.specific_class) and policy.can(user, policy.VIEW, page)


def way_to_variants(page: Any, user: Any) -> tuple[str, str] | None:
    """(label, address) of the variants of a page, or of where the first are made; None where there is no such way."""
    if not has_variants(page, user):
        return None
    if count := Variant.objects.filter(story_id=page.pk).count():
        return f"Variants ({count})", reverse("variants:story", args=[page.pk])
    if policy.can(user, policy.WRITE, page):
        return "Create variants", reverse("variants:create_for_story", args=[page.pk])
    return None


class PieceEditView(EditView):
    @cached_property
    def header_buttons(self):
        way = way_to_variants(self.page, self.request.user)
        if way is None:
            return super().header_buttons
        label, url = way
        files = reverse("variants:files", args=[self.page.pk])
        return [
            *super().header_buttons,
            HeaderButton(label, url=url, icon_name="variants", priority=5),
            HeaderButton("Files", url=files, icon_name="image", priority=6),
        ]


def piece_viewsets() -> list[PageViewSet]:
    """One for every kind of page that is a piece. Asked for by name of method: the pages' house is an upper one."""
    return [
        PageViewSet(f"piece_{model._meta.model_name}", model=model, edit_view_class=PieceEditView)
        for model in get_page_models()
        if can_adapt(model)
    ]
