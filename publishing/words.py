"""Publications, reasons and events in plain words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from publishing.core.states import Reason, State
from publishing.times import in_zone

STATE_WORDS = {
    State.SCHEDULED: "Scheduled",
    State.RUNNING: "Being sent",
    State.WAITING: "Waiting",
    State.IN_DOUBT: "Checking whether it arrived",
    State.ATTENTION: "Needs a decision",
    State.PUBLISHED: "Published",
    State.FAILED: "Failed",
    State.CANCELLED: "Cancelled",
}

REASON_WORDS = {
    Reason.LATE: "It could not go out in time",
    Reason.UNKNOWN_OUTCOME: "Nobody knows whether it arrived",
    Reason.RECONNECT: "The account must be reconnected",
    Reason.BLOCKED: "The network has blocked the account or its permission",
    Reason.RESTORED: "The database was restored from an older copy",
    Reason.PARTIAL: "Only a part of it went out",
    Reason.QUOTA: "The network's limit is used up for longer than this post can wait",
    Reason.POISON: "Hustings itself stumbled over it",
    Reason.DUPLICATE: "The network says that it has this text already",
}

STEP_WORDS = {
    "upload": "Upload",
    "container": "Prepare on the network",
    "wait": "Wait until the network has processed it",
    "commit": "Publish",
    "reply": "Publish a further part",
    "comment": "Write the first comment",
    "verify": "Read it back",
    "delete": "Delete",
    "alt": "Describe the picture",
    "people": "See that somebody got it",
}


TITLE_CHARS = 60


def title_of(publication: Any) -> str:
    """The first words of the text, the format and the channel: what a person recognises it by."""
    payload = publication.version.payload
    text = next((part["text"] for part in payload.get("parts", ()) if part.get("text")), "")
    first = " ".join(text.strip().split("\n", 1)[0].split())
    short = (
        first if len(first) <= TITLE_CHARS else first[:TITLE_CHARS].rsplit(" ", 1)[0].rstrip(" ,;:–-") + "…"
    )
    return (
        f"“{short}” on {publication.channel.handle}"
        if short
        else f"{payload['format']} on {publication.channel.handle}"
    )


def named(key: str) -> str:
    """A step's key as a person reads it: “reply 3” is “Publish a further part (3)”."""
    kind, _, _ = key.partition(" ")
    words = STEP_WORDS.get(kind, kind.capitalize())
    number = "".join(c for c in key if c in "0123456789.")
    return f"{words} ({number})" if number else words


def say(event: Any, zone: str = "") -> str:
    """One event as a sentence; its times on the clocks of ``zone`` (the post's own where none is given)."""
    data, who = event.data, event.by_name or "Hustings"
    text = _SENTENCES.get(event.kind)
    if text is None:
        return event.kind.replace("_", " ").capitalize() + "."
    values = {k: v for k, v in data.items() if isinstance(v, str | int | float)}
    for key in TIMES & values.keys():
        at = parse_datetime(str(values[key]))
        if isinstance(at, datetime):
            values[key] = in_zone(at, zone or event.publication.zone)
    for key in KEYS & values.keys():
        values[key] = ", ".join(named(each) for each in str(values[key]).split(", "))
    said = text.format_map(_Blank({"who": who, **values}))
    return " ".join(said.replace(" :", ":").split()).removesuffix(":").rstrip()


TIMES = frozenset({"due_at", "until", "at"})
KEYS = frozenset({"steps", "keys"})


class _Blank(dict):
    def __missing__(self, key: str) -> str:
        return ""


_SENTENCES = {
    "scheduled": "{who} approved it; it is due at {due_at}.",
    "moved": "{who} moved it to {due_at}, within the approved day.",
    "planned": "Hustings worked out its steps: {steps}.",
    "intent": "About to send: {step} (try {n}).",
    "ok": "The network accepted: {step}. {remote_url}",
    "not_sent": "Nothing was sent ({step}): {message}",
    "busy": "The network is not ready for {step} yet. {message}",
    "rate": "The network wants us to wait ({step}). {message}",
    "refused": "The network refused {step}. {message}",
    "unknown": "No clear answer to {step}: it may have arrived. {message} Hustings looks before anything is repeated.",
    "crashed": "The worker stopped while {step} was under way: it may have arrived. Hustings looks before any repeat.",
    "found": "Found on the network: {step} had arrived. {remote_url}",
    "absent": "Looked at the network: {step} is not there (look {look}).",
    "cannot": "Looked at the network: no clear answer about {step}. {reason}",
    "again": "{step} may be repeated safely.",
    "redo": "Prepared things have expired and are made again: {keys}.",
    "skipped": "Left out: {step}. {why}",
    "waiting": "Waiting until {until}. {why}",
    "held": "Held back. {why}",
    "attention": "A person must decide: {words}. {detail}",
    "failed": "Failed: {detail}",
    "published": "Published. {remote_url}",
    "cancelled": "{who} stopped it. {why}",
    "stop_requested": "{who} wanted it stopped while it was being sent. {why}",
    "send_now": "{who} decided: send it now. {why}",
    "rescheduled": "{who} moved it to {due_at}.",
    "marked_out": "{who} says that it is out: {remote_url}",
    "arrived": "{who} says that it has arrived; the others are to get it too.",
    "out_at": "The network says that it went out on {at}.",
    "dropped": "{who} decided to leave it. {why}",
    "corrected": "{who} set right what was noted: {stands_in_words}. {looked}.",
    "comment_again": "{who} decided: write the first comment after all.",
    "change_wanted": "{who} wants its text changed. It read: “{before}” It is to read: “{after}”",
    "changed": "The network has changed its text.",
    "deletion_wanted": "{who} wants it deleted on the network. {why}",
    "deleted": "It is deleted on the network.",
    "look_again": "{who} asked to look at the network again.",
    "refreshed": "The account's key was renewed.",
    "checked": "Looked ahead at what could stop it. {found}",
    "grace": "{who} decided how late it may still go out: {grace}.",
    "takedown": "{who} wants the parts that are out deleted. {why}",
    "taken_down": "Its parts are deleted on the network.",
    "undelivered": "Accepted, and then not delivered: {step}. {why}",
    "echo": "The network told us of a post of ours; it is read back.",
    "resent_once": "Nobody knows whether {step} arrived. The account is set to send once more then.",
    "swept": "It was found without a next date and was put back on its way.",
    "zone_moved": "The zone's clock rules have changed; it is due at {due_at} now.",
    "restored": "The database was restored from an older copy; nothing is sent before the network was looked at.",
    "restored_absent": "Looked at the network after the restore: it is not there.",
    "opened": "{who} opened the case.",
    "reminded": "Its people were told again.",
    "escalated": "Nobody had opened it; all managers and the administrators were told.",
}
