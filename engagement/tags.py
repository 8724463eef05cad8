"""The hashtags of what went out, kept beside it so that a report of topics reads no payloads."""

from __future__ import annotations

from typing import Any

from engagement.core.tags import of_payload
from engagement.models import TagUse


def went_out(publication: Any, **kwargs: Any) -> None:
    """Keep the hashtags of a publication that is out. Harmless when called again."""
    uses = [
        TagUse(publication=publication, tag=tag, written=written)
        for tag, written in of_payload(publication.payload).items()
    ]
    TagUse.objects.bulk_create(uses, ignore_conflicts=True)
