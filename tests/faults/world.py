"""Publications on the lab network, and hands to drive them through time with real calls."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.faults import history
from tests.faults.connector import LabConnector
from tests.faults.lab import Lab

START = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
DUE = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
FILE = b"approved picture"


def s(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


@dataclass
class World:
    hand: Any
    lab: Lab
    connector: LabConnector
    folder: Path
    owner: Any
    manager: Any
    campaign: Any
    channel: Any
    allowed: list[str] = field(default_factory=list)  # what the history may say: doubles on a person's word
    extra_texts: list[str] = field(default_factory=list)
    checks: bool = True

    # rows -----------------------------------------------------------------------------------------------

    def variant(self) -> Any:
        from formats.models import Variant

        return Variant.objects.create(
            story=self.campaign, campaign=self.campaign, format="lab.post", owner=self.owner
        )

    def medium(self, name: str = "card.jpg") -> dict[str, Any]:
        (self.folder / name).write_bytes(FILE)
        return {"kind": "image", "file": name, "sha256": hashlib.sha256(FILE).hexdigest(), "alt": "a river"}

    def payload(self, variant: Any, *texts: str, due: datetime = DUE, **more: Any) -> dict[str, Any]:
        media = [self.medium()] if self.connector.shape.upload else []
        comment = {"options": {"first_comment": "The first comment."}} if self.connector.shape.comment else {}
        return {
            "schema": 1,
            "variant": variant.pk,
            "format": "lab.post",
            "platform": "lab",
            "language": "en",
            "planned_at": due.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "wall_time": due.strftime("%Y-%m-%dT%H:%M:%S"),
            "zone": "Europe/London",
            "fold": 0,
            "channels": [{"id": self.channel.pk, "platform": "lab", "remote_id": "1", "handle": "@river"}],
            "parts": [
                {"text": text, "link": "", "media": media if number == 0 else []}
                for number, text in enumerate(texts or ("The river is clean.",))
            ],
            **comment,
            **more,
        }

    def publication(self, *texts: str, due: datetime = DUE, **more: Any) -> Any:
        """An approved publication of these parts."""
        from publishing.domain.approve import freeze

        variant = self.variant()
        version = freeze(variant, self.payload(variant, *texts, due=due, **more), by=self.manager)
        return version.publications.get()

    # time -----------------------------------------------------------------------------------------------

    def step(self, publication: Any, to: datetime | None = None) -> bool:
        """Go to the publication's next date (or to ``to``) and work on it once."""
        from work import worker

        publication.refresh_from_db()
        due = (publication.next_action_at, publication.lease_until)
        at = to or max(filter(None, due), default=self.hand.at)
        self.hand.at = max(self.hand.at, at)
        ran = worker.run_one("publication", publication.pk)
        publication.refresh_from_db()
        return ran

    def go_on(
        self, until: datetime | None = None, *, turns: int = 5000, each: Callable[[], Any] = int
    ) -> None:
        """Work on whatever is due next, in due order, until nothing is left to do (or ``until``)."""
        from django.db.models import Q

        from publishing.models import Publication

        idle = 0
        for _ in range(turns):
            rows = Publication.objects.exclude(next_action_at=None)
            free = rows.filter(Q(lease_until=None) | Q(lease_until__lte=self.hand.at)).order_by(
                "next_action_at"
            )
            found = free.first() or rows.order_by("lease_until").first()
            if found is None:
                break
            at = max(filter(None, (found.next_action_at, found.lease_until)))
            if until is not None and at > until:
                self.hand.at = max(self.hand.at, until)
                return
            idle = 0 if self.step(found, to=at) else idle + 1
            if idle > 50:
                raise AssertionError(
                    f"nobody takes {found} ({found.state}, {found.detail}) at {self.hand.at}"
                )
            each()
        else:
            raise AssertionError(f"still going on after {turns} turns")
        if until is not None:
            self.hand.at = max(self.hand.at, until)

    def finish(self, publication: Any) -> Any:
        self.go_on()
        publication.refresh_from_db()
        return publication

    # afterwards -----------------------------------------------------------------------------------------

    def events(self, publication: Any) -> list[str]:
        return list(publication.events.order_by("seq").values_list("kind", flat=True))

    def told(self, kind: str, user: Any = None) -> int:
        from work.models import Notice

        return Notice.objects.filter(kind=kind, user=user or self.owner).count()

    def problems(self) -> list[str]:
        found = history.problems(self.lab.stood(), at=self.hand.at, extra_texts=self.extra_texts)
        return [line for line in found if not any(word in line for word in self.allowed)]

    def check(self) -> None:
        """The network's ledger and the database agree, and the promise was kept."""
        if found := self.problems():
            raise AssertionError("the histories do not agree:\n- " + "\n- ".join(found))


def people_and_campaign() -> tuple[Any, Any, Any]:
    """An owner, a manager and their campaign."""
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Group
    from wagtail.coreutils import get_supported_content_language_variant
    from wagtail.models import Locale, Page

    from access.models import CampaignRole

    language = get_supported_content_language_variant(settings.LANGUAGE_CODE)
    Locale.objects.get_or_create(language_code=language)  # a test that commits has emptied every table
    root = Page.objects.filter(depth=1).first() or Page.add_root(title="Root", slug="root")
    campaign = root.add_child(title="River clean-up", slug="river")
    users = get_user_model()
    owner = users.objects.create_user("ada", "ada@example.org", None, first_name="Ada")
    manager = users.objects.create_user("max", "max@example.org", None, first_name="Max")
    group = Group.objects.create(name="River managers")
    CampaignRole.objects.create(group=group, campaign_id=campaign.pk, role="manager")
    manager.groups.add(group)
    return owner, manager, campaign


def make_world(hand: Any, lab: Lab, connector: LabConnector, folder: Path) -> World:
    from channels.models import Channel, Credential

    owner, manager, campaign = people_and_campaign()
    channel = Channel.objects.create(
        campaign_id=campaign.pk, platform="lab", remote_id="1", handle=lab.account, scopes=["post"]
    )
    Credential.objects.create(channel=channel, access_token="access-0", refresh_token="refresh-0")
    return World(hand, lab, connector, folder, owner, manager, campaign, channel)
