"""A format as the accounts of a variant take it: servers of one network may have limits of their own.

Which they are stands in ``Channel.facts["limits"]``, as the server last said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from formats.core.format import Format
from formats.core.options import settled


def as_taken(variant: Any) -> Format:
    """The variant's format with the limits of its accounts; of several the strictest. KeyError as ``variant.spec``."""
    spec: Format = variant.spec
    if type(spec).for_account is Format.for_account or variant.pk is None:
        return spec
    limits = strictest(spec, [channel.facts or {} for channel in variant.channels.all()])
    if taken := spec.room_taken(settled(spec.options, variant.options or {})):
        limits["text"] = limits.get("text", spec.text_limit) - taken
    return spec.for_account(limits)


def strictest(spec: Format, accounts: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """The least of what the accounts say of each limit; one that says nothing has the usual."""
    told = [each for facts in accounts if isinstance(each := facts.get("limits") or {}, Mapping)]
    found = {}
    for name, limit in spec.limits.items():
        said = [each.get(name) for each in told]
        numbers = [n if isinstance(n, int) and n > 0 else limit.ceiling for n in said]
        if numbers:
            found[name] = min(numbers)
    return found
