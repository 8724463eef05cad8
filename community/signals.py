"""What upper parts of this house listen to. The receivers of one sending share a savepoint: a failure loses no message."""

from django.dispatch import Signal

# Inside the transaction that stored them: ``conversation``, ``messages`` (new ones of other people, oldest first).
arrived = Signal()
# Inside the transaction, whenever what people or we said has changed a conversation: ``conversation``, ``now``.
settled = Signal()
# Inside the transaction that says an answer of ours is out: ``answer``, ``conversation``, ``message``.
answered = Signal()
