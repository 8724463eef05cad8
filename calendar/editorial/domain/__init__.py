"""The calendar's public door: submit, decide, move. Views, commands and other programs call these."""

from editorial.domain.approval import approve, reject, submit, withdraw
from editorial.domain.planning import Moved, Planned, move
from editorial.domain.refused import Question, Refused

__all__ = ["Moved", "Planned", "Question", "Refused", "approve", "move", "reject", "submit", "withdraw"]
