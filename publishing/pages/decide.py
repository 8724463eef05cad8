"""A person's decision about one publication; always POST, and harmless when it comes twice."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from wagtail.admin import messages

from access import policy
from channels import addresses
from channels.connectors.registry import CONNECTORS
from formats import schedule
from publishing import words
from publishing.domain import actions, mending
from publishing.domain.pause import label_of
from publishing.models import Publication
from publishing.pages import decisions
from publishing.pages.base import PublishingPage
from publishing.times import in_zone
from work import clock

BY_PEOPLE = frozenset(
    {
        "send_now",
        "rescheduled",
        "marked_out",
        "arrived",
        "dropped",
        "look_again",
        "cancelled",
        "takedown",
        "grace",
        "comment_again",
        "change_wanted",
        "deletion_wanted",
    }
)


class Decide(PublishingPage):
    capability = policy.PUBLISH

    def get(self, request: HttpRequest, pk: UUID, action: str) -> HttpResponse:
        return redirect("publishing:publication", pk)

    def post(self, request: HttpRequest, pk: UUID, action: str) -> HttpResponse:
        publication = self.publication(pk, policy.PUBLISH)
        seen = request.POST.get("seen", "")
        moved_on = bool(seen) and seen != str(publication.fence)
        if moved_on or action not in actions.allowed(publication):
            messages.warning(request, _too_late(publication))
            return redirect("publishing:publication", pk)
        if not decisions.is_sure(publication, action, bool(request.POST.get("sure"))):
            messages.error(request, "Tick the box first: this cannot be undone.")
            return redirect("publishing:publication", pk)
        try:
            said = self.carry_out(publication, action)
        except (actions.NotPossible, mending.NotMended, addresses.NotAPost, schedule.UnknownZone) as error:
            messages.error(request, str(error))
        else:
            messages.success(request, said)
        return redirect("publishing:publication", pk)

    def carry_out(self, publication: Publication, action: str) -> str:
        by, form = self.request.user, self.request.POST
        why = form.get("why", "").strip()[:300]
        match action:
            case "send_now":
                actions.check_move(publication, clock.now(), by=by)
                actions.send_now(publication, by=by, why=why)
                return "It goes out within seconds."
            case "comment_again":
                actions.comment_again(publication, by=by)
                return "The first comment is written within seconds."
            case "edit_post":
                texts = {
                    each.remote_id: form.get(f"text-{each.number}", each.text)
                    for each in mending.out(publication)
                }
                count = mending.change(publication, texts, by=by)
                return f"On its way: the text of {count} post{'' if count == 1 else 's'} is changed within seconds."
            case "delete_post":
                mending.delete(publication, by=by, why=why)
                return f"It is being deleted on {label_of(publication.channel.platform)}."
            case "look_again":
                actions.look_again(publication, by=by)
                return "Hustings looks at the network again; nothing is sent before it knows."
            case "mark_as_out":
                mark_as_out(publication, form, by=by)
                return "Noted: it is out."
            case "arrived":
                actions.arrived(publication, by=by)
                return "Noted: it has arrived. The others get it within seconds."
            case "drop":
                actions.drop(publication, by=by, why=why)
                return "It is left as it is."
            case "delete_parts":
                actions.delete_parts(publication, by=by, why=why)
                return "Its parts are being deleted on the network."
            case "set_grace":
                actions.set_grace(publication, form.get("grace", ""), by=by)
                return "Noted: so late it may be."
            case "cancel":
                if actions.cancel(publication, by=by, why=why):
                    some = publication.may_be_out()
                    return f"Stopped: nothing {'more of it goes out. Some may have it.' if some else 'of it goes out.'}"
                return "It is being sent already; what can still be stopped will be."
            case "reschedule":
                at = wanted_time(publication, form.get("wall", ""))
                actions.check_move(publication, at, by=by)
                actions.reschedule(publication, at, by=by)
                return f"It goes out at {in_zone(at, publication.zone)}."
        raise actions.NotPossible("Nobody knows this decision.")


def mark_as_out(publication: Publication, form: Any, *, by: Any) -> None:
    """Take the address that was pasted, or the post that was picked from what the look-ups saw."""
    channel = publication.channel
    if not CONNECTORS[channel.platform].has_addresses:
        actions.mark_as_out(publication, "", by=by)
        return
    found = addresses.read(
        form.get("url", "") or form.get("pick", ""),
        platform=channel.platform,
        handle=channel.handle,
        remote_id=channel.remote_id,
        profile=channel.url,
    )
    actions.mark_as_out(publication, found.url, remote_id=found.id, by=by)


def wanted_time(publication: Publication, text: str) -> datetime:
    try:
        wall = datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        raise actions.NotPossible("Give the new day and time.") from None
    return schedule.resolve(wall, publication.zone or "UTC").at


def _too_late(publication: Publication) -> str:
    last = publication.events.filter(kind__in=BY_PEOPLE).order_by("-seq").first()
    said = f" {words.say(last)}" if last else ""
    return f"That is no longer possible: it has moved on meanwhile.{said}"
