"""Every way to change something about an approved variant: each voids the approval, or is refused and changes nothing.

``WAYS`` names what is tried, ``HARMLESS`` the addresses that change nothing of what goes out. An address of the variants'
editor or the calendar that is in neither fails the last test: whoever adds one says here what it does to an approval.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from editorial import domain
from editorial.core.plan_rows import HEADINGS
from editorial.domain import Question, Refused, approval, authors
from formats.core.draft import MediaItem, Part
from formats.core.options import settled
from formats.core.payload import digest
from formats.models import Variant, key_of
from formats.registry import FORMATS
from formats.variants import VariantError, create_variants, fresh, plan, set_parts
from publishing.core.states import LIVE
from publishing.domain.approve import approve_variant
from publishing.models import Publication, Version
from publishing.status import status_of
from tests.formats.test_views import form_data
from work import clock

pytestmark = [pytest.mark.db, pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

SOURCE = {
    "path": "pictures/river.jpg", "sha256": "d" * 64, "mime": "image/jpeg", "bytes": 9, "width": 1600, "height": 1200,
    "focus": {"x": 0.5, "y": 0.5, "width": 0.0, "height": 0.0},
}  # fmt: skip
PLAN = {
    "kind": "card",
    "version": 1,
    "template": "picture",
    "size": [1080, 1080],
    "text": {},
    "source": SOURCE,
}
OTHER = {**PLAN, "size": [1080, 1350]}
CUT = {
    "kind": "cut", "version": 1, "size": [1080, 1920], "max_s": 60, "min_s": 3, "start_s": None,
    "source": {**SOURCE, "path": "films/river.mp4", "mime": "video/mp4", "duration_s": 90.0},
}  # fmt: skip


@dataclass
class Town:
    """An approved variant with a picture, and everybody who may try something."""

    river: Any
    admin: Any
    variant: Variant
    before: Version

    @property
    def manager(self):
        return self.river.people["manager"]

    @property
    def creator(self):
        return self.river.people["creator"]

    def browser(self, user=None) -> Client:
        client = Client()
        client.force_login(user or self.creator)
        return client

    def edit(self, user=None, *, json=False, **changes):
        current = fresh(self.variant.pk, lock=False)
        return self.post("variants:edit", form_data(current, **changes), user=user, json=json)

    def post(self, name, data=(), *, user=None, json=False, args=None):
        url = reverse(name, args=[self.variant.pk] if args is None else args)
        headers = {"accept": "application/json"} if json else {}
        return self.browser(user).post(url, dict(data), headers=headers)

    def decide(self, action, user=None, **sent):
        """A decision about the one publication, on its page."""
        args = [Publication.objects.get(variant=self.variant, state__in=LIVE).pk, action]
        return self.post("publishing:decide", sent, user=user or self.manager, args=args)

    def at_the_desk(self, **what):
        """Press a button beside the first medium, then save the form with what the editor puts there."""
        current = fresh(self.variant.pk, lock=False)
        part = current.parts[0]
        what |= {"part": part.id, "medium": part.value["media"].bound_blocks[0].id}
        said = self.post("variants:desk", form_data(current, do=json.dumps(what))).json()
        key = said["state"][0]["value"]["media"][0]["value"]["key"]
        self.edit(**{"parts-0-value-media-0-value-key": key})

    def plan_of_a_file(self, day, at, account):
        row = ["", self.river.story.title, "X thread", day, at, "", account, ""]
        sent = {"rows": json.dumps([list(HEADINGS), row]), "action": "make"}
        assert self.post("editorial:import", sent, args=[]).status_code == 302
        assert Variant.objects.count() == 1

    def first_revision(self):
        return self.variant.revisions.order_by("created_at", "pk").first()


def rendered(plan: dict, name: str, mime: str = "image/jpeg"):
    from media.models import Render
    from media.plans import plan_key

    folder, content = Path(settings.MEDIA_ROOT), f"a picture: {name}".encode()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.jpg").write_bytes(content)
    file = {"file": f"{name}.jpg", "mime": mime, "sha256": sha256(content).hexdigest(), "bytes": len(content)}
    return Render.objects.update_or_create(
        key=plan_key(plan), defaults={"plan": plan, "width": 1080, "height": 1080, "state": "done", **file}
    )[0]


def pictured(text: str, plan: dict = PLAN, alt: str = "A clear river.") -> Part:
    return Part(text=text, media=(MediaItem(plan=plan, alt=alt, role="picture"),))


@pytest.fixture
def town(river, admin):
    from channels.models import Channel

    rendered(PLAN, "a")
    rendered(OTHER, "b")
    [variant] = create_variants(river.story, ["x.thread"], by=river.people["creator"])
    plan(variant, datetime(2026, 12, 1, 18), "Europe/London", by=river.people["creator"])
    part, block = variant.to_parts()[0], variant.parts[0]
    picture = MediaItem(plan=PLAN, alt="A clear river.", role="picture")
    variant = set_parts(
        variant, [replace(part, media=(picture,))], by=river.people["creator"], ids=[block.id]
    )
    Channel.objects.create(campaign_id=river.page.pk, platform="x", remote_id="x-2", handle="@second")
    domain.submit(variant, by=river.people["creator"])
    domain.approve(variant, by=river.people["manager"], digest=seen(variant))
    variant = Variant.objects.get(pk=variant.pk)
    return Town(river, admin, variant, Version.objects.get(voided_at=None))


# What is tried --------------------------------------------------------------------------------------------------------
def editor(town):
    town.edit(**{"parts-0-value-text": "Other words."})


def editor_alt_text(town):
    town.edit(**{"parts-0-value-media-0-value-alt": "Another description."})


def editor_channels(town):
    from channels.models import Channel

    town.edit(channels=[Channel.objects.get(handle="@second").pk])


def editor_time(town):
    town.edit(planned_wall="2026-12-01 18:05")


def editor_zone(town):
    town.edit(planned_zone="Europe/Athens")


def editor_without_parts(town):
    town.edit(**{"parts-0-deleted": "1"})


def editor_of_administrator(town):
    town.edit(user=town.admin, **{"parts-0-value-text": "Words of the administrator."})


def editor_of_manager_moving_inside_the_day(town):
    """The editor is for writing; only the calendar moves an approval along."""
    town.edit(user=town.manager, planned_wall="2026-12-01 19:00")


def autosave(town):
    town.edit(
        json=True,
        overwrite_revision_id=str(town.variant.latest_revision_id),
        **{"parts-0-value-text": "Saved by itself."},
    )


def autosave_under_the_hood(town):
    """What autosave calls: the same revision, other content, and nothing written to the row."""
    current = fresh(town.variant.pk, lock=False)
    current.parts[0].value["text"] = "Slipped in."
    current.save_revision(user=town.creator, clean=False, overwrite_revision=town.variant.latest_revision)


def editor_publish(town):
    town.edit(user=town.admin, **{"action-publish": "1", "parts-0-value-text": "Published past everybody."})


def editor_submit(town):
    town.edit(**{"action-submit": "1", "parts-0-value-text": "Submitted again."})


def desk(town):
    """The editor's buttons answer what would be; saving is the form's matter."""
    current = fresh(town.variant.pk, lock=False)
    changes = {"do": '{"do": "split", "part": 0}', "parts-0-value-text": "Only looked at."}
    town.post("variants:desk", form_data(current, **changes))


def media_replaced(town):
    set_parts(fresh(town.variant.pk), [pictured("The river is clean.", OTHER)], by=town.creator)


def media_made_anew(town):
    """The same plan drawn into another file; the next look at the variant must see it."""
    rendered(PLAN, "c")
    fresh(town.variant.pk).save_revision(user=town.creator, clean=False)


def focal_point_moved(town):
    town.at_the_desk(do="crop", x="20", y="80")


def picture_chosen(town):
    """One that stood here once, from the dialog of pictures."""
    current = fresh(town.variant.pk)
    current.plans = {**current.plans, key_of(OTHER): OTHER}
    current.save()
    current.save_revision(user=town.creator, clean=False)
    town.at_the_desk(do="pick", **{"from": f"card:{key_of(OTHER)}"})


def picture_of_the_library_changed(town):
    """The story shows it, with another file and another focal point now. What was approved keeps its own file."""
    from wagtail.images.tests.utils import get_test_image_file as file

    from cms.models import CampaignImage

    image = CampaignImage.objects.create(title="River", file=file("river.png"))
    story = town.river.story.get_latest_revision_as_object()
    story.cover = image
    story.save_revision(user=town.creator)
    image.file, image.focal_point_x, image.focal_point_y = file("other.png", size=(64, 48)), 1, 1
    image.focal_point_width = image.focal_point_height = 1
    image.save()


def channel_added(town):
    from channels.models import Channel

    current = fresh(town.variant.pk)
    current.channels = list(Channel.objects.filter(campaign_id=town.river.page.pk))
    current.save()
    current.save_revision(user=town.creator, clean=False)


def move_to_another_day(town, **more):
    sent = {"wall": "2026-12-02T18:00", "zone": "Europe/London", "confirmed": "1", **more}
    town.post("editorial:move", sent, user=town.manager, json=True)


def move_unasked(town):
    sent = {"wall": "2026-12-02T18:00", "zone": "Europe/London"}
    answer = town.post("editorial:move", sent, user=town.manager, json=True)
    assert answer.json()["code"] == "voids", "it asks before an approval is lost"


def move_off_the_calendar(town):
    town.post("editorial:move", {"unplan": "1", "confirmed": "1"}, user=town.manager, json=True)


def move_inside_the_day_by_creator(town):
    sent = {"wall": "2026-12-01T19:00", "zone": "Europe/London", "confirmed": "1"}
    town.post("editorial:move", sent, json=True)


def move_inside_the_day_by_administrator_who_owns_it(town):
    Variant.objects.filter(pk=town.variant.pk).update(owner=town.admin)
    sent = {"wall": "2026-12-01T19:00", "zone": "Europe/London", "confirmed": "1"}
    town.post("editorial:move", sent, user=town.admin, json=True)


def move_to_another_zone(town):
    sent = {"wall": "2026-12-01T18:00", "zone": "Europe/Athens", "confirmed": "1"}
    town.post("editorial:move", sent, user=town.manager, json=True)


def new_time_on_another_day(town):
    """Of what is on its way already; the approval was for its day."""
    town.decide("reschedule", wall="2026-12-02T18:00")


def new_time_by_who_wrote_it(town):
    Variant.objects.filter(pk=town.variant.pk).update(owner=town.manager)
    town.decide("reschedule", wall="2026-12-01T19:00")


def new_time_by_creator(town):
    town.decide("reschedule", town.creator, wall="2026-12-01T19:00")


def sent_now_days_before(town):
    town.decide("send_now")


def how_late_it_may_be(town):
    town.decide("set_grace", grace="any")


def plus_on_a_day(town):
    sent = {"format": ["x.thread"], "when": "time", "wall": "2026-12-09T11:30"}
    town.post("editorial:new_formats", sent, args=[town.river.story.pk])
    assert Variant.objects.count() == 1


def plan_from_a_file(town):
    town.plan_of_a_file("2026-12-09", "10:00", "")


def plan_from_a_file_at_the_same_time(town):
    town.plan_of_a_file("2026-12-01", "18:00", "@second")


def plan_function(town):
    plan(town.variant, datetime(2026, 12, 1, 18, 30), "Europe/London", by=town.manager)


def shift(town):
    sent = {"v": [town.variant.pk], "days": "1", "confirmed": "1"}
    town.post("editorial:shift", sent, user=town.manager, args=[])


def shift_unasked(town):
    town.post("editorial:shift", {"v": [town.variant.pk], "days": "1"}, user=town.manager, args=[])


def bulk_submit(town):
    town.post("editorial:selected", {"v": [town.variant.pk], "action": "submit"}, args=[])


def bulk_delete(town):
    url = reverse("wagtail_bulk_action", args=["formats", "variant", "delete"])
    town.browser(town.admin).post(f"{url}?id={town.variant.pk}")


def delete(town):
    town.post("variants:delete", user=town.admin)


def revert(town):
    current = town.first_revision().as_object()
    args = [town.variant.pk, town.first_revision().pk]
    data = form_data(current, revision=str(args[1]), planned_wall="2026-12-01 18:00")
    answer = town.post("variants:revisions_revert", data, args=args)
    assert answer.status_code < 400


def revert_function(town):
    town.first_revision().as_object().save_revision(user=town.creator, clean=False)


def revision_published(town):
    with pytest.raises(PermissionDenied):
        town.first_revision().publish(user=town.admin)


def unpublish(town):
    town.post("variants:unpublish", user=town.admin)


def unschedule(town):
    args = [town.variant.pk, town.variant.latest_revision_id]
    town.post("variants:revisions_unschedule", user=town.admin, args=args)


def rederive(town):
    reworded(town)
    town.post("variants:rederive")


def drift_taken_over(town):
    reworded(town)
    town.post("variants:drift", {"take": "all"})


def story_reworded(town):
    reworded(town)


def reworded(town):
    story = town.river.story.get_latest_revision_as_object()
    story.lead = "Nine tonnes in a day."
    story.save_revision(user=town.creator)


def story_translated(town):
    from wagtail.models import Locale

    french, _ = Locale.objects.get_or_create(language_code="fr")
    town.river.story.copy_for_translation(french, copy_parents=True)


def story_copied(town):
    args = [town.river.story.pk]
    data = {
        "new_title": "Copy",
        "new_slug": "copy",
        "new_parent_page": town.river.page.pk,
        "publish_copies": "on",
    }
    town.post("wagtailadmin_pages:copy", data, user=town.admin, args=args)


def story_deleted(town):
    town.post("wagtailadmin_pages:delete", user=town.admin, args=[town.river.story.pk])


def story_in_another_campaign(town):
    from cms.models import CampaignPage

    elsewhere = CampaignPage(title="Elsewhere", goal="Something else.")
    town.river.page.get_parent().add_child(instance=elsewhere)
    town.river.story.move(elsewhere, pos="last-child", user=town.admin)


def look_of_the_campaign(town):
    """Its cards would be drawn otherwise now, its imprint and hashtags too; that is drift, which is told."""
    page = (
        town.river.page.get_latest_revision_as_object()
        if town.river.page.latest_revision
        else town.river.page
    )
    page.colour, page.imprint, page.hashtags = "#7a1f1f", "Paid for by others", "#Other"
    page.save_revision(user=town.admin).publish()


def handle_of_somebody(town):
    from cms.models import KnownAccount

    KnownAccount.objects.create(campaign=town.river.page, name="tonnes", handles={"x": "tonnes"})


def language_changed(town):
    current = fresh(town.variant.pk)
    current.language = "cy"
    current.save()
    current.save_revision(user=town.creator, clean=False)


def change_copied_here(town):
    """From another variant of the story: an approved one is left out."""
    other = town.river.variant("Said elsewhere.")
    what = f"text-{other.parts[0].id}"
    answer = town.post("variants:copy", {"what": what, "to": [town.variant.pk]}, args=[other.pk])
    assert answer.status_code == 302


def copying_taken_back(town):
    from django.core import signing

    rows = [[town.variant.pk, town.first_revision().pk, town.variant.latest_revision_id]]
    town.post("variants:undo_copy", {"done": signing.dumps(rows, salt="formats.copied")})


def again(town):
    town.post("variants:again")
    assert Variant.objects.count() == 2
    copy = Variant.objects.latest("pk")
    assert not Version.objects.filter(variant=copy).exists(), "a copy takes no approval along"


def repeated(town):
    town.post("editorial:repeat", {"v": [town.variant.pk], "weeks": "1"}, user=town.manager, args=[])
    assert Variant.objects.count() == 2
    assert not Version.objects.filter(variant=Variant.objects.latest("pk")).exists()


def created_anew(town):
    args = [town.river.story.pk]
    town.post("variants:create_for_story", {"format": ["x.thread"]}, args=args)


def withdraw(town):
    town.post("editorial:withdraw", user=town.manager)


def submit(town):
    town.post("editorial:submit")
    town.post("variants:submit")


def request_changes(town):
    town.post("editorial:request_changes", {"comment": "No."}, user=town.manager)


def approve_again(town):
    town.post("editorial:approve", {"digest": town.before.digest}, user=town.manager)
    town.post("editorial:review", {"v": [town.variant.pk]}, user=town.manager, args=[])


def workflow_action(town):
    state = approval.TaskState.objects.latest("pk")
    for action in ("reject", "approve"):
        args = [town.variant.pk, action, state.pk]
        town.post("variants:workflow_action", {"comment": "x"}, user=town.admin, args=args)


def workflow_cancelled(town):
    town.post("variants:confirm_workflow_cancellation", user=town.admin)


def media_retried(town):
    town.post("variants:retry")


def locked(town):
    town.post("variants:lock", user=town.manager)


def account_renamed(town):
    """The network says that the same account is called otherwise now. Another account is another row, for good."""
    town.river.channel.handle = "@renamed"
    town.river.channel.save()


def account_exchanged(town):
    """Whoever signs in as somebody else brings another row, and the same row cannot be given to them."""
    from channels import connect

    account = connect.Account("x-9", "@river", "River", "https://x.com/river", access_token="t")
    more = {"platform": "x", "campaign_id": town.river.page.pk, "scopes": [], "by": town.manager}
    assert connect.save(account, **more).pk != town.river.channel.pk
    mine = town.river.channel
    pending = connect.Pending("s", "x", mine.campaign_id, town.manager.pk, mine.pk, clock.now().isoformat())
    with pytest.raises(connect.ConnectFailed):
        connect._fitting(pending, [account])


def account_disconnected(town):
    """Publishing asks before it sends; whoever connects again must bring the same account (channels.connect)."""
    town.post("channels:disconnect", user=town.manager, args=[town.river.channel.pk])


def api_of_wagtail(town):
    """Version 3 of Wagtail's interface would write past every workflow. It is not there."""
    names = {name.split(":", 1)[0] for name, _ in addresses()}
    assert not {name for name in names if "v3" in name}
    for path in ("/api/v3/", "/admin/api/v3/", f"/api/v3/snippets/formats.variant/{town.variant.pk}/"):
        answer = town.browser(town.admin).patch(path, {"language": "cy"}, content_type="application/json")
        assert answer.status_code in (403, 404, 405)


def chosen_picture_in_the_api(town):
    """Wagtail's own page actions know no variants."""
    url = f"/admin/api/main/pages/{town.variant.pk}/action/publish/"
    assert town.browser(town.admin).post(url).status_code in (400, 404)


VOIDED, REFUSED, UNTOUCHED = "voided", "refused", "untouched"
WAYS: dict[Callable[[Town], None], str] = {
    editor: VOIDED,
    editor_alt_text: VOIDED,
    editor_channels: VOIDED,
    editor_time: VOIDED,
    editor_zone: VOIDED,
    editor_without_parts: VOIDED,
    editor_of_administrator: VOIDED,
    editor_of_manager_moving_inside_the_day: VOIDED,
    autosave: VOIDED,
    autosave_under_the_hood: VOIDED,
    editor_publish: VOIDED,
    editor_submit: VOIDED,
    desk: REFUSED,
    media_replaced: VOIDED,
    media_made_anew: VOIDED,
    focal_point_moved: VOIDED,
    picture_chosen: VOIDED,
    picture_of_the_library_changed: UNTOUCHED,
    channel_added: VOIDED,
    move_to_another_day: VOIDED,
    move_unasked: REFUSED,
    move_off_the_calendar: VOIDED,
    move_inside_the_day_by_creator: VOIDED,
    move_inside_the_day_by_administrator_who_owns_it: VOIDED,
    move_to_another_zone: VOIDED,
    new_time_on_another_day: REFUSED,
    new_time_by_who_wrote_it: REFUSED,
    new_time_by_creator: REFUSED,
    sent_now_days_before: REFUSED,
    how_late_it_may_be: UNTOUCHED,
    plus_on_a_day: REFUSED,
    plan_from_a_file: REFUSED,
    plan_from_a_file_at_the_same_time: REFUSED,
    plan_function: VOIDED,
    shift: VOIDED,
    shift_unasked: REFUSED,
    bulk_submit: REFUSED,
    bulk_delete: REFUSED,
    delete: REFUSED,
    revert: VOIDED,
    revert_function: VOIDED,
    revision_published: REFUSED,
    unpublish: REFUSED,
    unschedule: REFUSED,
    rederive: VOIDED,
    drift_taken_over: VOIDED,
    story_reworded: UNTOUCHED,
    story_translated: UNTOUCHED,
    story_copied: UNTOUCHED,
    story_deleted: REFUSED,
    story_in_another_campaign: UNTOUCHED,
    look_of_the_campaign: UNTOUCHED,
    handle_of_somebody: UNTOUCHED,
    language_changed: VOIDED,
    change_copied_here: REFUSED,
    copying_taken_back: REFUSED,
    again: UNTOUCHED,
    created_anew: UNTOUCHED,
    repeated: UNTOUCHED,
    withdraw: REFUSED,
    submit: REFUSED,
    request_changes: REFUSED,
    approve_again: REFUSED,
    workflow_action: REFUSED,
    workflow_cancelled: REFUSED,
    media_retried: UNTOUCHED,
    locked: UNTOUCHED,
    account_renamed: UNTOUCHED,
    account_exchanged: UNTOUCHED,
    account_disconnected: UNTOUCHED,
    api_of_wagtail: REFUSED,
    chosen_picture_in_the_api: REFUSED,
}


def test_a_change_voids_the_approval_or_does_not_happen(town):
    """All in one town: each way starts where the approval stands, and is rolled back."""
    trouble = {}
    for way, expected in WAYS.items():
        with transaction.atomic():
            try:
                tried(town, way, expected)
            except AssertionError as error:
                trouble[way.__name__] = f"{expected}: {error}".splitlines()[0]
            transaction.set_rollback(True)

    assert trouble == {}


def tried(town: Town, way: Callable[[Town], None], expected: str) -> None:
    town.river.channel.refresh_from_db()
    town.variant = Variant.objects.get(pk=town.variant.pk)
    was = content(town.variant)
    try:
        with transaction.atomic():
            way(town)
        refused = ""
    except (Refused, Question, PermissionDenied, VariantError) as error:
        refused = str(error)
    assert not refused or expected == REFUSED, refused
    standing = Version.objects.filter(variant=town.variant, voided_at=None).first()
    live = Publication.objects.filter(variant=town.variant, state__in=LIVE)
    word = status_of([town.variant])[town.variant.pk].word
    if expected == VOIDED:
        assert content(town.variant) != was, "nothing was changed: this shows nothing"
        assert standing is None, "the approval stands"
        assert not live.exists(), "it still goes out"
        assert word in ("voided", "in_review"), word
        assert Version.objects.get(pk=town.before.pk).void_reason, "no reason is kept"
    else:
        assert content(town.variant) == was, "it was changed"
        assert standing == town.before, "the approval is gone"
        assert [row.version_id for row in live] == [town.before.pk], "it no longer goes out"
        assert [row.due_at for row in live] == [town.variant.planned_at], "it goes out at another time"
        assert word == "approved", word


def seen(variant: Variant) -> str:
    return digest(approval.built(variant))


def content(variant: Variant) -> str:
    """What would be frozen now, whether or not it is ready; an account by its id, not by what it is called."""
    from formats.payload import NotReady, build

    row = Variant.objects.get(pk=variant.pk)
    try:
        payload = build(row)
        return digest({**payload, "channels": [channel["id"] for channel in payload["channels"]]})
    except NotReady as error:
        return f"not ready: {error.findings}"


# What a format asks ---------------------------------------------------------------------------------------------------
def approved_as(river, spec):
    """A variant of this format with an account of its platform, approved as it stands."""
    from channels.models import Channel

    channel = Channel.objects.create(
        campaign_id=river.page.pk, platform=spec.platform, remote_id=spec.id, handle="@ours"
    )
    variant = Variant.objects.create(
        story_id=river.story.pk, campaign_id=river.page.pk, format=spec.id, owner=river.people["creator"]
    )
    variant.channels = [channel]
    variant.save()
    media = (MediaItem(plan=CUT, alt="The river.", role="video"),) if "video" in spec.kinds else ()
    variant = set_parts(variant, [Part(text="The river is clean.", media=media)], by=river.people["creator"])
    plan(variant, datetime(2026, 12, 1, 18), "Europe/London", by=river.people["creator"])
    version = approve_variant(variant, by=river.people["manager"])
    return Town(river, None, Variant.objects.get(pk=variant.pk), version)


def sent_as_form(spec, answers):
    form = {f"options-{name}": value for name, value in answers.items() if value not in (None, False)}
    return {"options-asked": "1", **{name: "on" if value is True else value for name, value in form.items()}}


def another(option, answer):
    match option.kind:
        case "choice":
            return next(value for value, _ in option.choices if value != answer)
        case "switch":
            return not answer
    return f"{answer} other"


ASKING = [spec for spec in FORMATS if spec.options]


@pytest.mark.parametrize("spec", ASKING, ids=lambda spec: spec.id)
def test_each_answer_to_the_network_and_each_passage_is_approved(river, spec):
    rendered(CUT, "f", "video/mp4")
    town = approved_as(river, spec)
    answers = settled(spec.options, {})
    kept = []
    for option in spec.options:
        with transaction.atomic():
            town.edit(
                **sent_as_form(spec, {**answers, option.name: another(option, answers.get(option.name, ""))})
            )
            if Version.objects.filter(voided_at=None).exists():
                kept.append(option.name)
            transaction.set_rollback(True)
    if town.variant.to_parts()[0].media:
        with transaction.atomic():
            town.at_the_desk(do="passage", start="4", end="12.5", cover="5", x="30", y="50")
            assert not Version.objects.filter(voided_at=None).exists()
            transaction.set_rollback(True)
    town.edit(**sent_as_form(spec, answers))

    assert kept == []
    assert Version.objects.get(voided_at=None) == town.before, "saving without a change keeps it"


# Inside the same day --------------------------------------------------------------------------------------------------
def test_a_manager_moves_inside_the_day_and_stands_for_the_new_time(town):
    moved = domain.move(town.variant, wall=datetime(2026, 12, 1, 20, 0), by=town.manager)

    assert moved.approval == "kept"
    standing = Version.objects.get(variant=town.variant, voided_at=None)
    assert (standing.approved_by, standing.digest) == (town.manager, seen(town.variant))
    assert standing.payload["parts"] == town.before.payload["parts"]
    assert [p.due_at.hour for p in Publication.objects.filter(state__in=LIVE)] == [20]
    assert authors.authors_of(town.variant) == {town.creator.pk}


def test_what_is_on_its_way_gets_another_time_of_its_day(town):
    town.decide("reschedule", wall="2026-12-01T19:00")

    assert [p.due_at.hour for p in Publication.objects.filter(state__in=LIVE)] == [19]
    assert Version.objects.get(voided_at=None) == town.before


def test_a_manager_who_wrote_it_does_not_move_it_along(town):
    other = get_user_model().objects.create_user("other", "other@example.org", "x")
    other.groups.set(town.manager.groups.all())
    set_parts(fresh(town.variant.pk), [pictured("Words of the manager.")], by=town.manager)
    domain.submit(town.variant, by=town.creator)
    domain.approve(town.variant, by=other, digest=seen(town.variant))

    with pytest.raises(Question):
        domain.move(town.variant, wall=datetime(2026, 12, 1, 20, 0), by=town.manager)


def test_moved_and_moved_back_is_not_the_old_approval(town):
    later = town.variant.planned_wall + timedelta(days=1)
    domain.move(town.variant, wall=later, by=town.manager, confirmed=True)
    domain.move(town.variant, wall=later - timedelta(days=1), by=town.manager)

    assert seen(town.variant) == town.before.digest
    assert not Version.objects.filter(variant=town.variant, voided_at=None).exists()
    assert not Publication.objects.filter(state__in=LIVE).exists()


# Nothing is forgotten -------------------------------------------------------------------------------------------------
# Addresses that show, or change what only the person sees; and steps on the way to an approval, tried elsewhere.
HARMLESS = {
    "editorial": {
        *("month", "week", "list", "events", "variant", "panel", "saved_views", "feeds"),
        *("history", "quiet", "guests"),
        *(
            "new",
            "plan_template",
            "print",
            "slots",
            "edit_slots",
        ),  # new posts, other things
    },
    # What becomes of a late post, and how long all of them wait, are decisions of their own.
    "publishing": {"index", "publication", "attention", "costs", "pause", "release"},
    "variants": {
        "add",
        "list",
        "list_results",
        "usage",
        "history",
        "history_results",
        "inspect",
        "preview_on_add",
        "preview_on_edit",
        "revisions_view",
        "revisions_compare",
        "collect_workflow_action_data",
        "workflow_history",
        "workflow_history_detail",
        "workflow_preview",
        "story",
        "progress",
        "pictures",
        "passages",
        "unlock",
        *(
            "files",
            "files_archive",
            "files_srt",
            "files_progress",
            "files_make",
            "cancel_media",
        ),  # files, not what refers to them
    },
}


def addresses(resolver: Any = None, spaces: str = ""):
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{spaces}{pattern.namespace}:" if pattern.namespace else spaces
            yield from addresses(pattern, inner)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield f"{spaces}{pattern.name}", pattern


def test_every_address_is_tried_or_harmless():
    import inspect

    tried = "".join(inspect.getsource(way) for way in WAYS) + inspect.getsource(Town)
    forgotten = set()
    for name, _ in addresses():
        space, _, last = name.partition(":")
        if space in HARMLESS and last not in HARMLESS[space] and f'"{name}"' not in tried:
            forgotten.add(name)

    assert forgotten == set()
