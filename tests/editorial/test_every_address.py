"""Every address of the admin, asked by every role of another campaign: a plain no, or an answer without our things.

The addresses come from the resolver, so that a new one is asked without anybody thinking of it; what an address names is
filled in with things of the campaign ``theirs``. A placeholder that the table does not know fails the test: whoever adds
an address with a new one says here what it stands for.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from access import policy
from access.models import CampaignRole, Role, StandIn
from editorial.domain import guests
from editorial.models import ApprovalTaskState, CampaignEvent, QuietPeriod
from engagement.models import SiteImport
from formats.models import Variant
from publishing.models import Publication
from tests.cms.conftest import make_jpeg
from tests.community.talking import talk
from work.models import Notice

pytestmark = [pytest.mark.db, pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

SECRET = "Zanzibar"
# Whoever is not signed in sees these; they name no thing.
OUTSIDE = {
    "wagtailadmin_login",
    "wagtailadmin_logout",
    "wagtailadmin_password_reset",
    "wagtailadmin_password_reset_done",
    "wagtailadmin_password_reset_confirm",
    "wagtailadmin_password_reset_complete",
    "wagtailadmin_sprite",
    "wagtailadmin_javascript_catalog",
    "wagtailadmin_error_test",  # raises on purpose
}
STUMBLES = {"wagtailadmin_choose_page_external_link"}  # Wagtail's own, over an empty POST


def addresses(resolver: Any, spaces: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, f"{spaces}{pattern.namespace}:" if pattern.namespace else spaces)
        elif isinstance(pattern, URLPattern) and pattern.name and f"{spaces}{pattern.name}" not in OUTSIDE:
            yield f"{spaces}{pattern.name}", pattern


def of_the_admin() -> Iterator[tuple[str, URLPattern]]:
    for pattern in get_resolver().url_patterns:
        if isinstance(pattern, URLResolver) and str(pattern.pattern).startswith("admin"):
            yield from addresses(pattern)


@pytest.fixture
def theirs(make_campaign):
    """Everything that an address can name, all of one campaign, all with the secret in its words."""
    from wagtail.documents import get_document_model
    from wagtail.models import Site

    from cms.models import CampaignImage, CampaignMedia, Claim, KnownAccount, RegionMap
    from community.models import Burst, Case

    there = make_campaign(SECRET)
    there.page.refresh_from_db()
    collection = there.page.collection
    creator, manager = there.people["creator"], there.people["manager"]
    submitted = there.variant(f"{SECRET} waits.", wall="2026-12-02T12:00")
    from editorial import domain

    domain.submit(submitted, by=creator)
    state = ApprovalTaskState.objects.latest("pk")
    approved = there.approved(text=f"{SECRET} is approved.")
    guests.invite(approved, by=manager, name=f"{SECRET} Lee")
    story = there.story
    story.get_latest_revision_as_object().save_revision(user=creator)
    story.refresh_from_db()
    image = CampaignImage.objects.create(
        title=f"{SECRET} picture", file=ContentFile(make_jpeg(80, 60), name="z.jpg"), collection=collection
    )
    document = get_document_model().objects.create(
        title=f"{SECRET} paper", file=ContentFile(b"x", name="z.txt"), collection=collection
    )
    video = CampaignMedia.objects.create(
        title=f"{SECRET} film", type="video", file=ContentFile(b"v", name="z.mp4"), collection=collection
    )
    claim = Claim.objects.create(campaign=there.page, text=f"{SECRET} is an island.")
    claim_revision = claim.save_revision(user=creator)
    known = KnownAccount.objects.create(campaign=there.page, name=f"{SECRET} council")
    quiet = QuietPeriod.objects.create(
        name=f"{SECRET} silence",
        reason="The law.",
        campaign=there.page,
        starts_at=datetime(2027, 1, 1, tzinfo=UTC),
        ends_at=datetime(2027, 1, 2, tzinfo=UTC),
    )
    event = CampaignEvent.objects.create(
        campaign=there.page, name=f"{SECRET} fair", first_on=date(2027, 1, 1)
    )
    region_map = RegionMap.objects.create(campaign=there.page, name=f"{SECRET} wards", source=SECRET)
    stand_in = StandIn.objects.create(
        absent=manager, deputy=creator, starts_at=quiet.starts_at, ends_at=quiet.ends_at, note=SECRET
    )
    conversation = talk(there, f"{SECRET} asks.", name=f"{SECRET} Mara")
    clicks = SiteImport.objects.create(campaign=there.page, name=f"{SECRET}.csv", at=quiet.starts_at)
    case = Case.objects.create(
        campaign=there.page,
        title=f"{SECRET} rumour",
        rumour=f"{SECRET} sinks.",
        opened_at=quiet.starts_at,
        changed_at=quiet.starts_at,
    )
    case.conversations.add(conversation)
    wave = Burst.objects.create(
        campaign=there.page,
        key="z",
        words=f"{SECRET} sinks.",
        began_at=quiet.starts_at,
        last_at=quiet.starts_at,
    )
    wave.conversations.add(conversation)
    group = CampaignRole.objects.filter(campaign_id=there.page.pk).first().group
    spaces = {
        "": submitted.pk,
        "wagtailadmin_api:pages": story.pk,
        "wagtailadmin_api:documents": document.pk,
        "wagtailadmin_api:images": image.pk,
        "wagtailadmin_pages": story.pk,
        "wagtailadmin_collections": collection.pk,
        "wagtailadmin_workflows": state.task_id,
        "editorial": approved.pk,
        "claim_corrections": claim.pk,
        "claims": claim.pk,
        "wagtailsnippetchoosers_cms_claim": claim.pk,
        "community": conversation.pk,
        "people": known.pk,
        "variants": submitted.pk,
        "quiet_periods": quiet.pk,
        "stand_ins": stand_in.pk,
        "campaign_dates": event.pk,
        "maps": region_map.pk,
        "channels": there.channel.pk,
        "publishing": Publication.objects.get().pk,
        "work": Notice.objects.filter(user=creator).first().pk,
        "wagtailsites": Site.objects.first().pk,
        "wagtailusers_users": creator.pk,
        "wagtailusers_groups": group.pk,
        "wagtaildocs_chooser": document.pk,
        "wagtailimages_chooser": image.pk,
        "wagtailsettings": Site.objects.first().pk,
    }
    revisions = {"claims": claim_revision.pk, "wagtailadmin_pages": story.latest_revision_id}
    names = {
        **dict.fromkeys(("page_id", "parent_page_id", "page_to_move_id", "page_pk", "story_id"), story.pk),
        "destination_id": there.page.pk,
        "image_id": image.pk,
        **dict.fromkeys(("document_id", "doc_id"), document.pk),
        "media_id": video.pk,
        "collection_id": collection.pk,
        "campaign_id": there.page.pk,
        "import_id": clicks.pk,
        "object_id": submitted.pk,
        "task_id": state.task_id,
        "task_state_id": state.pk,
        "workflow_state_id": state.workflow_state_id,
        "workflow_pk": state.workflow_state.workflow_id,
        "content_type_app_name": "cms",
        "content_type_model_name": "storypage",
        "app_label": "formats",
        "app_name": "formats",
        "model_name": "variant",
        "action_name": "approve",
        "action": "delete",
        "uploaded_file_id": 1,
        "session_id": 1,
        "media_type": "video",
        "filter_spec": "max-100x100",
        "state": "made-up",
        "platform": "x",
        "kind": "csv",
        "key": "made-up",
        "view": "week",
    }
    looks = ("campaign_look", "campaign_look_check", "campaign_look_picture")
    exactly = {
        "editorial:new_formats": story.pk,
        "editorial:edit_slots": there.channel.pk,
        "community:case": case.pk,
        "community:fact": claim.pk,
        "community:wave": wave.pk,
        "community:moderate": conversation.messages.get().pk,
        "community:person": conversation.contact_id,
        **dict.fromkeys(looks, there.page.pk),
    }

    def fill(name: str, wanted: list[str]) -> dict[str, Any]:
        space = name.rpartition(":")[0]
        filled = {}
        for each in wanted:
            if each.startswith("revision_id"):
                filled[each] = revisions.get(space, submitted.latest_revision_id)
            elif each in ("pk", "uuid"):
                filled[each] = exactly.get(name) or spaces[space]
            else:
                filled[each] = names[each]
        return filled

    there.fill = fill
    return there


def asked(theirs) -> Iterator[tuple[str, str]]:
    """(name, address) of everything, with their things in it."""
    unknown = []
    for name, pattern in of_the_admin():
        try:
            filled = theirs.fill(name, sorted(pattern.pattern.regex.groupindex))
        except KeyError as error:
            unknown.append(f"{name}: {error}")
            continue
        url = reverse(name, kwargs=filled)
        yield name, f"{url}?id={theirs.fill(name, ['object_id'])['object_id']}" if "/bulk/" in url else url
    assert unknown == [], "say in the table what these stand for"


KNOWN = {
    "community:conversation",
    "community:case",
    "community:fact",
    "community:wave",
    "variants:edit",
    "editorial:variant",
    "claims:edit",
    "channels:detail",
    "publishing:publication",
}


def test_the_walk_would_see_a_leak(theirs):
    """The same addresses, asked by their own manager, are full of the secret."""
    client = Client()
    client.force_login(theirs.people["manager"])

    seen = {
        name for name, url in asked(theirs) if name in KNOWN and SECRET.encode() in client.get(url).getvalue()
    }

    assert seen == KNOWN


def test_people_of_another_campaign_reach_nothing(theirs, river):
    """The manager is asked everything; the others, who may do nothing that a manager may not, where there was an answer."""
    manager = policy.CAPABILITIES[Role.MANAGER]
    assert all(may <= manager for may in policy.CAPABILITIES.values())
    before = state_of(theirs)
    trouble: dict[str, str] = {}
    everything = list(asked(theirs))
    assert len(everything) > 200
    answered = walk(river.people[Role.MANAGER], everything, ("get", "post"), trouble)
    for role in set(Role.values) - {Role.MANAGER}:
        walk(river.people[role], answered, ("get",), trouble)

    assert trouble == {}
    assert state_of(theirs) == before


@pytest.mark.parametrize(
    "ids", ["id=all", "id=all&childOf={parent}", "id=all&q=s", "id=%20{pk}", "id=%2B{pk}"]
)
def test_bulk_actions_name_nothing_of_theirs_however_it_is_asked_for(theirs, river, ids):
    client = Client()
    client.force_login(river.people[Role.MANAGER])
    for model in ("wagtailcore/page", "formats/variant"):
        thing = (
            theirs.story
            if model == "wagtailcore/page"
            else Variant.objects.filter(campaign=theirs.page.pk).first()
        )
        query = ids.format(parent=theirs.page.pk, pk=thing.pk)

        answer = client.get(f"/admin/bulk/{model}/delete/?{query}")

        assert SECRET.encode() not in answer.getvalue(), model


def walk(
    user: Any, found: list[tuple[str, str]], methods: tuple[str, ...], trouble: dict[str, str]
) -> list[Any]:
    """Ask all of them; returns those that gave an answer with something in it."""
    client = Client(raise_request_exception=False)
    client.force_login(user)
    answered = []
    for name, url in found:
        for method in methods:
            answer = getattr(client, method)(url)
            if answer.status_code >= 500 and name not in STUMBLES:
                trouble[f"{user} {method} {name}"] = str(answer.status_code)
            if answer.status_code == 200:
                if method == "get":
                    answered.append((name, url))
                if SECRET.casefold().encode() in answer.getvalue().lower():
                    trouble[f"{user} {method} {name}"] = "shows their things"
    return answered


def state_of(theirs) -> list[Any]:
    """Whatever a POST might have changed."""
    from cms.models import Claim, KnownAccount
    from community.models import Burst, Case, Conversation

    tables = (
        Burst,
        Case,
        Conversation,
        Variant,
        Publication,
        Claim,
        KnownAccount,
        QuietPeriod,
        StandIn,
        ApprovalTaskState,
        Notice,
        SiteImport,
    )
    rows = [sorted(map(str, table.objects.values_list())) for table in tables]
    theirs.story.refresh_from_db()
    theirs.channel.refresh_from_db()
    pages = (theirs.story.title, theirs.story.live, theirs.story.locked, theirs.story.latest_revision_id)
    return [*rows, pages, theirs.channel.state]
