"""What a stand-in network must tell the rest of the sandbox about itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Response

from sandbox.calling import Calls
from sandbox.store import Db, Row, insert, one, stamp


@dataclass(frozen=True)
class Seed:
    """An account that exists when the sandbox starts for the first time."""

    id: str
    handle: str
    name: str
    about: str
    followers: int


@dataclass(frozen=True)
class Network:
    name: str
    label: str
    blueprint: Blueprint
    seeds: tuple[Seed, ...]
    refusal: Callable[[str, float], Response]
    """(fault, seconds) -> the network's own answer for "5xx", "429", "auth" or "refused"."""
    ledger: Callable[[Db], list[Row]]
    """Every public object, oldest first, in the ledger's words."""
    settle: Callable[[Db, datetime], None] = lambda db, now: None
    """Bring to their end the things that finish by themselves (a video that has been processed)."""
    counts: Callable[[Db, Row], dict[str, Any]] = lambda db, post: {}
    """(post) -> what its feed shows below it, by plain names; lets the comments arrive."""
    tag: re.Pattern[str] = re.compile(r"(?<![\w&/])([#@]\w+)")
    """What the feed marks as a tag or a name: one group."""
    threads: bool = False
    """Its feed shows posts that answer one another as one."""
    links: bool = True
    """Addresses in its texts are links."""
    public_posts: Callable[[Db, str], list[Row]] | None = None
    """(account id) -> its public posts, oldest first, where that is not simply all that are not deleted."""
    calls: Calls | None = None
    """What it tells the app by itself when something happens."""

    def seed(self, db: Db, now: datetime) -> None:
        for seed in self.seeds:
            if one(db, "SELECT 1 FROM account WHERE network=? AND id=?", self.name, seed.id) is None:
                insert(db, "account", network=self.name, made_at=stamp(now), **seed.__dict__)
