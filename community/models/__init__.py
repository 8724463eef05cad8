"""Everything that is kept about conversations. docs/conversations.md explains how the parts belong together."""

from community.models.cases import Case, CaseSource, Pair
from community.models.outgoing import Act, Answer, Repair
from community.models.people import Contact, Mute
from community.models.pulls import Pull
from community.models.raised import Escalation
from community.models.talk import Conversation, Message, Moved, Note, Seen
from community.models.team import Burst, Miss, Office, Rating, Rule, SavedReply, Settings, Target, View
from community.models.voice import Objection, Stance

__all__ = [
    "Act",
    "Answer",
    "Burst",
    "Case",
    "CaseSource",
    "Contact",
    "Conversation",
    "Escalation",
    "Message",
    "Miss",
    "Moved",
    "Mute",
    "Note",
    "Objection",
    "Office",
    "Pair",
    "Pull",
    "Rating",
    "Repair",
    "Rule",
    "SavedReply",
    "Seen",
    "Settings",
    "Stance",
    "Target",
    "View",
]
