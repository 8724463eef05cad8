"""Our accounts on the networks, and the secrets to use them."""

from django.conf import settings
from django.db import models

from channels.crypto import EncryptedTextField
from work.models import DueRow


class ChannelState(models.TextChoices):
    CONNECTED = "connected", "Connected"
    RECONNECT = "reconnect", "Must be reconnected"
    BLOCKED = "blocked", "Blocked by the network"
    DISCONNECTED = "disconnected", "Disconnected"


class OnUnknown(models.TextChoices):
    ASK = "ask", "Ask a person"
    RESEND_ONCE = "resend_once", "Send it once more"


class Grace(models.TextChoices):
    """How late a post may still go out by itself. ``publishing.core.grace`` turns it into seconds."""

    USUAL = "", "As usual (30 minutes)"
    SHORT = "5min", "5 minutes"
    HALF_HOUR = "30min", "30 minutes"
    DAY = "day", "The same day"
    ANY = "any", "At any time"


class Channel(models.Model):
    """One account on one network, used by one campaign (a page of the tree)."""

    campaign = models.ForeignKey("wagtailcore.Page", on_delete=models.PROTECT, related_name="channels")
    platform = models.CharField(max_length=20)
    remote_id = models.CharField(max_length=80, help_text="the network's id of the account")
    handle = models.CharField(max_length=120, help_text="@name or page name")
    name = models.CharField(max_length=200, blank=True, default="")
    url = models.URLField(blank=True, default="")
    server = models.URLField(
        blank=True, default="", help_text="where the account lives, on a network of many servers"
    )
    state = models.CharField(max_length=16, choices=ChannelState.choices, default=ChannelState.CONNECTED)
    state_reason = models.TextField(blank=True, default="")
    sandbox = models.BooleanField(default=False, help_text="lives on the sandbox networks")
    scopes = models.JSONField(default=list, blank=True)
    facts = models.JSONField(
        default=dict, blank=True, help_text="what the network says of the account: limits, quota"
    )
    followers = models.PositiveIntegerField(null=True, blank=True)
    on_unknown = models.CharField(
        "when nobody knows whether a post arrived",
        max_length=12,
        choices=OnUnknown.choices,
        default=OnUnknown.ASK,
        help_text="Sending once more can make a double post where the network cannot be asked.",
    )
    grace = models.CharField(
        "send late posts",
        max_length=5,
        choices=Grace.choices,
        blank=True,
        default=Grace.USUAL,
        help_text="Later than this, a person is asked instead.",
    )
    only_groups = models.JSONField(
        default=list,
        blank=True,
        help_text="ids of the groups that may use it; empty: all of the campaign. access.policy enforces it.",
    )
    min_gap_min = models.PositiveIntegerField(default=30, help_text="minutes between two posts")
    connected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    connected_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    followers_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="when the network last told them; a check that it refused tells nothing",
    )

    class Meta:
        ordering = ["platform", "handle"]
        constraints = [
            models.UniqueConstraint(
                fields=["platform", "remote_id", "campaign"], name="one_channel_per_account"
            )
        ]

    def __str__(self):
        return f"{self.handle} ({self.platform})"

    def used_channels(self):
        """For access.policy."""
        return [self]


class OptOut(models.Model):
    """Somebody who wants no more messages from an account of ours (:mod:`channels.optouts`)."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="opt_outs")
    person = models.CharField(max_length=160, help_text="a telephone number with +, or the network's id")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "person"], name="one_opt_out_per_person")]

    def __str__(self):
        return f"somebody wants no more messages from channel {self.channel_id}"


class Credential(DueRow):
    """The secrets of one channel. ``next_action_at`` is when its tokens are next to be refreshed.

    ``refresh_began_at`` is the intent: it is set before the network is asked and cleared with the answer.
    Found set without a live lease, it means that a refresh may or may not have happened. ``version`` grows
    with every new pair.
    """

    channel = models.OneToOneField(
        Channel, on_delete=models.CASCADE, primary_key=True, related_name="credential"
    )
    access_token = EncryptedTextField(blank=True, default="")
    refresh_token = EncryptedTextField(
        blank=True, default="", help_text="or the person's token that a page's token is fetched with"
    )
    token_expires_at = models.DateTimeField(null=True, blank=True, help_text="empty: no expiry date")
    refresh_began_at = models.DateTimeField(null=True, blank=True)
    refreshed_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=0)
    extra = models.JSONField(default=dict, blank=True, help_text="never secrets")

    def __str__(self):
        return f"credential of channel {self.channel_id}"


class NetworkApp(models.Model):
    """Our app at one network (or at one of its servers), as an administrator entered it or we registered it.

    ``channels.keys`` reads it; what the environment says goes before it.
    """

    platform = models.CharField(max_length=20)
    server = models.URLField(blank=True, default="")
    client_id = models.CharField(max_length=300, blank=True, default="")
    client_secret = EncryptedTextField(blank=True, default="")
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["platform", "server"], name="one_app_per_network_and_server")
        ]

    def __str__(self):
        return f"app at {self.server or self.platform}"


class Call(models.Model):
    """One call to a network for one channel: where to, and how it ended. No body, no query, no token.

    Append-only; ``channels.calls`` keeps the newest few dozen per channel. ``limits`` is what the answer said about
    how much is left: {"limit", "left", "until"} or {"used_percent"}.
    """

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="calls")
    at = models.DateTimeField()
    method = models.CharField(max_length=7)
    path = models.CharField(max_length=200)
    status = models.PositiveSmallIntegerField(default=0, help_text="0: no answer")
    error = models.CharField(max_length=60, blank=True, default="")
    elapsed_ms = models.PositiveIntegerField(default=0)
    request_id = models.CharField(max_length=120, blank=True, default="")
    limits = models.JSONField(default=dict, blank=True)

    class Meta:
        indexes = [models.Index(fields=["channel", "-id"], name="calls_of_channel")]

    def __str__(self):
        return f"{self.method} {self.path}: {self.status or self.error}"


class WebhookHint(DueRow):
    """What a network's call to us said had happened; the worker reads it back (:mod:`channels.webhooks`).

    The network may repeat itself: ``key`` is the same then, and the second time is not written. Where the call is
    all there ever is (``Connector.hears``), ``said`` holds the message until the houses above have it.
    """

    platform = models.CharField(max_length=20)
    account_id = models.CharField(max_length=120)
    what = models.CharField(max_length=16)
    key = models.CharField(max_length=200)
    remote_id = models.CharField(max_length=200, blank=True, default="")
    post_id = models.CharField(max_length=200, blank=True, default="")
    said = models.JSONField(
        default=dict,
        blank=True,
        help_text="a message that the network tells nowhere else, until it was taken",
    )
    received_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["platform", "account_id", "key"], name="one_hint_per_key")
        ]

    def __str__(self):
        return f"{self.platform} {self.what} {self.remote_id or self.post_id}"
