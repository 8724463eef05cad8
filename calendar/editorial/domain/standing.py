"""Which planned posts take up their time: what failed or was cancelled stands nowhere, until it is handed in again."""

from __future__ import annotations

from django.db.models import QuerySet

from editorial.enums import OFF_THE_CALENDAR
from formats.models import Variant
from publishing.core.states import GONE
from publishing.models import Publication
from publishing.status import status_of


def gone(variants: QuerySet[Variant]) -> set[int]:
    """Of these, the ones at whose time nothing stands any more. Only those with something that ended are looked at."""
    ended = Publication.objects.filter(variant__in=variants.order_by().values("pk"), state__in=GONE)
    suspects = list(Variant.objects.filter(pk__in=ended.values("variant")).only("pk"))
    return {pk for pk, status in status_of(suspects).items() if status.word in OFF_THE_CALENDAR}
