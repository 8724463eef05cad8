"""What upper parts of this house listen to. Whoever listens does so alone: their failure loses no message and undoes
nothing that another listener did.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.dispatch import Signal


class Apart(Signal):
    """A signal whose receivers each have a savepoint of their own. Send it with ``send_robust``."""

    def connect(
        self, receiver: Callable[..., Any], sender: Any = None, weak: bool = True, dispatch_uid: Any = None
    ) -> None:
        alone = transaction.atomic(receiver)
        super().connect(alone, sender, weak=False, dispatch_uid=dispatch_uid or id(receiver))

    def disconnect(
        self, receiver: Callable[..., Any] | None = None, sender: Any = None, dispatch_uid: Any = None
    ) -> bool:
        return super().disconnect(sender=sender, dispatch_uid=dispatch_uid or id(receiver))


# Inside the transaction that stored them: ``conversation``, ``messages`` (of other people, new or changed, oldest first).
arrived = Apart()
# Inside the transaction, whenever what people or we said has changed a conversation: ``conversation``, ``now``.
settled = Apart()
# Inside the transaction that says an answer of ours is out: ``answer``, ``conversation``, ``message``.
answered = Apart()
