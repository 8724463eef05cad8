"""How a channel is, in plain words: from what is stored, without asking the network."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from channels import keys
from channels.connectors.registry import CONNECTORS
from channels.models import Call, Channel, ChannelState, Credential, WebhookHint

SOON = timedelta(days=7)
LAST_MONTH = timedelta(days=30)
LONG_AGO = timedelta(days=7)
SHOWN_CALLS = 15
ORDER = {"bad": 0, "warn": 1, "good": 2}


@dataclass(frozen=True)
class Point:
    """One line of the health check. ``tone`` is "good", "warn" or "bad"; ``word`` says the same to the eye."""

    tone: str
    words: str

    @property
    def word(self) -> str:
        return {"good": "well", "warn": "look", "bad": "trouble"}[self.tone]


def points(channel: Channel, credential: Credential | None, now: datetime) -> list[Point]:
    """The worst first."""
    found = [
        *_state(channel),
        *_key(channel, credential, now),
        *_scopes(channel),
        *_version(channel, now),
        *_quota(channel),
        *_heard(channel),
        *_checked(channel, now),
    ]
    return sorted(found, key=lambda point: ORDER[point.tone])


def worst(channel: Channel, credential: Credential | None, now: datetime) -> Point | None:
    """What stands in the way of publishing on a channel that is connected, or soon will; None where nothing does."""
    if channel.state != ChannelState.CONNECTED:
        return None
    found = [*_key(channel, credential, now), *_scopes(channel), *_version(channel, now), *_quota(channel)]
    return min(
        (point for point in found if point.tone != "good"), key=lambda point: ORDER[point.tone], default=None
    )


def key_life(channel: Channel, credential: Credential | None, now: datetime) -> str:
    """How long the stored key opens the account, in a few words."""
    if credential is None:
        return "no key stored"
    if channel.state == ChannelState.RECONNECT:
        return "no longer accepted"
    ends = credential.token_expires_at
    if ends is None:
        return "has no end date" if _tells_end(channel) else "its end is not known to us"
    if credential.refresh_token:
        until = _renewable_until(channel)
        return f"renewed by itself until {until:%-d %B %Y}" if until else "renewed by itself"
    if ends <= now:
        return "has run out"
    days = (ends - now).days
    if days < 1:
        return "runs out within a day"
    left = f"{days} day{'s' if days > 1 else ''} left"
    return f"{left}, renewed every week" if credential.next_action_at else left


def _tells_end(channel: Channel) -> bool:
    return bool(channel.facts.get("tells_end", CONNECTORS[channel.platform].oauth.tells_end))


def _renewable_until(channel: Channel) -> datetime | None:
    """When the network stops renewing, where it has said so: then a person connects again."""
    said = channel.facts.get("renews_until")
    return datetime.fromisoformat(said) if isinstance(said, str) and said else None


def _state(channel: Channel) -> list[Point]:
    label = CONNECTORS[channel.platform].label
    words = {
        ChannelState.CONNECTED: "",
        ChannelState.RECONNECT: f"{label} no longer accepts our key. Reconnect the account; posts wait until then.",
        ChannelState.BLOCKED: f"{label} does not let this account publish. Log in there and see what it says.",
        ChannelState.DISCONNECTED: "The account is disconnected. Nothing goes out here until it is connected again.",
    }[ChannelState(channel.state)]
    return [Point("bad", words)] if words else [Point("good", "The account is connected.")]


def _key(channel: Channel, credential: Credential | None, now: datetime) -> list[Point]:
    if credential is None or channel.state != ChannelState.CONNECTED:
        return []
    ends = credential.token_expires_at
    renews = bool(credential.refresh_token) or credential.next_action_at is not None
    if credential.last_error:
        return [Point("warn", f"The key could not be renewed the last time: {credential.last_error}")]
    until = _renewable_until(channel) if credential.refresh_token else None
    if until and until - now < LAST_MONTH:
        label = CONNECTORS[channel.platform].label
        words = f"{label} renews the key until {until:%-d %B} only. Reconnect the account before that."
        return [Point("bad" if until <= now else "warn", words)]
    if ends is None and not renews and not _tells_end(channel):
        words = "Whether and when the key runs out is not known to us; it may have been made for sixty days."
        return [Point("good", f"{words} The set-up guide says how we learn it.")]
    if ends is None or renews:
        return [Point("good", "The key renews itself or has no end.")]
    if ends <= now:
        return [Point("bad", "The key has run out. Reconnect the account.")]
    if ends - now < SOON:
        return [Point("warn", f"The key runs out on {ends:%-d %B}. Reconnect the account before that.")]
    return [Point("good", f"The key is good until {ends:%-d %B %Y}.")]


def _scopes(channel: Channel) -> list[Point]:
    if channel.state == ChannelState.DISCONNECTED:
        return []
    flow = CONNECTORS[channel.platform].oauth
    asked = [scope for scope in flow.scopes if scope not in flow.in_passing]
    missing = [scope for scope in asked if scope not in channel.scopes]
    needed = [flow.scopes[s] for s in missing if s not in flow.optional]
    extra = [f"{flow.scopes[s]} ({s})" for s in missing if s in flow.optional]
    found = []
    if needed:
        found.append(
            Point(
                "bad", f"Without these permissions nothing can be published: {'; '.join(needed)}. Reconnect."
            )
        )
    if extra:
        found.append(
            Point(
                "warn",
                "Not allowed, or not yet asked for when the account was connected, so it is missing: "
                f"{'; '.join(extra)}. Reconnect and leave it allowed.",
            )
        )
    return found or [Point("good", "All permissions are there.")]


def _version(channel: Channel, now: datetime) -> list[Point]:
    version = CONNECTORS[channel.platform].version
    warning = version.warning(now.date()) if version else ""
    if not warning:
        return []
    return [Point("bad" if version.ends_on <= now.date() else "warn", warning)]


def _quota(channel: Channel) -> list[Point]:
    used, most = channel.facts.get("posts_today"), channel.facts.get("posts_a_day")
    if not isinstance(used, int) or not isinstance(most, int):
        return []
    words = f"{used} of {most} posts in 24 hours were used at the last check."
    return [Point("bad" if used >= most else "warn" if used >= most * 0.8 else "good", words)]


def _heard(channel: Channel) -> list[Point]:
    """Where a network tells something only by calling us, whether it can."""
    connector = CONNECTORS[channel.platform]
    if channel.state == ChannelState.DISCONNECTED:
        return []
    if not connector.hears:
        if channel.facts.get("calls_us") is not False:
            return []
        words = f"{connector.label} did not agree to call us about this account."
        return [
            Point("warn", f"{words} What people write arrives with the next round. Reconnect to ask again.")
        ]
    if not keys.of(channel.platform).client_secret:
        words = (
            f"{connector.label} tells what people write only by calling us, and the app's secret, by which its calls are "
            "known, is not set. Nothing that people write arrives here until it is."
        )
        return [Point("warn", words)]
    if not WebhookHint.objects.filter(platform=channel.platform, account_id=channel.remote_id).exists():
        words = (
            f"{connector.label} has not called us about this account in the last month. Its calls are the only way by "
            "which what people write arrives here; see the set-up guide if somebody wrote."
        )
        return [Point("warn", words)]
    return [Point("good", "What people write is called to us.")]


def _checked(channel: Channel, now: datetime) -> list[Point]:
    if channel.state == ChannelState.DISCONNECTED:
        return []
    if channel.checked_at is None or now - channel.checked_at > LONG_AGO:
        return [Point("warn", "The network has not been asked for a week. Press Check.")]
    return []


def last_calls(channel: Channel) -> list[Call]:
    return list(Call.objects.filter(channel=channel).order_by("-pk")[:SHOWN_CALLS])


def limits(calls: list[Call]) -> list[dict[str, Any]]:
    """The newest word of the network about each limit, as lines for people."""
    found: dict[str, dict[str, Any]] = {}
    for call in calls:
        if call.limits and call.path not in found:
            found[call.path] = {"path": call.path, "at": call.at, **_in_words(call.limits)}
    return list(found.values())


def _in_words(told: dict[str, Any]) -> dict[str, Any]:
    if "used_percent" in told:
        return {
            "words": f"{told['used_percent']} % of our app's calls are used (the scarcest of what Meta counts)"
        }
    until = datetime.fromisoformat(told["until"]) if told.get("until") else None
    return {"words": f"{told['left']} of {told['limit']} calls are left", "until": until}
