"""Pause and release, by people who may. What a release finds late goes out only as somebody decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from wagtail.models import Page

from access import policy
from channels.connectors.registry import CONNECTORS
from channels.models import Channel
from publishing.core.states import Reason, State
from publishing.domain.people import administrators, managers_of
from publishing.models import Publication
from work import clock, outbox, switches
from work.models import Switch, SwitchScope


@dataclass(frozen=True)
class Choice:
    """Something that can be paused, as ``scope:key``, with its name."""

    value: str
    label: str
    group: str = ""


@dataclass(frozen=True)
class Standing:
    """A switch that is on, as one person sees it: what it holds, and whether they may release it."""

    switch: Switch
    name: str
    mine: bool

    @property
    def value(self) -> str:
        return value_of(self.switch)

    @property
    def by(self) -> str:
        by = self.switch.by
        return (by.get_full_name() or by.get_username()) if by else "Hustings"


def value_of(switch: Switch) -> str:
    return f"{switch.scope}:{switch.key}"


def choices(user: Any) -> list[Choice]:
    """What this person may pause: administrators everything, managers their campaigns and their channels."""
    found = []
    if policy.campaign_ids(user, policy.PAUSE) is None:
        found.append(Choice("all:", "Everything"))
        found += [Choice(f"platform:{c.platform}", f"All of {c.label}", "Networks") for c in CONNECTORS]
    for campaign in policy.campaigns(user, policy.PAUSE):
        found.append(Choice(f"campaign:{campaign.pk}", f"Campaign: {campaign.title}", "Campaigns"))
    channels = policy.scoped(Channel.objects.all(), user, policy.PAUSE)
    return found + [
        Choice(f"channel:{c.pk}", f"Channel: {c.handle} on {label_of(c.platform)}", "Channels")
        for c in channels
    ]


def label_of(platform: str) -> str:
    return CONNECTORS[platform].label if platform in CONNECTORS else platform


def standing(user: Any) -> list[Standing]:
    """The switches that are on and concern this person, the widest first. One query when nothing is paused."""
    switches_on = list(Switch.objects.filter(on=True).select_related("by"))
    if not switches_on:
        return []
    sees, may = policy.campaign_ids(user, policy.VIEW), policy.campaign_ids(user, policy.PAUSE)
    channels, pages = _known(switches_on)
    found = []
    for switch in switches_on:
        campaign, name = _about(switch, channels, pages)
        if campaign is not None and sees is not None and campaign not in sees:
            continue
        mine = may is None or (campaign is not None and campaign in may)
        found.append(Standing(switch, name, mine))
    order = list(SwitchScope.values)
    return sorted(found, key=lambda s: (order.index(s.switch.scope), s.name))


def _about(switch: Switch, channels: dict[str, Channel], pages: dict[str, str]) -> tuple[int | None, str]:
    """The campaign that a switch belongs to (None: no single one) and what it holds, in words."""
    if switch.scope == SwitchScope.ALL:
        return None, "Everything"
    if switch.scope == SwitchScope.PLATFORM:
        return None, f"All of {label_of(switch.key)}"
    if switch.scope == SwitchScope.CAMPAIGN:
        return int(switch.key or 0), pages.get(switch.key, "A campaign")
    channel = channels.get(switch.key)
    return (
        (channel.campaign_id, f"{channel.handle} on {label_of(channel.platform)}")
        if channel
        else (0, "A channel")
    )


def turn(value: str, *, on: bool, reason: str = "", by: Any) -> Switch:
    """Pause or release ``scope:key``, and tell those concerned. Raises PermissionDenied where one may not.

    Releasing wakes what waits; what has become late meanwhile asks its owner, and the rest goes out one by
    one. Doing it twice changes and tells nothing more.
    """
    if value not in {choice.value for choice in choices(by)}:
        raise PermissionDenied
    scope, _, key = value.partition(":")
    with transaction.atomic():
        before = Switch.objects.select_for_update().filter(scope=scope, key=key).first()
        if before is not None and before.on is on:
            return before
        if before is None and not on:
            return Switch(scope=scope, key=key, on=False, at=clock.now())
        why = reason.strip()[:300]
        switch = switches.turn(
            scope, key, on=on, reason=why if on else (before.reason if before else ""), by=by
        )
        if not on:
            now = clock.now()
            in_scope(switch).filter(
                state__in=(State.SCHEDULED, State.WAITING),
                intent_open=False,
                due_at__lte=now,
                next_action_at__gt=now,
                detail__startswith="Paused",
            ).update(next_action_at=now)
        _tell(switch, on=on, why=why, by=by)
    return switch


def in_scope(switch: Switch) -> QuerySet[Publication]:
    """The publications that a switch holds."""
    where = {
        SwitchScope.ALL: Q(),
        SwitchScope.PLATFORM: Q(channel__platform=switch.key),
        SwitchScope.CAMPAIGN: Q(campaign_id=switch.key or 0),
        SwitchScope.CHANNEL: Q(channel_id=switch.key or 0),
    }[SwitchScope(switch.scope)]
    return Publication.objects.filter(where)


def become_late(switch: Switch, user: Any) -> list[Publication]:
    """What this pause held past its time and this person may decide about, in order of time."""
    now = clock.now()
    waits = Q(state__in=(State.SCHEDULED, State.WAITING), intent_open=False, due_at__lte=now)
    asked = Q(state=State.ATTENTION, reason=Reason.LATE, attention_since__gte=switch.at)
    rows = in_scope(switch).filter(waits | asked).select_related("version", "channel", "campaign")
    return list(policy.scoped(rows, user, policy.PUBLISH).order_by("due_at", "pk"))


def _tell(switch: Switch, *, on: bool, why: str, by: Any) -> None:
    """The owners of what is held or waits, the managers of their campaigns, and administrators for all."""
    waiting = in_scope(switch).filter(state__in=(State.SCHEDULED, State.WAITING, State.RUNNING))
    owners = get_user_model().objects.filter(
        pk__in=waiting.exclude(variant__owner=None).values("variant__owner")
    )
    campaign, name = _about(switch, *_known([switch]))
    campaigns = set(waiting.order_by().values_list("campaign_id", flat=True).distinct())
    people = [*owners, *managers_of(campaigns | ({campaign} if campaign else set()))]
    if switch.scope in (SwitchScope.ALL, SwitchScope.PLATFORM):
        people += administrators()
    who = by.get_full_name() or by.get_username()
    outbox.tell(
        [person for person in people if person.pk != by.pk],
        subject=f"{'Paused' if on else 'Running again'}: {name}",
        body=f"{who} has stopped all sending there. {why}".strip()
        if on
        else f"{who} has let sending go on. Whatever is late is decided post by post; the rest goes out at its time.",
        url="/admin/publishing/pause/",
        event_id=f"pause.{switch.pk}.{switch.at:%Y%m%d%H%M%S%f}",
        kind="paused",
    )


def _known(found: Sequence[Switch]) -> tuple[dict[str, Channel], dict[str, str]]:
    """The channels, and the campaigns' titles, that switches name; by key."""
    keys = {scope: [s.key for s in found if s.scope == scope and s.key.isdigit()] for scope in SwitchScope}
    channels = Channel.objects.filter(pk__in=keys[SwitchScope.CHANNEL])
    pages = Page.objects.filter(pk__in=keys[SwitchScope.CAMPAIGN]).values_list("pk", "title")
    return {str(c.pk): c for c in channels}, {str(pk): title for pk, title in pages}
