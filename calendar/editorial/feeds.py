"""The calendar as an iCalendar feed: a private address per person, which they can take back at any time."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views import View
from icalendar import Calendar, Event
from wagtail.admin import messages

from editorial import board
from editorial.board import Filters
from editorial.models import CalendarFeed
from editorial.views import CalendarPage
from work import clock

BACK, AHEAD = timedelta(days=31), timedelta(days=366)
LASTS = timedelta(minutes=15)  # a post has no length; less cannot be seen in most programs
AGAIN = timedelta(hours=1)
MOST = 20  # feeds of one person
STATUS = {"cancelled": "CANCELLED", "failed": "CANCELLED", "approved": "CONFIRMED", "published": "CONFIRMED"}


def make(user: Any, name: str, query: str) -> tuple[CalendarFeed, str]:
    """A new feed and its token, which is kept nowhere and cannot be shown again."""
    token = secrets.token_urlsafe(32)
    feed = CalendarFeed.objects.create(user=user, name=name, query=query, token_sha256=_hash(token))
    return feed, token


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def address(token: str) -> str:
    return settings.PUBLIC_URL + reverse("calendar_feed", args=[token])


def render(feed: CalendarFeed) -> bytes:
    """What its person may see now, from a month ago to a year ahead; times in UTC, so that no zone can be mistaken."""
    now = clock.now()
    filters = Filters.of(QueryDict(feed.query))
    loaded = board.load(feed.user, (now - BACK).date(), (now + AHEAD).date(), filters, at=now)
    calendar = Calendar()
    calendar.add("prodid", "-//Hustings//Editorial calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", f"Hustings: {feed.name}")
    calendar.add("refresh-interval", AGAIN, parameters={"value": "DURATION"})
    for entry in loaded.entries:
        calendar.add_component(_event(entry, now))
    return calendar.to_ical()


def _event(entry: board.Entry, now: Any) -> Event:
    variant = entry.variant
    event = Event()
    event.add("uid", f"variant-{variant.pk}@{settings.PUBLIC_URL.partition('://')[2]}")
    event.add("dtstamp", now)
    event.add("last-modified", variant.updated_at)
    event.add("dtstart", variant.planned_at)
    event.add("dtend", variant.planned_at + LASTS)
    event.add("summary", f"{entry.title} ({variant.format_label}): {entry.look.label}")
    accounts = ", ".join(channel.handle for channel in entry.channels)
    lines = [f"Accounts: {accounts or 'none yet'}", *entry.problems]
    event.add("description", "\n".join(lines))
    event.add("url", settings.PUBLIC_URL + entry.url)
    event.add("status", STATUS.get(entry.word, "TENTATIVE"))
    event.add("transp", "TRANSPARENT")
    return event


class Feed(View):
    """For calendar programs, which cannot sign in: whoever has the address reads, nobody can write."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        feed = CalendarFeed.objects.select_related("user").filter(token_sha256=_hash(token)).first()
        if feed is None or not feed.user.is_active:
            raise Http404
        CalendarFeed.objects.filter(pk=feed.pk).update(read_at=clock.now())
        answer = HttpResponse(render(feed), content_type="text/calendar; charset=utf-8")
        answer["Cache-Control"] = "private, no-store"
        answer["Referrer-Policy"] = "no-referrer"
        answer["X-Robots-Tag"] = "noindex"
        return answer


class FeedForm(forms.ModelForm):
    name = forms.CharField(
        label="What to call it", max_length=120, help_text="For example the device it is for."
    )

    class Meta:
        model = CalendarFeed
        fields = ("name",)


class Feeds(CalendarPage):
    """A person's own feeds: make one, see its address once, take one back."""

    template_name = "editorial/feeds.html"
    page_title = crumb = "In your own calendar"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page(FeedForm())

    def page(self, form: FeedForm, **context: Any) -> HttpResponse:
        filters = Filters.of(self.request.GET)
        rows = CalendarFeed.objects.filter(user=self.request.user)
        filled = self.get_context_data(form=form, feeds=rows, filters=filters, **context)
        answer = self.render_to_response(filled)
        answer["Cache-Control"] = "no-store"
        return answer

    def post(self, request: HttpRequest) -> HttpResponse:
        mine = CalendarFeed.objects.filter(user=request.user)
        if gone := request.POST.get("revoke"):
            feed = get_object_or_404(mine, pk=gone if gone.isdecimal() and len(gone) < 12 else 0)
            feed.delete()
            messages.success(request, f"“{feed}” is taken back. Its address shows nothing any more.")
            return redirect(request.get_full_path())
        form = FeedForm(request.POST)
        if mine.count() >= MOST:
            form.add_error(None, f"You have {MOST} already. Take one back first.")
        if not form.is_valid():
            return self.page(form)
        query = QueryDict(mutable=True)
        query.update(Filters.of(request.GET).as_query())
        feed, token = make(request.user, form.cleaned_data["name"], query.urlencode())
        return self.page(FeedForm(), new=feed, address=address(token))
