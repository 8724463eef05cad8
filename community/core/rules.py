"""Rules that a team writes for its inbox: one line of text each, kept and applied as data.

    contains "polling station" or "ballot" and language is de -> topic voting, urgency high, assign mona
    not contains "thank" and kind is complaint -> risk high, tag follow-up

Before the arrow stand conditions joined by "and"; the values of one condition are alternatives joined by "or". Nothing is
executed, no pattern of a person is compiled.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import regex

from community.core.lexicon import fold, pattern

CHOICES: dict[str, tuple[str, ...]] = {
    "urgency": ("low", "normal", "high"),
    "risk": ("low", "medium", "high"),
    "kind": ("question", "complaint", "praise", "abuse", "spam", "other"),
    "sentiment": ("negative", "neutral", "positive"),
    "where": ("comment", "reply", "mention", "direct"),
}
ABOUT = (
    "language",
    "kind",
    "sentiment",
    "topic",
    "urgency",
    "risk",
    "where",
    "platform",
    "channel",
    "author",
)
TEXT = ("contains", "word", "begins")
ACTIONS = ("topic", "urgency", "risk", "kind", "assign", "tag", "close")
ALONE = {"urgent": ("urgency", "high"), "close": ("close", "")}
REPEATED = ("tag",)
MOST_CHARS = 1000

_TOKEN = regex.compile(
    r"""\s*(?:(?P<arrow>->|→|⇒)|(?P<comma>,)|["“„](?P<quoted>[^"”“]*)["”“]|'(?P<single>[^']*)'|(?P<bare>[^\s,"“”„→⇒]+))"""
)


class RuleError(ValueError):
    """A line is no rule. ``at`` is the place in it, from 0; the message says what to write instead."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


@dataclass(frozen=True)
class Condition:
    field: str  # one of TEXT or ABOUT
    values: tuple[str, ...]
    negated: bool = False

    def holds(self, facts: Mapping[str, str]) -> bool:
        return self._found(facts) != self.negated

    def _found(self, facts: Mapping[str, str]) -> bool:
        text = fold(facts.get("text", ""))
        wanted = [fold(value) for value in self.values]
        if self.field == "contains":
            return any(value in text for value in wanted)
        if self.field == "begins":
            return any(text.startswith(value) for value in wanted)
        if self.field == "word":
            return pattern(self.values).search(text) is not None
        has = fold(facts.get(self.field, ""))
        if self.field == "language":
            return any(has == value or has.startswith(f"{value}-") for value in wanted)
        return has.removeprefix("@") in [value.removeprefix("@") for value in wanted]

    def __str__(self) -> str:
        words = " or ".join(_quoted(value) for value in self.values)
        is_ = "" if self.field in TEXT else " is"
        return f"{'not ' if self.negated else ''}{self.field}{is_} {words}"


@dataclass(frozen=True)
class Action:
    name: str  # one of ACTIONS
    value: str = ""

    def __str__(self) -> str:
        return f"{self.name} {_quoted(self.value)}" if self.value else self.name


@dataclass(frozen=True)
class Rule:
    when: tuple[Condition, ...]
    then: tuple[Action, ...]

    def holds(self, facts: Mapping[str, str]) -> bool:
        return all(each.holds(facts) for each in self.when)

    def __str__(self) -> str:
        """The line again; :func:`parse` reads it as the same rule."""
        return f"{' and '.join(map(str, self.when))} -> {', '.join(map(str, self.then))}"

    def as_data(self) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
        """(when, then) as plain JSON; :func:`of_data` reads them."""
        when = [{"field": c.field, "values": list(c.values), "negated": c.negated} for c in self.when]
        return when, [{"do": a.name, "value": a.value} for a in self.then]


def of_data(when: Sequence[Mapping[str, Any]], then: Sequence[Mapping[str, Any]]) -> Rule:
    """Raises KeyError or TypeError for what :meth:`Rule.as_data` never wrote."""
    return Rule(
        tuple(Condition(c["field"], tuple(c["values"]), bool(c.get("negated"))) for c in when),
        tuple(Action(a["do"], a.get("value", "")) for a in then),
    )


def _quoted(value: str) -> str:
    plain = (
        regex.fullmatch(r"[\w@.+-]+", value) and value not in ("and", "or", "not", "is") and "->" not in value
    )
    return value if plain else f'"{value}"'


# Reading --------------------------------------------------------------------------------------------------------------
@dataclass
class _Tokens:
    line: str
    rows: list[tuple[str, str, int]] = field(default_factory=list)  # kind, value, place
    place: int = 0

    @classmethod
    def of(cls, line: str) -> _Tokens:
        found = cls(line)
        at, end = 0, len(line.rstrip())
        while at < end:
            match = _TOKEN.match(line, at)
            if match is None or match.end() == at:
                raise RuleError("A quotation mark is not closed. Put one at the end of the words.", at)
            kind = str(match.lastgroup)
            found.rows.append((kind, match.group(kind), match.start(kind)))
            at = match.end()
        return found

    def peek(self) -> tuple[str, str, int]:
        return self.rows[self.place] if self.place < len(self.rows) else ("end", "", len(self.line))

    def take(self) -> tuple[str, str, int]:
        row = self.peek()
        self.place += 1
        return row

    def takes(self, word: str) -> bool:
        kind, value, _ = self.peek()
        if kind == "bare" and value.casefold() == word:
            self.place += 1
            return True
        return False

    def value(self, after: str) -> str:
        kind, value, at = self.take()
        if kind not in ("bare", "quoted", "single") or not value.strip():
            raise RuleError(
                f"“{after}” is followed by nothing. Write the words it is about, in quotation marks.", at
            )
        return value.strip()


def parse(line: str) -> Rule:
    """One line as a rule. Raises RuleError, which says what is wrong and where."""
    if len(line) > MOST_CHARS:
        raise RuleError(f"A rule has at most {MOST_CHARS} characters. Make two of it.", MOST_CHARS)
    tokens = _Tokens.of(line)
    if not tokens.rows:
        raise RuleError('A rule looks like: contains "polling station" -> topic voting, urgency high', 0)
    when = [_condition(tokens)]
    while tokens.takes("and"):
        when.append(_condition(tokens))
    kind, value, at = tokens.take()
    if kind == "end":
        raise RuleError("What is to happen? Write -> and then, for example, topic voting.", at)
    if kind != "arrow":
        raise RuleError(f"“{value}” was not expected. Join conditions with “and”, or go on with ->.", at)
    then = [_action(tokens)]
    while tokens.peek()[0] == "comma":
        tokens.take()
        then.append(_action(tokens))
    kind, value, at = tokens.peek()
    if kind != "end":
        raise RuleError(f"“{value}” was not expected. Separate what is to happen with commas.", at)
    names = [each.name for each in then if each.name not in REPEATED]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise RuleError(f"“{twice}” is set twice. Keep one of them.", len(line))
    return Rule(tuple(when), tuple(then))


def _condition(tokens: _Tokens) -> Condition:
    negated = tokens.takes("not")
    kind, value, at = tokens.take()
    if kind == "end":
        raise RuleError('Something is missing. A condition looks like: contains "polling station"', at)
    name = value.casefold()
    if kind != "bare" or name not in (*TEXT, *ABOUT):
        raise RuleError(_unknown(value, "condition", (*TEXT, *ABOUT)), at)
    if name in ABOUT and not tokens.takes("is"):
        raise RuleError(
            f"Write “is” after “{name}”, for example: {name} is {_example(name)}", tokens.peek()[2]
        )
    values = [_checked(name, tokens, at)]
    while tokens.takes("or"):
        values.append(_checked(name, tokens, at))
    return Condition(name, tuple(values), negated)


def _action(tokens: _Tokens) -> Action:
    kind, value, at = tokens.take()
    if kind == "end":
        raise RuleError("What is to happen? Write, for example, topic voting.", at)
    name = value.casefold()
    if kind == "bare" and name in ALONE:
        return Action(*ALONE[name])
    if kind != "bare" or name not in ACTIONS:
        raise RuleError(_unknown(value, "thing to do", (*ACTIONS, *ALONE)), at)
    return Action(name, _checked(name, tokens, at))


def _checked(name: str, tokens: _Tokens, at: int) -> str:
    at = tokens.peek()[2]
    value = tokens.value(name)
    allowed = CHOICES.get(name)
    if allowed is None:
        return value
    if value.casefold() not in allowed:
        raise RuleError(_unknown(value, name, allowed), at)
    return value.casefold()


def _example(name: str) -> str:
    return CHOICES.get(
        name, {"language": ("de",), "platform": ("x",), "topic": ("voting",)}.get(name, ("…",))
    )[0]


def _unknown(value: str, what: str, allowed: Iterable[str]) -> str:
    names = list(dict.fromkeys(allowed))
    close = difflib.get_close_matches(value.casefold(), names, 1)
    hint = f"Did you mean “{close[0]}”? " if close else ""
    return f"“{value}” is no {what}. {hint}There are: {', '.join(names)}."


# Applying -------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Applied:
    """What the rules want; ``why`` names per field the number of the rule that decided."""

    values: Mapping[str, str]
    tags: tuple[str, ...]
    why: Mapping[str, int]


def apply(rules: Sequence[Rule], facts: Mapping[str, str]) -> Applied:
    """Every rule that holds, in order: of two that set the same, the first decides; tags are gathered.

    What a rule sets is no fact for the next one, so that their order never hides a consequence.
    """
    values: dict[str, str] = {}
    tags: list[str] = []
    why: dict[str, int] = {}
    for number, rule in enumerate(rules):
        if not rule.holds(facts):
            continue
        for action in rule.then:
            if action.name == "tag":
                tags.append(action.value)
            elif action.name not in values:
                values[action.name] = action.value
                why[action.name] = number
    return Applied(values, tuple(dict.fromkeys(tags)), why)
