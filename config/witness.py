"""Somebody outside who knows the time: the Date header of a network we use."""

from __future__ import annotations

import logging
from datetime import datetime
from email.utils import parsedate_to_datetime

from django.conf import settings

from channels.models import Channel, ChannelState
from channels.wire import WireError, client, send

log = logging.getLogger(__name__)
TOTAL_S = 10.0


def network_time() -> datetime | None:
    """The time that the first reachable network of a connected channel says it is; None when none can be asked."""
    used = Channel.objects.filter(state=ChannelState.CONNECTED).values_list("platform", flat=True)
    for platform in used.order_by("platform").distinct():
        parts = settings.NETWORKS.get(platform, {})
        address = next((value for name, value in parts.items() if not name.startswith("client_")), "")
        try:
            answer = send(client().build_request("GET", f"{address}/"), total_s=TOTAL_S, max_bytes=64 * 1024)
            return parsedate_to_datetime(answer.headers["date"])
        except (WireError, KeyError, ValueError, TypeError) as error:
            log.warning("%s could not be asked for the time: %s", platform, error)
    return None
