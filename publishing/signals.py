"""Told to whoever follows publications (engagement starts pulling numbers, a question that was not answered waits again)."""

from django.dispatch import Signal

# Sent inside the transaction that makes a publication "published". Argument: ``publication``.
published = Signal()

# Sent inside the transaction that knows a first comment to be out. Argument: ``publication``.
commented = Signal()

# Sent robustly inside the transaction that makes a publication "failed". Argument: ``publication``. A receiver keeps a
# savepoint of its own: whatever becomes of it, that the publication has failed is written down.
failed = Signal()
