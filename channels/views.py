"""The pages under /admin/channels/. Each parses, asks ``access.policy``, calls one function and answers.

Going to a network is a plain link on a page of ours: Chromium holds the whole chain of redirects after a form
against ``form-action 'self'``, so a form may never lead there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import View
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.widgets import HeaderButton
from wagtail.log_actions import log

from access import policy
from access.models import CampaignRole
from channels import connect, health, optouts
from channels.connect import Returned
from channels.connectors.abilities import Action
from channels.connectors.registry import CONNECTORS
from channels.models import Channel, ChannelState, Credential, Grace, OnUnknown
from channels.oauth import Account, Grant
from channels.service import check_channel
from work import clock


@method_decorator(never_cache, name="dispatch")
class ChannelsPage(WagtailAdminTemplateMixin, View):
    """Furniture of all pages here: who is nobody in any campaign sees none of them."""

    page_title = "Channels"
    header_icon = "link"
    _show_breadcrumbs = True
    capability = policy.VIEW

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        policy.require(request.user, self.capability)
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        first = {"url": reverse_lazy("channels:index"), "label": "Channels"}
        here = [] if self.page_title == "Channels" else [{"url": "", "label": self.get_page_title()}]
        return [*super().get_breadcrumbs_items(), first, *here]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(**kwargs))

    def channel(self, pk: int, capability: str) -> Channel:
        """The channel, for those who may; to all others of other campaigns it does not exist."""
        channels = policy.scoped(
            Channel.objects.select_related("campaign", "connected_by"), self.request.user
        )
        channel = get_object_or_404(channels, pk=pk)
        policy.require(self.request.user, capability, channel)
        return channel

    def failed(self, error: Exception) -> HttpResponse:
        messages.error(self.request, str(error))
        return redirect("channels:index")


class IndexView(ChannelsPage):
    template_name = "channels/index.html"

    def get_header_buttons(self) -> list[Any]:
        buttons = []
        if policy.can(self.request.user, policy.CHANNELS):
            url, attrs = reverse("channels:connect"), {"id": "connect-channel"}
            buttons.append(HeaderButton("Connect a channel", url, icon_name="plus", attrs=attrs))
        if self.request.user.is_superuser:
            buttons.append(HeaderButton("Networks", reverse("channels:networks"), icon_name="cog"))
        return buttons

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, now = self.request.user, clock.now()
        channels = policy.scoped(Channel.objects.select_related("campaign", "credential"), user)
        rows = [describe(channel, user, now) for channel in channels.order_by("platform", "handle")]
        campaigns = policy.campaigns(user, policy.VIEW)
        groups = [
            (page, [row for row in rows if row["channel"].campaign_id == page.pk]) for page in campaigns
        ]
        may_connect = policy.can(user, policy.CHANNELS)
        return super().get_context_data(groups=groups, may_connect=may_connect, **kwargs)


class DetailView(ChannelsPage):
    template_name = "channels/detail.html"

    def get_page_title(self) -> str:
        return self.row["channel"].handle if hasattr(self, "row") else "Channel"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.page_title = ""
        self.row = describe(self.channel(pk, policy.VIEW), request.user, clock.now())
        channel, now = self.row["channel"], clock.now()
        calls = health.last_calls(channel)
        more = {
            "on_unknown": OnUnknown.choices,
            "graces": Grace.choices,
            "points": health.points(channel, _credential(channel), now),
            "calls": calls,
            "limits": health.limits(calls),
            "groups": groups_of(channel),
            "connector": CONNECTORS[channel.platform],
            "told": [*CONNECTORS[channel.platform].told(channel), *optouts.words(channel)],
            "may_reply": Action.REPLY in CONNECTORS[channel.platform].can,
        }
        return self.render_to_response(self.get_context_data(row=self.row, **self.row, **more))


class DeliveryView(ChannelsPage):
    """How posts of this account are treated when something goes wrong."""

    capability = policy.CHANNELS

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return redirect("channels:detail", pk=pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        channel = self.channel(pk, policy.CHANNELS)
        on_unknown, grace = request.POST.get("on_unknown", ""), request.POST.get("grace", "")
        if on_unknown not in OnUnknown.values or grace not in Grace.values:
            messages.error(request, "Choose one of the offered answers.")
            return redirect("channels:detail", pk=pk)
        Channel.objects.filter(pk=pk).update(on_unknown=on_unknown, grace=grace)
        messages.success(
            request, f"Kept for {channel.handle}. How late it may be counts for posts approved from now on."
        )
        return redirect("channels:detail", pk=pk)


class GroupsView(ChannelsPage):
    """Which of the campaign's groups may use this account."""

    capability = policy.CHANNELS

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return redirect("channels:detail", pk=pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        channel = self.channel(pk, policy.CHANNELS)
        offered = {row["pk"]: row["name"] for row in groups_of(channel)}
        ticked = [pk for pk in map(_number, request.POST.getlist("group")) if pk in offered]
        everybody = request.POST.get("who") != "some"
        if not everybody and not ticked:
            messages.error(request, "Choose at least one group, or let all groups of the campaign use it.")
            return redirect("channels:detail", pk=pk)
        mine = set(request.user.groups.values_list("pk", flat=True))
        if not everybody and not request.user.is_superuser and not mine & set(ticked):
            messages.error(request, "Leave a group of your own in it, or you could not change this again.")
            return redirect("channels:detail", pk=pk)
        Channel.objects.filter(pk=pk).update(only_groups=[] if everybody else ticked)
        names = "all groups of the campaign" if everybody else ", ".join(offered[pk] for pk in ticked)
        log(instance=channel, action="channels.groups", user=request.user, data={"groups": names})
        messages.success(request, f"{channel.handle} may now be used by {names}.")
        return redirect("channels:detail", pk=pk)


class ConnectView(ChannelsPage):
    """Choose campaign and network."""

    template_name = "channels/connect.html"
    page_title = "Connect a channel"
    capability = policy.CHANNELS

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        campaigns = policy.campaigns(self.request.user, policy.CHANNELS)
        chosen = self.request.GET.get("campaign", "")
        networks = [{"connector": c, "sandbox": connect.on_sandbox(c.platform)} for c in CONNECTORS]
        return super().get_context_data(campaigns=campaigns, networks=networks, chosen=chosen, **kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        campaign = get_object_or_404(
            policy.campaigns(request.user, policy.CHANNELS), pk=_number(request.POST.get("campaign"))
        )
        platform = request.POST.get("platform", "")
        if platform not in CONNECTORS:
            raise Http404
        return self.begin(platform=platform, campaign_id=campaign.pk)

    def begin(self, **what: Any) -> HttpResponse:
        try:
            pending = connect.begin(self.request.session, by=self.request.user, **what)
        except connect.ConnectFailed as error:
            return self.failed(error)
        return redirect("channels:continue", state=pending.state)


class ReconnectView(ConnectView):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return redirect("channels:detail", pk=self.channel(pk, policy.CHANNELS).pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        channel = self.channel(pk, policy.CHANNELS)
        return self.begin(platform=channel.platform, campaign_id=channel.campaign_id, channel=channel)


@method_decorator(sensitive_post_parameters(), name="dispatch")
class ContinueView(ChannelsPage):
    """Says what the network will ask, and holds the link that leads there."""

    template_name = "channels/continue.html"
    page_title = "Connect a channel"
    capability = policy.CHANNELS

    def get(self, request: HttpRequest, state: str) -> HttpResponse:
        try:
            pending = connect.peek(request.session, state, by=request.user)
            flow = connect.flow_for(pending)
            if flow.fields and not pending.sealed_kept:
                return self.ask(pending, connect.sample_answers(pending.platform))
            address = connect.network_address(request.session, pending)
        except connect.ConnectFailed as error:
            return self.failed(error)
        return self.render_to_response(self.context_of(pending, address=address))

    def post(self, request: HttpRequest, state: str) -> HttpResponse:
        """What was typed into the fields that this network asks for."""
        try:
            pending = connect.peek(request.session, state, by=request.user)
            _require_campaign(request.user, pending)
        except connect.ConnectFailed as error:
            return self.failed(error)
        try:
            came = connect.take_fields(request.session, pending, request.POST.dict())
        except connect.ConnectFailed as error:
            return self.ask(pending, request.POST.dict(), str(error))
        if came is None:
            return redirect("channels:continue", state=pending.state)
        connect.take(request.session, state, by=request.user)
        return _arrived(request, pending, *came)

    def ask(self, pending: connect.Pending, typed: Mapping[str, str], problem: str = "") -> HttpResponse:
        self.template_name = "channels/fields.html"
        flow = CONNECTORS[pending.platform].oauth
        fields = [(f, "" if f.secret and problem else typed.get(f.name, f.usual)) for f in flow.fields]
        return self.render_to_response(self.context_of(pending, fields=fields, problem=problem))

    def context_of(self, pending: connect.Pending, **more: Any) -> dict[str, Any]:
        return self.get_context_data(
            flow=CONNECTORS[pending.platform].oauth,
            sandbox=connect.on_sandbox(pending.platform),
            channel=Channel.objects.filter(pk=pending.channel_id).first(),
            **more,
        )


class CallbackView(ChannelsPage):
    """Where the network sends the browser back to. The state is used up by whatever comes."""

    capability = policy.CHANNELS

    def get(self, request: HttpRequest, platform: str) -> HttpResponse:
        try:
            pending = connect.take(request.session, request.GET.get("state", ""), by=request.user)
            _require_campaign(request.user, pending)
            grant, accounts = connect.answer(pending, platform=platform, params=request.GET.dict())
        except connect.ConnectFailed as error:
            return self.failed(error)
        return _arrived(request, pending, grant, accounts)


class ChooseView(ChannelsPage):
    """Several pages came with one consent: which of them?"""

    template_name = "channels/choose.html"
    page_title = "Choose what to connect"
    capability = policy.CHANNELS

    def get(self, request: HttpRequest, state: str) -> HttpResponse:
        try:
            pending = connect.peek(request.session, state, by=request.user)
            accounts = connect.parked(pending)
        except connect.ConnectFailed as error:
            return self.failed(error)
        label = CONNECTORS[pending.platform].label
        return self.render_to_response(self.get_context_data(accounts=accounts, label=label, state=state))

    def post(self, request: HttpRequest, state: str) -> HttpResponse:
        wanted = set(request.POST.getlist("account"))
        if not wanted:
            messages.warning(request, "Choose at least one.")
            return redirect("channels:choose", state=state)
        try:
            pending = connect.take(request.session, state, by=request.user)
            _require_campaign(request.user, pending)
            saved = [
                connect.save(
                    account,
                    platform=pending.platform,
                    campaign_id=pending.campaign_id,
                    scopes=pending.scopes,
                    by=request.user,
                )
                for account in connect.parked(pending)
                if account.remote_id in wanted and not account.trouble
            ]
        except connect.ConnectFailed as error:
            return self.failed(error)
        _say_connected(request, saved)
        return redirect("channels:index")


class CheckView(ChannelsPage):
    capability = policy.CHANNELS
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        channel = self.channel(pk, policy.CHANNELS)
        problems = check_channel(channel, worker=f"check-{request.user.pk}")
        if problems:
            messages.warning(request, f"{channel.handle}: {' '.join(problems)}")
        else:
            messages.success(request, f"{channel.handle} answers, and everything needed to publish is there.")
        return redirect("channels:detail", pk=pk)


DISCONNECTED = {
    Returned.TOLD: "; {label} has been told.",
    Returned.BEFORE: " already.",
    Returned.KEPT: (
        " and its keys are deleted here. {label} keeps the person's permission, because other accounts here need it; it is "
        "given back with the last of them."
    ),
    Returned.NO_WAY: (
        " and its keys are deleted here. {label} offers no way to say so from outside: you can also remove the app in the "
        "account's settings there."
    ),
    Returned.FAILED: (
        " and its keys are deleted here, but {label} could not be told, so that they may still be good there. "
        "Remove the app in the account's settings at {label}."
    ),
}


class DisconnectView(ChannelsPage):
    template_name = "channels/disconnect.html"
    page_title = "Disconnect"
    capability = policy.CHANNELS

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = describe(self.channel(pk, policy.CHANNELS), request.user, clock.now())
        return self.render_to_response(self.get_context_data(**row))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        channel = self.channel(pk, policy.CHANNELS)
        label = CONNECTORS[channel.platform].label
        returned = connect.disconnect(channel, by=request.user)
        good = returned is not Returned.FAILED
        say = messages.success if good else messages.warning
        say(request, f"{channel.handle} is disconnected{DISCONNECTED[returned].format(label=label)}")
        return redirect("channels:index")


# What a page shows of a channel -----------------------------------------------------------------------------

TONE = {
    ChannelState.CONNECTED: "good",
    ChannelState.RECONNECT: "bad",
    ChannelState.BLOCKED: "bad",
    ChannelState.DISCONNECTED: "off",
}


def describe(channel: Channel, user: Any, now: datetime) -> dict[str, Any]:
    flow = CONNECTORS[channel.platform].oauth
    worst = health.worst(channel, _credential(channel), now)
    return {
        "channel": channel,
        "label": CONNECTORS[channel.platform].label,
        "tone": "bad" if worst and worst.tone == "bad" else TONE[ChannelState(channel.state)],
        "key_life": health.key_life(channel, _credential(channel), now),
        "worst": worst,
        "state": "Cannot publish" if worst and worst.tone == "bad" else channel.get_state_display(),
        "may_manage": policy.can(user, policy.CHANNELS, channel),
        "scopes": [(scope, why, scope in channel.scopes) for scope, why in flow.scopes.items()],
        "connected": channel.state != ChannelState.DISCONNECTED,
    }


def groups_of(channel: Channel) -> list[dict[str, Any]]:
    """The groups with a part in the channel's campaign that may use accounts, and whether they may use this one."""
    using = [role for role, can in policy.CAPABILITIES.items() if can & policy.WITH_CHANNEL]
    roles = CampaignRole.objects.filter(campaign_id=channel.campaign_id, role__in=using)
    found = roles.values_list("group_id", "group__name").distinct().order_by("group__name")
    return [{"pk": pk, "name": name, "may": pk in channel.only_groups} for pk, name in found]


def _credential(channel: Channel) -> Credential | None:
    try:
        return channel.credential
    except Credential.DoesNotExist:
        return None


def _arrived(
    request: HttpRequest, pending: connect.Pending, grant: Grant, accounts: list[Account]
) -> HttpResponse:
    """Somebody let us in: to the choice where there are several accounts, else it is connected."""
    if len(accounts) > 1:
        choice = connect.park(request.session, pending, grant, accounts)
        return redirect("channels:choose", state=choice.state)
    try:
        saved = connect.save(
            accounts[0],
            platform=pending.platform,
            campaign_id=pending.campaign_id,
            scopes=grant.scopes,
            by=request.user,
        )
    except connect.ConnectFailed as error:
        messages.error(request, str(error))
        return redirect("channels:index")
    _say_connected(request, [saved])
    return redirect("channels:index")


def _say_connected(request: HttpRequest, channels: list[Channel]) -> None:
    names = ", ".join(channel.handle for channel in channels)
    messages.success(request, f"{names} {'is' if len(channels) == 1 else 'are'} connected.")
    for channel in channels:
        flow = CONNECTORS[channel.platform].oauth
        if missing := flow.missing(tuple(channel.scopes)):
            words = "; ".join(flow.scopes[scope] for scope in missing)
            messages.warning(request, f"{channel.handle}: not allowed, so it will be missing: {words}.")


def _require_campaign(user: Any, pending: connect.Pending) -> None:
    if not policy.campaigns(user, policy.CHANNELS).filter(pk=pending.campaign_id).exists():
        raise connect.ConnectFailed("You may not connect accounts for this campaign (any more).")


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0
