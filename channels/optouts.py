"""Who wants no more messages from an account of ours: told by the network, kept so that nothing is sent to them again.

A number stays on this list also when the person's conversations are erased: it is what keeps the next message away.
"""

from __future__ import annotations

from datetime import datetime

from channels.models import Channel, OptOut


def person_of(address: str) -> str:
    """A person's number or id as it is kept: numbers with +, whoever wrote them."""
    return f"+{address}" if address.isdigit() else address


def note(channel: Channel, address: str, *, at: datetime) -> None:
    """Remember that somebody wants no more messages. Harmless when repeated."""
    if address:
        OptOut.objects.get_or_create(channel=channel, person=person_of(address), defaults={"at": at})


def lift(channel: Channel, address: str) -> None:
    """They want messages again."""
    OptOut.objects.filter(channel=channel, person=person_of(address)).delete()


def words(channel: Channel) -> list[str]:
    """How many there are, for the channel's page."""
    count = OptOut.objects.filter(channel=channel).count()
    people = "1 person wants" if count == 1 else f"{count:,} people want"
    return [f"{people} no more messages from this account; none are sent to them."] if count else []


def is_out(channel: Channel, address: str) -> bool:
    return OptOut.objects.filter(channel=channel, person=person_of(address)).exists()
