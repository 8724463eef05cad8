"""Plan a Markdown story for the platforms, and print what would go out. Needs neither database nor network."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from formats import markdown
from formats.core.draft import Draft, Finding, MediaItem, Part
from formats.core.format import Format
from formats.registry import FORMATS, UnknownFormat


class Command(BaseCommand):
    help = "Plan a Markdown story into the formats and print the parts with their counts and findings."
    requires_system_checks: list[str] = []  # they ask the database
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "story", nargs="?", help="the Markdown file (docs/formats.md says how it is written)"
        )
        parser.add_argument(
            "--format",
            dest="formats",
            nargs="+",
            action="extend",
            metavar="FORMAT",
            help=f"only these: {', '.join(FORMATS.ids())}",
        )
        parser.add_argument("--json", action="store_true", dest="as_json", help="print JSON")

    def handle(self, *, story: str | None, formats: list[str] | None, as_json: bool, **options: Any) -> None:
        story, names = _arguments(story, formats or [])
        try:
            chosen = [FORMATS[name] for name in names] or list(FORMATS)
            read = markdown.load(story)
        except (markdown.StoryError, UnknownFormat) as error:
            raise CommandError(str(error), returncode=2) from error
        for remark in read.remarks:
            self.stderr.write(remark)
        drafts = [(each, each.compose(read.piece)) for each in chosen]
        if as_json:
            self.stdout.write(json.dumps([as_data(*each) for each in drafts], ensure_ascii=False, indent=2))
        else:
            self.stdout.write("\n\n".join("\n".join(as_lines(*each)) for each in drafts))


def _arguments(story: str | None, formats: list[str]) -> tuple[str, list[str]]:
    """``--format x.thread STORY.md``: the file follows the formats, and the parser takes it for one of them."""
    names = list(dict.fromkeys(formats))
    if story is None and names and names[-1] not in FORMATS:
        story = names.pop()
    if not story:
        raise CommandError("Which story? Give the path of a Markdown file: compose STORY.md", returncode=2)
    return story, names


def as_data(format: Format, draft: Draft) -> dict[str, Any]:
    """Return a draft as docs/formats.md describes it."""
    return {
        "format": format.id,
        "platform": format.platform,
        "label": format.label,
        "language": draft.language,
        "language_tag": format.language_tag.of(draft.language) if format.language_tag else {},
        "parts": [_part_data(format, part) for part in draft.parts],
        "findings": [_finding_data(finding) for finding in draft.findings],
        "left_out": [asdict(each) for each in draft.left_out],
    }


def _part_data(format: Format, part: Part) -> dict[str, Any]:
    return {
        "text": part.text,
        "count": format.count(part.text),
        "limit": format.text_limit,
        "unit": format.unit,
        "link": part.link,
        "media": [
            {"role": item.role, "alt": item.alt, "plan": item.plan, "sources": list(item.sources)}
            for item in part.media
        ],
        "sources": list(part.sources),
        "facets": [asdict(each) for each in format.facets(part.text)],
    }


def _finding_data(finding: Finding) -> dict[str, Any]:
    source = finding.source
    return {
        "code": finding.code,
        "level": finding.level.value,
        "message": finding.message,
        "remedy": finding.remedy,
        "part": finding.part,
        "media": finding.media,
        "limit": finding.limit,
        "actual": finding.actual,
        "unit": finding.unit,
        "source": {"url": source.url, "read_on": source.read_on} if source else None,
        "mends": list(finding.mends),
    }


def as_lines(format: Format, draft: Draft) -> Iterable[str]:
    blockers = len(draft.blockers)
    state = "ready" if not blockers else f"{blockers} blocker{'s' if blockers > 1 else ''}"
    yield f"{format.label} ({format.id}): {_posts(len(draft.parts))}, {state}"
    for number, part in enumerate(draft.parts, 1):
        yield f"\n  Post {number}: {format.count(part.text)} of {format.text_limit} {format.unit}"
        yield from (f"    | {line}".rstrip() for line in part.text.split("\n"))
        if part.link:
            yield f"    link: {part.link}"
        yield from map(_medium_line, part.media)
    if draft.findings:
        yield ""
    yield from map(_finding_line, draft.findings)
    yield from (f"  not said ({each.what}): {each.excerpt} [{each.why}]" for each in draft.left_out)


def _posts(count: int) -> str:
    return "1 post" if count == 1 else f"{count} posts"


def _medium_line(item: MediaItem) -> str:
    width, height = item.plan["size"]
    kind = item.plan["template"] if item.plan["kind"] == "card" else item.plan["kind"]
    return f"    + {kind} {width} × {height}: {' '.join(item.alt.split()) or '(no alt text)'}"


def _finding_line(finding: Finding) -> str:
    where = "" if finding.part is None else f" (post {finding.part + 1})"
    source = f" [{finding.source.url}, read {finding.source.read_on}]" if finding.source else ""
    return f"  {finding.level.value.upper()}{where}: {finding.message} {finding.remedy}{source}"
