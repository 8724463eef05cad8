"""Hold what stands on the networks against what the database says, after any run, however it went.

``problems`` returns what is wrong in words; an empty list means that the promise of docs/delivery.md was kept.
Nothing here knows pytest, so that a chaos run in processes of its own can use it too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

OVERDUE = timedelta(minutes=5)
BY_A_PERSON = frozenset({"send_now", "rescheduled", "marked_out", "arrived", "moved"})


@dataclass(frozen=True)
class Stood:
    """One public object as a network shows it to itself. ``text`` is what was sent, not what is shown.

    ``ours`` False: the account's owner made it by hand. ``media``: digests of the files that arrived, None where
    the network does not tell. ``public_id``: the other name of a post that is known by one while it is processed.
    """

    account: str
    text: str
    id: str
    at: datetime
    parent: str = ""
    ours: bool = True
    media: tuple[str, ...] | None = None
    public_id: str = ""


def from_sandbox(rows: Iterable[Mapping[str, Any]]) -> list[Stood]:
    """The sandbox's ``GET /_sandbox/ledger``. Accounts are named there as our channels are: by handle."""
    return [
        Stood(
            account=row["account"],
            text=row["text"],
            id=row["remote_id"],
            at=datetime.fromisoformat(row["created_at"]),
            parent=row.get("reply_to") or "",
            media=tuple(item["sha256"] for item in row["media"]),
            public_id=row.get("public_id", ""),
        )
        for row in rows
    ]


def check(stood: Iterable[Stood], *, at: datetime, **more: Any) -> None:
    """Raise AssertionError with everything that is wrong."""
    if found := problems(stood, at=at, **more):
        raise AssertionError("the histories do not agree:\n- " + "\n- ".join(found))


def problems(
    stood: Iterable[Stood],
    *,
    at: datetime,
    settled: bool = True,
    account_of: Callable[[Any], str] = lambda channel: channel.handle,
    extra_texts: Iterable[str] = (),
) -> list[str]:
    """Compare every publication with the ledger.

    ``at``: the time now. ``settled``: nothing is under way any more, so every publication must have an end or
    an explanation. ``extra_texts``: texts that stand there and belong to no publication. The texts of different
    publications on one account must differ.
    """
    from publishing.models import Publication

    everything = list(stood)
    by_place: dict[tuple[str, str], list[Stood]] = defaultdict(list)
    for post in everything:
        if post.ours:
            by_place[post.account, post.text].append(post)
    ours = [post for posts in by_place.values() for post in posts]
    ids = {name: post for post in ours for name in (post.id, post.public_id) if name}
    by_hand = {post.id for post in everything if not post.ours}
    claimed: set[tuple[str, str]] = set()
    found: list[str] = []
    for publication in Publication.objects.select_related("version", "channel", "variant__owner"):
        case = _Case(publication, account_of(publication.channel), by_place, ids, by_hand, at, settled)
        found += [f"{publication.pk} ({publication.state}): {trouble}" for trouble in case.troubles()]
        claimed |= {(case.account, text) for text in case.texts}
    for place, posts in by_place.items():
        if place not in claimed and place[1] not in set(extra_texts):
            found.append(f"{len(posts)} post(s) on {place[0]} belong to no publication: {place[1][:60]!r}")
    return found


class _Case:
    """One publication under examination."""

    def __init__(
        self,
        publication: Any,
        account: str,
        by_place: Mapping[tuple[str, str], list[Stood]],
        ids: Mapping[str, Stood],
        by_hand: set[str],
        at: datetime,
        settled: bool,
    ):
        self.pub, self.account, self.by_place, self.ids = publication, account, by_place, ids
        self.by_hand, self.at, self.settled = by_hand, at, settled
        self.payload = publication.version.payload
        self.steps = list(publication.steps.all())
        self.texts = [part["text"] for part in self.payload["parts"]]
        if comment := (self.payload.get("options") or {}).get("first_comment"):
            self.texts.append(comment)
        self.kinds = set(publication.events.values_list("kind", flat=True))

    def posts(self, text: str) -> list[Stood]:
        return self.by_place.get((self.account, text), [])

    def troubles(self) -> Iterator[str]:
        yield from self.doubled()
        yield from self.lost()
        yield from self.out_of_order()
        yield from self.wrong_ids()
        yield from self.not_what_was_approved()
        yield from self.out_of_time()
        yield from self.asleep()
        yield from self.forged()

    def doubled(self) -> Iterator[str]:
        for text in self.texts:
            if len(posts := self.posts(text)) > 1:
                yield f"DOUBLED: {text[:60]!r} stands {len(posts)} times: {[p.id for p in posts]}"

    def lost(self) -> Iterator[str]:
        """Every end is the truth, and whoever must know has been told."""
        there = [text for text in self.texts if self.posts(text)]
        state = str(self.pub.state)
        if state == "published":
            if "marked_out" not in self.kinds:
                missing = [t for t in self.texts[: len(self.payload["parts"])] if not self.stands(t)]
                if missing:
                    yield f"LOST: it says published, and {missing[0][:60]!r} stands nowhere"
        elif state == "failed":
            if there:
                yield f"it says failed, and {there[0][:60]!r} stands"
            yield from self.untold("failed")
        elif state == "cancelled":
            if there and "dropped" not in self.kinds:
                yield f"it says cancelled, and {there[0][:60]!r} stands"
        elif state == "attention":
            yield from self.unexplained(there)
        elif self.settled:
            yield f"LOST: everything has come to rest, and it is still {state} ({self.pub.detail})"

    def stands(self, text: str) -> bool:
        if self.posts(text):
            return True
        number = self.texts.index(text)
        public = [s for s in self.steps if s.kind in ("commit", "reply")]
        return number < len(public) and public[number].remote_id in self.by_hand

    def unexplained(self, there: list[str]) -> Iterator[str]:
        if not self.pub.reason or not self.pub.detail:
            yield "it needs a decision, and nobody can see why"
        known = sum(1 for s in self.steps if s.kind in ("commit", "reply") and s.state == "done")
        doubt = sum(
            1 for s in self.steps if s.kind in ("commit", "reply") and s.state in ("intent", "unknown")
        )
        if not known <= len(there) <= known + doubt and not self.by_hand:
            yield f"{len(there)} part(s) stand, {known} are known and {doubt} in doubt"
        if self.pub.parts_out != known:
            yield f"it counts {self.pub.parts_out} parts, and {known} are done"
        yield from self.untold("attention")

    def untold(self, kind: str) -> Iterator[str]:
        """The owner has a notice of this very event (mails may be gathered into one)."""
        from work.models import Notice

        last = self.pub.events.filter(kind=kind).order_by("-seq").first()
        owner = self.pub.variant.owner
        if last is None:
            yield f"no event says {kind}"
        elif owner is not None and not Notice.objects.filter(user=owner, created_at__gte=last.at).exists():
            yield f"its owner was not told that it is {kind}"

    def out_of_order(self) -> Iterator[str]:
        parts = [self.posts(part["text"])[:1] for part in self.payload["parts"]]
        for number in range(1, len(parts)):
            if not parts[number]:
                continue
            if not parts[number - 1]:
                if not self.stands(self.texts[number - 1]):
                    yield f"part {number + 1} stands without part {number}"
                continue
            above, here = parts[number - 1][0], parts[number][0]
            if here.parent != above.id:
                yield f"part {number + 1} hangs below {here.parent!r}, not {above.id!r}"
            if here.at < above.at:
                yield f"part {number + 1} is older than part {number}"

    def wrong_ids(self) -> Iterator[str]:
        public = [s for s in self.steps if s.kind in ("commit", "reply") and s.state == "done"]
        for step in public:
            known = not step.remote_id or step.remote_id in self.ids or step.remote_id in self.by_hand
            if not known and "marked_out" not in self.kinds:
                yield f"{step.key} is said to be {step.remote_id!r}, which does not exist"
        if len({s.remote_id for s in public if s.remote_id}) != len([s for s in public if s.remote_id]):
            yield "two parts have the same id"
        if public and self.pub.remote_id and self.pub.remote_id not in {s.remote_id for s in public}:
            yield f"its id {self.pub.remote_id!r} is none of its parts'"

    def not_what_was_approved(self) -> Iterator[str]:
        from formats.core.payload import digest

        there = [text for text in self.texts if self.posts(text)]
        if there and digest(self.payload) != self.pub.version.digest:
            yield "what stands is not what was approved"
        for part in self.payload["parts"]:
            wanted = sorted(m["sha256"] for m in part.get("media") or ())
            for post in self.posts(part["text"]):
                if post.media is not None and sorted(post.media) != wanted:
                    yield f"{post.id} carries other files than were approved"

    def out_of_time(self) -> Iterator[str]:
        """No public request begins before the due time, or after the grace (but for what may come after)."""
        from publishing.models import Attempt

        if self.kinds & BY_A_PERSON:
            return
        late_at = self.pub.due_at + timedelta(seconds=self.pub.grace_s)
        public = Attempt.objects.filter(
            step__publication=self.pub, step__kind__in=("commit", "reply"), step__required=True
        )
        for begun in public.values_list("intent_at", flat=True):
            if begun < self.pub.due_at:
                yield f"EARLY: {self.pub.due_at - begun} before its time"
            elif begun > late_at:
                yield f"LATE: {begun - late_at} after its grace, and nobody was asked"

    def asleep(self) -> Iterator[str]:
        """I8: whatever is not over has a date that is not long past, or a person."""
        if self.pub.state in ("scheduled", "running", "waiting", "in_doubt"):
            due = max(filter(None, (self.pub.next_action_at, self.pub.lease_until)), default=None)
            if self.pub.next_action_at is None or due is None:
                yield "ORPHAN: it is not over and has no next date"
            elif self.settled and due < self.at - OVERDUE:
                yield f"ORPHAN: it should have gone on at {due}"

    def forged(self) -> Iterator[str]:
        from publishing.domain.log import broken_at

        if (seq := broken_at(self.pub.pk)) is not None:
            yield f"its events do not fit from number {seq} on"
        open_attempts = sum(s.attempts.filter(outcome="").count() for s in self.steps if s.safety != "pure")
        if open_attempts and self.settled:
            yield f"{open_attempts} attempt(s) were never closed"
        if self.settled and self.pub.state in ("published", "failed", "cancelled") and self.pub.intent_open:
            yield "it is over and its intent is open"
