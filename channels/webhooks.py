"""Networks call us when something happens. What they say is only a hint: it is written down, and read back.

The web process checks the signature over the raw body and writes rows; nothing of the body is kept. The worker
then asks the network itself, and tells upper houses what it said (:data:`channels.signals.channel_told`).
One exception: what a network tells in no other way (WhatsApp's messages, and what became of ours) is kept in the row
until it was taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.views.decorators.csrf import csrf_exempt

from channels import keys, optouts
from channels.connectors.abilities import Read
from channels.connectors.base import Context, Outcome, PublishedRef
from channels.connectors.hooks import NotGenuine
from channels.connectors.registry import CONNECTORS
from channels.connectors.talk import Arrival, Hint, Message, Wanted
from channels.models import Channel, ChannelState, WebhookHint
from channels.service import check_channel, context
from channels.signals import channel_told, message_arrived
from channels.tokens import TokenError
from work import clock
from work.claim import release

MAX_BODY = 3 * 1024 * 1024  # Meta's own bound
MOST_HINTS = 1000  # in one call; also Meta's
TRIES = 6
AGAIN = timedelta(seconds=20)  # then twice as long, and so on
KEPT = timedelta(days=30)  # longer than any network repeats itself
BEFORE = timedelta(hours=1)


@csrf_exempt
def endpoint(request: HttpRequest, platform: str) -> HttpResponse:
    """GET answers the network's question whether the address is ours; POST takes its calls."""
    if platform not in CONNECTORS or CONNECTORS[platform].webhook is None:
        return HttpResponse("There is nothing here.", status=404, content_type="text/plain")
    connector = CONNECTORS[platform]
    if request.method == "GET":
        word = connector.challenge(request.GET.dict(), keys.webhook_token(platform))
        return HttpResponse(word, content_type="text/plain") if word is not None else HttpResponseForbidden()
    if request.method != "POST":
        return HttpResponse(status=405)
    body = _body(request)
    if body is None:
        return HttpResponse(status=413)
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        hints = connector.hints(body, headers, keys.of(platform).client_secret)
    except NotGenuine:
        return HttpResponseForbidden()
    write_down(platform, hints[:MOST_HINTS])
    return HttpResponse("ok", content_type="text/plain")


def _body(request: HttpRequest) -> bytes | None:
    """The raw body; None when it is larger than any network sends."""
    try:
        if int(request.headers.get("content-length") or 0) > MAX_BODY:
            return None
    except ValueError:
        return None
    body = request.read(MAX_BODY + 1)
    return body if len(body) <= MAX_BODY else None


def write_down(platform: str, hints: list[Hint]) -> int:
    """Rows for the hints that concern a channel of ours; one that is known already is not written again.

    What was said to an account whose key has run out is kept too: nobody could read it later.
    """
    ours = {
        said: set(_channels(platform, said).values_list("remote_id", flat=True)) for said in (False, True)
    }
    now = clock.now()
    rows = [
        WebhookHint(
            platform=platform,
            account_id=hint.account_id[:120],
            what=hint.what,
            key=hint.key[:200],
            remote_id=hint.remote_id[:200],
            post_id=hint.post_id[:200],
            said=hint.kept(),
            received_at=now,
            next_action_at=now,
        )
        for hint in hints
        if hint.account_id in ours[bool(hint.said or hint.arrival)]
    ]
    with transaction.atomic():
        WebhookHint.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def _channels(platform: str, said: bool) -> QuerySet[Channel]:
    """The channels that a call may concern; whether it carries the message ``said`` itself."""
    channels = Channel.objects.filter(platform=platform)
    if said:
        return channels.exclude(state=ChannelState.DISCONNECTED)
    return channels.filter(state=ChannelState.CONNECTED)


# In the worker ------------------------------------------------------------------------------------------------


def run_row(row: WebhookHint) -> None:
    """Read back what a hint named, for every channel of that account. Comes back when the network cannot be asked."""
    channels = _channels(row.platform, bool(row.said)).filter(remote_id=row.account_id)
    if row.said:
        _hand_over(row, channels)
        return
    troubles = [trouble for channel in channels if (trouble := _read_back(channel, row))]
    if not troubles:
        release(row, next_action_at=None, done_at=clock.now(), last_error="")
        return
    tries = row.tries + 1
    again = (
        clock.now() + AGAIN * 2**tries if tries < TRIES else None
    )  # the usual round of reading finds it anyway
    release(row, next_action_at=again, tries=tries, last_error=troubles[0][:500])


def _hand_over(row: WebhookHint, channels: Iterable[Channel]) -> None:
    """Tell what cannot be read back; it leaves the row with the houses above having kept it.

    Raises what they raise: the row comes back. One that took it already takes it again without harm.
    """
    arrival = Arrival.of_data(row.said["arrival"]) if "arrival" in row.said else None
    for channel in channels:
        if arrival:
            _heed(channel, arrival)
            message_arrived.send(Channel, channel=channel, arrival=arrival)
            continue
        message = Message.of_data(row.said)
        channel_told.send(
            Channel,
            channel=channel,
            post_id="",
            messages=(message,),
            remote_id=row.remote_id,
            at=row.received_at,
        )
    release(row, next_action_at=None, done_at=clock.now(), said={}, last_error="")


def _heed(channel: Channel, arrival: Arrival) -> None:
    """Keep what the person has said about messages from us."""
    if arrival.wants is False:
        optouts.note(channel, arrival.to, at=arrival.at or clock.now())
    elif arrival.wants:
        optouts.lift(channel, arrival.to)


def _read_back(channel: Channel, row: WebhookHint) -> str:
    """Ask the network; say what stood in the way, "" when nothing did."""
    if Read(row.what) is Read.NUMBERS and not (row.post_id or row.remote_id):
        return _check(channel, row)
    try:
        ctx = context(channel, worker=f"hint-{row.pk}")
    except TokenError as error:
        return str(error)
    connector = CONNECTORS[channel.platform]
    wanted = _wanted(row)
    found: tuple[Message, ...] = ()
    if wanted is not None and wanted.what in connector.reads:
        page = connector.read(wanted, ctx)
        if page.outcome is not None:
            return page.problem
        found = page.found
    exists = bool(row.post_id) and _exists(connector, row.post_id, ctx)
    channel_told.send(
        Channel,
        channel=channel,
        post_id=row.post_id if exists else "",
        messages=found,
        remote_id=row.remote_id,
        at=ctx.now,
    )
    return ""


def _check(channel: Channel, row: WebhookHint) -> str:
    """Look at the account itself, where a call is about nothing else: somebody may have taken our permission back."""
    before, refusals = channel.checked_at, list[Outcome]()
    problems = check_channel(channel, worker=f"hint-{row.pk}", refused=refusals.append)
    told = channel.checked_at != before and not refusals
    return "" if told or channel.state != ChannelState.CONNECTED else " ".join(problems)


def _wanted(row: WebhookHint) -> Wanted | None:
    what, since = Read(row.what), row.received_at - BEFORE
    if what is Read.COMMENTS:
        if not row.post_id:
            return None
        post = PublishedRef("", row.post_id, (row.post_id,), "", row.received_at)
        return Wanted(what, post, since)
    return Wanted(what, since=since, named=row.remote_id) if what in {Read.MENTIONS, Read.DIRECT} else None


def _exists(connector: Any, post_id: str, ctx: Context) -> bool:
    """Whether the network itself shows the post that a hint names."""
    try:
        return bool(connector.permalink(post_id, ctx))
    except Exception:  # whatever the network said, it did not show the post
        return False


def prune() -> int:
    """Forget what was told long ago, taken or not; safe at any time."""
    return WebhookHint.objects.filter(received_at__lt=clock.now() - KEPT).delete()[0]


def subscription(platform: str, public_url: str) -> Mapping[str, str]:
    """What an operator enters on the network's settings page."""
    return {"url": f"{public_url}/hooks/{platform}/", "token": keys.webhook_token(platform)}
