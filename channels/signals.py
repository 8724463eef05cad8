"""What upper houses may listen to. Sent in the transaction of the change."""

from django.dispatch import Signal

channel_connected = Signal()  # channel, by: connected for the first time or again
channel_disconnected = Signal()  # channel, by
