"""Whom a post names: who has no handle on its platform, and whose handle is one of another platform."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from formats.core import mentions
from formats.core.checks.findings import NOTE, WARNING, listed
from formats.core.draft import Finding, Part
from formats.core.piece import Account

if TYPE_CHECKING:
    from formats.core.format import Format


def check(format: Format, parts: Sequence[Part], accounts: Sequence[Account]) -> list[Finding]:
    without: dict[Account, None] = {}
    found: list[Finding] = []
    for index, part in enumerate(parts):
        for each in mentions.named(part.text, accounts, format.platform):
            own, said = each.account.on(format.platform), part.text[each.start : each.end]
            if each.typed and said[1:].casefold() != own.casefold():
                found.append(_foreign(format, said, each.account, index))
            elif format.handle and not own:
                without[each.account] = None
    return [*found, *([_without(format, list(without))] if without else [])]


def _foreign(format: Format, said: str, account: Account, part: int) -> Finding:
    own = account.on(format.platform)
    return Finding(
        "foreign_handle",
        WARNING,
        f"{said} is what {account.name} is called on another platform.",
        f"On {format.platform_label} it is @{own}."
        if own and format.handle
        else f"Write “{account.name}” here.",
        part=part,
    )


def _without(format: Format, accounts: Sequence[Account]) -> Finding:
    names = listed([account.name for account in accounts])
    several = len(accounts) > 1
    return Finding(
        "no_handle",
        NOTE,
        f"{names} {'are' if several else 'is'} named without a link: no handle on {format.platform_label} is known.",
        f"Leave the {'names' if several else 'name'}, or add the handle under “People and accounts” and derive again.",
    )
