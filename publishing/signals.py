"""Told to whoever follows publications (engagement starts pulling numbers)."""

from django.dispatch import Signal

# Sent inside the transaction that makes a publication "published". Argument: ``publication``.
published = Signal()

# Sent inside the transaction that knows a first comment to be out. Argument: ``publication``.
commented = Signal()
