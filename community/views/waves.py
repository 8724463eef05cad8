"""A wave of messages alike: what it says, who is in it, and one answer for those who are chosen."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from wagtail.admin import messages

from access import policy
from community import inbox, waves
from community.core import saved
from community.enums import CaseState
from community.models import Burst, Case, Conversation, Message
from community.views.answering import values_of
from community.views.base import CONNECTED, TalkPage
from community.views.cases import number, turned


class Wave(TalkPage):
    """Choosing and writing, then a page that shows what each one gets, then sending."""

    template_name = "community/wave.html"
    page_title = crumb = "Many alike"

    def wave(self, pk: int) -> Burst:
        row = waves.visible(self.request.user).select_related("campaign", "closed_by").filter(pk=pk).first()
        if row is None or not policy.can(self.request.user, policy.REPLY, row):
            raise Http404
        return row

    def talks(self, wave: Burst) -> QuerySet[Conversation]:
        rows = inbox.visible(self.request.user, inbox.channels_of(self.request.user))
        return rows.filter(campaign=wave.campaign_id, bursts=wave).select_related(*CONNECTED)

    @staticmethod
    def cases(wave: Burst) -> QuerySet[Case]:
        """Rumours that it may be about, those first to which one of its conversations is linked."""
        linked = Case.objects.filter(pk=OuterRef("pk"), conversations__bursts=wave)
        rows = Case.objects.filter(campaign=wave.campaign_id).exclude(state=CaseState.CLOSED)
        return rows.annotate(linked=Exists(linked)).order_by("-linked", "-changed_at", "-pk")

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.page(self.wave(pk))

    def page(self, wave: Burst, **given: Any) -> HttpResponse:
        self.page_subtitle = wave.campaign.title
        ours = Max("messages__pk", filter=Q(messages__direction="out"))
        rows = self.talks(wave).annotate(ours=ours).order_by("-last_message_at", "-pk")
        first = Message.objects.filter(conversation__bursts=wave, direction="in").order_by("at", "pk").first()
        return self.render_to_response(
            self.get_context_data(
                **{
                    "wave": wave,
                    "page": turned(rows, self.request.GET.get("p", ""), waves.MOST_ANSWERED),
                    "first": first,
                    "may_moderate": policy.can(self.request.user, policy.MODERATE, wave),
                    "chosen": None,
                    "case": next((row for row in self.cases(wave)[:1] if row.linked), None),
                    "cases": self.cases(wave)[:50],
                    "text": "",
                    "key": uuid.uuid4().hex[:24],
                    **given,
                }
            )
        )

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        wave, post = self.wave(pk), request.POST
        do = post.get("do", "")
        if do == "close":
            waves.close(request.user, wave)
            messages.success(request, "It is closed. It comes back here if it begins anew.")
            return redirect("community:inbox")
        if do in ("crisis", "no_crisis"):
            waves.call_crisis(request.user, wave, do == "crisis")
            messages.success(
                request, "The whole team sees it." if do == "crisis" else "It is no crisis any more."
            )
            return redirect("community:wave", pk=pk)
        text = post.get("text", "").replace("\0", "").replace("\r\n", "\n")[:20_000]
        chosen = [number(each) for each in post.getlist("talk")][: waves.MOST_ANSWERED]
        talks = list(self.talks(wave).filter(pk__in=chosen).order_by("-last_message_at", "-pk"))
        case = self.cases(wave).filter(pk=number(post.get("case", ""))).first()
        given = {
            "case": case,
            "text": text,
            "chosen": chosen,
            "key": post.get("key", "")[:24] or uuid.uuid4().hex[:24],
        }
        if not talks or not text.strip() or do == "change":
            wrong = "" if do == "change" else "Write an answer, and tick at least one conversation."
            return self.page(wave, **given, wrong=wrong)
        asked = waves.asked_in(wave, talks)
        texts = {row.pk: saved.fill(text, values_of(row, request.user, asked.get(row.pk))) for row in talks}
        planned = waves.plan(request.user, talks, texts, asked)
        if do != "send":
            ours = dict(
                Message.objects.filter(conversation__in=talks, direction="out")
                .values_list("conversation")
                .annotate(newest=Max("pk"))
            )
            shown = [{"plan": each, "seen": ours.get(each.conversation.pk, 0)} for each in planned]
            self.template_name = "community/wave_check.html"
            fits = sum(not each.why_not for each in planned)
            return self.render_to_response(
                self.get_context_data(wave=wave, planned=shown, fits=fits, left=len(planned) - fits, **given)
            )
        seen = {row.pk: number(post.get(f"seen-{row.pk}", "")) for row in talks}
        done = waves.answer(request.user, planned, key=given["key"], seen=seen, case=case)
        return self.sent(wave, done)

    def sent(self, wave: Burst, done: waves.Done) -> HttpResponse:
        if done.sent:
            messages.success(
                self.request, f"{done.sent} answer{' is' if done.sent == 1 else 's are'} on the way."
            )
        if done.to_approve:
            messages.success(self.request, f"{done.to_approve} wait for a second person.")
        for row, why in done.refused[:10]:
            messages.warning(self.request, f"Not sent to {row.contact or 'somebody'} ({row.channel}): {why}")
        if len(done.refused) > 10:
            messages.warning(self.request, f"Not sent to {len(done.refused) - 10} more.")
        return redirect(reverse("community:wave", args=[wave.pk]))
