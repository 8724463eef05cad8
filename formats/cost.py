"""What the network charges for a post, said before it is planned: X's price per call, a link costs more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from channels.connectors.abilities import Charge
from channels.connectors.registry import CONNECTORS
from formats.core.draft import Finding, Level, Part


def of_parts(platform: str, parts: Sequence[Part]) -> tuple[Finding, ...]:
    """A note with the price; none where the network charges nothing."""
    if platform not in CONNECTORS or not CONNECTORS[platform].prices:
        return ()
    connector = CONNECTORS[platform]
    charges = connector.costs(_payload(parts))
    if not charges:
        return ()
    lines = ", ".join(
        f"{c.count} × {c.price.words} at {money(c.price.amount, c.price.currency)}" for c in charges
    )
    linked = any("link" in c.price.call for c in charges)
    remedy = (
        "A post with a link costs more: leave the link out where it is not needed."
        if linked
        else "There is no link in it; with one it would cost more."
    )
    total = money(sum_of(charges), charges[0].price.currency)
    return (
        Finding(
            "cost",
            Level.NOTE,
            f"{connector.label} charges {total} for this on each account: {lines}.",
            remedy,
        ),
    )


def sum_of(charges: Sequence[Charge]) -> Decimal:
    return sum((charge.amount for charge in charges), Decimal(0))


def money(amount: Decimal, currency: str) -> str:
    """As "0.20 USD"; thousandths are shown where there are any."""
    places = 2 if amount == amount.quantize(Decimal("0.01")) else 3
    return f"{amount:,.{places}f} {currency}"


def _payload(parts: Sequence[Part]) -> Mapping[str, Any]:
    return {
        "parts": [
            {"text": p.text, "link": p.link, "media": [{"alt": medium.alt} for medium in p.media]}
            for p in parts
        ]
    }
