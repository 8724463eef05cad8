"""The page of links in the admin, and the one page that a link shows, without the admin around it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.views import View
from django.views.decorators.debug import sensitive_variables
from wagtail.admin import messages

from access import policy
from editorial.domain import guests
from editorial.domain.refused import Refused
from editorial.guests import limit, tokens
from editorial.guests.forms import AnswerForm, InviteForm
from editorial.guests.models import Invitation
from editorial.views import CalendarPage, tell_refusal
from formats import preview
from formats.models import Variant
from publishing.status import status_of
from work import clock

STATE_WORDS = {"open": "Open", "answered": "Answered", "revoked": "Taken back", "expired": "Too old"}


class Guests(CalendarPage):
    """The links of one post: make one, see its address once, take one back."""

    capability = policy.APPROVE
    template_name = "editorial/guests/links.html"
    page_title = crumb = "Ask somebody outside"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.page(self.get_variant(pk), InviteForm())

    def page(self, variant: Variant, form: InviteForm, status: int = 200, **context: Any) -> HttpResponse:
        self.page_subtitle = str(variant)
        now = clock.now()
        rows = [
            (row, STATE_WORDS[row.state(now)]) for row in variant.invitations.select_related("invited_by")
        ]
        word = status_of([variant])[variant.pk].word
        filled = self.get_context_data(
            variant=variant, form=form, rows=rows, now=now, waiting=word == "in_review", **context
        )
        answer = self.render_to_response(filled, status=status)
        answer["Cache-Control"] = "no-store"
        return answer

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        variant = self.get_variant(pk)
        if gone := request.POST.get("revoke"):
            return self.revoke(variant, gone)
        form = InviteForm(request.POST)
        if not form.is_valid():
            return self.page(variant, form, status=400)
        try:
            made, token = guests.invite(variant, by=request.user, **form.cleaned_data)
        except Refused as error:
            for reason in error.reasons:
                form.add_error("name" if error.code == "name" else None, reason)
            return self.page(variant, form, status=400)
        address = tokens.address(token)
        text = f"Please look at this post and say whether it may go out: {address}"
        mail = urlencode({"subject": f"Please look at: {variant.story.title}", "body": text}).replace(
            "+", "%20"
        )
        return self.page(variant, InviteForm(), made=made, address=address, mail=f"{made.email}?{mail}")

    def revoke(self, variant: Variant, number: str) -> HttpResponse:
        row = get_object_or_404(
            variant.invitations, pk=number if number.isdecimal() and len(number) < 12 else 0
        )
        try:
            guests.revoke(row, by=self.request.user)
        except Refused as error:
            tell_refusal(self.request, error)
        else:
            messages.success(
                self.request, f"The link for {row.name} is taken back. It shows nothing any more."
            )
        return redirect(reverse("editorial:guests", args=[variant.pk]))


@method_decorator(sensitive_variables("token"), name="dispatch")
class GuestReview(View):
    """What one person outside sees. Whoever has the link may look; it answers once, and to the name on it."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = super().dispatch(request, *args, **kwargs)
        answer["Cache-Control"] = "private, no-store"
        answer["X-Robots-Tag"] = "noindex, nofollow"
        return answer

    def found(self, request: HttpRequest, token: str) -> Invitation | HttpResponse:
        """The invitation, or what is answered instead."""
        now, who = clock.now(), request.META.get("REMOTE_ADDR", "")
        invitation = guests.find(token)
        if invitation is None:
            if limit.too_often("address", who, limit.PER_ADDRESS, now):
                return self.closed(request, "There were too many tries. Wait ten minutes.", 429)
            return self.closed(request, "There is no such link. Check that you copied all of it.", 404)
        if request.method == "POST" and limit.too_often("link", str(invitation.pk), limit.PER_LINK, now):
            return self.closed(request, "There were too many tries with this link. Wait ten minutes.", 429)
        if invitation.answer:
            status = 200 if request.method == "GET" else 410  # after answering, this is where they are led
            return render(request, "editorial/guests/thanks.html", {"invitation": invitation}, status=status)
        if why := guests.why_gone(invitation, now):
            return self.closed(request, guests.GONE[why], 410)
        return invitation

    def closed(self, request: HttpRequest, message: str, status: int) -> HttpResponse:
        return render(request, "editorial/guests/closed.html", {"message": message}, status=status)

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        found = self.found(request, token)
        if isinstance(found, HttpResponse):
            return found
        guests.opened(found)
        return self.page(request, found, AnswerForm())

    def page(
        self, request: HttpRequest, invitation: Invitation, form: AnswerForm, status: int = 200
    ) -> HttpResponse:
        payload = invitation.payload
        alts = [item["alt"] for part in payload["parts"] for item in part["media"] if item["alt"]]
        context = {
            "invitation": invitation,
            "form": form,
            "variant": invitation.variant,
            "payload": payload,
            "alts": alts,
            "shown": preview.render_payload(payload, unfolded=True),
            "zone": payload["zone"] or "UTC",
        }
        return render(request, "editorial/guests/review.html", context, status=status)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        found = self.found(request, token)
        if isinstance(found, HttpResponse):
            return found
        form = AnswerForm(request.POST)
        if not form.is_valid():
            return self.page(request, found, form, status=400)
        sent = form.cleaned_data
        try:
            guests.answer(found, sent["answer"], said_name=sent["name"], comment=sent["comment"])
        except Refused as error:
            if error.code in guests.GONE:
                return self.closed(request, str(error), 410)
            for reason in error.reasons:
                form.add_error(error.code if error.code in form.fields else None, reason)
            return self.page(request, found, form, status=400)
        return redirect("guest_review", token=token)
