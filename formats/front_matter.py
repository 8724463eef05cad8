"""The front matter of a Markdown story: its fields, and the people whom it names with their handles."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import regex
import yaml
from markdown_it.token import Token

from formats.core.accounts import BadHandle
from formats.core.piece import Account
from formats.registry import FORMATS

FIELDS = ("title", "lead", "link", "hashtags", "imprint", "language", "campaign", "utm", "people")
_LITERAL = regex.compile(r"(title|lead|imprint|campaign|hashtags):[ \t]+([^\s\"'\[{|>&*!%@`~].*)")
_HANDLE = regex.compile(r"([ \t]+[^\s:#][^:#]*:[ \t]+)(@[^\s,\]}\"']+)([ \t]+#.*|[ \t]*)")
_COMMENT = regex.compile(r"\s+#(\s.*)?$")  # "We are #1" is no comment, "River  # the name" is
_LANGUAGE = regex.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8})*")


class StoryError(ValueError):
    """A story file that cannot be read as one. ``str()`` is one line for the person who wrote it."""

    def __init__(self, message: str, *, file: Path, line: int | None = None, field: str = "") -> None:
        self.file, self.line, self.field, self.message = file, line, field, message
        where = f"{file}:{line}" if line else f"{file}"
        super().__init__(f"{where}: {f'{field}: ' if field else ''}{message}")


def read(
    text: str, tokens: Sequence[Token], path: Path
) -> tuple[dict[str, str], tuple[Account, ...], list[Token], list[str]]:
    if not tokens or tokens[0].type != "front_matter":
        if regex.match(r"---[ \t]*\n", text) and not regex.search(r"\n(---|\.\.\.)[ \t]*(\n|$)", text):
            raise StoryError(
                "The front matter is not closed. Put a line --- after its last field.", file=path, line=1
            )
        return {}, (), list(tokens), []
    fields, accounts, remarks = _fields(tokens[0].content, path)
    return fields, accounts, list(tokens[1:]), remarks


def _fields(content: str, path: Path) -> tuple[dict[str, str], tuple[Account, ...], list[str]]:
    """Return the known fields as text (a list one entry to a line), the people, and remarks on what is not used."""
    content = "\n".join(_quoted(content.split("\n")))
    try:
        # BaseLoader makes nothing but text, lists and mappings: no dates out of titles, no objects out of tags.
        root = yaml.compose(content, Loader=yaml.BaseLoader)
    except yaml.YAMLError as error:
        raise yaml_error(error, path, 1) from error
    if root is None:
        return {}, (), []
    if not isinstance(root, yaml.MappingNode):
        raise StoryError(
            "The front matter must be lines of the form “field: value”.",
            file=path,
            line=root.start_mark.line + 2,
        )
    fields: dict[str, str] = {}
    accounts: tuple[Account, ...] = ()
    remarks: list[str] = []
    for key, value in root.value:
        name, line = str(key.value), key.start_mark.line + 2
        if name not in FIELDS:
            remarks.append(f"{path}:{line}: {name}: unknown field, not used. There are: {', '.join(FIELDS)}.")
            continue
        if name in fields:
            raise StoryError("This field is given twice.", file=path, line=line, field=name)
        if name == "people":
            fields[name] = ""
            accounts = tuple(_people(value, path, line, remarks))
        else:
            fields[name] = _value(name, value, path, line)
    return fields, accounts, remarks


def _quoted(lines: Sequence[str]) -> Iterator[str]:
    """Quote what people write without thinking of YAML: ``title: River: what now?``, ``hashtags: #River``, ``x: @river``."""
    for index, line in enumerate(lines):
        if handle := _HANDLE.fullmatch(line):
            yield f'{handle[1]}"{handle[2]}"{handle[3]}'
            continue
        found = _LITERAL.fullmatch(line)
        value = _COMMENT.sub("", found[2]).strip() if found else ""
        goes_on = lines[index + 1 : index + 2] and lines[index + 1][:1].isspace()
        yield (f"{found[1]}: {json.dumps(value, ensure_ascii=False)}" if found and not goes_on else line)


def yaml_error(error: yaml.YAMLError, path: Path, first_line: int) -> StoryError:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "it cannot be read"
    hint = ' Put a value with a colon, a # or quotes into "…".'
    return StoryError(
        f"This is not valid YAML: {problem}.{hint}",
        file=path,
        line=mark.line + 1 + first_line if mark else first_line,
    )


def _value(name: str, node: yaml.Node, path: Path, line: int) -> str:
    if name == "hashtags":
        return "\n".join(_hashtags(node, path, line))
    if not isinstance(node, yaml.ScalarNode):
        raise StoryError("Write one text here, not a list.", file=path, line=line, field=name)
    text = clean(node.value)
    if text in ("null", "~") and node.style != "'":
        text = ""
    if name == "language" and text and not _LANGUAGE.fullmatch(text):
        raise StoryError(
            f"“{text}” is not a language tag. Write for example en, de or pt-BR.",
            file=path,
            line=line,
            field=name,
        )
    if name == "link" and text and not regex.match(r"https?://[^\s/]", text):
        raise StoryError(
            f"“{text}” is not a web address. Write it in full, beginning with https://",
            file=path,
            line=line,
            field=name,
        )
    return text if name != "title" else " ".join(text.split())


def clean(text: Any) -> str:
    """Halves of characters, which YAML can spell and nothing can send, become whole or a replacement mark."""
    return str(text).encode("utf-16", "surrogatepass").decode("utf-16", "replace").strip()


def _hashtags(node: yaml.Node, path: Path, line: int) -> list[str]:
    if isinstance(node, yaml.ScalarNode):
        return [tag for each in regex.split(r"[,;\s]*#|[,;\n]+", clean(node.value)) if (tag := each.strip())]
    if isinstance(node, yaml.SequenceNode) and all(isinstance(each, yaml.ScalarNode) for each in node.value):
        return [each for each in (clean(item.value).lstrip("#") for item in node.value) if each]
    raise StoryError(
        "Write a list of words, such as [River, Clean-up].", file=path, line=line, field="hashtags"
    )


def _people(node: yaml.Node, path: Path, line: int, remarks: list[str]) -> Iterator[Account]:
    """Return whom the story names, out of a mapping of names to platforms and handles; ``also`` has other spellings."""
    seen = set()
    for key, value in _entries(node, path, line):
        name, at = clean(key.value), key.start_mark.line + 2
        if "@" in name or not name or name in seen:
            said = (
                "This name is given twice."
                if name in seen
                else "Write the name as people say it, then its handles."
            )
            raise StoryError(said, file=path, line=at, field="people")
        seen.add(name)
        also: list[str] = []
        handles: dict[str, str] = {}
        for where, what in _entries(value, path, at):
            platform, at = clean(where.value), where.start_mark.line + 2
            if platform == "also":
                also = _spellings(what, path, at)
            elif (handle := FORMATS.handle_of(platform)) is None:
                remarks.append(f"{path}:{at}: people: {platform}: no handles are linked there, not used.")
            elif not isinstance(what, yaml.ScalarNode):
                raise StoryError("Write one handle to a platform.", file=path, line=at, field="people")
            elif text := clean(what.value):
                try:
                    handles[platform] = handle.read(text)
                except BadHandle as error:
                    raise StoryError(str(error), file=path, line=at, field="people") from error
        yield Account(name, tuple(also), tuple(sorted(handles.items())))


def _entries(node: yaml.Node, path: Path, line: int) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
    if isinstance(node, yaml.ScalarNode) and not node.value.strip():
        return []
    if isinstance(node, yaml.MappingNode) and all(isinstance(key, yaml.ScalarNode) for key, _ in node.value):
        return node.value
    raise StoryError(
        "Write each name, and under it a line for each platform, such as x: @river.",
        file=path,
        line=line,
        field="people",
    )


def _spellings(node: yaml.Node, path: Path, line: int) -> list[str]:
    nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
    if all(isinstance(each, yaml.ScalarNode) for each in nodes):
        return [text for each in nodes if (text := clean(each.value))]
    raise StoryError("Write one other spelling, or a list of them.", file=path, line=line, field="people")
