"""A new variant from one that exists: for saying it again, or saying it better, after the first went out."""

from __future__ import annotations

import json
from typing import Any

from django.db import transaction
from wagtail.log_actions import log

from formats.models import Variant
from formats.variants import fresh, request_media


def again(variant: Variant, *, by: Any) -> Variant:
    """A draft with the same parts, pictures and channels, without a time. The old one stays as it is."""
    with transaction.atomic():
        old = fresh(variant.pk)
        new = Variant(
            story_id=old.story_id,
            campaign_id=old.campaign_id,
            format=old.format,
            language=old.language,
            owner=by,
            plans=old.plans,
            options=old.options,
            planned_zone=old.planned_zone,
            derivation=old.derivation,
            drifted_at=old.drifted_at,
            parts=json.dumps(list(old.parts.raw_data)),
        )
        new.save()
        new.channels = list(old.channels.all())
        new.save()
        revision = new.save_revision(user=by, clean=False)
        log(
            instance=new,
            action="wagtail.create",
            user=by,
            revision=revision,
            content_changed=True,
            data={"made_from": old.pk},
        )
        request_media(new.to_parts(), campaign=new.campaign_id)
    return new
