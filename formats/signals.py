"""Told to whoever watches variants (publishing voids an approval whose content changed)."""

from __future__ import annotations

from typing import Any

from django.dispatch import Signal

# Sent after every save that may have changed content, time or channels, inside the saving transaction and after row and
# revision are written. Arguments: ``variant``, ``by`` (a user or None). It says "look", not "it differs": compare digests.
variant_changed = Signal()

# Sent inside the transaction that saves a story, once each time a variant that was in step with it drifts. Arguments:
# ``variant``, ``changes`` (formats.derive.Change), ``by`` (who changed the story, or None).
variant_drifted = Signal()

# Sent after somebody gave a variant another planned time in its editor, autosaved or not (the calendar's own moves are
# its own). Arguments: ``variant``, ``before`` (wall time or None, zone, fold), ``by``.
variant_moved = Signal()


def on_save(sender: Any, instance: Any, raw: bool = False, update_fields: Any = None, **kwargs: Any) -> None:
    """Saving a revision, also overwriting one in place (autosave), ends with saving ``latest_revision`` on the row."""
    if raw or (update_fields is not None and "latest_revision" not in update_fields):
        return
    revision = instance.latest_revision
    variant_changed.send(sender=sender, variant=instance, by=revision.user if revision else None)
