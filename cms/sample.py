"""The sample campaign: a town cleans its river. The council, the people and the river are invented.

``load`` is idempotent: what is there stays as it is, a second call adds nothing. Variants, channels and
planned times are not made here but by the ``load_sample`` command, from what ``load`` returns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from wagtail.models import Page, Site
from wagtail.users.models import UserProfile

from access.models import Role
from cms.models import CampaignPage, HomePage, InfographicPage, PiecePage, StoryPage
from cms.roles import make_team
from cms.sample_store import Claims, SampleFiles, Store
from cms.sample_stories import (
    COUNCIL,
    CYCLING_CAMPAIGN,
    MONTHS,
    RIVER_CAMPAIGN,
    ZONE,
    herons,
    known_accounts,
    month_rows,
    months_claim,
    morning,
    school_streets,
    tonnes,
)

User = get_user_model()

PASSWORD = "river-demo"  # noqa: S105 - printed on the sign-in page; the sample refuses to load in production


@dataclass(frozen=True)
class Person:
    username: str
    name: str
    role: str  # of access.models.Role, or "" for the administrator
    campaign: str  # slug
    does: str

    password: str = PASSWORD

    @property
    def email(self) -> str:
        return f"{self.username}@riverside.example"


PEOPLE = (
    Person("chris", "Chris Creator", Role.CREATOR, "river-clean-up-2026", "writes stories and adapts them"),
    Person("mona", "Mona Manager", Role.MANAGER, "river-clean-up-2026", "plans and approves"),
    Person("cody", "Cody Community", Role.COMMUNITY, "river-clean-up-2026", "answers people"),
    Person("ana", "Ana Analyst", Role.ANALYST, "river-clean-up-2026", "reads the numbers"),
    Person("sasha", "Sasha Spokes", Role.CREATOR, "safe-cycling", "writes for another campaign"),
    Person("admin", "Ada Admin", "", "", "sets everything up"),
)


@dataclass(frozen=True)
class Sample:
    home: HomePage
    campaigns: Mapping[str, CampaignPage]  # by slug
    pieces: Mapping[str, PiecePage]  # by slug
    people: Mapping[str, User]  # by username


class NotInProduction(Exception):
    """Raised because the sample brings people whose password is public."""


@transaction.atomic
def load(*, files: SampleFiles, say: Callable[[str], None] = lambda line: None) -> Sample:
    """Make what is missing of the sample site and return it all."""
    if settings.PRODUCTION:
        raise NotInProduction(
            "The sample brings people with a public password; it loads only with HUSTINGS_ENV=demo."
        )
    home = _home()
    campaigns = {
        fields["slug"]: _under(home, CampaignPage, **fields) for fields in (RIVER_CAMPAIGN, CYCLING_CAMPAIGN)
    }
    say("Campaigns: " + ", ".join(page.title for page in campaigns.values()))
    people = _people(campaigns)
    writer = people["chris"]
    river, cycling = campaigns["river-clean-up-2026"], campaigns["safe-cycling"]
    known_accounts(river)
    store = Store(files, writer)
    pieces: dict[str, PiecePage] = {}
    claims = Claims(river, people["mona"])
    stories = (tonnes(store, river, claims), herons(store, river, claims), morning(store, river, claims))
    for fields, blocks in stories:
        pieces[fields["slug"]] = _under(river, StoryPage, by=writer, body=blocks, **fields)
    pieces[MONTHS["slug"]] = _under(
        river,
        InfographicPage,
        by=writer,
        rows=month_rows(),
        claims=[("claim", months_claim(claims))],
        **MONTHS,
    )
    fields, blocks = school_streets()
    pieces[fields["slug"]] = _under(cycling, StoryPage, by=people["sasha"], body=blocks, **fields)
    say(f"Stories and figures: {len(pieces)}; people: {', '.join(people)}")
    return Sample(home=home, campaigns=campaigns, pieces=pieces, people=people)


def _home() -> HomePage:
    """The site's root; takes the place of the page that Wagtail's own set-up leaves there."""
    home = HomePage.objects.first()
    if home is None:
        root = Page.get_first_root_node()
        home = HomePage(
            title="Riverside",
            slug="riverside",
            publisher=COUNCIL,
            intro="What the town is working on, told by the people who do it, with the figures behind it.",
            imprint=f"Published by {COUNCIL}, Town Hall, 1 Bridge Street, Riverside.",
        )
        root.add_child(instance=home)
    address = urlsplit(settings.PUBLIC_URL)
    port = address.port or (443 if address.scheme == "https" else 80)
    Site.objects.update_or_create(
        is_default_site=True,
        defaults={"hostname": address.hostname, "port": port, "root_page": home, "site_name": "Riverside"},
    )
    for welcome in Page.objects.filter(depth=2, slug="home").exclude(pk=home.pk):
        if welcome.specific_class is Page and not welcome.get_children().exists():
            welcome.delete()
    return home


def _under(parent: Page, model: type[Page], *, by: User | None = None, days_ago: int = 0, **fields) -> Page:
    """The child with this slug, made and published if it is not there yet, some days ago as its readers see it."""
    if found := model.objects.child_of(parent).filter(slug=fields["slug"]).first():
        return found
    page = model(owner=by, **fields)
    parent.add_child(instance=page)
    page.save_revision(user=by, log_action=True).publish()
    at = timezone.now() - timedelta(days=days_ago)
    model.objects.filter(pk=page.pk).update(first_published_at=at, last_published_at=at)
    return model.objects.get(pk=page.pk)


def _people(campaigns: Mapping[str, CampaignPage]) -> dict[str, User]:
    teams = {slug: make_team(page) for slug, page in campaigns.items()}
    made = {}
    for person in PEOPLE:
        user = User.objects.filter(username=person.username).first()
        if user is None:
            first, last = person.name.split(" ", 1)
            make = User.objects.create_user if person.role else User.objects.create_superuser
            user = make(person.username, person.email, PASSWORD, first_name=first, last_name=last)
            UserProfile.objects.update_or_create(user=user, defaults={"current_time_zone": ZONE})
            if person.role:
                user.groups.add(teams[person.campaign][person.role])
        made[person.username] = user
    return made


def people_on_screen() -> list[Person]:
    """Those whose sign-in the demo shows: the sample's people, while they exist; in production nobody."""
    if settings.PRODUCTION:
        return []
    known = User.objects.filter(username__in=[person.username for person in PEOPLE], is_active=True)
    there = set(known.values_list("username", "email"))
    return [person for person in PEOPLE if (person.username, person.email) in there]
