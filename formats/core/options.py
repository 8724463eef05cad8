"""What a network asks about a post besides its content: who may see it, may it be answered, is it advertising.

A format lists its options as data. The editor shows them, a variant keeps the answers, and the payload carries them
under ``options``, so that they are approved with the rest and a connector sends them as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from formats.core.draft import Finding, Level, Source

Value = str | bool | None


@dataclass(frozen=True)
class Option:
    """One question. With ``choices`` (value, label) one of them is chosen; without, a default of True or False makes a
    switch, and text a line to write.

    ``required``: nothing is chosen for the writer, because the network or the law wants a person's own answer. ``most``:
    characters of a text, ``lines``: how many of them its field shows. ``quiet``: an empty text is left out of the payload,
    so that a new question changes nothing that was approved before it was asked.
    """

    name: str
    label: str
    source: Source
    choices: tuple[tuple[str, str], ...] = ()
    default: Value = None
    required: bool = False
    help: str = ""
    most: int = 500
    lines: int = 1
    quiet: bool = False

    @property
    def kind(self) -> str:
        if self.choices:
            return "choice"
        return "switch" if isinstance(self.default, bool) else "text"

    def settled(self, value: Any) -> Value:
        """The answer as it is sent: the default where there is none that fits; None where a required one is missing."""
        match self.kind:
            case "choice":
                return value if value in dict(self.choices) else self.default
            case "switch":
                return value if isinstance(value, bool) else self.default
        return value.replace("\r\n", "\n").strip() if isinstance(value, str) else (self.default or "")

    def words(self, value: Any) -> str:
        """An answer for people."""
        if self.kind == "switch":
            return "yes" if value else "no"
        return dict(self.choices).get(value, str(value or "—"))


def settled(options: Iterable[Option], values: Mapping[str, Any]) -> dict[str, Value]:
    """Every option with its answer; answers to questions that nobody asks (any more) are dropped."""
    found = {option.name: option.settled(values.get(option.name)) for option in options}
    quiet = {option.name for option in options if option.quiet}
    return {name: answer for name, answer in found.items() if answer or name not in quiet}


def findings(
    options: Sequence[Option],
    values: Mapping[str, Any],
    accounts: Mapping[str, Mapping[str, Sequence[Value]]],
) -> tuple[Finding, ...]:
    """What is missing, too long, or not offered by one of the accounts.

    ``accounts`` holds for each account, by its handle, the answers that the network takes from it, by option; an
    option that is not named there is free.
    """
    found = []
    answers = settled(options, values)
    for option in options:
        answer = answers.get(option.name, option.default)
        if option.required and answer in (None, ""):
            found.append(_missing(option))
            continue
        if option.kind == "text" and len(str(answer)) > option.most:
            found.append(_too_long(option, len(str(answer))))
        for handle, allowed in accounts.items():
            if option.name in allowed and answer not in allowed[option.name]:
                found.append(_not_offered(option, answer, handle, allowed[option.name]))
    return tuple(found)


def _missing(option: Option) -> Finding:
    return Finding(
        f"option_{option.name}_missing",
        Level.BLOCKER,
        f"“{option.label}” is not answered yet.",
        "Choose it under “Options”. Nothing is chosen in advance, because it has to be a person's decision.",
        source=option.source,
    )


def _too_long(option: Option, length: int) -> Finding:
    return Finding(
        f"option_{option.name}_too_long",
        Level.BLOCKER,
        f"“{option.label}” has {length} characters; {option.most} are possible.",
        "Shorten it under “Options”.",
        limit=option.most,
        actual=length,
        unit="characters",
        source=option.source,
    )


def _not_offered(option: Option, answer: Value, handle: str, allowed: Sequence[Value]) -> Finding:
    offered = ", ".join(option.words(value) for value in allowed) or "nothing"
    return Finding(
        f"option_{option.name}_not_offered",
        Level.BLOCKER,
        f"{handle} cannot post with “{option.label}: {option.words(answer)}”.",
        f"Its network offers: {offered}. Choose that under “Options”, or change the account's own settings there "
        "and check the channel again.",
        source=option.source,
    )
