"""What is known of a publication, step by step, gathered for people: what was sent, answered and seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Prefetch

from channels.connectors.registry import CONNECTORS
from publishing import words
from publishing.domain.held import name_of
from publishing.models import Attempt, Event, Publication, Step
from publishing.times import Moment, moment

LOOKS = {"found", "absent", "cannot"}
STEP_TONES = {"done": "done", "intent": "wait", "unknown": "bad", "skipped": "quiet", "todo": "quiet"}
STEP_STATES = {
    "todo": "to do",
    "intent": "under way",
    "unknown": "outcome unknown",
    "done": "done",
    "skipped": "left out",
}
OUTCOMES = {
    "": "no answer yet",
    "not_sent": "nothing was sent",
    "ok": "accepted",
    "refused": "refused",
    "unknown": "no clear answer",
    "found": "no answer, but it was found there",
    "absent": "no answer, and it was not there",
    "unknowable": "no answer, and nobody can tell",
}
SAFETY = {
    "pure": "It may be repeated: nothing public comes of it.",
    "keyed": "The network knows our key, so a repeat makes no second post.",
    "exact": "The network can be asked about exactly this one.",
    "probe": "The network refuses a repeat and names the first.",
    "search": "The account's own posts can be searched for it.",
    "blind": "The network cannot be asked about it.",
}


@dataclass(frozen=True)
class Seen:
    """Something that a look-up saw on the network."""

    text: str
    at: str
    id: str
    url: str


@dataclass(frozen=True)
class Look:
    at: Moment | None
    said: str
    seen: tuple[Seen, ...] = ()


@dataclass(frozen=True)
class Try:
    n: int
    at: Moment | None
    sent_at: Moment | None
    answered_at: Moment | None
    outcome: str
    status: int | None
    said: str
    code: str
    request_id: str
    body: str
    retry_after_s: float | None


@dataclass
class Evidence:
    """One step with its tries and the look-ups that asked about it."""

    step: Step
    name: str
    state: str
    tone: str
    safety: str
    part: Mapping[str, Any] | None
    part_number: int | None
    tries: list[Try] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)

    @property
    def in_doubt(self) -> bool:
        return self.step.state in ("intent", "unknown")


def gather(publication: Publication) -> list[Evidence]:
    """Three queries, however much there is."""
    attempts = Prefetch("attempts", Attempt.objects.order_by("n"))
    steps = Step.objects.filter(publication=publication).order_by("seq").prefetch_related(attempts)
    looks = defaultdict(list)
    for event in Event.objects.filter(publication=publication, kind__in=LOOKS).order_by("seq"):
        event.publication = publication
        looks[event.data.get("key", "")].append(_look(event, publication))
    return [_evidence(step, publication, looks[step.key]) for step in steps]


def _evidence(step: Step, publication: Publication, looks: list[Look]) -> Evidence:
    parts = publication.payload.get("parts", [])
    number = step.data.get("part")
    public = step.kind in ("commit", "reply")
    if number is None and public and len(parts) == 1:
        number = 0
    known = isinstance(number, int) and number < len(parts) and public
    return Evidence(
        step=step,
        name=name_of(step),
        state=STEP_STATES[step.state],
        tone=STEP_TONES[step.state],
        safety=SAFETY.get(step.safety, ""),
        part=parts[number] if known else None,
        part_number=number + 1 if known and len(parts) > 1 else None,
        tries=[_try(attempt, publication.zone) for attempt in step.attempts.all()],
        looks=looks,
    )


def _try(attempt: Attempt, zone: str) -> Try:
    return Try(
        n=attempt.n,
        at=moment(attempt.intent_at, zone, seconds=True),
        sent_at=moment(attempt.bytes_started_at, zone, seconds=True),
        answered_at=moment(attempt.ended_at, zone, seconds=True),
        outcome="decided by a person" if attempt.kind == "by_person" else OUTCOMES[attempt.outcome],
        status=attempt.http_status,
        said=attempt.message,
        code=attempt.code,
        request_id=attempt.request_id,
        body=attempt.body,
        retry_after_s=attempt.retry_after_s,
    )


def _look(event: Event, publication: Publication) -> Look:
    said = words.say(event).removeprefix("Looked at the network: ")
    seen = tuple(_seen(each, publication) for each in event.data.get("seen") or () if isinstance(each, dict))
    return Look(moment(event.at, publication.zone, seconds=True), said[:1].upper() + said[1:], seen)


def _seen(item: Mapping[str, Any], publication: Publication) -> Seen:
    channel = publication.channel
    number = str(item.get("id") or "")
    url = str(item.get("permalink_url") or item.get("permalink") or item.get("url") or "")
    made = CONNECTORS[channel.platform].address(number, channel) if channel.platform in CONNECTORS else ""
    text = item.get("text") or item.get("message") or item.get("caption")
    plain = ", ".join(f"{k}: {v}" for k, v in item.items() if isinstance(v, str | int) and k != "id")
    return Seen(
        str(text or plain), str(item.get("created_at") or item.get("created_time") or ""), number, url or made
    )


def likely(evidence: Iterable[Evidence]) -> list[Seen]:
    """Posts that may be ours: what the look-ups of undecided steps saw, each once, newest look first."""
    found: dict[str, Seen] = {}
    for each in evidence:
        if each.in_doubt:
            for look in reversed(each.looks):
                for seen in look.seen:
                    if seen.url:
                        found.setdefault(seen.url, seen)
    return list(found.values())[:5]
