"""What X charges: per call, a post with a link more. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from channels.connectors.abilities import Action, Charge, Price
from channels.connectors.talk import MessageKind

PRICES = "https://docs.x.com/x-api/getting-started/pricing, read 2026-11-23"
POST_PRICE = Price("post", Decimal("0.015"), "a post", PRICES)
LINK_PRICE = Price("post with a link", Decimal("0.20"), "a post with a link", PRICES)
ALT_PRICE = Price("alt text", Decimal("0.005"), "the alt text of a picture", PRICES)
READ_PRICE = Price(
    "post read", Decimal("0.005"), "reading a post, once a day: its numbers, answers, mentions", PRICES
)
PERSON_PRICE = Price("read person", Decimal("0.010"), "each person whose name is read, once a day", PRICES)
MESSAGE_PRICE = Price(
    "read message", Decimal("0.010"), "each direct message that is read, once a day", PRICES
)
SEND_PRICE = Price("send message", Decimal("0.015"), "an answer to a direct message", PRICES)
DELETE_PRICE = Price("delete", Decimal("0.010"), "deleting a post", PRICES)
# Not reckoned into what goes out: how much will be read, nobody knows before.
OTHER_PRICES = (
    Price(
        "read post", Decimal("0.005"), "each post that is read, for its numbers, answers and mentions", PRICES
    ),
    PERSON_PRICE,
    MESSAGE_PRICE,
    SEND_PRICE,
    DELETE_PRICE,
)
DELETES = (Action.DELETE_POST, Action.DELETE_COMMENT)
# Wider than X's own rule for bare domains, so that the price that is shown is never too low.
LINK = re.compile(r"https?://|(?<![\w@.])[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}(?![\w@])", re.IGNORECASE)
EVERY = (POST_PRICE, LINK_PRICE, ALT_PRICE, *OTHER_PRICES)


def charges(payload: Mapping[str, Any]) -> list[Charge]:
    """What bringing out a payload costs: a post, an answer, or what is done to something that is out."""
    act = payload.get("act") or {}
    if act.get("action") in DELETES:
        return [Charge(DELETE_PRICE, 1)]
    if act and act.get("action") != Action.REPLY:
        return []  # hiding and showing again have no price
    if act.get("kind") == MessageKind.DIRECT:
        return [Charge(SEND_PRICE, 1)]
    parts = payload.get("parts") or ()
    linked = sum(1 for part in parts if part.get("link") or LINK.search(part.get("text") or ""))
    described = sum(1 for part in parts for medium in part.get("media") or () if medium.get("alt"))
    found = [
        Charge(POST_PRICE, len(parts) - linked),
        Charge(LINK_PRICE, linked),
        Charge(ALT_PRICE, described),
    ]
    return [charge for charge in found if charge.count]
