"""A post of ours that is out is given another text, or is deleted: where its network lets other programs do that.

Each is an act of its own (:mod:`publishing.domain.deeds`), so that it is approved by somebody, has an intent, is looked for
when its answer is lost, and is never done twice. What was approved stays as it was; the post's history says what changed.
The caller has asked ``access.policy`` (PUBLISH).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet

from channels.connectors.abilities import Action
from channels.connectors.base import StepKind
from channels.connectors.registry import CONNECTORS
from channels.connectors.talk import Act
from formats.core.draft import Part
from formats.cost import money, sum_of
from formats.registry import FORMATS
from publishing import gates
from publishing.core.states import LIVE, State, StepState
from publishing.domain.deeds import hand_over
from publishing.domain.log import record
from publishing.models import Publication, Step
from work import clock

POSTS = (StepKind.COMMIT, StepKind.REPLY)


class NotMended(ValueError):
    """It cannot be changed or deleted. The text is for people."""


@dataclass(frozen=True)
class Out:
    """One remote post as it stands there now, as far as we know."""

    number: int
    remote_id: str
    text: str


def out(publication: Publication) -> list[Out]:
    """The posts of it that stand on the network and whose ids it told, with their text of today."""
    gone, changed = _done(publication)
    steps = publication.steps.filter(kind__in=POSTS, state=StepState.DONE).exclude(remote_id="")
    parts = publication.payload.get("parts") or ()
    found = []
    for remote_id, data in steps.order_by("seq").values_list("remote_id", "data"):
        number = int(data.get("part") or 0)
        if remote_id not in gone and number < len(parts):
            text = changed.get(remote_id, str(parts[number].get("text") or ""))
            found.append(Out(number + 1, remote_id, text))
    return found


def _done(publication: Publication) -> tuple[set[str], dict[str, str]]:
    """What was deleted, and the newest text of what was changed."""
    gone: set[str] = set()
    changed: dict[str, str] = {}
    rows = publication.mends.filter(state=State.PUBLISHED).order_by("published_at")
    for payload in rows.values_list("version__payload", flat=True):
        act = Act.of_data(payload["act"])
        if act.action is Action.DELETE_POST:
            gone.add(act.remote_id)
        else:
            changed[act.remote_id] = act.text
    return gone, changed


def changed_texts(publications: QuerySet[Publication]) -> dict[Any, dict[int, str]]:
    """Of those whose text was changed: the newest text of each part that was, by its place in the payload. Two queries."""
    acts = Publication.objects.filter(about__in=publications, state=State.PUBLISHED).order_by("published_at")
    texts: dict[Any, dict[str, str]] = {}
    for pk, payload in acts.values_list("about_id", "version__payload"):
        act = Act.of_data(payload["act"])
        if act.action is Action.EDIT_POST:
            texts.setdefault(pk, {})[act.remote_id] = act.text
    found: dict[Any, dict[int, str]] = {}
    steps = Step.objects.filter(publication__in=list(texts), kind__in=POSTS, state=StepState.DONE)
    for pk, remote_id, data in steps.values_list("publication_id", "remote_id", "data"):
        if remote_id in texts[pk]:
            found.setdefault(pk, {})[int(data.get("part") or 0)] = texts[pk][remote_id]
    return found


def possible(publication: Publication) -> tuple[str, ...]:
    """What may be done to it now: "edit_post", "delete_post"."""
    if publication.state != State.PUBLISHED or publication.variant_id is None:
        return ()
    connector = next((c for c in CONNECTORS if c.platform == publication.channel.platform), None)
    if connector is None or publication.mends.filter(state__in=LIVE).exists() or not out(publication):
        return ()
    return tuple(
        str(action)
        for action in (Action.EDIT_POST, Action.DELETE_POST)
        if _offers(connector, action, publication)
    )


def _offers(connector: Any, action: Action, publication: Publication) -> bool:
    if action not in connector.acts or connector.lacking(
        publication.channel, connector.needs.get(action, "")
    ):
        return False
    return action is not Action.EDIT_POST or publication.payload["format"] not in connector.fixed


def is_gone(publication: Publication) -> bool:
    """Whether all of it was deleted from here."""
    gone, _ = _done(publication)
    return bool(gone) and not out(publication)


def price(publication: Publication) -> str:
    """What deleting it costs at the network, in words; "" where it costs nothing."""
    connector = CONNECTORS[publication.channel.platform]
    acts = [Act(Action.DELETE_POST, each.remote_id).as_data() for each in out(publication)]
    charges = [charge for act in acts for charge in connector.costs({"act": act})]
    if not charges:
        return ""
    return money(sum_of(charges), charges[0].price.currency)


def change(publication: Publication, texts: Mapping[str, str], *, by: Any) -> int:
    """Give posts of it another text: ``texts`` by remote id. Returns how many are on their way; what is as before is none.

    New words in public need somebody who could have approved them, and who has not written the post.
    """
    if why := gates.reason_not_to_move(publication, by):
        raise NotMended(f"A post that is out is changed by somebody who may approve it. {why}")
    with transaction.atomic():
        known = {each.remote_id: each for each in _held(publication, Action.EDIT_POST)}
        wanted = {
            remote_id: text.strip()
            for remote_id, text in texts.items()
            if remote_id in known and text.strip() != known[remote_id].text.strip()
        }
        if not wanted:
            raise NotMended("Nothing was changed.")
        for text in wanted.values():
            _check(publication, text)
        for remote_id, text in wanted.items():
            _hand_over(publication, Act(Action.EDIT_POST, remote_id, text), by=by)
            said = {"before": known[remote_id].text, "after": text}
            record(publication, "change_wanted", said, at=clock.now(), by=by)
    return len(wanted)


def delete(publication: Publication, *, by: Any, why: str = "") -> int:
    """Take it down, all posts of it, the last one first. Returns how many."""
    with transaction.atomic():
        posts = _held(publication, Action.DELETE_POST)
        for each in reversed(posts):
            _hand_over(publication, Act(Action.DELETE_POST, each.remote_id), by=by)
        record(publication, "deletion_wanted", {"why": why, "posts": len(posts)}, at=clock.now(), by=by)
    return len(posts)


def _held(publication: Publication, action: Action) -> list[Out]:
    """Its posts, with its row locked and the act still possible."""
    rows = Publication.objects.filter(pk=publication.pk, state=State.PUBLISHED)
    if not rows.update(fence=F("fence")) or action not in possible(publication):
        raise NotMended("That is no longer possible: it has been changed or deleted, or that is on its way.")
    return out(publication)


def _check(publication: Publication, text: str) -> None:
    if not text:
        raise NotMended("A post cannot lose all its text. Delete it instead.")
    wanted = FORMATS.get(publication.payload["format"])
    for measure in wanted.measures(Part(text)) if wanted else ():
        if measure.over:
            most, unit = f"{measure.limit.ceiling:,}", measure.limit.unit
            raise NotMended(f"The text has {measure.count:,} {unit}; {most} are allowed.")


def _hand_over(publication: Publication, act: Act, *, by: Any) -> Publication:
    deed = hand_over(act, publication.channel, by=by)
    Publication.objects.filter(pk=deed.pk).update(about=publication)
    return deed


def went_out(sender: Any, *, publication: Publication, **kwargs: Any) -> None:
    """The network has done it: that belongs into the history of the post."""
    if publication.about_id is None:
        return
    Publication.objects.filter(pk=publication.about_id).update(fence=F("fence"))
    action = publication.version.payload["act"]["action"]
    kind = "deleted" if action == Action.DELETE_POST else "changed"
    record(publication.about, kind, {"text": publication.version.payload["act"]["text"]}, at=clock.now())
