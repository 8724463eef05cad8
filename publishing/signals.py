"""Told to whoever follows publications (engagement starts pulling numbers)."""

from django.dispatch import Signal

# Sent inside the transaction that makes a publication "published". Argument: ``publication``.
published = Signal()
