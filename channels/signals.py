"""What upper houses may listen to. Sent in the transaction of the change."""

from django.dispatch import Signal

channel_connected = Signal()  # channel, by: connected for the first time or again
channel_disconnected = Signal()  # channel, by
channel_checked = Signal()  # channel, facts, at: what the network has just said of the account
# A webhook's hint was read back: channel, post_id (a post of the account that the network shows, or ""), messages (what
# was said, as talk.Message), remote_id (what the hint named), at (when the network was asked, or called us).
# Sent by the worker, outside a transaction; may be repeated.
channel_told = Signal()
# A network said, in a signed call, what became of a message of ours: channel, arrival (talk.Arrival). Sent by the worker,
# outside a transaction; may be repeated, and is when a receiver raises.
message_arrived = Signal()
