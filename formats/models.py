"""A piece in one format, for one or more channels of that platform, at its planned time.

See docs/variants.md. A variant is never live in Wagtail's sense: publishing reads approved versions only. So row and
newest revision always say the same, and lists and the calendar may read the row.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import models
from modelcluster.fields import ParentalManyToManyField
from modelcluster.models import ClusterableModel
from wagtail.fields import StreamField
from wagtail.models import (
    DraftStateMixin,
    LockableMixin,
    PreviewableMixin,
    RevisionMixin,
    WorkflowMixin,
)

from formats import schedule
from formats.blocks import PartBlock
from formats.core import sameness
from formats.core.draft import Finding, Level, MediaItem, Part
from formats.fields import WallTimeField

PREVIEW_MODES = [("phone", "Phone, light"), ("phone-dark", "Phone, dark"), ("wide", "Wide")]


class Variant(
    PreviewableMixin, WorkflowMixin, DraftStateMixin, LockableMixin, RevisionMixin, ClusterableModel
):
    """``planned_wall`` (naive), ``planned_zone`` and ``planned_fold`` are what a person chose; ``planned_at`` is UTC
    and resolved from them whenever the row is saved.

    ``options`` are the answers to what the format asks (formats.core.options). ``plans`` keeps the media plans by key;
    the parts' media name a key. ``words_digest`` is over the texts alone (formats.core.sameness), so that the same words
    planned twice are found. ``derivation`` says what the variant was made from (formats.derive), ``drifted_at``
    since when the story says something else (formats.drift). A correction ``corrects`` a post that is out:
    ``{"publication", "url", "claim", "reply_to": remote id or ""}``; it is made from a claim, not from the story.
    """

    class Kind(models.TextChoices):
        POST = "post", "Post"
        CORRECTION = "correction", "Correction"

    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.POST, editable=False)
    corrects = models.JSONField(default=dict, blank=True, editable=False)
    story = models.ForeignKey("wagtailcore.Page", on_delete=models.CASCADE, related_name="variants")
    campaign = models.ForeignKey(
        "wagtailcore.Page", on_delete=models.CASCADE, related_name="campaign_variants", editable=False
    )
    format = models.CharField(max_length=40)
    channels = ParentalManyToManyField("channels.Channel", blank=True, related_name="variants")
    language = models.CharField(max_length=20, default="en")
    parts = StreamField([("part", PartBlock())], blank=True)
    plans = models.JSONField(default=dict, blank=True, editable=False)
    options = models.JSONField(default=dict, blank=True)
    words_digest = models.CharField(max_length=32, blank=True, default="", editable=False)
    planned_wall = WallTimeField("planned time", null=True, blank=True, db_index=True)
    planned_zone = models.CharField("time zone", max_length=60, blank=True, default="")
    planned_fold = models.PositiveSmallIntegerField("which of the two", default=0)
    planned_at = models.DateTimeField(null=True, blank=True, db_index=True, editable=False)
    derivation = models.JSONField(default=dict, blank=True, editable=False)
    drifted_at = models.DateTimeField(null=True, blank=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="variants"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    live = models.BooleanField(default=False, editable=False)  # see the module's first lines

    class Meta:
        ordering = ["planned_at", "pk"]
        indexes = [
            models.Index(fields=["campaign", "planned_at"], name="variant_by_campaign"),
            models.Index(fields=["campaign", "words_digest"], name="variant_by_words"),
            models.Index(
                fields=["id", "story"], name="variant_story"
            ),  # for what goes out of which story, without the rows
        ]

    def used_channels(self) -> list[Any]:
        """For access.policy."""
        return list(self.channels.all())

    def __str__(self) -> str:
        label = f"{self.format_label}: {self.story.title}" if self.story_id else self.format_label
        return f"Correction, {label}" if self.is_correction else label

    @property
    def is_correction(self) -> bool:
        return self.kind == self.Kind.CORRECTION

    # What it is -------------------------------------------------------------------------------------------------------
    @property
    def spec(self) -> Any:
        """The format itself (formats.registry), or KeyError where it is no longer installed."""
        return _formats()[self.format]

    @property
    def platform(self) -> str:
        return self.format.split(".", 1)[0]

    @property
    def format_label(self) -> str:
        try:
            return self.spec.label
        except (KeyError, LookupError):
            return self.format or "Variant"

    def to_parts(self) -> tuple[Part, ...]:
        """The parts as the formats know them. A medium whose plan is missing is left out; findings say so."""
        return tuple(self._to_part(child.value) for child in self.parts)

    def _to_part(self, value: Mapping[str, Any]) -> Part:
        media = tuple(
            MediaItem(
                plan=self.plans[item["key"]],
                alt=(item.get("alt") or "").strip(),
                role=item.get("role") or "",
                sources=_names(item.get("sources")),
            )
            for item in value.get("media") or ()
            if item.get("key") in self.plans
        )
        return Part(
            text=(value.get("text") or "").replace("\r\n", "\n").strip(),
            media=media,
            link=(value.get("link") or "").strip(),
            sources=_names(value.get("sources")),
        )

    def findings(self, facts: Mapping[str, Mapping[str, Any]] | None = None) -> tuple[Finding, ...]:
        """What the format says about the parts as they are now (with what is known of rendered media).

        ``facts`` saves the look-up where the caller has it already (formats.variants.media_facts).
        """
        from formats import options, servers  # thin method
        from formats.variants import accounts_of, imprint_of, media_facts

        parts = self.to_parts()
        if facts is None:
            facts = media_facts(parts)
        found = servers.as_taken(self).check(
            parts,
            language=self.language,
            imprint=imprint_of(self.campaign),
            facts=facts,
            accounts=accounts_of(self.campaign),
        )
        return (*found, *options.findings(self))

    @property
    def blockers(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings() if f.level is Level.BLOCKER)

    def drift(self) -> list[Any]:
        """What of the story changed since this was made: a list of formats.derive.Change; empty means none."""
        from formats.drift import drift_of  # thin method

        return drift_of(self)

    # When -------------------------------------------------------------------------------------------------------------
    def set_time(self, wall: Any, zone: str, fold: int = 0) -> schedule.Resolved | None:
        """Set the planned time on this object; ``wall`` None unplans it. Saves nothing.

        Raises schedule.UnknownZone. What is kept is what the clock will show, also where a gap moved it.
        """
        self.planned_zone = zone
        if wall is None:
            self.planned_wall, self.planned_fold, self.planned_at = None, 0, None
            return None
        resolved = schedule.resolve(wall, zone, fold)
        self.planned_wall, self.planned_fold, self.planned_at = resolved.wall, resolved.fold, resolved.at
        return resolved

    @property
    def planned(self) -> schedule.Resolved | None:
        if self.planned_wall is None or not self.planned_zone:
            return None
        return schedule.resolve(self.planned_wall, self.planned_zone, self.planned_fold)

    # Saving -----------------------------------------------------------------------------------------------------------
    def full_clean(self, *args: Any, **kwargs: Any) -> None:
        self._settle()
        super().full_clean(*args, **kwargs)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self._settle()
        super().save(*args, **kwargs)

    def _settle(self) -> None:
        """Fill what follows from the rest: campaign, zone, planned instant."""
        if self.campaign_id is None and self.story_id is not None:
            self.campaign = self.story.specific.get_campaign()
        if self.planned_wall is not None and not self.planned_zone:
            from formats.variants import zone_of  # thin method

            self.planned_zone = zone_of(self.campaign)
        planned = self.planned
        self.planned_at = planned and planned.at
        if "parts" not in self.get_deferred_fields():
            self.words_digest = sameness.digest(child.value.get("text") or "" for child in self.parts)

    def with_content_json(self, content: Any) -> Variant:
        """What is known of the row, and no edit of anybody, is never read back from an older revision."""
        variant = super().with_content_json(content)
        variant.drifted_at = self.drifted_at
        return variant

    def publish(self, *args: Any, **kwargs: Any) -> None:
        """Refused: a variant goes out as an approved version (publishing), never by Wagtail's own publishing."""
        raise PermissionDenied("Variants go out through approval and their planned time.")

    # Approval ---------------------------------------------------------------------------------------------------------
    def get_lock(self) -> Any:
        """Wagtail's locks, and before them: what went out is closed for good (formats.locks)."""
        from formats.locks import sent_lock  # thin method

        return sent_lock(self) or super().get_lock()

    def get_workflow(self) -> Any:
        """The workflow of the story's place in the tree, if it is one that approves variants."""
        from formats.workflow import approves_variants  # thin method

        workflow = self.story.get_workflow() if self.story_id else None
        return workflow if workflow and approves_variants(workflow) else None

    # Preview ----------------------------------------------------------------------------------------------------------
    @property
    def preview_modes(self) -> list[tuple[str, str]]:
        return PREVIEW_MODES

    def get_preview_template(self, request: Any, mode_name: str) -> str:
        return "formats/preview.html"

    def get_preview_context(self, request: Any, mode_name: str) -> dict[str, Any]:
        from formats.preview import preview_payload  # thin method

        return {
            **super().get_preview_context(request, mode_name),
            "payload": preview_payload(self),
            "theme": "dark" if mode_name.endswith("dark") else "light",
            "width": "wide" if mode_name == "wide" else "phone",
        }


class ChosenPlan(models.Model):
    """The plan of a medium that somebody chose in the editor, waiting to be saved with the variant (formats.choices).

    The form carries its key only; saving copies the plan into ``Variant.plans``.
    """

    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="chosen_plans")
    key = models.CharField(max_length=32)
    plan = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["variant", "key"], name="chosen_plan_once")]

    def __str__(self) -> str:
        return f"{self.plan.get('template', self.plan.get('kind'))} {self.key[:8]}"


def key_of(plan: Mapping[str, Any]) -> str:
    """The name of a plan within its variant."""
    from formats.core.piece import digest

    return digest(json.loads(json.dumps(plan)))[:32]


def _formats() -> Any:
    from formats.registry import FORMATS  # the registry imports every platform; models load first

    return FORMATS


def _names(text: Any) -> tuple[str, ...]:
    return tuple(str(text or "").split())


def stream_of(
    parts: Sequence[Part], ids: Sequence[str | None] = ()
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """(raw StreamField data, plans by key) for parts; ``ids`` keep blocks that stay the same block."""
    import uuid

    plans: dict[str, Any] = {}
    stream = []
    for index, part in enumerate(parts):
        media = []
        for item in part.media:
            plan = json.loads(json.dumps(item.plan))
            key = key_of(plan)
            plans[key] = plan
            value = {"key": key, "alt": item.alt, "role": item.role, "sources": " ".join(item.sources)}
            media.append({"type": "item", "id": str(uuid.uuid4()), "value": value})
        block_id = (ids[index] if index < len(ids) else None) or str(uuid.uuid4())
        stream.append(
            {
                "type": "part",
                "id": block_id,
                "value": {
                    "text": part.text,
                    "link": part.link,
                    "media": media,
                    "sources": " ".join(part.sources),
                },
            }
        )
    return stream, plans
