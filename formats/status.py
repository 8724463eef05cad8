"""One word for where a variant stands. Publishing knows most of it and registers itself; alone, the workflow answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from wagtail.models import WorkflowState

# What a provider gives has ``word``, and may have ``detail`` and ``publications``, as publishing.status.status_of gives it.
Provider = Callable[[Iterable[Any]], Mapping[int, Any]]
_providers: list[Provider] = []

LABELS = {
    "draft": "Draft",
    "in_review": "In review",
    "changes_requested": "Changes requested",
    "approved": "Approved",
    "voided": "Approval void",
    "publishing": "Publishing",
    "published": "Published",
    "failed": "Failed",
    "attention": "Needs attention",
    "cancelled": "Cancelled",
}
SUBMITTABLE = frozenset({"draft", "changes_requested", "voided", "failed", "cancelled"})


@dataclass(frozen=True)
class Status:
    word: str
    detail: str = ""
    posts: tuple[tuple[str, str], ...] = ()  # (account, address) of what is out

    @property
    def label(self) -> str:
        return LABELS.get(self.word, self.word.replace("_", " ").capitalize())


DRAFT = Status("draft")
WORDS = {
    WorkflowState.STATUS_IN_PROGRESS: Status("in_review"),
    WorkflowState.STATUS_NEEDS_CHANGES: Status("changes_requested"),
    WorkflowState.STATUS_APPROVED: Status("approved"),
}


def provide(provider: Provider) -> None:
    """Let an upper house answer; the newest answers first and may leave variants out."""
    if provider not in _providers:
        _providers.insert(0, provider)


def status_of(variants: Iterable[Any]) -> dict[int, Status]:
    """The status of every variant, by id, without a query per variant."""
    variants = list(variants)
    found: dict[int, Status] = {}
    for provider in (*_providers, _from_workflow):
        if missing := [v for v in variants if v.pk not in found]:
            found |= {pk: _told(each) for pk, each in provider(missing).items()}
    return found


def _told(each: Any) -> Status:
    out = ((p.channel.handle, p.remote_url) for p in getattr(each, "publications", ()) if p.remote_url)
    return Status(each.word, getattr(each, "detail", ""), tuple(out))


def _from_workflow(variants: list[Any]) -> dict[int, Status]:
    kind = ContentType.objects.get_for_model(type(variants[0]))
    states = WorkflowState.objects.filter(base_content_type=kind, object_id__in=[str(v.pk) for v in variants])
    newest = dict(states.order_by("created_at").values_list("object_id", "status"))
    return {v.pk: WORDS.get(newest.get(str(v.pk), ""), DRAFT) for v in variants}
